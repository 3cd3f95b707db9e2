//! Headings of a table: one row, or two where headings stand under others (`B.B1`).
//!
//! Two rows are headings when a heading of the first row covers more than one column and there are headings under
//! it. It covers the columns of its merged cells. Without merged cells it covers the blank ones to its right, if the
//! second row has a text in each of these columns and under the heading itself. A column with a second heading is
//! called `first.second`; a column without one is called `first`.

use crate::workbook::{Area, CellValue, Sheet, a1};
use execd_calc::interface::Heading;
use execd_calc::numbers::digits;
use hashbrown::HashSet;

pub struct Headings {
    pub headings: Vec<Heading>,
    /// How many rows the headings take.
    pub rows: u32,
}

/// The headings of the table in `area`, or what is wrong with them.
pub fn read(sheet: &Sheet, area: Area) -> Result<Headings, String> {
    let tops: Vec<Option<Heading>> =
        (area.first_col..=area.last_col).map(|col| heading(sheet, area.first_row, col)).collect();
    let covers = cover(sheet, area, &tops);
    let two_rows = area.rows() > 2 && covers.iter().any(|owner| owner.is_some());
    let mut headings = Vec::with_capacity(tops.len());
    for (index, (own, owner)) in tops.iter().zip(&covers).enumerate() {
        let top = owner.and_then(|owner| tops.get(owner)).unwrap_or(own);
        let col = area.first_col + index as u32;
        let Some(top) = top else {
            let cell = sheet.cells.get(&(area.first_row, col));
            let what = match cell.is_some_and(|cell| cell.formula.is_some()) {
                true => "a formula without a stored text or number for a heading",
                false => "no heading",
            };
            return Err(format!(
                "has {what} in the cell {}: the first row of a table is its headings",
                a1(area.first_row, col)
            ));
        };
        let sub = if two_rows { heading(sheet, area.first_row + 1, col) } else { None };
        headings.push(match sub {
            Some(sub) => Heading { text: format!("{}.{}", top.text, sub.text), numeric: false },
            None => top.clone(),
        });
    }
    refuse_duplicates(&headings)?;
    Ok(Headings { headings, rows: if two_rows { 2 } else { 1 } })
}

/// For each column, the column whose heading covers it. None where a heading covers its own column only.
fn cover(sheet: &Sheet, area: Area, tops: &[Option<Heading>]) -> Vec<Option<usize>> {
    let mut covers = vec![None; tops.len()];
    let mut col = area.first_col;
    while col <= area.last_col {
        let merged = sheet.merged.get(&(area.first_row, col));
        let inside =
            merged.filter(|merged| merged.last_row == area.first_row && merged.last_col <= area.last_col);
        let count = inside.map_or(1, |merged| merged.cols());
        if count > 1 {
            let first = (col - area.first_col) as usize;
            covers.iter_mut().skip(first).take(count as usize).for_each(|owner| *owner = Some(first));
        }
        col += count;
    }
    let mut left = None;
    for index in 0..tops.len() {
        let free = covers.get(index).is_some_and(Option::is_none);
        match tops.get(index) {
            Some(None) if free => {
                let Some(owner) = left else { continue };
                let has_text = |at: usize| has_text_under(sheet, area, at);
                if has_text(owner) && has_text(index) {
                    covers.iter_mut().skip(index).take(1).for_each(|found| *found = Some(owner));
                    covers.iter_mut().skip(owner).take(1).for_each(|found| *found = Some(owner));
                } else {
                    left = None;
                }
            }
            _ => left = free.then_some(index),
        }
    }
    covers
}

fn has_text_under(sheet: &Sheet, area: Area, index: usize) -> bool {
    let place = (area.first_row + 1, area.first_col + index as u32);
    sheet
        .cells
        .get(&place)
        .is_some_and(|cell| matches!(&cell.value, CellValue::Text(text) if !text.is_empty()))
}

/// The heading in a cell. The heading of a formula is its stored value.
fn heading(sheet: &Sheet, row: u32, col: u32) -> Option<Heading> {
    let (text, numeric) = match &sheet.cells.get(&(row, col))?.value {
        CellValue::Text(text) if text.is_empty() => return None,
        CellValue::Text(text) => (text.to_string(), false),
        CellValue::Number(x) => (digits::general(*x), true),
        CellValue::Bool(b) => (if *b { "TRUE" } else { "FALSE" }.to_owned(), false),
        CellValue::Blank | CellValue::Error(_) => return None,
    };
    Some(Heading { text, numeric })
}

fn refuse_duplicates(headings: &[Heading]) -> Result<(), String> {
    let mut seen = HashSet::new();
    match headings.iter().find(|heading| !seen.insert(heading.text.to_lowercase())) {
        Some(twice) => Err(format!("has the heading {} twice", twice.text)),
        None => Ok(()),
    }
}
