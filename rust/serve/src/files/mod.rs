//! Records through a service into answers, chunk by chunk and in bounded memory: CSV, NDJSON, Parquet and Arrow IPC,
//! in any combination.

pub mod kind;

pub mod source;

pub mod target;

mod blank_lines;

mod csv;

mod ndjson;

mod parquet_schema;

pub mod reader;

mod writer;

use crate::codec::unmatched::Unmatched;
use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::validate::validate;
use execd_calc::interface::Input;
use reader::RecordReader;
use source::Source;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use target::{PartFile, Target};
use writer::AnswerWriter;

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

/// What came of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub records: u64,
    /// Records with an input that breaks its validation or could not be taken.
    pub invalid: u64,
    /// Inputs for which the file has no values at all, so that every record took the workbook's.
    pub left_out: Vec<String>,
    /// Names that match nothing.
    pub unmatched: Unmatched,
}

/// Evaluates all records of a file into another, which appears when all is done and not before.
pub fn run_files(
    engine: &Engine,
    service: &Service,
    source: &Path,
    target: &Path,
    options: &ExecuteOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    if source.canonicalize().is_ok_and(|file| target.canonicalize().is_ok_and(|other| other == file)) {
        let name = target.to_string_lossy();
        return Err(ServeError::file(&name, "the answers would replace the records"));
    }
    let source = Source::open(source)?;
    let (part, target) = PartFile::create(target)?;
    let summary = run(engine, service, source, target, options, progress)?;
    part.keep()?;
    Ok(summary)
}

/// Evaluates all records of a source. After an error the target has some of the answers.
pub fn run(
    engine: &Engine,
    service: &Service,
    source: Source,
    target: Target<'_>,
    options: &ExecuteOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    engine.guarded(options.deadline, &options.stop, || {
        let mut reader = RecordReader::new(source, service.rules(options))?;
        let mut writer = AnswerWriter::new(engine, service, target, options)?;
        let mut summary = Summary { unmatched: service.choose(options)?.1, ..Summary::default() };
        let inputs = &service.interface.inputs;
        let mut left_out: Vec<&Input> = inputs.iter().collect();
        let mut chunk = reader.next(service.rules(options))?;
        while let Some(mut decoded) = chunk {
            let (next, written) = engine.both(
                || reader.next(service.rules(options)),
                || {
                    if options.strict {
                        summary.unmatched.refuse()?;
                        decoded.notes.refuse(&service.interface)?;
                    }
                    let env = service.env_of(engine, options);
                    validate(engine, &mut decoded, &service.interface, &env, &options.limits, &options.stop)?;
                    writer.write(engine, service, &decoded, options)
                },
            );
            written?;
            chunk = next?;
            summary.unmatched.join(&decoded.notes.unmatched);
            left_out.retain(|input| input.is_left_out(&decoded.batch));
            summary.records += decoded.batch.records as u64;
            summary.invalid += decoded.notes.invalid_records() as u64;
            progress.advance(decoded.batch.records, reader.fraction());
        }
        writer.finish()?;
        summary.left_out = left_out.into_iter().map(|input| input.name.clone()).collect();
        Ok(summary)
    })
}
