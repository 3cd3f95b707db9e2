//! Sheets with records: what reads workbooks, for what runs files.

use execd_model::limits::Limits;
use execd_model::workbook::{CellValue, Shows};
use execd_model::xlsx::rows::{self, System};
use execd_serve::files::RunOptions;
use execd_serve::files::sheet::rows::{SheetRow, SheetValue, WorkbookFile};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Options of a run that can read every format.
pub fn run_options() -> RunOptions {
    RunOptions { read_rows: Some(read_rows), ..RunOptions::default() }
}

/// Days between the first days of Excel's two systems of dates.
const DAYS_1904: f64 = 1462.0;

fn read_rows(
    file: Box<dyn WorkbookFile>,
    sheet: Option<&str>,
    stop: &Arc<AtomicBool>,
    each: &mut dyn FnMut(SheetRow) -> bool,
) -> Result<(), String> {
    let limits = limits(stop);
    let read = rows::read(file, sheet, &limits, |system, row| {
        let cells = row
            .cells
            .into_iter()
            .filter_map(|(column, value, shows)| Some((column, sheet_value(value, shows, system)?)));
        each(SheetRow { number: row.number, cells: cells.collect() })
    });
    read.map_err(|error| error.to_string())
}

/// A sheet is read as a stream, so its size does not matter; what is kept of the workbook does.
fn limits(stop: &Arc<AtomicBool>) -> Limits {
    Limits {
        file_bytes: 4 << 30,
        part_bytes: 16 << 30,
        total_bytes: 16 << 30,
        text_bytes: 128 << 20,
        stop: Arc::clone(stop),
        ..Limits::default()
    }
}

fn sheet_value(value: CellValue, shows: Shows, system: System) -> Option<SheetValue> {
    Some(match value {
        CellValue::Blank => return None,
        CellValue::Number(x) if matches!(shows, Shows::Date | Shows::DateTime) => {
            SheetValue::Date(if system.date1904 { x + DAYS_1904 } else { x })
        }
        CellValue::Number(x) => SheetValue::Number(x),
        CellValue::Text(text) => SheetValue::Text(text),
        CellValue::Bool(truth) => SheetValue::Bool(truth),
        CellValue::Error(code) => SheetValue::Error(code),
    })
}
