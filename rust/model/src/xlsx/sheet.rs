//! A worksheet part: rows and their cells, merged areas, validations, filters.

use super::cell::{self, Found};
use super::context::Context;
use super::shared_formulas::SharedFormulas;
use super::xml::Xml;
use super::{address, tables, validations};
use crate::error::{Error, ErrorKind};
use crate::workbook::{Area, CellFormula, MAX_COL, MAX_ROW, Sheet, Shows, ValidationKind, a1};

/// Reads the worksheet into `sheet` and gives the area of its active filter. `cells_left` is for all sheets together.
pub fn read(
    xml: &mut Xml,
    context: &Context,
    sheet: &mut Sheet,
    cells_left: &mut usize,
) -> Result<Option<Area>, Error> {
    let mut filter = None;
    let mut columns = Vec::new();
    let mut merged = Vec::new();
    let mut areas_left = context.limits.areas;
    if !xml.next_in(0)? || xml.name() != "worksheet" {
        return Err(xml.broken(&format!("it is a <{}>, not a <worksheet>", xml.name())));
    }
    while xml.next_in(1)? {
        match xml.name() {
            "col" => column(xml, context, &mut columns)?,
            "sheetData" => sheet_data(xml, context, sheet, cells_left)?,
            "autoFilter" => filter = tables::auto_filter(xml)?,
            "mergeCell" => {
                xml.check_count(&merged)?;
                let reference = xml.attribute("ref")?.unwrap_or_default();
                merged.extend(address::area(&reference));
            }
            "dataValidation" => {
                xml.check_count(&sheet.validations)?;
                let validation = validations::read(xml, &mut areas_left)?;
                if validation.kind != ValidationKind::None {
                    sheet.validations.push(validation);
                }
            }
            // Custom views have filters of their own.
            "customSheetViews" => xml.skip()?,
            _ => {}
        }
    }
    sheet.formats.cols = by_column(&columns);
    sheet.merged = merged.into_iter().map(|area| ((area.first_row, area.first_col), area)).collect();
    Ok(filter)
}

/// The first column, the one after the last, and what they show.
type Columns = (usize, usize, Shows);

fn column(xml: &Xml, context: &Context, columns: &mut Vec<Columns>) -> Result<(), Error> {
    xml.check_count(columns)?;
    let (Some(first), Some(last), Some(style)) =
        (xml.number("min")?, xml.number("max")?, xml.number("style")?)
    else {
        return Ok(());
    };
    let shows = context.shows(style);
    if shows != Shows::Number && (1..=last.min(MAX_COL + 1)).contains(&first) {
        columns.push((first as usize - 1, last.min(MAX_COL + 1) as usize, shows));
    }
    Ok(())
}

/// Where the file names a column twice, the first time counts.
fn by_column(columns: &[Columns]) -> Vec<Shows> {
    let mut by_column = vec![Shows::Number; columns.iter().map(|(_, end, _)| *end).max().unwrap_or(0)];
    for &(first, end, shows) in columns.iter().rev() {
        by_column.get_mut(first..end).into_iter().for_each(|part| part.fill(shows));
    }
    by_column
}

fn sheet_data(
    xml: &mut Xml,
    context: &Context,
    sheet: &mut Sheet,
    cells_left: &mut usize,
) -> Result<(), Error> {
    let level = xml.depth();
    let mut shared = SharedFormulas::default();
    let mut next_row = 0;
    let mut at: Option<(u32, u32)> = None;
    while xml.next_in(level)? {
        match xml.name() {
            "row" => {
                let row = start_row(xml, context, sheet, next_row)?;
                next_row = row + 1;
                at = Some((row, 0));
            }
            "c" => {
                let Some(expected) = at else { return Err(xml.broken("a cell lies outside the rows")) };
                let found = cell::read(xml, context, &mut shared, expected)?;
                at = Some((found.row, found.col + 1));
                keep(xml, sheet, found, cells_left)?;
            }
            _ => {}
        }
    }
    sheet.hidden_rows.sort_unstable();
    sheet.hidden_rows.dedup();
    shared.resolve(sheet).map_err(|(row, col)| {
        xml.broken(&format!("the shared formula of cell {} has no first cell", a1(row, col)))
    })
}

/// The number of the row: the next one, if the row does not say.
fn start_row(xml: &Xml, context: &Context, sheet: &mut Sheet, expected: u32) -> Result<u32, Error> {
    let row = match xml.number("r")? {
        Some(number) => number.wrapping_sub(1),
        None => expected,
    };
    if row > MAX_ROW {
        return Err(xml.broken("a row number lies outside the sheet"));
    }
    if xml.flag("hidden")?.unwrap_or(false) {
        sheet.hidden_rows.push(row);
    }
    if xml.flag("customFormat")?.unwrap_or(false)
        && let Some(style) = xml.number("s")?
    {
        sheet.formats.rows.insert(row, context.shows(style));
    }
    Ok(row)
}

fn keep(xml: &Xml, sheet: &mut Sheet, found: Found, cells_left: &mut usize) -> Result<(), Error> {
    let place = (found.row, found.col);
    let taken = || xml.broken(&format!("the cell {} is there twice", a1(found.row, found.col)));
    let Some(cell) = found.cell else {
        if found.styled && !sheet.cells.contains_key(&place) {
            count(xml, 1, cells_left)?;
            sheet.formats.blanks.insert(place, found.shows);
        }
        return Ok(());
    };
    let area = cell.formula.as_ref().and_then(CellFormula::area);
    // The cells that a formula fills count although the file need not list them: each takes memory when the workbook
    // is compiled.
    let filled = area.map_or(0, |area| area.rows() as usize * area.cols() as usize - 1);
    count(xml, 1 + filled, cells_left)?;
    let end = area.map_or(place, |area| (area.last_row.max(found.row), area.last_col.max(found.col)));
    sheet.extent = (sheet.extent.0.max(end.0 + 1), sheet.extent.1.max(end.1 + 1));
    match sheet.cells.insert(place, cell) {
        Some(_) => Err(taken()),
        None => Ok(()),
    }
}

fn count(xml: &Xml, cells: usize, cells_left: &mut usize) -> Result<(), Error> {
    match cells_left.checked_sub(cells) {
        Some(left) => {
            *cells_left = left;
            Ok(())
        }
        None => {
            let message = format!("the workbook has too many cells ({})", xml.part());
            Err(Error::new(ErrorKind::TooLarge, message))
        }
    }
}
