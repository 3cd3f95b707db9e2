//! Workbooks built in memory: inputs in row 1, formulas in row 2 of one sheet, and the sheets of
//! `tests/functions/sheets` that the formulas name. No case files here.

use execd_calc::interface::Constant;
use execd_calc::values::value::ErrorCode;
use execd_model::limits::Limits;
use execd_model::workbook::{Cell, CellFormula, CellValue, DefinedName, Sheet, Workbook, a1};
use execd_model::{Compiled, compile_workbook, recalculate_workbook};
use std::fs;
use std::sync::OnceLock;

/// NOW of every test, as a serial.
pub const NOW: f64 = 46_000.25;

/// The name of the input cell with this number in formulas.
pub fn input_cell(input: usize) -> String {
    a1(0, input as u32)
}

/// A workbook with the formulas (without `=`) as outputs and one scalar input per constant.
pub fn book(inputs: &[Constant], formulas: &[String]) -> Workbook {
    let mut sheet = Sheet { name: "Cases".to_owned(), ..Sheet::default() };
    let mut names = Vec::new();
    for (col, input) in inputs.iter().enumerate() {
        let value = stored(input);
        if value != CellValue::Blank {
            sheet.cells.insert((0, col as u32), Cell { value, ..Cell::default() });
        }
        names.push(name(format!("Xinput_{col:03}"), 0, col));
    }
    for (col, formula) in formulas.iter().enumerate() {
        let formula = Some(CellFormula::Normal(formula.as_str().into()));
        sheet.cells.insert((1, col as u32), Cell { formula, ..Cell::default() });
        names.push(name(format!("Xoutput_{col:03}"), 1, col));
    }
    sheet.extent = (2, inputs.len().max(formulas.len()) as u32);
    let named = stored_sheets().iter().filter(|(name, _)| {
        let prefix = format!("{name}!");
        formulas.iter().any(|formula| formula.contains(&prefix))
    });
    let sheets = std::iter::once(sheet).chain(named.map(|(name, fields)| sheet_of(name, fields))).collect();
    Workbook { sheets, names, ..Workbook::default() }
}

type Fields = Vec<Vec<String>>;

/// Names and fields of the sheets that cases may refer to.
fn stored_sheets() -> &'static [(String, Fields)] {
    static SHEETS: OnceLock<Vec<(String, Fields)>> = OnceLock::new();
    SHEETS.get_or_init(|| {
        let files = fs::read_dir(super::cases::folder().join("sheets")).unwrap();
        files
            .map(|file| file.unwrap().path())
            .map(|path| {
                let mut reader =
                    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(&path).unwrap();
                let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
                (path.file_stem().unwrap().to_string_lossy().into_owned(), rows.collect())
            })
            .collect()
    })
}

fn sheet_of(name: &str, fields: &Fields) -> Sheet {
    let mut sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
    for (row, fields) in fields.iter().enumerate() {
        for (col, field) in fields.iter().enumerate().filter(|(_, field)| !field.is_empty()) {
            sheet.cells.insert((row as u32, col as u32), cell_of(field));
        }
    }
    let cols = fields.iter().map(Vec::len).max().unwrap_or(0);
    sheet.extent = (fields.len() as u32, cols as u32);
    sheet
}

fn cell_of(field: &str) -> Cell {
    if let Some(formula) = field.strip_prefix('=') {
        return Cell { formula: Some(CellFormula::Normal(formula.into())), ..Cell::default() };
    }
    let value = match field {
        "TRUE" => CellValue::Bool(true),
        "FALSE" => CellValue::Bool(false),
        _ => match (field.parse(), ErrorCode::from_text(field)) {
            (Ok(x), _) => CellValue::Number(x),
            (_, Some(code)) => CellValue::Error(code),
            _ => CellValue::Text(field.strip_prefix('\'').unwrap_or(field).into()),
        },
    };
    Cell { value, ..Cell::default() }
}

fn name(name: String, row: u32, col: usize) -> DefinedName {
    let cell = a1(row, col as u32);
    let at = cell.find(|c: char| c.is_ascii_digit()).unwrap();
    let (letters, digits) = cell.split_at(at);
    DefinedName { name, text: format!("Cases!${letters}${digits}"), ..DefinedName::default() }
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

/// Each formula's value with the inputs as constants; the reason where it is not supported.
pub fn folded(inputs: &[Constant], formulas: &[String]) -> Vec<Result<Constant, String>> {
    let mut rows = recalculate_workbook(&book(inputs, formulas), &Limits::default(), NOW).unwrap();
    rows.retain(|row| row.sheet == "Cases");
    rows.into_iter().map(|row| row.result.map_err(|unsupported| unsupported.reason)).collect()
}

/// The formulas as a plan, inputs at `defaults` where a batch has none.
pub fn compiled(defaults: &[Constant], formulas: &[String]) -> Result<Compiled, String> {
    let limits = Limits { cells: 10_000, ..Limits::default() };
    compile_workbook(&book(defaults, formulas), &limits).map_err(|error| error.to_string())
}
