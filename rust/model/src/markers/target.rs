//! The cells that a defined name refers to: one rectangle on one sheet of this workbook.

use crate::formula::ast::{Expr, Reference, SheetName};
use crate::formula::parse;
use crate::workbook::{Area, DefinedName, MAX_COL, MAX_ROW, Place, Workbook};
use execd_calc::values::value::ErrorCode;

/// The place that a name refers to, or what the name is instead.
pub fn find(workbook: &Workbook, name: &DefinedName) -> Result<Place, String> {
    let text = name.text.trim();
    if text.is_empty() {
        return Err("points to nothing".to_owned());
    }
    if text.to_ascii_uppercase().contains("#REF!") {
        return Err("points to cells that were deleted".to_owned());
    }
    match parse(text) {
        Ok(Expr::Reference(reference)) => of_reference(workbook, &reference, name.sheet),
        Ok(Expr::Union(_)) => Err("covers several areas: name one".to_owned()),
        Ok(Expr::Table(_)) => Err("names a part of a table: name its cells instead".to_owned()),
        Ok(Expr::Error(ErrorCode::Ref)) => Err("points to cells that were deleted".to_owned()),
        Ok(Expr::Number(_) | Expr::Text(_) | Expr::Bool(_) | Expr::Error(_)) => {
            Err("holds a constant: name a cell instead".to_owned())
        }
        Ok(_) => Err("holds a formula: name cells instead".to_owned()),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// `a whole column` or `a whole row`, if that is what a name refers to.
pub fn whole(name: &DefinedName) -> Option<&'static str> {
    let Ok(Expr::Reference(reference)) = parse(name.text.trim()) else { return None };
    let area = reference.area();
    if area.first_row == 0 && area.last_row == MAX_ROW {
        return Some("a whole column");
    }
    (area.first_col == 0 && area.last_col == MAX_COL).then_some("a whole row")
}

/// The place of a reference. Without a sheet name it is on the sheet `home`.
pub fn of_reference(
    workbook: &Workbook,
    reference: &Reference,
    home: Option<usize>,
) -> Result<Place, String> {
    let sheet = match &reference.sheet {
        None => home.ok_or_else(|| "names no sheet".to_owned())?,
        Some(SheetName::Local(wanted)) => {
            let wanted = wanted.to_lowercase();
            let found = workbook.sheets.iter().position(|sheet| sheet.name.to_lowercase() == wanted);
            found.ok_or_else(|| "names a sheet that is not there".to_owned())?
        }
        Some(SheetName::Span(..)) => return Err("covers several sheets: name one".to_owned()),
        Some(SheetName::External { .. }) => return Err("points to another workbook".to_owned()),
    };
    let area = reference.area();
    let extent = workbook.sheets.get(sheet).map(|sheet| sheet.extent).unwrap_or_default();
    Ok(Place { sheet, area: clipped(area, extent) })
}

/// Whole columns and rows end with the cells of the sheet.
fn clipped(mut area: Area, (rows, cols): (u32, u32)) -> Area {
    if area.first_row == 0 && area.last_row == MAX_ROW {
        area.last_row = rows.saturating_sub(1);
    }
    if area.first_col == 0 && area.last_col == MAX_COL {
        area.last_col = cols.saturating_sub(1);
    }
    area
}
