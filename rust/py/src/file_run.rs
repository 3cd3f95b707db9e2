//! `FileRun`: a file of records through a model, watched and stopped from another thread. The work is
//! `execd_serve::files`.

use crate::detach::detached;
use crate::errors;
use crate::execution::Engine;
use crate::model::Model;
use execd_serve::engine::Engine as Threads;
use execd_serve::error::ServeError;
use execd_serve::execute::{ExecuteOptions, Service};
use execd_serve::files::carry::Carry;
use execd_serve::files::kind::FileKind;
use execd_serve::files::{self, Progress, RunOptions, Summary};
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// One run; its progress may be read while it lasts.
#[pyclass(frozen, module = "execd._native")]
pub struct FileRun {
    service: Arc<Service>,
    threads: Arc<Threads>,
    source: PathBuf,
    target: PathBuf,
    options: RunOptions,
    progress: Progress,
}

#[pymethods]
impl FileRun {
    #[new]
    #[pyo3(signature = (model, engine, source, target, *, source_format=None, target_format=None, delimiter=None,
                        carry=None, carry_all=false, outputs=None, now=None, strict=false))]
    fn new(
        py: Python<'_>,
        model: &Model,
        engine: &Engine,
        source: PathBuf,
        target: PathBuf,
        source_format: Option<&str>,
        target_format: Option<&str>,
        delimiter: Option<&str>,
        carry: Option<Vec<String>>,
        carry_all: bool,
        outputs: Option<Vec<String>>,
        now: Option<f64>,
        strict: bool,
    ) -> PyResult<FileRun> {
        let format = |name: Option<&str>| name.map(file_kind).transpose().map_err(|e| errors::serve(py, &e));
        let (carry, outputs) = (carry.unwrap_or_default(), outputs.unwrap_or_default());
        let options = RunOptions {
            execute: ExecuteOptions { outputs, now, strict, ..ExecuteOptions::default() },
            carry: if carry_all { Carry::All } else { Carry::Named(carry) },
            delimiter: delimiter.map(separator).transpose().map_err(|e| errors::serve(py, &e))?,
            from: format(source_format)?,
            to: format(target_format)?,
            ..RunOptions::default()
        };
        let (service, threads) = (Arc::clone(&model.service), Arc::clone(&engine.threads));
        Ok(FileRun { service, threads, source, target, options, progress: Progress::default() })
    }

    /// Evaluates to the end.
    fn run(&self, py: Python<'_>) -> PyResult<FileSummary> {
        let (source, target) = (&self.source, &self.target);
        let run =
            || files::run_files(&self.threads, &self.service, source, target, &self.options, &self.progress);
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

fn separator(text: &str) -> Result<u8, ServeError> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => Err(ServeError::invalid(format!("a delimiter is one ASCII character, not '{text}'"))),
    }
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
