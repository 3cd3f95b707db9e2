//! Aggregates as chains of small steps, and which cells conditional ones choose.

mod chosen;
mod criteria;
mod decompose;
mod running;
mod runs;
mod sum_range;

pub use criteria::Criteria;
pub use runs::Runs;
