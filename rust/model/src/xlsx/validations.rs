//! Data validations of a sheet. Excel 2010 writes rules that refer to other sheets into an extension list, with a
//! different spelling.

use super::address;
use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::workbook::{Area, DataValidation, ValidationKind, ValidationOperator};

/// Reads a `dataValidation` element that was just opened. `areas_left` is for all validations of a sheet together.
pub fn read(xml: &mut Xml, areas_left: &mut usize) -> Result<DataValidation, Error> {
    let mut validation = DataValidation {
        kind: kind(&xml.attribute("type")?.unwrap_or_default()),
        operator: operator(&xml.attribute("operator")?.unwrap_or_default()),
        allow_blank: xml.flag("allowBlank")?.unwrap_or(false),
        error_message: xml.attribute("error")?.filter(|message| !message.is_empty()),
        ..DataValidation::default()
    };
    if let Some(areas) = xml.attribute("sqref")? {
        validation.areas = read_areas(xml, &areas, areas_left)?;
    }
    let level = xml.depth();
    while xml.next_in(level)? {
        match xml.name() {
            "formula1" => validation.formula1 = formula(xml)?,
            "formula2" => validation.formula2 = formula(xml)?,
            "sqref" => {
                let areas = xml.text()?;
                validation.areas = read_areas(xml, &areas, areas_left)?;
            }
            // The list again, for newer programs. `formula1` beside it says the same.
            "list" => xml.skip()?,
            _ => {}
        }
    }
    Ok(validation)
}

fn read_areas(xml: &Xml, text: &str, left: &mut usize) -> Result<Vec<Area>, Error> {
    let areas: Vec<Area> = address::areas(text).take(*left + 1).collect();
    *left = left.checked_sub(areas.len()).ok_or_else(|| {
        let message =
            format!("the part {} is too large: its data validations name too many areas", xml.part());
        Error::new(ErrorKind::TooLarge, message)
    })?;
    Ok(areas)
}

fn formula(xml: &mut Xml) -> Result<Option<String>, Error> {
    let text = xml.text()?;
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.strip_prefix('=').unwrap_or(text).to_owned()))
}

fn kind(name: &str) -> ValidationKind {
    match name {
        "whole" => ValidationKind::Whole,
        "decimal" => ValidationKind::Decimal,
        "list" => ValidationKind::List,
        "date" => ValidationKind::Date,
        "time" => ValidationKind::Time,
        "textLength" => ValidationKind::TextLength,
        "custom" => ValidationKind::Custom,
        _ => ValidationKind::None,
    }
}

fn operator(name: &str) -> ValidationOperator {
    match name {
        "notBetween" => ValidationOperator::NotBetween,
        "equal" => ValidationOperator::Equal,
        "notEqual" => ValidationOperator::NotEqual,
        "greaterThan" => ValidationOperator::GreaterThan,
        "lessThan" => ValidationOperator::LessThan,
        "greaterThanOrEqual" => ValidationOperator::GreaterThanOrEqual,
        "lessThanOrEqual" => ValidationOperator::LessThanOrEqual,
        _ => ValidationOperator::Between,
    }
}
