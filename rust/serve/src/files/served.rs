//! A run of a server: its records are pushed in or were put aside, its answers are put aside.

use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::Service;
use crate::files::kind::Packing;
use crate::files::options::RunOptions;
use crate::files::run::{Progress, run};
use crate::files::source::Source;
use crate::files::spool::Spool;
use crate::files::spool::feed::FeedReader;
use crate::files::summary::Summary;
use crate::files::target::Target;
use std::fs::File;
use std::sync::Arc;

/// What the records and the answers are called in messages.
const RECORDS: &str = "inputData";
const ANSWERS: &str = "the result";

pub enum Records {
    /// Perhaps with the number of bytes that will come.
    Pushed(FeedReader, Option<u64>),
    /// A file at its start, with its size.
    PutAside(File, u64),
}

/// Evaluates all records into `answers`. After an error they are not to be used.
pub fn run_served(
    engine: &Engine,
    service: &Service,
    records: Records,
    answers: &mut Spool,
    packing: Option<Packing>,
    options: &RunOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    let options = RunOptions { spools: Arc::clone(answers.spools()), ..options.clone() };
    let (deadline, stop) = (options.execute.deadline, &options.execute.stop);
    // Waiting for the first records counts, too.
    let result = engine.guarded(deadline, stop, || {
        let source = match records {
            Records::Pushed(reader, length) => {
                Source::stream(RECORDS, options.from, reader, length, &options)
            }
            Records::PutAside(file, size) => Source::file(RECORDS, options.from, file, size, &options),
        }?;
        let kind = options.to.unwrap_or(source.kind);
        let target = Target { packing, ..Target::new(ANSWERS, kind, answers) };
        run(engine, service, source, target, &options, progress)
    });
    match result {
        Err(ServeError::File { .. }) if stop.is_raised() => Err(stop.reason()),
        other => other,
    }
}
