//! The values of one sheet row by row, without the workbook around them: for sheets that hold records. No more than a row
//! is in memory at a time, and the texts that cells share.

use super::context::Context;
use super::package::{Bytes, Package};
use super::shared_formulas::SharedFormulas;
use super::workbook_part::{self, WorkbookPart};
use super::xml::Xml;
use super::{Shared, by_id, cell, main_part};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::workbook::{CellValue, MAX_ROW, Shows, a1};

/// A row of a sheet, numbered from 0.
pub struct Row {
    pub number: u32,
    /// The cells that hold something, by column from 0, ascending.
    pub cells: Vec<(u32, CellValue, Shows)>,
}

/// What is read of the workbook as a whole.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Days are counted from 1904.
    pub date1904: bool,
}

/// Reads the sheet of this name, or the first one, until `each` takes no more. Formulas have the values that were stored
/// with them.
pub fn read(
    file: impl Bytes,
    sheet: Option<&str>,
    limits: &Limits,
    mut each: impl FnMut(System, Row) -> bool,
) -> Result<(), Error> {
    let mut package = Package::open_file(Box::new(file), limits)?;
    let main = main_part(&mut package)?;
    let links = package.relationships(&main)?;
    let part = workbook_part::read(&mut package.part(&main)?, limits)?;
    let target = {
        let by_id = by_id(&links);
        let worksheet = |id: &str| by_id.get(id).filter(|link| link.kind == "worksheet");
        let found = part.sheets.iter().find_map(|entry| match sheet {
            Some(name) if entry.name.to_lowercase() != name.to_lowercase() => None,
            _ => worksheet(&entry.relationship).map(|link| link.target.clone()),
        });
        found.ok_or_else(|| no_sheet(sheet, &part))?
    };
    let shared = Shared::read(&mut package, &links, limits)?;
    let context = shared.context(&part, limits);
    let system = System { date1904: part.settings.date1904 };
    let mut xml = package.part(&target)?;
    if !xml.next_in(0)? || xml.name() != "worksheet" {
        return Err(xml.broken(&format!("it is a <{}>, not a <worksheet>", xml.name())));
    }
    while xml.next_in(1)? {
        if xml.name() == "sheetData" {
            return rows(&mut xml, &context, system, &mut each);
        }
        xml.skip()?;
    }
    Ok(())
}

fn no_sheet(wanted: Option<&str>, part: &WorkbookPart) -> Error {
    let names: Vec<String> = part.sheets.iter().map(|entry| format!("'{}'", entry.name)).collect();
    let message = match wanted {
        Some(wanted) => {
            format!("there is no sheet '{wanted}' with cells; the sheets are {}", names.join(", "))
        }
        None => "the workbook has no sheet with cells".to_owned(),
    };
    Error::new(ErrorKind::NotAWorkbook, message)
}

fn rows(
    xml: &mut Xml,
    context: &Context,
    system: System,
    each: &mut impl FnMut(System, Row) -> bool,
) -> Result<(), Error> {
    let level = xml.depth();
    let mut next = 0;
    while xml.next_in(level)? {
        if xml.name() != "row" {
            return Err(xml.broken("a cell lies outside the rows"));
        }
        let number = xml.number("r")?.map_or(next, |number| number.wrapping_sub(1));
        if number > MAX_ROW || number < next {
            return Err(xml.broken("the rows are not in order"));
        }
        next = number + 1;
        let cells = row(xml, context, number)?;
        if !each(system, Row { number, cells }) {
            return Ok(());
        }
    }
    Ok(())
}

/// The cells of the row that was just opened.
fn row(xml: &mut Xml, context: &Context, number: u32) -> Result<Vec<(u32, CellValue, Shows)>, Error> {
    let level = xml.depth();
    // Formulas are not looked at.
    let mut formulas = SharedFormulas::default();
    let mut cells = Vec::new();
    let mut next = 0;
    while xml.next_in(level)? {
        if xml.name() != "c" {
            continue;
        }
        let found = cell::read(xml, context, &mut formulas, (number, next))?;
        if found.col < next {
            return Err(xml.broken(&format!("the cell {} is there twice", a1(number, found.col))));
        }
        next = found.col + 1;
        match found.cell {
            None => {}
            Some(cell) if cell.value == CellValue::Blank => {
                let message = format!(
                    "the formula of cell {} was saved without its value: open the workbook in Excel and save it",
                    a1(number, found.col)
                );
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
            Some(cell) => cells.push((found.col, cell.value, found.shows)),
        }
    }
    Ok(cells)
}
