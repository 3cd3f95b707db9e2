//! Measures kernels and tables against the same models by hand, JSON against msgspec and a memory copy, compile time against
//! formula cells. Prints rows of ratio, aim, what, execd, yardstick, separated by tabs; `benches/run.py` prepares the
//! folder, starts this and prints the table.
//!
//! execd is compiled as it ships (the profile's target); the models by hand are compiled for AVX2 in the same program.
//!
//! usage: execd-benches FOLDER PYTHON [kernel|table|codec|compile] [MODEL]

mod by_hand;
mod codec;
mod columns;
mod compile;
mod kernel;
mod row;
mod table;
mod timing;

use std::error::Error;
use std::path::Path;

/// Alternating runs of which the median counts.
const RUNS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |k: usize| arguments.get(k).map(String::as_str);
    let usage = "usage: execd-benches FOLDER PYTHON [kernel|table|codec|compile] [MODEL]";
    let (folder, python) = (Path::new(argument(0).ok_or(usage)?), argument(1).ok_or(usage)?);
    let wanted = |section: &str| argument(2).is_none_or(|only| only == section);
    if wanted("kernel") {
        row::print(&kernel::measure(folder, argument(3), RUNS)?);
    }
    if wanted("table") {
        row::print(&table::measure(folder, argument(3), RUNS)?);
    }
    if wanted("codec") {
        row::print(&codec::measure(folder, python, RUNS)?);
    }
    if wanted("compile") {
        row::print(&compile::measure(folder, RUNS)?);
    }
    Ok(())
}
