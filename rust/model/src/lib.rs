//! Workbook in, plan out. Untrusted input; no thread, no JSON, no clock.
//!
//! Modules from the bottom up: each uses only those above it in this list.

pub mod error;

pub mod limits;

pub mod workbook;

pub mod report;

pub mod formula;

pub mod xlsx;

pub mod markers;

pub mod compile;

pub use compile::{
    Compiled, Recalculated, check, compile, compile_workbook, recalculate, recalculate_workbook,
};
