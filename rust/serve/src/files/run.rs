//! One run: read, calculate, write, chunk by chunk.

use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::files::options::RunOptions;
use crate::files::place::Place;
use crate::files::reader::RecordReader;
use crate::files::source::Source;
use crate::files::summary::{Given, Seconds, Summary};
use crate::files::target::{Target, TargetName};
use crate::files::writer::AnswerWriter;
use crate::times::Stage;
use crate::validate::validate;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a run is, to be read from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    records: AtomicU64,
    /// Parts per million of the input, as far as it is known.
    done: AtomicU64,
}

impl Progress {
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    /// From 0 to 1.
    pub fn fraction(&self) -> f64 {
        self.done.load(Ordering::Relaxed) as f64 / 1e6
    }

    fn advance(&self, records: usize, fraction: f64) {
        self.records.fetch_add(records as u64, Ordering::Relaxed);
        self.done.store((fraction.clamp(0.0, 1.0) * 1e6) as u64, Ordering::Relaxed);
    }
}

/// Evaluates all records of a file into another, which appears when all is done and not before.
pub fn run_files(
    engine: &Engine,
    service: &Service,
    source: impl Into<Place>,
    target: impl Into<Place>,
    options: &RunOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    run_parts(engine, service, vec![source.into()], target.into(), options, progress)
}

/// The same of several files, whose answers come one after the other.
pub fn run_parts(
    engine: &Engine,
    service: &Service,
    mut sources: Vec<Place>,
    target: Place,
    options: &RunOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    if sources.iter().any(|source| source.is_same_file(&target)) {
        return Err(ServeError::file(&target.called(), "the answers would replace the records"));
    }
    let target = TargetName::new(&target, options.to)?;
    let rest = if sources.is_empty() { Vec::new() } else { sources.split_off(1) };
    let first = sources.first().ok_or_else(|| ServeError::invalid("there are no files to read"))?;
    let source = Source::open(first, options).map_err(|error| stopped(error, options))?;
    let source = Source { rest, ..source };
    let (part, target) = target.create(source.kind, &options.execute.stop)?;
    let summary = run(engine, service, source, target, options, progress)?;
    part.map_or(Ok(()), |part| part.keep())?;
    Ok(summary)
}

/// Evaluates all records of a source. After an error the target has some of the answers.
pub fn run(
    engine: &Engine,
    service: &Service,
    source: Source,
    target: Target<'_>,
    options: &RunOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    // One moment for all records.
    let now = options.execute.now.unwrap_or_else(|| engine.clock().unix().as_secs_f64());
    let times = options.execute.times.clone().unwrap_or_default();
    let execute =
        ExecuteOptions { now: Some(now), times: Some(Arc::clone(&times)), ..options.execute.clone() };
    let clock = &**engine.clock();
    let result = engine.guarded(execute.deadline, &execute.stop, || {
        let rules = service.rules(&execute);
        let interface = &service.interface;
        let env = service.env_of(engine, &execute);
        let mut reader = RecordReader::new(source, rules, options)?;
        let mut chunk = times.of(Stage::Read, clock, || reader.next(rules))?;
        let mut writer =
            AnswerWriter::new(engine, service, target, &reader, chunk.as_ref(), options, &execute)?;
        let (_, unmatched) = service.choose(&execute)?;
        let mut summary = Summary { unmatched, errors: writer.errors().to_owned(), ..Summary::default() };
        let mut given = Given::new(interface);
        while let Some(mut now) = chunk {
            summary.unmatched.join(&now.decoded.notes.unmatched);
            if execute.strict {
                summary.unmatched.refuse()?;
                now.decoded.notes.refuse(interface, summary.records as usize)?;
            }
            if let Some(tally) = &execute.tally {
                tally.begin(summary.records);
            }
            let told = given.advance(interface, &now.decoded);
            let (next, written) = engine.both(
                || times.of(Stage::Read, clock, || reader.next(rules)),
                || {
                    validate(engine, &mut now.decoded, interface, &env, &execute.limits, &execute.stop)?;
                    writer.write(engine, service, &now, told, &execute)
                },
            );
            written?;
            chunk = next?;
            let records = now.decoded.batch.records;
            summary.records += records as u64;
            summary.invalid += now.decoded.notes.invalid_records() as u64;
            progress.advance(records, reader.fraction());
        }
        // Records of a source that broke off may look whole.
        execute.stop.check()?;
        writer.finish()?;
        summary.left_out = given.left_out(interface);
        summary.seconds = Seconds::of(&times);
        Ok(summary)
    });
    result.map_err(|error| stopped(error, options))
}

/// The reason, if an error came of a run that was stopped.
fn stopped(error: ServeError, options: &RunOptions) -> ServeError {
    let stop = &options.execute.stop;
    if stop.is_raised() && matches!(error, ServeError::File { .. }) { stop.reason() } else { error }
}
