//! Everything reads, and the formula cells are those that another reader found.

use super::lists::{Expected, Folder};
use execd_calc::values::value::ErrorCode;
use execd_model::limits::Limits;
use execd_model::workbook::{Cell, CellFormula, CellValue, Sheet, Workbook, a1};
use execd_model::xlsx;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Differences that are shown of one workbook.
const SHOWN: usize = 5;

pub fn check(folder: &Folder) -> Result<(), String> {
    let mut problems = Vec::new();
    for listed in &folder.workbooks {
        match xlsx::read(&fs::read(&listed.file).unwrap(), &Limits::default()) {
            Ok(book) => compare(&listed.file, &book, &listed.cells, &mut problems),
            Err(error) => problems.push(format!("{}: {error}", listed.file.display())),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn compare(file: &Path, workbook: &Workbook, expected: &Expected, problems: &mut Vec<String>) {
    let mut found = Vec::new();
    let mut expected: HashMap<_, _> = expected.iter().collect();
    for sheet in &workbook.sheets {
        for (&(row, col), cell) in sheet.cells.iter().filter(|(_, cell)| cell.formula.is_some()) {
            let place = (sheet.name.clone(), a1(row, col));
            match expected.remove(&place) {
                Some(wanted) => {
                    let difference = difference(sheet, (row, col), cell, wanted);
                    found.extend(difference.map(|what| format!("{}!{}: {what}", place.0, place.1)));
                }
                // The list leaves out formulas that were saved without a value.
                None if cell.value == CellValue::Blank => {}
                None => found.push(format!("{}!{}: not in the list", place.0, place.1)),
            }
        }
    }
    found.extend(expected.into_keys().map(|(sheet, cell)| format!("{sheet}!{cell}: not found")));
    let count = found.len();
    problems.extend(found.into_iter().take(SHOWN).map(|what| format!("{}: {what}", file.display())));
    if count > SHOWN {
        problems.push(format!("{}: … {count} in all", file.display()));
    }
}

fn difference(sheet: &Sheet, place: (u32, u32), cell: &Cell, wanted: &Json) -> Option<String> {
    let (kind, text, area) = match cell.formula.as_ref()? {
        CellFormula::Normal(text) => ("n", Some(&**text), None),
        CellFormula::Shared { anchor, text } => ("s", (*anchor == place).then_some(&**text), None),
        CellFormula::Array { text, area } => ("a", Some(&**text), Some(area)),
        CellFormula::Dynamic { text, area } => ("d", Some(&**text), Some(area)),
        CellFormula::DataTable { area, .. } => ("t", None, Some(area)),
    };
    if wanted["kind"] != kind {
        return Some(format!("kind {kind}, not {}", wanted["kind"]));
    }
    if let Some(text) = text
        && wanted["f"] != text
    {
        return Some(format!("formula {text:?}, not {}", wanted["f"]));
    }
    let area = area.map(|area| {
        let (first, last) = (a1(area.first_row, area.first_col), a1(area.last_row, area.last_col));
        if first == last { first } else { format!("{first}:{last}") }
    });
    if wanted.get("ref").and_then(Json::as_str) != area.as_deref() {
        return Some(format!("area {area:?}, not {:?}", wanted.get("ref")));
    }
    if !same_value(&cell.value, wanted) {
        return Some(format!("value {:?}, not {} ({})", cell.value, wanted["v"], sheet.part));
    }
    None
}

fn same_value(value: &CellValue, wanted: &Json) -> bool {
    match value {
        CellValue::Number(x) => wanted["t"] == "n" && wanted["v"].as_f64() == Some(*x),
        CellValue::Text(text) => wanted["t"] == "s" && wanted["v"] == **text,
        CellValue::Bool(b) => wanted["t"] == "b" && wanted["v"] == *b,
        // The list has what the cell says; for a newer error that is `#VALUE!`.
        CellValue::Error(code) => {
            let newer = *code > ErrorCode::GettingData && wanted["v"] == "#VALUE!";
            wanted["t"] == "e" && (newer || wanted["v"] == code.text())
        }
        CellValue::Blank => wanted["v"].is_null() || wanted["v"] == "",
    }
}
