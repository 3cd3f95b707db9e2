//! The one place that releases the GIL. A panic in the work is caught here: one failed call, never a dead server.

use crate::errors;
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work` with the GIL released. The state that `work` leaves behind after a panic is not used again.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|panic| errors::internal(py, reason(&*panic)))
}

/// Runs `work` with the GIL kept. For work of microseconds: taking the GIL back from another thread takes longer.
pub fn attached<T>(py: Python<'_>, work: impl FnOnce() -> T) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| errors::internal(py, reason(&*panic)))
}

/// Runs `work` with the GIL released if it is `much`.
pub fn detached_if<T: Send>(py: Python<'_>, much: bool, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    if much { detached(py, work) } else { attached(py, work) }
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("internal error: {}", text.unwrap_or("a panic without a message"))
}
