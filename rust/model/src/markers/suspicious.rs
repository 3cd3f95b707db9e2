//! Inputs and outputs that are declared, but perhaps not as the author meant: warnings that follow from the cells alone.

use crate::workbook::{Area, CellValue, Sheet, a1};
use execd_calc::interface::Heading;
use execd_calc::numbers::digits;

/// Headings that a message shows.
const MOST_SHOWN: usize = 5;

/// What is strange about the headings of the table in `area`, whose first `rows` rows are headings.
pub fn headings(sheet: &Sheet, area: Area, headings: &[Heading], rows: u32) -> Option<String> {
    let first_row = Area { last_row: area.first_row, ..area };
    if let Some(title) = title_over_all(sheet, first_row) {
        return Some(format!(
            "the first row of the table is the merged title {title:?}, which becomes a part of every heading{}: let \
             the name begin in the row below",
            headings.first().map_or(String::new(), |first| format!(" ({:?})", first.text)),
        ));
    }
    if rows > 1 {
        if let Some(blank) = blank_without_merging(sheet, area) {
            let shown: Vec<&str> = headings.iter().take(MOST_SHOWN).map(|heading| &*heading.text).collect();
            return Some(format!(
                "the first two rows of the table are its headings ({}), because {blank} is blank: write a heading \
                 there, or merge it with the one it belongs to",
                shown.join(", "),
            ));
        }
        let value = value_under_merged(sheet, area)?;
        return Some(format!(
            "the second row of the table is headings, because the first one has merged cells, and looks like values \
             ({value}): undo the merging, or write headings under it"
        ));
    }
    if !looks_like_values(sheet, area, headings) {
        return None;
    }
    let shown: Vec<&str> = headings.iter().take(MOST_SHOWN).map(|heading| heading.text.as_str()).collect();
    let more = if headings.len() > MOST_SHOWN { ", …" } else { "" };
    let (first, last) = (a1(area.first_row, area.first_col), a1(area.first_row, area.last_col));
    let cells = if first == last { first } else { format!("{first}:{last}") };
    Some(format!(
        "the first row of the table ({cells}: {}{more}) is its headings and looks like values: let the name begin at \
         the row of headings",
        shown.join(", "),
    ))
}

/// The first blank cell of the first row that is in no merged area.
fn blank_without_merging(sheet: &Sheet, area: Area) -> Option<String> {
    let mut col = area.first_col;
    while col <= area.last_col {
        let merged = sheet.merged.get(&(area.first_row, col));
        let text = sheet.cells.get(&(area.first_row, col)).map(|cell| &cell.value);
        if merged.is_none() && text.is_none_or(|text| *text == CellValue::Blank) {
            return Some(a1(area.first_row, col));
        }
        col += merged.map_or(1, |merged| merged.cols());
    }
    None
}

/// The first cell of the second row whose number is rather a value than a heading. Years are headings.
fn value_under_merged(sheet: &Sheet, area: Area) -> Option<String> {
    let row = area.first_row + 1;
    (area.first_col..=area.last_col).find_map(|col| match sheet.cells.get(&(row, col))?.value {
        CellValue::Number(x) if x.fract() != 0.0 || !(1900.0..=2100.0).contains(&x) => {
            Some(format!("{}: {}", a1(row, col), digits::general(x)))
        }
        _ => None,
    })
}

/// The text of a merged cell that covers the whole row of a table of several columns.
fn title_over_all(sheet: &Sheet, row: Area) -> Option<&str> {
    let merged = sheet.merged.get(&(row.first_row, row.first_col))?;
    let covers = merged.cols() > 1 && merged.last_col >= row.last_col && merged.last_row == row.last_row;
    match &sheet.cells.get(&(row.first_row, row.first_col))?.value {
        CellValue::Text(title) if covers => Some(title),
        _ => None,
    }
}

/// Numbers alone are rather values; years among texts are rather headings, unless texts stand above them all.
fn looks_like_values(sheet: &Sheet, area: Area, headings: &[Heading]) -> bool {
    let numbers = headings.iter().filter(|heading| heading.numeric).count();
    let fractions = headings.iter().any(|heading| heading.numeric && heading.text.contains(['.', 'E']));
    let below_texts = area.first_row > 0
        && (area.first_col..=area.last_col).all(|col| {
            let above = sheet.cells.get(&(area.first_row - 1, col)).map(|cell| &cell.value);
            matches!(above, Some(CellValue::Text(text)) if !text.is_empty())
        });
    numbers > 0 && (numbers == headings.len() || fractions || below_texts)
}
