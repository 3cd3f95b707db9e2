//! Workbook in, plan out. Untrusted input; no thread, no JSON, no clock.

pub mod error;
pub mod formula;
pub mod limits;
pub mod workbook;
pub mod xlsx;
