//! `Call`, `CancelToken`, `Engine`, `Fragments`: what one execution takes and gives.

use crate::concatenate::concatenated;
use crate::detach::detached_if;
use crate::errors;
use execd_serve::clock::SystemClock;
use execd_serve::engine::Engine as Threads;
use execd_serve::envelope;
use execd_serve::execute::{ExecuteOptions, Fragments as Parts};
use execd_serve::limits::{Limits, WORKER_MEMORY};
use execd_serve::stop::StopSignal;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The threads that calculate, and the one that watches deadlines.
#[pyclass(frozen, module = "execd._native")]
pub struct Engine {
    pub threads: Arc<Threads>,
    /// The limits of a call.
    pub(crate) limits: Limits,
}

/// The engine for library use, with the process it belongs to.
static SHARED: Mutex<Option<(u32, Arc<Threads>)>> = Mutex::new(None);

impl Engine {
    fn start(threads: usize, memory: usize) -> io::Result<Arc<Threads>> {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = if threads == 0 { cores() } else { threads };
        Ok(Arc::new(Threads::new(threads, Arc::new(SystemClock))?.with_memory(memory)))
    }

    fn of_this_process() -> io::Result<Arc<Threads>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if let Some((owner, threads)) = &*shared
            && *owner == process
        {
            return Ok(Arc::clone(threads));
        }
        let threads = Engine::start(0, WORKER_MEMORY)?;
        // An engine that came over a fork has no threads, and ending it would wait for them.
        std::mem::forget(shared.replace((process, Arc::clone(&threads))));
        Ok(threads)
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (threads=0, *, memory=None, execution_memory=None))]
    fn new(
        py: Python<'_>,
        threads: usize,
        memory: Option<usize>,
        execution_memory: Option<usize>,
    ) -> PyResult<Engine> {
        let started = Engine::start(threads, memory.unwrap_or(WORKER_MEMORY));
        let threads = started.map_err(|e| errors::internal(py, e.to_string()))?;
        let usual = Limits::default();
        let limits = match execution_memory {
            Some(memory) => Limits { memory, batch: memory, ..usual },
            None => usual,
        };
        Ok(Engine { threads, limits })
    }

    /// The engine of this process for library use, made when first asked for.
    #[staticmethod]
    fn shared(py: Python<'_>) -> PyResult<Engine> {
        let threads = Engine::of_this_process().map_err(|e| errors::internal(py, e.to_string()))?;
        Ok(Engine { threads, limits: Limits::default() })
    }
}

/// The raw `inputs` of a request with its options.
#[pyclass(frozen, module = "execd._native")]
pub struct Call {
    body: PyBackedBytes,
    span: Range<usize>,
    service: String,
    outputs: Vec<String>,
    unix_now: Option<f64>,
    strict: bool,
    ignored: Vec<String>,
}

impl Call {
    /// The bytes of `inputs`.
    pub fn inputs(&self) -> &[u8] {
        self.body.get(self.span.clone()).unwrap_or(&[])
    }

    /// What the engine is told about this call.
    pub fn options(
        &self,
        engine: &Engine,
        token: Option<&CancelToken>,
        within: Option<f64>,
    ) -> ExecuteOptions {
        let within =
            within.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
        ExecuteOptions {
            outputs: self.outputs.clone(),
            service: self.service.clone(),
            now: self.unix_now,
            strict: self.strict,
            ignored: self.ignored.clone(),
            deadline: within.map(|within| engine.threads.clock().now().saturating_add(within)),
            stop: token.map_or_else(Arc::default, |token| Arc::clone(&token.signal)),
            limits: engine.limits.clone(),
            ..ExecuteOptions::default()
        }
    }
}

#[pymethods]
impl Call {
    #[new]
    #[pyo3(signature = (
        body, span=None, *, service=String::new(), outputs=Vec::new(), unix_now=None, strict=false, ignored=Vec::new(),
    ))]
    fn new(
        body: PyBackedBytes,
        span: Option<(usize, usize)>,
        service: String,
        outputs: Vec<String>,
        unix_now: Option<f64>,
        strict: bool,
        ignored: Vec<String>,
    ) -> Call {
        let span = span.map_or(0..body.len(), |(start, end)| start..end);
        Call { body, span, service, outputs, unix_now, strict, ignored }
    }

    fn __len__(&self) -> usize {
        self.inputs().len()
    }
}

/// Stops an execution from another thread.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct CancelToken {
    pub signal: Arc<StopSignal>,
}

#[pymethods]
impl CancelToken {
    #[new]
    fn new() -> CancelToken {
        CancelToken { signal: Arc::default() }
    }

    fn cancel(&self) {
        self.signal.cancel();
    }
}

/// The parts of an answer.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct Fragments {
    pub parts: Parts,
}

#[pymethods]
impl Fragments {
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.parts.outputs)
    }

    #[getter]
    fn process_time<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.parts.process_time)
    }

    #[getter]
    fn warnings<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.parts.warnings)
    }

    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.parts.errors)
    }

    /// The number of records that have errors.
    #[getter]
    fn with_errors(&self) -> usize {
        self.parts.with_errors
    }

    /// Bytes of the four parts.
    #[getter]
    fn size(&self) -> usize {
        let Parts { outputs, process_time, warnings, errors, .. } = &self.parts;
        [outputs, process_time, warnings, errors].iter().map(|part| part.len()).sum()
    }

    /// The four parts, each after its separator, and the last separator: one copy instead of three.
    fn joined<'py>(&self, py: Python<'py>, separators: [PyBackedBytes; 5]) -> PyResult<Bound<'py, PyBytes>> {
        let [first, second, third, fourth, last] = &separators;
        let Parts { outputs, process_time, warnings, errors, .. } = &self.parts;
        let pieces: [&[u8]; 9] =
            [first, outputs, second, process_time, third, warnings, fourth, errors, last];
        concatenated(py, &pieces)
    }

    fn __len__(&self) -> usize {
        self.parts.records
    }
}

/// Bytes of JSON that take longer to check than the GIL takes to come back.
const MUCH: usize = 128 << 10;

/// The span of `inputs` in the body of a request, and the body with `null` in its place; see `execd_serve::envelope`.
#[pyfunction]
pub fn scan(py: Python<'_>, body: PyBackedBytes) -> PyResult<Option<(usize, usize, Bound<'_, PyBytes>)>> {
    let found = detached_if(py, body.len() > MUCH, || envelope::scan(&body))?
        .transpose()
        .map_err(|e| errors::serve(py, &e))?;
    Ok(found.map(|found| (found.inputs.start, found.inputs.end, PyBytes::new(py, &found.rest))))
}

/// Refuses what is not valid JSON, and an object that has a key twice.
#[pyfunction]
pub fn check_json(py: Python<'_>, json: PyBackedBytes) -> PyResult<()> {
    detached_if(py, json.len() > MUCH, || envelope::check(&json))?.map_err(|e| errors::serve(py, &e))
}
