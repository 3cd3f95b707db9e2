//! Texts that cells refer to by number, and rich text as plain text.

use super::text;
use super::xml::Xml;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use std::sync::Arc;

pub fn read(xml: &mut Xml, limits: &Limits) -> Result<Vec<Arc<str>>, Error> {
    let mut strings: Vec<Arc<str>> = Vec::new();
    let empty: Arc<str> = "".into();
    let mut bytes = 0;
    while xml.next_in(0)? {
        // The beta of Excel 2007 wrote `sstItem`.
        if !matches!(xml.name(), "si" | "sstItem") {
            continue;
        }
        if strings.len() >= limits.cells {
            let message = format!("the workbook has more than {} texts", limits.cells);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        let text = item(xml)?;
        bytes += text.len();
        if bytes > limits.text_bytes {
            let message = format!("the texts of the workbook have more than {} bytes", limits.text_bytes);
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        strings.push(if text.is_empty() { empty.clone() } else { text.into() });
    }
    Ok(strings)
}

/// The text of an `si` or `is` element that was just opened: its runs one after the other, without phonetic guides
/// (`rPh`). Blanks at the ends of a run count only with `xml:space="preserve"`.
pub fn item(xml: &mut Xml) -> Result<String, Error> {
    let level = xml.depth();
    let mut whole = String::new();
    let mut run = String::new();
    while xml.next_in(level)? {
        match xml.name() {
            "rPh" => xml.skip()?,
            "t" => {
                let preserve = preserves_space(xml)?;
                xml.text_into(&mut run)?;
                let kept = if preserve { run.as_str() } else { run.trim_matches([' ', '\t', '\r', '\n']) };
                whole.push_str(&text::unescape(kept));
            }
            _ => {}
        }
    }
    Ok(whole)
}

fn preserves_space(xml: &Xml) -> Result<bool, Error> {
    for attribute in xml.raw_attributes() {
        let (key, value) = attribute?;
        if key == "xml:space" {
            return Ok(value == "preserve");
        }
    }
    Ok(false)
}
