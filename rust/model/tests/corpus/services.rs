//! Workbooks of the corpus as services: some of their constants become inputs, some of their formulas outputs. The plan
//! gives the same bits as a recalculation of the workbook with the same constants.

use super::lists::Folder;
use execd_calc::interface::Constant;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Layer, Store};
use execd_model::error::{Error, ErrorKind};
use execd_model::limits::Limits;
use execd_model::workbook::{Area, CellFormula, CellValue, DefinedName, Workbook, a1};
use execd_model::{Compiled, compile_workbook, recalculate_workbook, xlsx};
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Larger workbooks would make the test slow.
const MOST_CELLS: usize = 6_000;
const INPUTS: usize = 200;
const OUTPUTS: usize = 80;
const RECORDS: usize = 5;
const SHOWN: usize = 30;
const NOW: f64 = 46_000.25;

type Place = (usize, u32, u32);

/// Pseudo-random numbers that are the same everywhere (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) % end.max(1) as u64) as usize
    }

    fn some_of(&mut self, mut places: Vec<Place>, count: usize) -> Vec<Place> {
        places.sort_unstable();
        while places.len() > count {
            places.swap_remove(self.below(places.len()));
        }
        places
    }
}

pub fn check(folder: &Folder) -> Result<(), String> {
    let mut random = Random(1);
    let mut differences = Vec::new();
    for listed in &folder.workbooks {
        let Ok(book) = xlsx::read(&fs::read(&listed.file).unwrap(), &Limits::default()) else { continue };
        if listed.cells.is_empty() || listed.cells.len() > MOST_CELLS {
            continue;
        }
        let found = compare(book, &mut random).map_err(|error| format!("{}: {error}", listed.name()))?;
        differences.extend(found.into_iter().map(|found| format!("{} {found}", listed.name())));
    }
    let count = differences.len();
    differences.truncate(SHOWN);
    if count == 0 { Ok(()) } else { Err(format!("{count} differences:\n{}", differences.join("\n"))) }
}

/// Differences; none for a workbook that cannot be compiled.
fn compare(mut book: Workbook, random: &mut Random) -> Result<Vec<String>, Error> {
    let (inputs, outputs) = declare(&mut book, random);
    if inputs.is_empty() || outputs.is_empty() {
        return Ok(Vec::new());
    }
    let compiled = match compile_workbook(&book, &Limits::default()) {
        Ok(compiled) => compiled,
        Err(error) if matches!(error.kind, ErrorKind::Unsupported | ErrorKind::Circular) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let records: Vec<Vec<CellValue>> = (0..RECORDS)
        .map(|record| inputs.iter().map(|at| varied(&book, *at, record, random)).collect())
        .collect();
    let results = run(&compiled, &records);
    let mut differences = Vec::new();
    for (record, results) in records.iter().zip(&results) {
        for (at, value) in inputs.iter().zip(record) {
            if let Some(cell) = book.sheets[at.0].cells.get_mut(&(at.1, at.2)) {
                cell.value = value.clone();
            }
        }
        let rows = recalculate_workbook(&book, &Limits::default(), NOW).unwrap();
        let folded: HashMap<(&str, &str), _> =
            rows.iter().map(|row| ((row.sheet.as_str(), row.cell.as_str()), row)).collect();
        for (at, got) in outputs.iter().zip(results) {
            let (sheet, cell) = (book.sheets[at.0].name.as_str(), a1(at.1, at.2));
            let Some(row) = folded.get(&(sheet, cell.as_str())) else { continue };
            let agrees = match (&row.result, got) {
                (Ok(Constant::Number(a)), Constant::Number(b)) => a.to_bits() == b.to_bits(),
                (Ok(a), b) => a == b,
                (Err(_), _) => continue,
            };
            if !agrees {
                let place = format!("{sheet}!{cell}");
                differences.push(format!("{place} {}: plan {got:?}, folded {:?}", row.formula, row.result));
            }
        }
    }
    Ok(differences)
}

/// Names that declare some constants as inputs and some formulas as outputs. What an array formula fills is no constant:
/// an input there takes its place, but a recalculation does not look at the stored value.
fn declare(book: &mut Workbook, random: &mut Random) -> (Vec<Place>, Vec<Place>) {
    book.names.retain(|name| !name.name.to_lowercase().starts_with('x'));
    let (mut constants, mut formulas) = (Vec::new(), Vec::new());
    for (sheet, content) in book.sheets.iter().enumerate() {
        let formulas_here = content.cells.values().filter_map(|cell| cell.formula.as_ref());
        let filled: Vec<Area> = formulas_here.filter_map(CellFormula::area).collect();
        for (&(row, col), cell) in &content.cells {
            match (&cell.formula, &cell.value) {
                (Some(_), _) => formulas.push((sheet, row, col)),
                (None, CellValue::Number(_) | CellValue::Text(_) | CellValue::Bool(_))
                    if !filled.iter().any(|area| area.contains(row, col)) =>
                {
                    constants.push((sheet, row, col));
                }
                _ => {}
            }
        }
    }
    let inputs = random.some_of(constants, INPUTS);
    let outputs = random.some_of(formulas, OUTPUTS);
    for (prefix, places) in [("Xinput", &inputs), ("Xoutput", &outputs)] {
        for (number, &(sheet, row, col)) in places.iter().enumerate() {
            let name = book.sheets[sheet].name.replace('\'', "''");
            let text = format!("'{name}'!{}", a1(row, col));
            let name = format!("{prefix}_{number:04}");
            book.names.push(DefinedName { name, text, ..DefinedName::default() });
        }
    }
    (inputs, outputs)
}

/// The first record is the workbook's own.
fn varied(book: &Workbook, at: Place, record: usize, random: &mut Random) -> CellValue {
    let own = &book.sheets[at.0].cells[&(at.1, at.2)].value;
    if record == 0 {
        return own.clone();
    }
    match (random.below(8), own) {
        (0, _) => CellValue::Text("abc".into()),
        (1, CellValue::Number(x)) => CellValue::Number(-x),
        (2, CellValue::Number(x)) => CellValue::Number(x * 1.5 + 1.0),
        (3, CellValue::Number(x)) => CellValue::Number(x + 1.0),
        (4, _) => CellValue::Number(0.0),
        (5, CellValue::Bool(b)) => CellValue::Bool(!b),
        _ => own.clone(),
    }
}

fn run(compiled: &Compiled, records: &[Vec<CellValue>]) -> Vec<Vec<Constant>> {
    let plan = &compiled.plan;
    let mut store = Store::new(Layer::Batch);
    let columns = (0..plan.input_cells)
        .map(|cell| {
            records.iter().map(|record| record[cell].constant().value(|text| store.add_text(text))).collect()
        })
        .collect();
    let batch = Batch { records: records.len(), columns, store: Arc::new(store) };
    let env = Env::new(compiled.date1904, NOW);
    let mut frame = plan.frame(&batch);
    plan.run(&mut frame, &batch, 0..records.len(), &env, &AtomicBool::new(false)).unwrap();
    let outputs = |record: usize| {
        (0..plan.output_cells).map(|cell| Constant::of(frame.heap(), frame.output(cell)[record])).collect()
    };
    (0..records.len()).map(outputs).collect()
}
