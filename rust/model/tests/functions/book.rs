//! Workbooks built in memory: inputs in row 1, formulas in row 2 of one sheet. No case files here.

use execd_calc::interface::Constant;
use execd_model::limits::Limits;
use execd_model::workbook::{Cell, CellFormula, CellValue, DefinedName, Sheet, Workbook, a1};
use execd_model::{Compiled, compile_workbook, recalculate_workbook};

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
    Workbook { sheets: vec![sheet], names, ..Workbook::default() }
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
    let rows = recalculate_workbook(&book(inputs, formulas), NOW);
    rows.into_iter().map(|row| row.result.map_err(|unsupported| unsupported.reason)).collect()
}

/// The formulas as a plan, inputs at `defaults` where a batch has none.
pub fn compiled(defaults: &[Constant], formulas: &[String]) -> Result<Compiled, String> {
    let mut limits = Limits::default();
    limits.cells = 10_000;
    compile_workbook(&book(defaults, formulas), &limits).map_err(|error| error.to_string())
}
