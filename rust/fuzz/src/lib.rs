//! What each fuzz target does with its bytes. A target panics when the code under test breaks a promise; whatever the
//! code refuses with an error is fine. `fuzz_targets/` gives these functions to libFuzzer, `tests/replay` runs them
//! over the corpus with any compiler.

#![allow(clippy::panic, reason = "a panic is how a target reports")]

pub mod memory;

pub mod stopwatch;

pub mod choices;

pub mod generator;

pub mod service;

pub mod promises;

pub mod xlsx;

pub mod workbook;

pub mod formula;

pub mod json;

pub mod records;

pub mod arrow;

pub mod csv;

pub mod ndjson;

pub mod parquet;

pub mod packed;

pub mod envelope;

pub mod patterns;

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

/// The crates for Arrow and Parquet take as much as a file claims to hold, before they look: `pending/arrow` has examples.
const AS_CLAIMED: usize = usize::MAX;

#[rustfmt::skip]
pub const TARGETS: [Target; 12] = [
    Target { name: "xlsx", run: xlsx::run, most_bytes: MOST_BYTES },
    Target { name: "workbook", run: workbook::run, most_bytes: MOST_BYTES },
    Target { name: "formula", run: formula::run, most_bytes: MOST_BYTES },
    Target { name: "json", run: json::run, most_bytes: MOST_BYTES },
    Target { name: "envelope", run: envelope::run, most_bytes: MOST_BYTES },
    Target { name: "patterns", run: patterns::run, most_bytes: MOST_BYTES },
    Target { name: "csv", run: csv::run, most_bytes: MOST_BYTES },
    Target { name: "ndjson", run: ndjson::run, most_bytes: MOST_BYTES },
    Target { name: "arrow", run: arrow::run, most_bytes: AS_CLAIMED },
    Target { name: "parquet", run: parquet::run, most_bytes: AS_CLAIMED },
    Target { name: "packed", run: packed::run, most_bytes: AS_CLAIMED },
    Target { name: "number_format", run: number_format::run, most_bytes: MOST_BYTES },
];
