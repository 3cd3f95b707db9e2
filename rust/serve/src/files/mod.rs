//! A file of records through a service into a file of answers, chunk by chunk: CSV, NDJSON, Parquet and Arrow IPC by
//! suffix, in any combination, in bounded memory.

mod csv;
mod sink;
mod source;

use crate::engine::Engine;
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::validate::validate;
use execd_calc::interface::Input;
use sink::Sink;
use source::Source;
use std::fmt::Display;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a file holds, by its suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Csv,
    Ndjson,
    Parquet,
    Arrow,
}

impl FileKind {
    pub fn of(path: &Path) -> Result<FileKind, ServeError> {
        let suffix = path.extension().and_then(|suffix| suffix.to_str()).unwrap_or("").to_lowercase();
        match suffix.as_str() {
            "csv" => Ok(FileKind::Csv),
            "ndjson" | "jsonl" => Ok(FileKind::Ndjson),
            "parquet" => Ok(FileKind::Parquet),
            "arrow" | "ipc" | "feather" => Ok(FileKind::Arrow),
            _ => Err(file_error(
                path,
                "the suffix must be .csv, .ndjson, .jsonl, .parquet, .arrow, .ipc or .feather",
            )),
        }
    }
}

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub records: u64,
    /// Records with an input that breaks its validation or could not be taken.
    pub invalid: u64,
    /// Inputs for which the file has no values at all, so that every record took the workbook's.
    pub left_out: Vec<String>,
}

/// Evaluates all records of `input` into `output`, which appears when all is done and not before.
pub fn run(
    engine: &Engine,
    service: &Service,
    input: &Path,
    output: &Path,
    options: &ExecuteOptions,
    progress: &Progress,
) -> Result<Summary, ServeError> {
    if input.canonicalize().is_ok_and(|file| output.canonicalize().is_ok_and(|other| other == file)) {
        return Err(file_error(output, "the answers would replace the records"));
    }
    engine.guarded(options.deadline, &options.stop, || {
        let part = Part::new(output);
        let mut source = Source::open(input)?;
        let mut sink = Sink::create(engine, service, &part.path, output, options)?;
        let mut summary = Summary::default();
        let inputs = &service.interface.inputs;
        let mut left_out: Vec<&Input> = inputs.iter().collect();
        let mut chunk = source.next(service, options)?;
        while let Some(mut decoded) = chunk {
            let (next, written) = engine.both(
                || source.next(service, options),
                || {
                    let env = service.env_of(engine, options);
                    validate(engine, &mut decoded, &service.interface, &env, &options.limits, &options.stop)?;
                    sink.write(engine, service, &decoded, options)
                },
            );
            written?;
            chunk = next?;
            left_out.retain(|input| input.is_left_out(&decoded.batch));
            summary.records += decoded.batch.records as u64;
            summary.invalid += decoded.notes.invalid_records() as u64;
            progress.advance(decoded.batch.records, source.fraction());
        }
        sink.finish()?;
        part.keep(output)?;
        summary.left_out = left_out.into_iter().map(|input| input.name.clone()).collect();
        Ok(summary)
    })
}

/// The output under its temporary name; removed unless kept.
struct Part {
    path: PathBuf,
}

impl Part {
    fn new(output: &Path) -> Part {
        let mut name = output.as_os_str().to_owned();
        name.push(".part");
        Part { path: PathBuf::from(name) }
    }

    fn keep(self, output: &Path) -> Result<(), ServeError> {
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.and_then(|()| std::fs::rename(&self.path, output)).map_err(|error| file_error(output, error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After `keep` there is nothing left under this name.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn file_error(path: &Path, error: impl Display) -> ServeError {
    ServeError::File { path: path.display().to_string(), message: error.to_string() }
}
