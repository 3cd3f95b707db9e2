//! A table part: name, area, columns and filter.

use super::address;
use super::xml::Xml;
use crate::error::Error;
use crate::workbook::{Area, TableDefinition};

pub struct TablePart {
    pub table: TableDefinition,
    pub filter: Option<Area>,
}

pub fn read(xml: &mut Xml, sheet: usize) -> Result<TablePart, Error> {
    if !xml.next_in(0)? || xml.name() != "table" {
        return Err(xml.broken(&format!("it is a <{}>, not a <table>", xml.name())));
    }
    let name = xml.attribute("displayName")?.or(xml.attribute("name")?).unwrap_or_default();
    let reference = xml.attribute("ref")?.unwrap_or_default();
    let Some(area) = address::area(&reference) else {
        return Err(
            xml.broken(&format!("the area of the table {name} is {reference:?}, which is not an area"))
        );
    };
    let mut table = TableDefinition {
        name,
        sheet,
        area: Some(area),
        header_rows: xml.number("headerRowCount")?.unwrap_or(1),
        totals_rows: xml.number("totalsRowCount")?.unwrap_or(0),
        columns: Vec::new(),
    };
    let mut filter = None;
    while xml.next_in(1)? {
        match xml.name() {
            "autoFilter" => filter = auto_filter(xml)?,
            "tableColumn" => {
                xml.check_count(&table.columns)?;
                table.columns.push(xml.attribute("name")?.unwrap_or_default());
            }
            _ => {}
        }
    }
    check(xml, &table, area)?;
    Ok(TablePart { table, filter })
}

/// The area of an `autoFilter` element. None if it has no criteria, because then it hides nothing.
pub fn auto_filter(xml: &mut Xml) -> Result<Option<Area>, Error> {
    let area = xml.attribute("ref")?.and_then(|reference| address::area(&reference));
    let level = xml.depth();
    let mut active = false;
    while xml.next_in(level)? {
        active |= xml.name() == "filterColumn";
    }
    Ok(area.filter(|_| active))
}

fn check(xml: &Xml, table: &TableDefinition, area: Area) -> Result<(), Error> {
    if table.columns.len() != area.cols() as usize {
        let what = format!("the table {} has {} columns on {}", table.name, table.columns.len(), area.cols());
        return Err(xml.broken(&what));
    }
    if u64::from(table.header_rows) + u64::from(table.totals_rows) > u64::from(area.rows()) {
        return Err(xml.broken(&format!("the table {} has more headings and totals than rows", table.name)));
    }
    Ok(())
}
