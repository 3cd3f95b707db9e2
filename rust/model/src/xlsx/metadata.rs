//! The metadata part, of which two things matter: which `cm` numbers mark dynamic array formulas, and which rich
//! value a `vm` number stands for.

use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

#[derive(Default)]
pub struct Metadata {
    /// By `cm` - 1: is the cell's array formula a dynamic one?
    pub dynamic: Vec<bool>,
    /// By `vm` - 1: number of the rich value.
    pub rich_values: Vec<Option<u32>>,
}

/// A record of a cell or a value: number of its type, from 1, and of its record among those of the type.
type Pointer = (u32, u32);

pub fn read(xml: &mut Xml, limits: &Limits) -> Result<Metadata, Error> {
    let mut types: Vec<String> = Vec::new();
    let mut dynamic: Vec<Option<u32>> = Vec::new();
    let mut rich: Vec<Option<u32>> = Vec::new();
    let (mut cells, mut values) = (Vec::new(), Vec::new());
    while xml.next_in(0)? {
        match xml.name() {
            "metadataType" => {
                check_count(types.len(), limits)?;
                types.push(xml.attribute("name")?.unwrap_or_default());
            }
            "futureMetadata" => match xml.attribute("name")?.as_deref() {
                Some("XLDAPR") => dynamic = records(xml, limits)?,
                Some("XLRICHVALUE") => rich = records(xml, limits)?,
                _ => xml.skip()?,
            },
            "cellMetadata" => cells = pointers(xml, limits)?,
            "valueMetadata" => values = pointers(xml, limits)?,
            _ => {}
        }
    }
    let is_a = |kind: u32, name: &str| {
        kind.checked_sub(1).and_then(|kind| types.get(kind as usize)).is_some_and(|found| found == name)
    };
    let follow = |(kind, record): Pointer, name: &str, records: &[Option<u32>]| {
        if is_a(kind, name) { records.get(record as usize).copied().flatten() } else { None }
    };
    Ok(Metadata {
        dynamic: cells.iter().map(|pointer| follow(*pointer, "XLDAPR", &dynamic) == Some(1)).collect(),
        rich_values: values.iter().map(|pointer| follow(*pointer, "XLRICHVALUE", &rich)).collect(),
    })
}

/// One `bk` per record, holding 1 for a dynamic array, or the number of a rich value.
fn records(xml: &mut Xml, limits: &Limits) -> Result<Vec<Option<u32>>, Error> {
    let level = xml.depth();
    let mut records = Vec::new();
    while xml.next_in(level)? {
        let value = match xml.name() {
            "bk" => {
                check_count(records.len(), limits)?;
                records.push(None);
                continue;
            }
            "dynamicArrayProperties" => Some(u32::from(xml.flag("fDynamic")?.unwrap_or(false))),
            "rvb" => xml.number("i")?,
            _ => continue,
        };
        if let Some(last) = records.last_mut() {
            *last = value;
        }
    }
    Ok(records)
}

/// One `bk` per record of a cell or of a value, holding an `rc`.
fn pointers(xml: &mut Xml, limits: &Limits) -> Result<Vec<Pointer>, Error> {
    let level = xml.depth();
    let mut pointers = Vec::new();
    while xml.next_in(level)? {
        match xml.name() {
            "bk" => {
                check_count(pointers.len(), limits)?;
                pointers.push((0, 0));
            }
            "rc" => {
                let pointer = (xml.number("t")?.unwrap_or(0), xml.number("v")?.unwrap_or(0));
                if let Some(last) = pointers.last_mut() {
                    *last = pointer;
                }
            }
            _ => {}
        }
    }
    Ok(pointers)
}

fn check_count(count: usize, limits: &Limits) -> Result<(), Error> {
    if count < limits.cells {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, "the workbook has too many metadata records"))
}
