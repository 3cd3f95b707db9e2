//! `Place`, and the two ends of a run: where its records come from and its answers go.

use crate::errors;
use crate::spool::{Feed, Spool, locked};
use execd_serve::files;
use execd_serve::files::spool::Spool as Bytes;
use execd_serve::files::{Records, RunOptions};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use std::io::Seek;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A file, or a pipe from or to something else.
#[pyclass(frozen, skip_from_py_object, module = "execd._native")]
#[derive(Clone)]
pub struct Place {
    place: files::Place,
}

#[pymethods]
impl Place {
    #[new]
    #[pyo3(signature = (path, *, name=None, size=None, ranges=None))]
    fn new(path: PathBuf, name: Option<String>, size: Option<u64>, ranges: Option<PathBuf>) -> Place {
        Place { place: files::Place { path, name, bytes: size, ranges } }
    }
}

/// Where records come from.
#[derive(FromPyObject)]
pub enum Origin<'py> {
    Feed(Bound<'py, Feed>),
    Spool(Bound<'py, Spool>),
    Places(Vec<Bound<'py, Place>>),
}

/// Where answers go.
#[derive(FromPyObject)]
pub enum Destination<'py> {
    Spool(Bound<'py, Spool>),
    Place(Bound<'py, Place>),
}

pub enum Ends {
    Places(Vec<files::Place>, files::Place),
    /// Records are used up by the first run.
    Served(Mutex<Option<Records>>, Arc<Mutex<Bytes>>),
}

impl Ends {
    pub fn new(
        py: Python<'_>,
        from: &Origin<'_>,
        to: &Destination<'_>,
        options: &RunOptions,
    ) -> PyResult<Ends> {
        let answers = match (from, to) {
            (Origin::Places(from), Destination::Place(to)) => {
                let sources = from.iter().map(|place| place.get().place.clone()).collect();
                return Ok(Ends::Places(sources, to.get().place.clone()));
            }
            (_, Destination::Spool(spool)) => Arc::clone(&spool.get().bytes),
            (_, Destination::Place(_)) => {
                return Err(PyTypeError::new_err("records of a server go to a spool"));
            }
        };
        let records = match from {
            Origin::Feed(feed) => {
                let Feed { pushed, length } = feed.get();
                Records::Pushed(pushed.reader(Arc::clone(&options.execute.stop)), *length)
            }
            Origin::Spool(spool) => {
                let bytes = locked(&spool.get().bytes);
                let file = bytes.file().try_clone().and_then(|mut file| file.rewind().map(|()| file));
                let file = file.map_err(|error| errors::internal(py, error.to_string()))?;
                Records::PutAside(file, bytes.size())
            }
            Origin::Places(_) => return Err(PyTypeError::new_err("a spool is for records of a server")),
        };
        Ok(Ends::Served(Mutex::new(Some(records)), answers))
    }
}
