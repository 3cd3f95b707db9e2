//! Prints one table of ratios: kernels against the same models by hand, JSON against msgspec and a memory copy, compile
//! time against formula cells. `benches/run.py` prepares the folder and starts this.
//!
//! execd is compiled as it ships (the profile's target); the models by hand are compiled for AVX2 in the same program.
//!
//! usage: execd-benches FOLDER [kernel|codec|compile] [MODEL] [--runs N]

mod by_hand;
mod columns;
mod compile;
mod kernel;
mod table;
mod timing;

use std::error::Error;
use std::path::Path;

/// Alternating runs of which the median counts.
const RUNS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("usage: execd-benches FOLDER [kernel|codec|compile] [MODEL]")?);
    let section = arguments.get(1).map(String::as_str);
    let wanted = |name: &str| section.is_none_or(|section| section == name);
    let mut rows = Vec::new();
    if wanted("kernel") {
        rows.extend(kernel::measure(folder, arguments.get(2).map(String::as_str), RUNS)?);
    }
    if wanted("compile") {
        rows.extend(compile::measure(folder, RUNS)?);
    }
    table::print(&rows);
    Ok(())
}
