//! Requests in, bytes out: JSON and Arrow to columns and back, permits, admission, deadlines, the worker pool.
//! No PyO3, no workbook, no HTTP.
//!
//! Modules from the bottom up, each using only those above it in this list.

pub mod clock;

pub mod times;

pub mod permits;

pub mod admission;

pub mod error;

pub mod limits;

pub mod stop;

pub mod envelope;

pub mod codec;

pub mod filter;

pub mod flat;

mod rooms;

pub mod tally;

pub mod blocks;

pub mod engine;

pub mod validate;

pub mod execute;

pub mod remarks;

pub mod arrow;

pub mod files;
