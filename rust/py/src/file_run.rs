//! `FileRun`: a file of records through a model, watched and stopped from another thread. The work is
//! `execd_serve::files`.

use crate::detach::detached;
use crate::errors;
use crate::execution::Engine;
use crate::model::Model;
use execd_serve::engine::Engine as Threads;
use execd_serve::execute::{ExecuteOptions, Service};
use execd_serve::files::{self, Progress};
use execd_serve::stop::StopSignal;
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
    signal: Arc<StopSignal>,
    progress: Progress,
}

#[pymethods]
impl FileRun {
    #[new]
    fn new(model: &Model, engine: &Engine, source: PathBuf, target: PathBuf) -> FileRun {
        let (service, threads) = (Arc::clone(&model.service), Arc::clone(&engine.threads));
        FileRun { service, threads, source, target, signal: Arc::default(), progress: Progress::default() }
    }

    /// Evaluates to the end: the number of records, of those with an invalid input, and the inputs left out.
    fn run(&self, py: Python<'_>) -> PyResult<(u64, u64, Vec<String>)> {
        let options = ExecuteOptions { stop: Arc::clone(&self.signal), ..ExecuteOptions::default() };
        let (source, target) = (&self.source, &self.target);
        let run = || files::run_files(&self.threads, &self.service, source, target, &options, &self.progress);
        let summary = detached(py, run)?.map_err(|e| errors::serve(py, &e))?;
        Ok((summary.records, summary.invalid, summary.left_out))
    }

    /// Stops the run; the target is left as it was.
    fn cancel(&self) {
        self.signal.cancel();
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
