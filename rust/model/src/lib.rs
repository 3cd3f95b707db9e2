//! Workbook in, plan out. Untrusted input; no thread, no JSON, no clock.

pub mod compile;
pub mod error;
pub mod formula;
pub mod limits;
pub mod report;
pub mod workbook;
pub mod xlsx;

pub use compile::{Compiled, Recalculated, check, compile, recalculate};
