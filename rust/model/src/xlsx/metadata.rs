//! The metadata part. It says which `cm` numbers mark dynamic array formulas, and which rich value a `vm` number
//! stands for.

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

/// What a `cm` or `vm` number leads to: the number of a type, from 1, and of an entry among those of the type.
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
                Some("XLDAPR") => dynamic = entries(xml, limits)?,
                Some("XLRICHVALUE") => rich = entries(xml, limits)?,
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
    let follow = |(kind, entry): Pointer, name: &str, entries: &[Option<u32>]| {
        if is_a(kind, name) { entries.get(entry as usize).copied().flatten() } else { None }
    };
    Ok(Metadata {
        dynamic: cells.iter().map(|pointer| follow(*pointer, "XLDAPR", &dynamic) == Some(1)).collect(),
        rich_values: values.iter().map(|pointer| follow(*pointer, "XLRICHVALUE", &rich)).collect(),
    })
}

/// The entries of a type, each a `bk` element: 1 for a dynamic array, or the number of a rich value.
fn entries(xml: &mut Xml, limits: &Limits) -> Result<Vec<Option<u32>>, Error> {
    let level = xml.depth();
    let mut entries = Vec::new();
    while xml.next_in(level)? {
        let value = match xml.name() {
            "bk" => {
                check_count(entries.len(), limits)?;
                entries.push(None);
                continue;
            }
            "dynamicArrayProperties" => Some(u32::from(xml.flag("fDynamic")?.unwrap_or(false))),
            "rvb" => xml.number("i")?,
            _ => continue,
        };
        if let Some(last) = entries.last_mut() {
            *last = value;
        }
    }
    Ok(entries)
}

/// The pointers of cells or of values, each an `rc` in a `bk` element.
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
    Err(Error::new(ErrorKind::TooLarge, "the workbook has too many metadata entries"))
}
