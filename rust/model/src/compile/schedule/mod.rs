//! From graph to plan: in what order the nodes that the outputs need run, and which slot each result takes.

mod emit;
mod order;
mod pools;
mod regions;

pub use emit::plan;
pub use order::order;
