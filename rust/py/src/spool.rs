//! `SpoolSpace`, `Spool` and `Feed`: where a server's records come from and its answers go. The work is
//! `execd_serve::files`.

use crate::detach::{attached, detached};
use crate::errors;
use execd_serve::error::ServeError;
use execd_serve::files::spool::feed::Feed as Pushed;
use execd_serve::files::spool::{Spool as Bytes, SpoolSpace as Space, Spools};
use execd_serve::stop::StopSignal;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn failed(py: Python<'_>, name: &str, error: &io::Error) -> PyErr {
    errors::serve(py, &ServeError::file(name, error))
}

/// Where spools of this process are, and how many bytes they may have on disk.
#[pyclass(frozen, module = "execd._native")]
pub struct SpoolSpace {
    space: Arc<Space>,
}

#[pymethods]
impl SpoolSpace {
    #[new]
    fn new(folder: PathBuf, most: u64) -> SpoolSpace {
        SpoolSpace { space: Arc::new(Space::new(folder, most)) }
    }

    /// Bytes on disk now.
    #[getter]
    fn used(&self) -> u64 {
        self.space.used()
    }

    /// An empty spool.
    fn spool(&self, py: Python<'_>) -> PyResult<Spool> {
        let bytes = Bytes::new(Arc::new(Spools::new(Arc::clone(&self.space))));
        let bytes = bytes.map_err(|error| failed(py, "the spool", &error))?;
        Ok(Spool { bytes: Arc::new(Mutex::new(bytes)) })
    }
}

/// Bytes put aside.
#[pyclass(frozen, module = "execd._native")]
pub struct Spool {
    pub bytes: Arc<Mutex<Bytes>>,
}

/// What an execution that failed has left there is not used.
pub fn locked(bytes: &Mutex<Bytes>) -> MutexGuard<'_, Bytes> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pymethods]
impl Spool {
    /// Writes all that is pushed into a feed, until its end.
    fn fill(&self, py: Python<'_>, feed: &Feed, name: &str) -> PyResult<()> {
        let reader = feed.pushed.reader(Arc::new(StopSignal::default()));
        let fill = || {
            let mut bytes = locked(&self.bytes);
            bytes.fill(reader).map_err(|error| bytes.told(&error, name))
        };
        let filled = detached(py, fill)?;
        filled.map_err(|error| errors::serve(py, &error))
    }

    #[getter]
    fn size(&self) -> u64 {
        locked(&self.bytes).size()
    }

    /// Whether the bytes are in memory, not on disk.
    #[getter]
    fn in_memory(&self) -> bool {
        locked(&self.bytes).is_in_memory()
    }

    fn fileno(&self) -> RawFd {
        locked(&self.bytes).file().as_raw_fd()
    }
}

/// Pieces of bytes on their way to a run.
#[pyclass(frozen, module = "execd._native")]
pub struct Feed {
    pub pushed: Pushed,
    /// How many bytes will come, if it is known.
    pub length: Option<u64>,
}

#[pymethods]
impl Feed {
    #[new]
    #[pyo3(signature = (space, most, length=None))]
    fn new(py: Python<'_>, space: &SpoolSpace, most: usize, length: Option<u64>) -> PyResult<Feed> {
        let spools = Arc::new(Spools::new(Arc::clone(&space.space)));
        let pushed = Pushed::new(most, spools).map_err(|error| failed(py, "the feed", &error))?;
        Ok(Feed { pushed, length })
    }

    fn push(&self, py: Python<'_>, piece: PyBackedBytes) -> PyResult<bool> {
        attached(py, || self.pushed.push(&piece))
    }

    fn put_aside(&self, py: Python<'_>, piece: PyBackedBytes) -> PyResult<bool> {
        detached(py, || self.pushed.put_aside(&piece))
    }

    fn finish(&self) {
        self.pushed.finish();
    }

    fn break_off(&self) {
        self.pushed.break_off();
    }

    fn fileno(&self) -> RawFd {
        self.pushed.room().as_raw_fd()
    }
}
