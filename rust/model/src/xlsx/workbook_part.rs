//! The workbook part: sheets in order, defined names, calculation settings, external workbooks.

use super::text;
use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::workbook::{CalcSettings, DefinedName};

#[derive(Default)]
pub struct WorkbookPart {
    pub settings: CalcSettings,
    pub sheets: Vec<SheetEntry>,
    pub names: Vec<DefinedName>,
    /// Relationship ids of the external workbooks, in the order of their numbers.
    pub external: Vec<String>,
}

pub struct SheetEntry {
    pub name: String,
    pub relationship: String,
}

pub fn read(xml: &mut Xml, limits: &Limits) -> Result<WorkbookPart, Error> {
    let mut part = WorkbookPart::default();
    if !xml.next_in(0)? || xml.name() != "workbook" {
        return Err(xml.broken(&format!("it is a <{}>, not a <workbook>", xml.name())));
    }
    while xml.next_in(1)? {
        match xml.name() {
            "workbookPr" => part.settings.date1904 = xml.flag("date1904")?.unwrap_or(false),
            "calcPr" => calculation(xml, &mut part.settings)?,
            "sheet" => {
                if part.sheets.len() >= limits.sheets {
                    let message = format!("the workbook has more than {} sheets", limits.sheets);
                    return Err(Error::new(ErrorKind::TooLarge, message));
                }
                part.sheets.push(SheetEntry {
                    name: xml.attribute("name")?.unwrap_or_default(),
                    relationship: xml.relationship_id()?.unwrap_or_default(),
                });
            }
            "externalReference" => {
                xml.check_count(&part.external)?;
                part.external.push(xml.relationship_id()?.unwrap_or_default());
            }
            "definedName" => {
                xml.check_count(&part.names)?;
                part.names.push(defined_name(xml)?);
            }
            _ => {}
        }
    }
    check_sheets(xml, &part)?;
    Ok(part)
}

fn calculation(xml: &Xml, settings: &mut CalcSettings) -> Result<(), Error> {
    settings.iterate = xml.flag("iterate")?.unwrap_or(false);
    settings.precision_as_displayed = !xml.flag("fullPrecision")?.unwrap_or(true);
    settings.full_calc_on_load = xml.flag("fullCalcOnLoad")?.unwrap_or(false);
    Ok(())
}

fn defined_name(xml: &mut Xml) -> Result<DefinedName, Error> {
    let mut name = DefinedName {
        name: xml.attribute("name")?.unwrap_or_default(),
        sheet: xml.number("localSheetId")?.map(|index| index as usize),
        hidden: xml.attribute("hidden")?.is_some_and(|value| text::flag(&value)),
        comment: xml.attribute("comment")?.filter(|comment| !comment.is_empty()),
        text: String::new(),
    };
    name.text = xml.text()?;
    if let Some(formula) = name.text.strip_prefix('=') {
        name.text = formula.to_owned();
    }
    Ok(name)
}

/// Refuses two sheets of one name, ignoring case: a reference could mean either.
fn check_sheets(xml: &Xml, part: &WorkbookPart) -> Result<(), Error> {
    if part.sheets.is_empty() {
        return Err(xml.broken("it lists no sheet"));
    }
    let mut seen = hashbrown::HashSet::new();
    for sheet in &part.sheets {
        if sheet.name.is_empty() {
            return Err(xml.broken("a sheet has no name"));
        }
        if !seen.insert(sheet.name.to_lowercase()) {
            return Err(xml.broken(&format!("two sheets have the name {}", sheet.name)));
        }
    }
    for name in &part.names {
        if name.sheet.is_some_and(|index| index >= part.sheets.len()) {
            return Err(
                xml.broken(&format!("the defined name {} belongs to a sheet that is not there", name.name))
            );
        }
    }
    Ok(())
}
