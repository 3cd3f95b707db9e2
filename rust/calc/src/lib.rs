//! Plan + columns -> columns: Excel's values, functions and arithmetic, and the plan that runs them over blocks of
//! records. No file format, formula text, JSON, clock, thread or Python here.
//!
//! Modules from the bottom up, each using only those above it in this list.

pub mod numbers;

pub mod math;

pub mod values;

pub mod semantics;

pub mod kernels;

pub mod plan;

pub mod interface;

pub mod words;

pub mod run;
