//! Plan + columns -> columns: Excel's values, functions and arithmetic, and the plan that runs them over blocks of
//! records. No file format, formula text, JSON, clock, thread or Python here.
//!
//! Modules from the bottom up, each using only those above it in this list.

pub mod value;

pub mod heap;

pub mod lookup_index;

pub mod range;

pub mod digits;

pub mod serial;

pub mod format;

pub mod parse_number;

pub mod parse_date;

pub mod function;

pub mod coerce;

pub mod power;

pub mod elementary;

pub mod special;

pub mod compare;

pub mod wildcard;

pub mod operator;

pub mod lift;

pub mod ops;

pub mod kernels;

pub mod batch;

pub mod machine_code;

pub mod plan;

pub mod interface;

pub mod run;
