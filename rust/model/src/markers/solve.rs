//! Goal seeks (`Xsolve_<name>`): an area of labels and settings. A goal seek is not run, so the value that it would
//! find is unknown, and an output that needs the value cannot be compiled.

use super::declared::Declared;
use super::target;
use crate::formula::ast::{Expr, Reference};
use crate::formula::parse;
use crate::report::Remark;
use crate::workbook::{CellAddress, CellFormula, CellValue, DefinedName, Sheet, Workbook};

/// Finds the cells that goal seeks change.
pub fn find(workbook: &Workbook, declared: &mut Declared) {
    for name in &workbook.names {
        if !name.name.to_ascii_lowercase().starts_with("xsolve_") {
            continue;
        }
        match changed(workbook, name) {
            Ok(Some(at)) => {
                let reason =
                    format!("its value is found by {} (goal seek), which is not supported", name.name);
                declared.solved.push((at, reason));
            }
            Ok(None) => {}
            Err(why) => {
                let message =
                    format!("the name {} has no effect: goal seek is not supported ({why})", name.name);
                declared.warnings.push(Remark::new(message).of_name(&name.name));
            }
        }
    }
}

/// The cell that a goal seek changes. None if it is switched off.
fn changed(workbook: &Workbook, name: &DefinedName) -> Result<Option<CellAddress>, String> {
    let place = target::find(workbook, name)?;
    let sheet = workbook.sheets.get(place.sheet).ok_or_else(|| "it names no sheet".to_owned())?;
    let row_of = |label: &str| {
        (place.area.first_row..=place.area.last_row).find(|&row| {
            let text = sheet.cells.get(&(row, place.area.first_col)).map(|cell| &cell.value);
            matches!(text, Some(CellValue::Text(text)) if text.trim().eq_ignore_ascii_case(label))
        })
    };
    let setting = place.area.first_col + 1;
    if let Some(run_if) = row_of("Run if").and_then(|row| sheet.cells.get(&(row, setting)))
        && run_if.formula.is_none()
        && run_if.value == CellValue::Bool(false)
    {
        return Ok(None);
    }
    let row = row_of("By changing").ok_or_else(|| "the label \"By changing\" is missing".to_owned())?;
    let link =
        link(sheet, row, setting).ok_or_else(|| "\"By changing\" does not link to a cell".to_owned())?;
    let place = target::of_reference(workbook, &link, Some(place.sheet))?;
    let (row, col) = (place.area.first_row, place.area.first_col);
    Ok(Some(CellAddress { sheet: place.sheet, row, col }))
}

/// A reference to a cell, as a formula or as text.
fn link(sheet: &Sheet, row: u32, col: u32) -> Option<Reference> {
    let cell = sheet.cells.get(&(row, col))?;
    let text = match (&cell.formula, &cell.value) {
        (Some(CellFormula::Normal(text)), _) => &**text,
        (None, CellValue::Text(text)) => text.trim(),
        _ => return None,
    };
    match parse(text) {
        Ok(Expr::Reference(reference)) if reference.first == reference.last => Some(reference),
        _ => None,
    }
}
