//! Every workbook recalculates to the values that Excel stored; each folder has a floor.

use super::lists::{Expected, FLOORS, Folder, Listed};
use super::waivers;
use execd_calc::interface::Constant;
use execd_calc::values::value::ErrorCode;
use execd_model::limits::Limits;
use execd_model::recalculate;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::panic::catch_unwind;
use std::time::{Duration, Instant};
use std::{env, fs};

/// A serial for NOW; no usable cell depends on it.
const NOW: f64 = 46_000.25;
/// Generous even for a busy machine and an unoptimised build.
const TIME_FOR_ANY: Duration = Duration::from_secs(30);
const TIME_PER_CELL: Duration = Duration::from_millis(5);

#[derive(Debug, Default)]
struct Counts {
    matched: usize,
    mismatched: usize,
    waived: usize,
    unsupported: usize,
    failed: usize,
}

impl Counts {
    fn share(&self) -> f64 {
        let usable = self.matched + self.mismatched + self.waived + self.unsupported + self.failed;
        100.0 * (self.matched + self.waived) as f64 / usable.max(1) as f64
    }
}

pub fn check(folder: &Folder) -> Result<(), String> {
    let mut waivers = waivers::of_folder(&folder.name);
    let (mut problems, mut mismatches) = (Vec::new(), Vec::new());
    let mut counts = Counts::default();
    for listed in &folder.workbooks {
        recalculate_one(&folder.name, listed, &mut waivers, &mut counts, &mut mismatches, &mut problems);
    }
    let share = counts.share();
    let floor = FLOORS.iter().find(|(name, _)| *name == folder.name).map_or(100.0, |floor| floor.1);
    if share < floor {
        problems.push(format!("{share:.2} % match, less than {floor} %: {counts:?}"));
    }
    for (place, needed) in &waivers {
        if !needed {
            problems.push(format!("waived without need: {}", place.join(" ")));
        }
    }
    if env::var_os("CORPUS_MISMATCHES").is_some() {
        println!("{}", mismatches.join("\n"));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

#[expect(clippy::disallowed_methods, reason = "how long a workbook takes is part of the report")]
fn recalculate_one(
    folder: &str,
    listed: &Listed,
    waivers: &mut HashMap<waivers::Place, bool>,
    counts: &mut Counts,
    mismatches: &mut Vec<String>,
    problems: &mut Vec<String>,
) {
    let name = listed.name();
    let bytes = fs::read(&listed.file).unwrap();
    let usable = listed.cells.values().filter(|cell| cell.get("x").is_none()).count();
    let started = Instant::now();
    let rows = match catch_unwind(|| recalculate(&bytes, &Limits::default(), NOW)) {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) => {
            counts.failed += usable;
            return mismatches.push(format!("{folder} {name}: {error}"));
        }
        Err(_) => {
            counts.failed += usable;
            return problems.push(format!("{folder} {name}: panicked"));
        }
    };
    let allowed = TIME_FOR_ANY + TIME_PER_CELL * listed.cells.len() as u32;
    if started.elapsed() > allowed {
        problems.push(format!("{folder} {name}: {:?}, more than {allowed:?}", started.elapsed()));
    }
    let mut found: HashMap<(String, String), _> =
        rows.into_iter().map(|row| ((row.sheet, row.cell), (row.result, row.formula))).collect();
    for (place, wanted) in usable_cells(&listed.cells) {
        let waiver = [folder.to_owned(), name.clone(), place.0.clone(), place.1.clone()];
        let label = || waiver.join(" ");
        match found.remove(place) {
            Some((Ok(value), _)) if agrees(&value, wanted) => counts.matched += 1,
            Some((Ok(value), formula)) => match waivers.get_mut(&waiver) {
                Some(needed) => {
                    *needed = true;
                    counts.waived += 1;
                }
                None => {
                    counts.mismatched += 1;
                    mismatches.push(format!("{}: {formula} gives {value:?}, not {}", label(), wanted["v"]));
                }
            },
            Some((Err(unsupported), _)) => {
                counts.unsupported += 1;
                mismatches.push(format!("{}: {}", label(), unsupported.reason));
            }
            None => {
                counts.failed += 1;
                mismatches.push(format!("{}: no such cell", label()));
            }
        }
    }
}

/// In the order of sheets and cells, without those whose value depends on more than the workbook.
fn usable_cells(cells: &Expected) -> Vec<(&(String, String), &Json)> {
    let mut cells: Vec<_> = cells.iter().filter(|(_, cell)| cell.get("x").is_none()).collect();
    cells.sort_by_key(|(place, _)| *place);
    cells
}

/// Numbers within 1e-9 relatively or 1e-12 near zero; an empty text equals a blank.
fn agrees(value: &Constant, wanted: &Json) -> bool {
    let stored = &wanted["v"];
    match value {
        Constant::Number(x) => stored.as_f64().is_some_and(|wanted| {
            let apart = (x - wanted).abs();
            apart <= 1e-9 * wanted.abs() || apart <= 1e-12
        }),
        Constant::Text(text) => stored == text,
        Constant::Bool(b) => stored == b,
        Constant::Blank => stored == "" || stored.as_f64() == Some(0.0),
        // The list has what the cell says; for a newer error that is `#VALUE!`.
        Constant::Error(code) if *code > ErrorCode::GettingData => stored == "#VALUE!",
        Constant::Error(code) => stored == code.text(),
    }
}
