//! The metadata part, of which one thing matters: which `cm` numbers mark dynamic array formulas.

use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// By `cm` - 1: is the cell's array formula a dynamic one?
pub fn read(xml: &mut Xml, limits: &Limits) -> Result<Vec<bool>, Error> {
    // Position of XLDAPR among the metadata types, from 1, and whether each of its records says "dynamic".
    let mut types = 0;
    let mut dynamic_type = None;
    let mut records: Vec<bool> = Vec::new();
    let mut cells = Vec::new();
    while xml.next_in(0)? {
        match xml.name() {
            "metadataType" => {
                types += 1;
                if xml.attribute("name")?.as_deref() == Some("XLDAPR") {
                    dynamic_type = Some(types);
                }
            }
            "futureMetadata" if xml.attribute("name")?.as_deref() == Some("XLDAPR") => {
                records = future_records(xml, limits)?;
            }
            "cellMetadata" => cells = cell_records(xml, limits)?,
            _ => {}
        }
    }
    let is_dynamic = |&(kind, record): &(u32, u32)| {
        Some(kind) == dynamic_type && records.get(record as usize).copied().unwrap_or(false)
    };
    Ok(cells.iter().map(is_dynamic).collect())
}

/// One `bk` per record, holding `dynamicArrayProperties`.
fn future_records(xml: &mut Xml, limits: &Limits) -> Result<Vec<bool>, Error> {
    let level = xml.depth();
    let mut records = Vec::new();
    while xml.next_in(level)? {
        match xml.name() {
            "bk" => {
                check_count(records.len(), limits)?;
                records.push(false);
            }
            "dynamicArrayProperties" => {
                let dynamic = xml.flag("fDynamic")?.unwrap_or(false);
                if let Some(last) = records.last_mut() {
                    *last = dynamic;
                }
            }
            _ => {}
        }
    }
    Ok(records)
}

/// One `bk` per cell record, with the type (from 1) and the record (from 0) of its `rc`.
fn cell_records(xml: &mut Xml, limits: &Limits) -> Result<Vec<(u32, u32)>, Error> {
    let level = xml.depth();
    let mut cells = Vec::new();
    while xml.next_in(level)? {
        match xml.name() {
            "bk" => {
                check_count(cells.len(), limits)?;
                cells.push((0, 0));
            }
            "rc" => {
                let record = (xml.number("t")?.unwrap_or(0), xml.number("v")?.unwrap_or(0));
                if let Some(last) = cells.last_mut() {
                    *last = record;
                }
            }
            _ => {}
        }
    }
    Ok(cells)
}

fn check_count(count: usize, limits: &Limits) -> Result<(), Error> {
    if count < limits.cells {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, "the workbook has too many metadata records"))
}
