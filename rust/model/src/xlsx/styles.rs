//! The styles part. Only number formats matter: what each cell style (`s` of a cell) shows.

use super::number_format;
use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use crate::workbook::Shows;
use hashbrown::HashMap;

/// `Shows` by style number.
pub fn read(xml: &mut Xml, limits: &Limits) -> Result<Vec<Shows>, Error> {
    let mut codes: HashMap<u32, Shows> = HashMap::new();
    let mut styles: Vec<u32> = Vec::new();
    while xml.next_in(0)? {
        match xml.name() {
            "numFmt" => {
                if let (Some(id), Some(code)) = (xml.number("numFmtId")?, xml.attribute("formatCode")?) {
                    codes.insert(id, number_format::shows(&code));
                }
            }
            "cellXfs" => read_cell_styles(xml, &mut styles, limits)?,
            // Conditional formats do not change what a cell is.
            "dxfs" => xml.skip()?,
            _ => {}
        }
    }
    Ok(styles
        .iter()
        .map(|id| codes.get(id).copied().unwrap_or_else(|| number_format::built_in(*id)))
        .collect())
}

fn read_cell_styles(xml: &mut Xml, styles: &mut Vec<u32>, limits: &Limits) -> Result<(), Error> {
    let level = xml.depth();
    while xml.next_in(level)? {
        if xml.name() != "xf" {
            continue;
        }
        if styles.len() >= limits.cells {
            return Err(Error::new(ErrorKind::TooLarge, "the workbook has too many cell styles"));
        }
        styles.push(xml.number("numFmtId")?.unwrap_or(0));
    }
    Ok(())
}
