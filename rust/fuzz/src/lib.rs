//! What each fuzz target does with its bytes. A target panics when the code under test breaks a promise; whatever the
//! code refuses with an error is fine. `fuzz_targets/` gives these functions to libFuzzer, `tests/replay` runs them
//! over the corpus with any compiler.

#![allow(clippy::panic, reason = "a panic is how a target reports")]

pub mod service;

pub mod xlsx;

pub mod formula;

pub mod json;

pub mod records;

pub mod arrow;

pub mod csv;

pub mod number_format;

/// One target: its name, which is also the name of its folder in `corpus/`, and what it does.
#[derive(Clone, Copy)]
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Memory that one input may take.
    pub most_bytes: usize,
}

/// Far more than any input takes, far less than a bug would.
pub const MOST_BYTES: usize = 256 << 20;

/// The Arrow crates take as much as a file claims to hold, before they look: `pending/arrow` has examples.
const AS_CLAIMED: usize = usize::MAX;

pub const TARGETS: [Target; 6] = [
    Target { name: "xlsx", run: xlsx::run, most_bytes: MOST_BYTES },
    Target { name: "formula", run: formula::run, most_bytes: MOST_BYTES },
    Target { name: "json", run: json::run, most_bytes: MOST_BYTES },
    Target { name: "arrow", run: arrow::run, most_bytes: AS_CLAIMED },
    Target { name: "csv", run: csv::run, most_bytes: MOST_BYTES },
    Target { name: "number_format", run: number_format::run, most_bytes: MOST_BYTES },
];
