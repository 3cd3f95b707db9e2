//! One cell of a worksheet part: address, stored value and formula.

use super::context::Context;
use super::shared_formulas::SharedFormulas;
use super::xml::Xml;
use super::{address, iso_date, shared_strings, text};
use crate::error::{Error, ErrorKind};
use crate::workbook::{Area, Cell, CellFormula, CellValue, MAX_COL, Shows, a1};
use execd_calc::values::value::ErrorCode;

pub struct Found {
    pub row: u32,
    pub col: u32,
    /// None if the cell holds neither a value nor a formula.
    pub cell: Option<Cell>,
    pub shows: Shows,
    /// The cell has a style of its own.
    pub styled: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Date,
}

struct Head {
    row: u32,
    col: u32,
    style: Option<u32>,
    kind: Kind,
    metadata: usize,
    value_metadata: usize,
}

/// Reads the `c` element that was just opened. `expected` is the address of a cell that does not name its own.
pub fn read(
    xml: &mut Xml,
    context: &Context,
    shared: &mut SharedFormulas,
    expected: (u32, u32),
) -> Result<Found, Error> {
    let head = head(xml, expected)?;
    let place = (head.row, head.col);
    let level = xml.depth();
    let mut formula = None;
    let mut is_formula = false;
    let mut value = CellValue::Blank;
    let mut raw = String::new();
    while xml.next_in(level)? {
        match xml.name() {
            "f" => {
                let dynamic = head.metadata > 0 && context.dynamic.get(head.metadata - 1) == Some(&true);
                let read = read_formula(xml, context, shared, place, dynamic)?;
                is_formula = !matches!(read, Formula::None);
                if let Formula::Own(own) = read {
                    formula = Some(own);
                }
            }
            "v" => {
                xml.text_into(&mut raw)?;
                value = read_value(xml, context, &head, &raw, is_formula)?;
            }
            "is" => value = CellValue::Text(shared_strings::item(xml)?.into()),
            _ => {}
        }
    }
    let style = head.style.map(|style| context.shows(style)).unwrap_or_default();
    let shows = if head.kind == Kind::Date && style == Shows::Number { Shows::DateTime } else { style };
    let blank = !is_formula && value == CellValue::Blank;
    let cell = (!blank).then_some(Cell { value, formula, shows });
    Ok(Found { row: head.row, col: head.col, cell, shows, styled: head.style.is_some() })
}

fn head(xml: &Xml, expected: (u32, u32)) -> Result<Head, Error> {
    let mut head = Head {
        row: expected.0,
        col: expected.1,
        style: None,
        kind: Kind::Number,
        metadata: 0,
        value_metadata: 0,
    };
    for attribute in xml.raw_attributes() {
        let (key, value) = attribute?;
        match key {
            "r" => {
                let place = address::cell(&value);
                (head.row, head.col) =
                    place.ok_or_else(|| xml.broken(&format!("{value:?} is not a cell")))?;
            }
            "s" => head.style = value.parse().ok(),
            "t" => head.kind = kind(&value).ok_or_else(|| xml.broken(&format!("cells of type {value:?}")))?,
            "vm" => head.value_metadata = value.parse().unwrap_or(0),
            "cm" => head.metadata = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    if head.row != expected.0 || head.col > MAX_COL {
        return Err(xml.broken(&format!("the cell {} lies outside its row", a1(head.row, head.col))));
    }
    Ok(head)
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "n" => Kind::Number,
        "s" => Kind::Shared,
        "str" => Kind::Text,
        "inlineStr" => Kind::Inline,
        "b" => Kind::Bool,
        "e" => Kind::Error,
        "d" => Kind::Date,
        _ => return None,
    })
}

fn read_value(
    xml: &Xml,
    context: &Context,
    head: &Head,
    raw: &str,
    is_formula: bool,
) -> Result<CellValue, Error> {
    let word = raw.trim();
    if word.is_empty() && !matches!(head.kind, Kind::Text | Kind::Inline) {
        return Ok(CellValue::Blank);
    }
    let value = match head.kind {
        Kind::Number => number(word),
        Kind::Shared => {
            let string = word.parse().ok().and_then(|index: usize| context.strings.get(index));
            string.map(|string| CellValue::Text(string.clone()))
        }
        Kind::Text | Kind::Inline => Some(CellValue::Text(text::unescape(raw).into())),
        Kind::Bool => match word {
            "1" | "true" => Some(CellValue::Bool(true)),
            "0" | "false" => Some(CellValue::Bool(false)),
            _ => None,
        },
        Kind::Error => {
            let rich = head.value_metadata.checked_sub(1).and_then(|index| context.rich_errors.get(index));
            let plain = ErrorCode::from_text(word).unwrap_or(ErrorCode::Unknown);
            Some(CellValue::Error(rich.copied().flatten().unwrap_or(plain)))
        }
        Kind::Date => iso_date::serial(word, context.date1904).map(CellValue::Number),
    };
    match value {
        Some(value) => Ok(value),
        // A formula is recalculated, so a value that another program stored wrongly does not matter.
        None if is_formula => Ok(CellValue::Blank),
        None => Err(xml
            .broken(&format!("the value {word:?} of cell {} does not fit its type", a1(head.row, head.col)))),
    }
}

fn number(word: &str) -> Option<CellValue> {
    if let Some(code) = ErrorCode::from_text(word) {
        return Some(CellValue::Error(code));
    }
    word.parse().ok().filter(|x: &f64| x.is_finite()).map(CellValue::Number)
}

enum Formula {
    None,
    Own(CellFormula),
    /// In `SharedFormulas` until the whole sheet is read.
    Waiting,
}

fn read_formula(
    xml: &mut Xml,
    context: &Context,
    shared: &mut SharedFormulas,
    place: (u32, u32),
    dynamic: bool,
) -> Result<Formula, Error> {
    let attributes = FormulaAttributes::read(xml)?;
    let text = formula_text(xml, context, place)?;
    let area = attributes.area.unwrap_or_else(|| Area::cell(place.0, place.1));
    match attributes.kind {
        FormulaKind::Table => return Ok(Formula::Own(attributes.data_table(area))),
        FormulaKind::Shared => {
            let Some(index) = attributes.shared else {
                return Err(
                    xml.broken(&format!("the shared formula of cell {} has no number", a1(place.0, place.1)))
                );
            };
            if !shared.add(index, place, attributes.area, text) {
                let message = format!("the shared formula {index} in {} has too many areas", xml.part());
                return Err(Error::new(ErrorKind::TooLarge, message));
            }
            return Ok(Formula::Waiting);
        }
        _ if text.is_empty() => return Ok(Formula::None),
        FormulaKind::Normal => return Ok(Formula::Own(CellFormula::Normal(text.into()))),
        FormulaKind::Array => {}
    }
    if (area.first_row, area.first_col) != place {
        let message = format!("the array formula of cell {} does not start there", a1(place.0, place.1));
        return Err(xml.broken(&message));
    }
    let text = text.into();
    Ok(Formula::Own(if dynamic {
        CellFormula::Dynamic { text, area }
    } else {
        CellFormula::Array { text, area }
    }))
}

fn formula_text(xml: &mut Xml, context: &Context, place: (u32, u32)) -> Result<String, Error> {
    let mut text = xml.text()?;
    if text.len() > context.limits.formula_chars && text.chars().count() > context.limits.formula_chars {
        let limit = context.limits.formula_chars;
        let message = format!(
            "the formula of cell {} in {} is longer than {limit} characters",
            a1(place.0, place.1),
            xml.part()
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    if text.starts_with('=') {
        text.remove(0);
    }
    if text.trim().is_empty() {
        text.clear();
    }
    Ok(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormulaKind {
    Normal,
    Shared,
    Array,
    Table,
}

struct FormulaAttributes {
    kind: FormulaKind,
    area: Option<Area>,
    shared: Option<u32>,
    two_dimensional: bool,
    /// A one-dimensional data table has its values in a row.
    in_row: bool,
    inputs: [Option<(u32, u32)>; 2],
    /// The input cell was deleted, although its old address is still there.
    deleted: [bool; 2],
}

impl FormulaAttributes {
    fn read(xml: &Xml) -> Result<FormulaAttributes, Error> {
        let mut found = FormulaAttributes {
            kind: FormulaKind::Normal,
            area: None,
            shared: None,
            two_dimensional: false,
            in_row: false,
            inputs: [None, None],
            deleted: [false, false],
        };
        for attribute in xml.raw_attributes() {
            let (key, value) = attribute?;
            match key {
                "t" => {
                    found.kind = match &*value {
                        "shared" => FormulaKind::Shared,
                        "array" => FormulaKind::Array,
                        "dataTable" => FormulaKind::Table,
                        _ => FormulaKind::Normal,
                    }
                }
                "ref" => found.area = address::area(&value),
                "si" => found.shared = value.parse().ok(),
                "dt2D" => found.two_dimensional = text::flag(&value),
                "dtr" => found.in_row = text::flag(&value),
                "r1" => found.inputs[0] = address::cell(&value),
                "r2" => found.inputs[1] = address::cell(&value),
                "del1" => found.deleted[0] = text::flag(&value),
                "del2" => found.deleted[1] = text::flag(&value),
                _ => {}
            }
        }
        Ok(found)
    }

    fn data_table(&self, area: Area) -> CellFormula {
        let first = self.inputs[0].filter(|_| !self.deleted[0]);
        let second = self.inputs[1].filter(|_| !self.deleted[1]);
        let (row_input, col_input) = match (self.two_dimensional, self.in_row) {
            (true, _) => (first, second),
            (false, true) => (first, None),
            (false, false) => (None, first),
        };
        CellFormula::DataTable { area, row_input, col_input, two_dimensional: self.two_dimensional }
    }
}
