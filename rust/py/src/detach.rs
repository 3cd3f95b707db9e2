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

/// Work on more bytes than this takes longer than it takes to get the GIL back.
const MANY_BYTES: usize = 128 << 10;

/// Runs `work` on so many bytes, with the GIL released if they are many.
pub fn sized<T: Send>(py: Python<'_>, bytes: usize, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    if bytes > MANY_BYTES { detached(py, work) } else { attached(py, work) }
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("internal error: {}", text.unwrap_or("a panic without a message"))
}
