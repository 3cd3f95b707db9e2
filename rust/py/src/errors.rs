//! The exception classes, and the one place that maps an error of the crates below to a class and a kind. Message
//! texts belong to the crates.

use execd_model::error::{Error as ModelError, ErrorKind};
use execd_serve::error::ServeError;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

create_exception!(execd._native, ExecdError, PyException, "Base of all errors of execd; `kind` is stable.");
create_exception!(execd._native, WorkbookError, ExecdError, "The workbook cannot be read or compiled.");
create_exception!(execd._native, InputError, ExecdError, "The caller's data are wrong.");
create_exception!(execd._native, DeadlineExceeded, ExecdError, "The execution ran into its deadline.");
create_exception!(execd._native, Cancelled, ExecdError, "The execution was cancelled.");
create_exception!(execd._native, InternalError, ExecdError, "A broken invariant: a bug in execd.");

/// An exception of `class` that carries `kind` as an attribute.
pub fn raise<E: pyo3::PyTypeInfo>(py: Python<'_>, kind: &'static str, message: String) -> PyErr {
    let error = PyErr::new::<E, _>(message);
    match error.value(py).setattr("kind", kind) {
        Ok(()) => error,
        Err(other) => other,
    }
}

/// A bug, named as such.
pub fn internal(py: Python<'_>, message: String) -> PyErr {
    raise::<InternalError>(py, "internal", message)
}

pub fn model(py: Python<'_>, error: &ModelError) -> PyErr {
    let kind = match error.kind {
        ErrorKind::NotAWorkbook => "not_a_workbook",
        ErrorKind::Encrypted => "encrypted",
        ErrorKind::TooLarge => "too_large",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Circular => "circular",
        ErrorKind::Interface => "interface",
        ErrorKind::Stopped => return raise::<Cancelled>(py, "cancelled", error.to_string()),
    };
    raise::<WorkbookError>(py, kind, error.to_string())
}

/// Besides `kind`, an `InputError` carries `offset`: the byte of `inputs` where the mistake is, if it is known.
pub fn serve(py: Python<'_>, error: &ServeError) -> PyErr {
    let (kind, message) = (error.kind(), error.to_string());
    match error {
        ServeError::InvalidInput { place, .. } => with_offset(py, kind, message, place.offset),
        ServeError::Unmatched(_)
        | ServeError::InvalidJson(_)
        | ServeError::TooLarge { .. }
        | ServeError::Overloaded
        | ServeError::File { .. } => with_offset(py, kind, message, None),
        ServeError::Deadline => raise::<DeadlineExceeded>(py, kind, message),
        ServeError::Cancelled => raise::<Cancelled>(py, kind, message),
        ServeError::Internal(_) => raise::<InternalError>(py, kind, message),
    }
}

fn with_offset(py: Python<'_>, kind: &'static str, message: String, offset: Option<usize>) -> PyErr {
    let error = raise::<InputError>(py, kind, message);
    match error.value(py).setattr("offset", offset) {
        Ok(()) => error,
        Err(other) => other,
    }
}
