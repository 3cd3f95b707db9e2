//! The one place that releases the GIL. A panic in the work is caught here: one failed call, never a dead server.

use crate::errors;
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `work` with the GIL released. The state that `work` leaves behind after a panic is not used again.
pub fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| catch_unwind(AssertUnwindSafe(work))).map_err(|panic| errors::internal(py, reason(&*panic)))
}

/// Work on less than this many bytes keeps the GIL: taking it back from another thread costs more.
const WORTH_RELEASING: usize = 4096;

/// The same for work on so many bytes of input: on few of them the GIL is kept.
pub fn detached_for<T: Send>(py: Python<'_>, bytes: usize, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    if bytes >= WORTH_RELEASING {
        return detached(py, work);
    }
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| errors::internal(py, reason(&*panic)))
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("internal error: {}", text.unwrap_or("a panic without a message"))
}
