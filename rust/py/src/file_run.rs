//! `FileRun`: a file of records through a model, watched and stopped from another thread. The work is
//! `execd_serve::files`.

use crate::detach::detached;
use crate::errors;
use crate::execution::Engine;
use crate::model::Model;
use crate::sheets::run_options;
use execd_serve::engine::Engine as Threads;
use execd_serve::error::ServeError;
use execd_serve::execute::{ExecuteOptions, Service};
use execd_serve::files::carry::Carry;
use execd_serve::files::dialect::{self, Dialect};
use execd_serve::files::kind::FileKind;
use execd_serve::files::{self, Place, Progress, RunOptions, Summary};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// A path, and the name, the bytes and the pipe for requests that `Place` has.
type SourceTuple = (PathBuf, Option<String>, Option<u64>, Option<PathBuf>);

/// One run; its progress may be read while it lasts.
#[pyclass(frozen, module = "execd._native")]
pub struct FileRun {
    service: Arc<Service>,
    threads: Arc<Threads>,
    sources: Vec<Place>,
    target: Place,
    options: RunOptions,
    progress: Progress,
}

#[pymethods]
impl FileRun {
    #[new]
    #[pyo3(signature = (model, engine, source, target, *, more=None, source_name=None, target_name=None,
                        source_bytes=None, source_ranges=None, source_format=None, target_format=None, delimiter=None, quote=None, header=None,
                        encoding=None, decimal_comma=false, same_dialect=false, sheet=None, carry=None,
                        carry_all=false, outputs=None, now=None, strict=false))]
    fn new(
        py: Python<'_>,
        model: &Model,
        engine: &Engine,
        source: PathBuf,
        target: PathBuf,
        more: Option<Vec<SourceTuple>>,
        source_name: Option<String>,
        target_name: Option<String>,
        source_bytes: Option<u64>,
        source_ranges: Option<PathBuf>,
        source_format: Option<&str>,
        target_format: Option<&str>,
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
    ) -> PyResult<FileRun> {
        let told = |error: ServeError| errors::serve(py, &error);
        let format = |name: Option<&str>| name.map(file_kind).transpose().map_err(told);
        let (carry, outputs) = (carry.unwrap_or_default(), outputs.unwrap_or_default());
        let dialect = dialect(delimiter, quote, header, encoding, decimal_comma).map_err(told)?;
        let options = RunOptions {
            execute: ExecuteOptions { outputs, now, strict, ..ExecuteOptions::default() },
            carry: if carry_all { Carry::All } else { Carry::Named(carry) },
            dialect,
            same_dialect,
            sheet,
            from: format(source_format)?,
            to: format(target_format)?,
            ..run_options()
        };
        let source = Place { path: source, name: source_name, bytes: source_bytes, ranges: source_ranges };
        let more = more.unwrap_or_default().into_iter();
        let more = more.map(|(path, name, bytes, ranges)| Place { path, name, bytes, ranges });
        let sources = std::iter::once(source).chain(more).collect();
        let target = Place { path: target, name: target_name, ..Place::default() };
        let (service, threads) = (Arc::clone(&model.service), Arc::clone(&engine.threads));
        Ok(FileRun { service, threads, sources, target, options, progress: Progress::default() })
    }

    /// Evaluates to the end.
    fn run(&self, py: Python<'_>) -> PyResult<FileSummary> {
        let run = || {
            let (sources, target) = (self.sources.clone(), self.target.clone());
            files::run_parts(&self.threads, &self.service, sources, target, &self.options, &self.progress)
        };
        let summary = detached(py, run)?.map_err(|e| errors::serve(py, &e))?;
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
