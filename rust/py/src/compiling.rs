//! Reading and compiling a workbook under its limits. The crate that does it has no clock: here is what watches the time.

use crate::detach::detached;
use crate::errors;
use crate::execution::CancelToken;
use execd_model::error::{Error, ErrorKind};
use execd_model::limits::Limits;
use execd_serve::clock::{Clock, SystemClock};
use execd_serve::error::ServeError;
use execd_serve::stop::{Alarm, StopSignal};
use pyo3::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// Runs `work` for at most the seconds of the limits. `token` stops it from another thread.
pub fn within_limits<T: Send>(
    py: Python<'_>,
    limits: Limits,
    token: Option<&CancelToken>,
    work: impl FnOnce(&Limits) -> Result<T, Error> + Send,
) -> PyResult<T> {
    let signal: Arc<StopSignal> = token.map_or_else(Arc::default, |token| Arc::clone(&token.signal));
    let limits = Limits { stop: signal.shared_flag(), ..limits };
    let alarm = Alarm::start(Arc::new(SystemClock)).map_err(|e| errors::internal(py, e.to_string()))?;
    let done = detached(py, || {
        let deadline = SystemClock
            .now()
            .saturating_add(Duration::try_from_secs_f64(limits.seconds).unwrap_or(Duration::MAX));
        let _armed = alarm.arm(deadline, &signal);
        work(&limits)
    })?;
    done.map_err(|error| {
        let expired = error.kind == ErrorKind::Stopped && matches!(signal.reason(), ServeError::Deadline);
        let error = if expired {
            Error::new(ErrorKind::TooLarge, format!("{error} after {} seconds", limits.seconds))
        } else {
            error
        };
        errors::model(py, &error)
    })
}
