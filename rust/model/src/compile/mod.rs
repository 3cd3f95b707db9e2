//! From workbook to plan.

mod certain_errors;
mod diagnose;
mod doubts;
mod graph;
mod lower;
mod optimize;
mod recalculate;
mod rules;
mod schedule;
mod service;

pub use lower::function_names;
pub use recalculate::{Recalculated, recalculate, recalculate_workbook};
pub use service::{Compiled, check, compile, compile_workbook};
