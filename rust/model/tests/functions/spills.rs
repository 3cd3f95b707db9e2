//! Spilled arrays that a record makes larger or smaller than they were when the workbook was saved.

use super::records::run;
use execd_calc::interface::Constant;
use execd_calc::values::value::ErrorCode;
use execd_model::compile_workbook;
use execd_model::limits::Limits;
use execd_model::workbook::{Area, Cell, CellFormula, CellValue, DefinedName, Sheet, Workbook};

const FORMULA: &str = "_xlfn._xlws.FILTER(Data!A1:A5,Data!A1:A5>A1,0)";

/// A1 is the input, C1 the spilled array, `outputs` stand in column B, `blocked` holds a text. `Data` holds 1 to 5.
fn outcome(
    formula: &str,
    saved: (u32, u32),
    blocked: Option<(u32, u32)>,
    outputs: &[&str],
    input: f64,
) -> Vec<Constant> {
    let mut sheet = Sheet { name: "S".to_owned(), ..Sheet::default() };
    let area = Area { first_row: 0, first_col: 2, last_row: saved.0 - 1, last_col: 1 + saved.1 };
    let number = |x: f64| Cell { value: CellValue::Number(x), ..Cell::default() };
    let spilled = Some(CellFormula::Dynamic { text: formula.into(), area });
    sheet.cells.insert((0, 0), number(3.0));
    sheet.cells.insert((0, 2), Cell { formula: spilled, ..Cell::default() });
    let name = |name: String, text: String| DefinedName { name, text, ..DefinedName::default() };
    let mut names = vec![name("Xinput_a".to_owned(), "S!$A$1".to_owned())];
    for (row, text) in outputs.iter().enumerate() {
        let formula = Some(CellFormula::Normal((*text).into()));
        sheet.cells.insert((row as u32, 1), Cell { formula, ..Cell::default() });
        names.push(name(format!("Xoutput_{row:02}"), format!("S!$B${}", row + 1)));
    }
    if let Some(at) = blocked {
        sheet.cells.insert(at, Cell { value: CellValue::Text("held".into()), ..Cell::default() });
    }
    sheet.extent = (outputs.len() as u32, 3);
    if let Some(at) = blocked {
        sheet.extent = (sheet.extent.0.max(at.0 + 1), sheet.extent.1.max(at.1 + 1));
    }
    let mut data = Sheet { name: "Data".to_owned(), extent: (5, 1), ..Sheet::default() };
    data.cells = (0..5).map(|row| ((row, 0), number(f64::from(row) + 1.0))).collect();
    let book = Workbook { sheets: vec![sheet, data], names, ..Workbook::default() };
    let compiled = compile_workbook(&book, &Limits::default()).unwrap();
    run(&compiled.plan, &[vec![Constant::Number(input)]]).remove(0)
}

fn number(x: f64) -> Constant {
    Constant::Number(x)
}

/// Oracle: Microsoft, "Dynamic array formulas and spilled array behavior".
#[test]
fn a_spilled_array_takes_the_size_it_has() {
    let outputs = ["SUM(C1:C100)", "C2", "SUM(C1#)", "COUNT(C:C)"];
    for saved in [1, 2, 5] {
        let of = |input| outcome(FORMULA, (saved, 1), None, &outputs, input);
        assert_eq!(of(0.0), [15.0, 2.0, 15.0, 5.0].map(number), "saved with {saved} rows");
        assert_eq!(of(3.0), [9.0, 5.0, 9.0, 2.0].map(number), "saved with {saved} rows");
        assert_eq!(of(9.0), [0.0, 0.0, 0.0, 1.0].map(number), "saved with {saved} rows");
    }
    let across = ["SUM(C1:Z1)", "D1", "SUM(C1#)"];
    let of = |input| outcome(&format!("TRANSPOSE({FORMULA})"), (1, 2), None, &across, input);
    assert_eq!(of(0.0), [15.0, 2.0, 15.0].map(number));
    assert_eq!(of(3.0), [9.0, 5.0, 9.0].map(number));
}

/// The same page: a cell in the way makes the whole array `#SPILL!`.
#[test]
fn a_spilled_array_that_meets_a_cell_is_an_error() {
    let outputs = ["C1", "SUM(C1:C3)", "C4"];
    let of = |input| outcome(FORMULA, (2, 1), Some((3, 2)), &outputs, input);
    let spill = || Constant::Error(ErrorCode::Spill);
    assert_eq!(of(3.0), [number(4.0), number(9.0), Constant::Text("held".to_owned())]);
    assert_eq!(of(1.0), [spill(), spill(), Constant::Text("held".to_owned())]);
    assert_eq!(of(2.0), [number(3.0), number(12.0), Constant::Text("held".to_owned())]);
}
