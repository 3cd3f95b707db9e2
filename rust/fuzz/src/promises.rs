//! What is promised of any workbook: it is compiled, or refused with a report, within its limits; its records are
//! calculated or refused within theirs; a record has the same bits alone, beside others, and with its inputs as constants
//! of the workbook; answers are valid JSON.

use crate::service::{engine, of, refused_at_most};
use crate::stopwatch::in_time;
use execd_calc::interface::{Constant, Interface, Shape};
use execd_calc::plan::Plan;
use execd_calc::run::Halt;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::budget::Budget;
use execd_calc::values::heap::{Layer, Store};
use execd_model::limits::Limits;
use execd_model::workbook::{Cell, CellValue, Workbook, a1};
use execd_model::{Compiled, compile_workbook, recalculate_workbook};
use execd_serve::clock::{Clock, SystemClock};
use execd_serve::error::ServeError;
use execd_serve::execute::{ExecuteOptions, Service, execute};
use execd_serve::limits::Limits as CallLimits;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The moment that NOW() gives, so that a run can be repeated.
pub const NOW: f64 = 46_000.25;

const COMPILING: Duration = Duration::from_millis(1_000);
const EXECUTING: Duration = Duration::from_millis(200);
const MEMORY: usize = 16 << 20;

/// Limits that keep a single input small.
pub fn limits(stop: Arc<AtomicBool>) -> Limits {
    Limits { nodes: 200_000, bytes: 48 << 20, cells: 200_000, stop, ..Limits::default() }
}

/// The limits of a call, and its deadline.
pub fn call_options() -> ExecuteOptions {
    let limits = CallLimits { memory: MEMORY, output_bytes: MEMORY, batch: MEMORY, ..CallLimits::default() };
    let deadline = Some(SystemClock.now() + EXECUTING);
    ExecuteOptions { now: Some(0.0), limits, deadline, ..ExecuteOptions::default() }
}

/// Runs `work` with limits whose flag is raised in time.
pub fn within_limits<T>(what: &str, work: impl FnOnce(&Limits) -> T) -> T {
    in_time(what, COMPILING, |stop| work(&limits(stop.shared_flag())))
}

/// A record: a constant for each input cell, by number.
pub type Record = Vec<Constant>;

/// Holds a workbook to all of it, with records that `record` makes for its number of input cells. Formulas that cannot be
/// compiled are left out, output by output.
pub fn keep(mut book: Workbook, mut record: impl FnMut(usize) -> Record) {
    drop(within_limits("recalculating", |limits| recalculate_workbook(&book, limits, NOW)));
    let whole = within_limits("compiling", |limits| compile_workbook(&book, limits));
    if let Ok(compiled) = whole {
        let records: Vec<Record> = (0..RECORDS).map(|_| record(compiled.plan.input_cells)).collect();
        return keep_compiled(&mut book, compiled, &records);
    }
    let names = std::mem::take(&mut book.names);
    let (outputs, others): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name.name.starts_with("Xoutput_"));
    book.names = others;
    for output in outputs {
        book.names.push(output);
        let alone = within_limits("compiling", |limits| compile_workbook(&book, limits));
        if let Ok(compiled) = alone {
            let records: Vec<Record> = (0..RECORDS).map(|_| record(compiled.plan.input_cells)).collect();
            keep_compiled(&mut book, compiled, &records);
        }
        book.names.pop();
    }
}

/// Records that are compared, and how often they are repeated in a batch, so that it has several blocks.
const RECORDS: usize = 6;
const REPEATED: usize = 20;

/// Input cells beyond which records are not compared: they would take more memory than an input may.
const MOST_INPUT_CELLS: usize = 10_000;

fn keep_compiled(book: &mut Workbook, compiled: Compiled, records: &[Record]) {
    if compiled.plan.input_cells > MOST_INPUT_CELLS {
        return;
    }
    let (plan, interface) = (&compiled.plan, &compiled.interface);
    let repeated: Vec<&Record> = records.iter().cycle().take(records.len() * REPEATED).collect();
    let together = run(plan, &repeated);
    for (at, record) in records.iter().enumerate() {
        let Some(alone) = run(plan, &[record]).map(|mut rows| rows.remove(0)) else { continue };
        for rows in together.iter() {
            for again in (at..rows.len()).step_by(records.len()) {
                let differs = rows[again].iter().zip(&alone).position(|(a, b)| !same(a, b));
                if let Some(output) = differs {
                    panic!(
                        "{} of {record:?}: {:?} alone, {:?} as record {again} of a batch",
                        output_name(interface, output),
                        alone[output],
                        rows[again][output]
                    );
                }
            }
        }
        compare_folded(book, interface, record, &alone);
    }
    as_json(compiled, records);
}

/// Results of records in one batch; none if the time was over or a block needed too much memory.
fn run(plan: &Plan, records: &[&Record]) -> Option<Vec<Record>> {
    let mut store = Store::new(Layer::Batch);
    let column = |cell: usize, store: &mut Store| {
        records.iter().map(|record| record[cell].value(|text| store.add_text(text))).collect()
    };
    let columns = (0..plan.input_cells).map(|cell| column(cell, &mut store)).collect();
    let batch = Batch { records: records.len(), columns, store: Arc::new(store) };
    let env = Env::new(plan.date1904, NOW);
    in_time("running", EXECUTING, |stop| {
        let mut frame = plan.frame(&batch);
        frame.set_budget(MEMORY, Arc::new(Budget::new(MEMORY)));
        let mut results = Vec::with_capacity(records.len());
        // Small blocks, so that a batch has several.
        let step = plan.block_records().min(48);
        for first in (0..records.len()).step_by(step) {
            let block = first..records.len().min(first + step);
            match plan.run(&mut frame, &batch, block.clone(), &env, stop.flag()) {
                Ok(()) => {}
                Err(Halt::Stopped | Halt::Refused(_)) => return None,
            }
            for record in 0..block.len() {
                let outputs = (0..plan.output_cells).map(|cell| frame.output(cell)[record]);
                results.push(outputs.map(|value| Constant::of(frame.heap(), value)).collect());
            }
            frame.release();
        }
        Some(results)
    })
}

/// Functions that give references.
const CHOOSING: [&str; 3] = ["OFFSET(", "INDIRECT(", "INDEX("];

/// The workbook with the record's values as constants is recalculated to the same bits. Where a record chooses a
/// reference, an error may stand for a value that would need its place: a plan has only the cells.
fn compare_folded(book: &mut Workbook, interface: &Interface, record: &Record, results: &Record) {
    for input in &interface.inputs {
        let (name, places) = places(&input.address, &input.shape);
        let Some(sheet) = book.sheets.iter_mut().find(|sheet| sheet.name == name) else { return };
        for (place, constant) in places.into_iter().zip(record.get(input.first_cell..).unwrap_or(&[])) {
            let shows = sheet.shows(place.0, place.1);
            let value = stored(constant);
            sheet.extent = (sheet.extent.0.max(place.0 + 1), sheet.extent.1.max(place.1 + 1));
            if value == CellValue::Blank {
                sheet.cells.remove(&place);
            } else {
                sheet.cells.insert(place, Cell { value, formula: None, shows });
            }
        }
    }
    let folded = within_limits("recalculating", |limits| recalculate_workbook(book, limits, NOW));
    let Ok(folded) = folded else { return };
    let mut formulas =
        folded.iter().map(|cell| &cell.formula).chain(book.names.iter().map(|name| &name.text));
    let chooses = formulas.any(|text| CHOOSING.iter().any(|name| text.to_uppercase().contains(name)));
    let values =
        folded.iter().filter_map(|cell| Some(((&*cell.sheet, &*cell.cell), cell.result.as_ref().ok()?)));
    let values: HashMap<(&str, &str), &Constant> = values.collect();
    for output in &interface.outputs {
        let (sheet, places) = places(&output.address, &output.shape);
        for (place, result) in places.into_iter().zip(&results[output.first_cell..]) {
            if matches!(result, Constant::Error(_)) && chooses {
                continue;
            }
            if let Some(&wanted) = values.get(&(&*sheet, &*a1(place.0, place.1)))
                && !same(wanted, result)
            {
                panic!("{} of {record:?}: {wanted:?} folded, {result:?} calculated", output.name);
            }
        }
    }
}

/// The sheet, and rows and columns of the cells of an input or output, by number. Headings are above.
fn places(address: &str, shape: &Shape) -> (String, Vec<(u32, u32)>) {
    let (sheet, area) = address.rsplit_once('!').unwrap_or(("", address));
    let sheet = sheet.trim_matches('\'').replace("''", "'");
    let area = area.replace('$', "");
    let (first, last) = area.split_once(':').unwrap_or((&area, &area));
    let split = |corner: &str| {
        let digits = corner.find(|c: char| c.is_ascii_digit()).unwrap_or(corner.len());
        let (letters, row) = corner.split_at(digits);
        let col = letters.bytes().fold(0, |col, letter| col * 26 + u32::from(letter - b'A') + 1);
        (row.parse::<u32>().unwrap_or(1), col - 1)
    };
    let (rows, cols) = match shape {
        Shape::Scalar => (1, 1),
        Shape::Table { headings, rows } => (*rows as u32, headings.len() as u32),
    };
    // The corners may be written in either order.
    let (one, other) = (split(first), split(last));
    let (top, left) = (one.0.max(other.0) - rows, one.1.min(other.1));
    (sheet, (0..rows * cols).map(|at| (top + at / cols, left + at % cols)).collect())
}

fn output_name(interface: &Interface, cell: usize) -> &str {
    interface.outputs.iter().rev().find(|output| output.first_cell <= cell).map_or("?", |output| &output.name)
}

fn stored(constant: &Constant) -> CellValue {
    match constant {
        Constant::Blank => CellValue::Blank,
        Constant::Number(x) => CellValue::Number(*x),
        Constant::Text(text) => CellValue::Text(text.as_str().into()),
        Constant::Bool(b) => CellValue::Bool(*b),
        Constant::Error(code) => CellValue::Error(*code),
    }
}

/// The same kind and, of numbers, the same bits.
fn same(a: &Constant, b: &Constant) -> bool {
    match (a, b) {
        (Constant::Number(a), Constant::Number(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

/// Answers are valid JSON, and a record's answer does not depend on those beside it.
fn as_json(compiled: Compiled, records: &[Record]) {
    let inputs: Vec<Json> = records.iter().map(|record| object(&compiled.interface, record)).collect();
    let service = of(compiled);
    let Some(together) = answered(&service, &inputs) else { return };
    for (record, wanted) in inputs.iter().zip(&together) {
        if let Some(alone) = answered(&service, std::slice::from_ref(record)) {
            assert!(alone[0] == *wanted, "{record}: {} alone, {wanted} in a batch", alone[0]);
        }
    }
}

fn object(interface: &Interface, record: &Record) -> Json {
    let value = |cell: usize| match &record[cell] {
        Constant::Number(x) => Json::from(*x),
        Constant::Text(text) => Json::from(text.as_str()),
        Constant::Bool(b) => Json::from(*b),
        Constant::Blank | Constant::Error(_) => Json::Null,
    };
    let input = |input: &execd_calc::interface::Input| match &input.shape {
        Shape::Scalar => value(input.first_cell),
        Shape::Table { headings, rows } => {
            let cell = |row: usize, col: usize| value(input.first_cell + row * headings.len() + col);
            let cells = |row: usize| {
                headings
                    .iter()
                    .enumerate()
                    .map(|(col, heading)| (heading.text.clone(), cell(row, col)))
                    .collect()
            };
            (0..*rows).map(|row| Json::Object(cells(row))).collect()
        }
    };
    Json::Object(interface.inputs.iter().map(|each| (each.name.clone(), input(each))).collect())
}

/// One entry of `outputs` for each record; none if there was too little time or memory.
fn answered(service: &Service, records: &[Json]) -> Option<Vec<Json>> {
    let body = serde_json::to_vec(records).unwrap_or_default();
    let answer = in_time("executing", EXECUTING, |_| execute(&engine(), service, &body, &call_options()));
    let fragments = match answer {
        Ok(fragments) => fragments,
        Err(ServeError::Deadline | ServeError::TooLarge { .. } | ServeError::Overloaded) => return None,
        Err(error) => {
            refused_at_most(Err(error.clone()));
            panic!("records that were made to be read are refused: {error}");
        }
    };
    let parsed = |bytes: &[u8]| -> Json {
        serde_json::from_slice(bytes)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(bytes)))
    };
    for part in [&fragments.process_time, &fragments.warnings, &fragments.errors] {
        parsed(part);
    }
    match parsed(&fragments.outputs) {
        Json::Array(outputs) if outputs.len() == records.len() => Some(outputs),
        outputs => panic!("{} records have the answer {outputs}", records.len()),
    }
}
