//! `FileRun`: a file of records through a model, watched and stopped from another thread. The work is
//! `execd_serve::files`.

use crate::detach::detached;
use crate::ends::{Destination, Ends, Origin};
use crate::errors;
use crate::execution::Engine;
use crate::model::Model;
use crate::sheets::run_options;
use crate::spool::locked;
use execd_serve::engine::Engine as Threads;
use execd_serve::error::ServeError;
use execd_serve::execute::{ExecuteOptions, Service};
use execd_serve::files::carry::Carry;
use execd_serve::files::dialect::{self, Dialect};
use execd_serve::files::kind::{FileKind, Packing};
use execd_serve::files::{self, Progress, RunOptions, Summary};
use execd_serve::limits::Limits;
use execd_serve::tally::Tally;
use pyo3::prelude::*;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// One run; its progress may be read while it lasts.
#[pyclass(frozen, module = "execd._native")]
pub struct FileRun {
    service: Arc<Service>,
    threads: Arc<Threads>,
    ends: Ends,
    packing: Option<Packing>,
    options: RunOptions,
    tally: Arc<Tally>,
    progress: Progress,
}

#[pymethods]
impl FileRun {
    #[new]
    #[pyo3(signature = (model, engine, source, target, *, source_format=None, target_format=None, packing=None,
                        delimiter=None, quote=None, header=None, encoding=None, decimal_comma=false,
                        same_dialect=false, sheet=None, carry=None, carry_all=false, outputs=None, now=None,
                        strict=false, chunk=None))]
    fn new(
        py: Python<'_>,
        model: &Model,
        engine: &Engine,
        source: Origin<'_>,
        target: Destination<'_>,
        source_format: Option<&str>,
        target_format: Option<&str>,
        packing: Option<&str>,
        delimiter: Option<&str>,
        quote: Option<&str>,
        header: Option<Vec<String>>,
        encoding: Option<&str>,
        decimal_comma: bool,
        same_dialect: bool,
        sheet: Option<String>,
        carry: Option<Vec<String>>,
        carry_all: bool,
        outputs: Option<Vec<String>>,
        now: Option<f64>,
        strict: bool,
        chunk: Option<usize>,
    ) -> PyResult<FileRun> {
        let told = |error: ServeError| errors::serve(py, &error);
        let format = |name: Option<&str>| name.map(file_kind).transpose().map_err(told);
        let tally = Arc::new(Tally::default());
        let (carry, outputs) = (carry.unwrap_or_default(), outputs.unwrap_or_default());
        let options = RunOptions {
            execute: ExecuteOptions {
                outputs,
                now,
                strict,
                limits: Limits { chunk: chunk.unwrap_or(usize::MAX), ..engine.limits.clone() },
                tally: Some(Arc::clone(&tally)),
                ..ExecuteOptions::default()
            },
            carry: if carry_all { Carry::All } else { Carry::Named(carry) },
            dialect: dialect(delimiter, quote, header, encoding, decimal_comma).map_err(told)?,
            same_dialect,
            sheet,
            from: format(source_format)?,
            to: format(target_format)?,
            ..run_options()
        };
        let (service, threads) = (Arc::clone(&model.service), Arc::clone(&engine.threads));
        let ends = Ends::new(py, &source, &target, &options)?;
        let packing = packing.map(packed).transpose().map_err(told)?;
        Ok(FileRun { service, threads, ends, packing, options, tally, progress: Progress::default() })
    }

    /// Evaluates to the end, for at most `within` seconds.
    #[pyo3(signature = (within=None))]
    fn run(&self, py: Python<'_>, within: Option<f64>) -> PyResult<FileSummary> {
        let within =
            within.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        let deadline = within.map(|within| self.threads.clock().now().saturating_add(within));
        let mut options = self.options.clone();
        options.execute.deadline = deadline;
        let summary = detached(py, || self.evaluate(&options))?.map_err(|e| errors::serve(py, &e))?;
        Ok(FileSummary { summary })
    }

    /// Stops the run; the target is left as it was.
    fn cancel(&self) {
        self.options.execute.stop.cancel();
    }

    #[getter]
    fn records(&self) -> u64 {
        self.progress.records()
    }

    #[getter]
    fn fraction(&self) -> f64 {
        self.progress.fraction()
    }

    /// Records with errors so far.
    #[getter]
    fn with_errors(&self) -> u64 {
        self.tally.with_errors()
    }

    /// The first of them, and what is wrong.
    #[getter]
    fn first_errors(&self) -> Vec<(u64, String)> {
        self.tally.first()
    }
}

impl FileRun {
    fn evaluate(&self, options: &RunOptions) -> Result<Summary, ServeError> {
        let (threads, service, progress) = (&*self.threads, &*self.service, &self.progress);
        match &self.ends {
            Ends::Places(sources, target) => {
                files::run_parts(threads, service, sources.clone(), target.clone(), options, progress)
            }
            Ends::Served(records, answers) => {
                let records = records.lock().unwrap_or_else(PoisonError::into_inner).take();
                let records = records.ok_or_else(|| ServeError::Internal("records run once".to_owned()))?;
                let answers = &mut locked(answers);
                files::run_served(threads, service, records, answers, self.packing, options, progress)
            }
        }
    }
}

fn packed(name: &str) -> Result<Packing, ServeError> {
    match name {
        "gzip" => Ok(Packing::Gzip),
        "zstd" => Ok(Packing::Zstd),
        _ => Err(ServeError::invalid(format!("'{name}' is no way to pack files: gzip or zstd"))),
    }
}

fn file_kind(name: &str) -> Result<FileKind, ServeError> {
    FileKind::named(name).ok_or_else(|| ServeError::invalid(format!("'{name}' is no format of files")))
}

fn dialect(
    delimiter: Option<&str>,
    quote: Option<&str>,
    header: Option<Vec<String>>,
    encoding: Option<&str>,
    decimal_comma: bool,
) -> Result<Dialect, ServeError> {
    let quote = match quote {
        None => Dialect::default().quote,
        Some("") => None,
        Some(text) => Some(dialect::mark("quote", text)?),
    };
    let delimiter = delimiter.map(|text| dialect::mark("delimiter", text)).transpose()?;
    let encoding = encoding.map(dialect::encoding).transpose()?;
    let dialect = Dialect { delimiter, quote, header, encoding, decimal_comma };
    dialect.check()?;
    Ok(dialect)
}

/// What came of a run.
#[pyclass(frozen, module = "execd._native")]
pub struct FileSummary {
    summary: Summary,
}

#[pymethods]
impl FileSummary {
    #[getter]
    fn records(&self) -> u64 {
        self.summary.records
    }

    #[getter]
    fn invalid(&self) -> u64 {
        self.summary.invalid
    }

    /// What reading, calculating and writing took, in seconds over all threads.
    #[getter]
    fn seconds(&self) -> (f64, f64, f64) {
        let seconds = self.summary.seconds;
        (seconds.reading, seconds.calculating, seconds.writing)
    }

    #[getter]
    fn left_out(&self) -> Vec<(&str, u64)> {
        self.summary.left_out.iter().map(|left| (left.input.as_str(), left.records)).collect()
    }

    #[getter]
    fn unmatched(&self) -> Vec<String> {
        self.summary.unmatched.lines()
    }

    #[getter]
    fn errors(&self) -> &str {
        &self.summary.errors
    }
}
