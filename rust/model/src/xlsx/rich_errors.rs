//! Errors that are newer than the file format: the cell says `#VALUE!`, and a rich value says which error it is.

use super::metadata::Metadata;
use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use execd_calc::values::value::ErrorCode;

/// By structure: which of its values is the type of an error. None if it is not an error's structure.
pub fn structures(xml: &mut Xml, limits: &Limits) -> Result<Vec<Option<usize>>, Error> {
    let mut structures = Vec::new();
    let (mut keys, mut is_error) = (0, false);
    while xml.next_in(0)? {
        match xml.name() {
            "s" => {
                check_count(structures.len(), limits)?;
                structures.push(None);
                keys = 0;
                is_error = xml.attribute("t")?.as_deref() == Some("_error");
            }
            "k" => {
                if is_error
                    && xml.attribute("n")?.as_deref() == Some("errorType")
                    && let Some(last) = structures.last_mut()
                {
                    *last = Some(keys);
                }
                keys += 1;
            }
            _ => {}
        }
    }
    Ok(structures)
}

/// By rich value: the error that it is, if it is one.
pub fn values(
    xml: &mut Xml,
    structures: &[Option<usize>],
    limits: &Limits,
) -> Result<Vec<Option<ErrorCode>>, Error> {
    let mut errors = Vec::new();
    let mut raw = String::new();
    let (mut place, mut wanted) = (0, None);
    while xml.next_in(0)? {
        match xml.name() {
            "rv" => {
                check_count(errors.len(), limits)?;
                errors.push(None);
                place = 0;
                let structure = xml.number("s")?.unwrap_or(0) as usize;
                wanted = structures.get(structure).copied().flatten();
            }
            "v" => {
                xml.text_into(&mut raw)?;
                if wanted == Some(place)
                    && let Some(last) = errors.last_mut()
                {
                    *last = code(raw.trim());
                }
                place += 1;
            }
            _ => {}
        }
    }
    Ok(errors)
}

/// By `vm` - 1: the error that the cell's value stands for.
pub fn by_metadata(metadata: &Metadata, errors: &[Option<ErrorCode>]) -> Vec<Option<ErrorCode>> {
    let error = |value: &Option<u32>| value.and_then(|value| errors.get(value as usize).copied().flatten());
    metadata.rich_values.iter().map(error).collect()
}

/// The error types of rich values as Excel writes them.
fn code(kind: &str) -> Option<ErrorCode> {
    Some(match kind {
        "8" => ErrorCode::Spill,
        "9" => ErrorCode::Connect,
        "10" => ErrorCode::Blocked,
        "11" => ErrorCode::Unknown,
        "12" => ErrorCode::Field,
        "13" => ErrorCode::Calc,
        "14" => ErrorCode::Busy,
        "18" => ErrorCode::External,
        "19" => ErrorCode::Timeout,
        _ => return None,
    })
}

fn check_count(count: usize, limits: &Limits) -> Result<(), Error> {
    if count < limits.cells {
        return Ok(());
    }
    Err(Error::new(ErrorKind::TooLarge, "the workbook has too many rich values"))
}
