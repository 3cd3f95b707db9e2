//! Lowering: from formula trees to terms of the graph, by partial evaluation.

mod aggregates;
mod at;
mod beyond;
mod calls;
mod cells;
mod expressions;
mod failure;
mod forms;
pub mod functions;
mod grids;
mod known;
mod lowerer;
mod map;
mod memo;
mod precedents;
mod reach;
mod references;
mod root;
mod sheets;
mod single;
mod spill;
mod values;
mod what_if;

pub use at::At;
pub use failure::Failure;
pub use functions::names as function_names;
pub use lowerer::Lowerer;
pub use sheets::Sheets;
pub use values::Single;
