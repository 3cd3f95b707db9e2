//! Data validations as rules with constant bounds. What depends on inputs or on formulas is told, not guessed.

use super::{constant, target};
use crate::formula::ast::{Expr, Reference};
use crate::formula::{parse, shift};
use crate::workbook::{
    Area, Cell, CellAddress, CellFormula, CellValue, DataValidation, DefinedName, ValidationKind,
    ValidationOperator, Workbook,
};
use execd_calc::coerce;
use execd_calc::interface::{Bound, Constant, Rule, Validation};
use execd_calc::operator::UnaryOp;
use hashbrown::HashSet;

/// Longest list of allowed values.
const MAX_LIST: u64 = 100_000;

/// Cells that hold the same in every record: no formula, no input.
pub struct Constants<'w> {
    pub workbook: &'w Workbook,
    pub inputs: &'w HashSet<CellAddress>,
}

/// The validation of a cell, or why it cannot be checked; None when there is none.
pub fn of_cell(constants: &Constants, at: CellAddress) -> Option<Result<Validation, String>> {
    let sheet = constants.workbook.sheets.get(at.sheet)?;
    let covers = |one: &&DataValidation| one.areas.iter().any(|area| area.contains(at.row, at.col));
    let found = sheet.validations.iter().find(covers)?;
    let formulas = Formulas { constants, validation: found, at };
    Some(formulas.rule().map(|rule| Validation {
        rule,
        message: found.error_message.clone(),
        ignore_blank: found.allow_blank,
    }))
}

/// The formulas of a validation, seen from one of its cells.
struct Formulas<'c, 'w> {
    constants: &'c Constants<'w>,
    validation: &'c DataValidation,
    at: CellAddress,
}

impl Formulas<'_, '_> {
    fn rule(&self) -> Result<Rule, String> {
        Ok(match self.validation.kind {
            ValidationKind::Whole => Rule::Whole(self.bound()?),
            ValidationKind::Decimal => Rule::Decimal(self.bound()?),
            ValidationKind::Date => Rule::Date(self.bound()?),
            ValidationKind::Time => Rule::Time(self.bound()?),
            ValidationKind::TextLength => Rule::TextLength(self.bound()?),
            ValidationKind::List => Rule::List(self.list()?),
            ValidationKind::Custom => return Err("it is a formula".to_owned()),
            ValidationKind::None => return Err("it has no rule".to_owned()),
        })
    }

    fn bound(&self) -> Result<Bound, String> {
        let first = || self.number(self.validation.formula1.as_deref());
        let second = || self.number(self.validation.formula2.as_deref());
        Ok(match self.validation.operator {
            ValidationOperator::Between => Bound::Between(first()?, second()?),
            ValidationOperator::NotBetween => Bound::NotBetween(first()?, second()?),
            ValidationOperator::Equal => Bound::Equal(first()?),
            ValidationOperator::NotEqual => Bound::NotEqual(first()?),
            ValidationOperator::GreaterThan => Bound::Greater(first()?),
            ValidationOperator::LessThan => Bound::Less(first()?),
            ValidationOperator::GreaterThanOrEqual => Bound::AtLeast(first()?),
            ValidationOperator::LessThanOrEqual => Bound::AtMost(first()?),
        })
    }

    fn number(&self, text: Option<&str>) -> Result<f64, String> {
        let text = text.ok_or_else(|| "a bound is missing".to_owned())?;
        let number = match self.constants.value(&self.tree(text)?, self.at.sheet) {
            Some(Constant::Number(x)) => Some(x),
            Some(Constant::Text(text)) => {
                coerce::number_from_text(&text, self.constants.workbook.settings.date1904)
            }
            _ => None,
        };
        number.ok_or_else(|| format!("its bound {text} is no constant number"))
    }

    /// `"a,b"` in quotes, or the cells of a constant range or of a name for one; blank cells offer nothing.
    fn list(&self) -> Result<Vec<Constant>, String> {
        let text = self.validation.formula1.as_deref().ok_or_else(|| "its list is missing".to_owned())?;
        let found = match &self.tree(text)? {
            Expr::Text(items) => Ok(items.split(',').map(|item| item_of_text(item.trim())).collect()),
            Expr::Reference(reference) => self.constants.cells(reference, self.at.sheet),
            Expr::Name { scope: None, name } => self.constants.named_cells(name, self.at.sheet),
            _ => Err("it is a formula".to_owned()),
        };
        found.map_err(|why| format!("{why} (its list is {text})"))
    }

    /// Relative references are written for the first cell of the validation.
    fn tree(&self, text: &str) -> Result<Expr, String> {
        let tree = parse(text).map_err(|error| format!("{text} cannot be read: {error}"))?;
        let areas = &self.validation.areas;
        let row = areas.iter().map(|area| area.first_row).min().unwrap_or(self.at.row);
        let col = areas.iter().map(|area| area.first_col).min().unwrap_or(self.at.col);
        Ok(shift(&tree, i64::from(self.at.row) - i64::from(row), i64::from(self.at.col) - i64::from(col)))
    }
}

/// An item of a quoted list is what Excel would take it for if it were typed: a number, a boolean or a text.
fn item_of_text(item: &str) -> Constant {
    match item.parse::<f64>() {
        Ok(x) if x.is_finite() && item.bytes().any(|c| c.is_ascii_digit()) => Constant::Number(x),
        _ if item.eq_ignore_ascii_case("true") => Constant::Bool(true),
        _ if item.eq_ignore_ascii_case("false") => Constant::Bool(false),
        _ => Constant::Text(item.to_owned()),
    }
}

/// Whether an array formula or a data table puts values into cells of the area.
fn fills(cell: &Cell, area: &Area) -> bool {
    match &cell.formula {
        Some(
            CellFormula::Array { area: filled, .. }
            | CellFormula::Dynamic { area: filled, .. }
            | CellFormula::DataTable { area: filled, .. },
        ) => filled.intersects(area),
        _ => false,
    }
}

impl Constants<'_> {
    /// The value of a literal, with a sign, or of a constant cell.
    fn value(&self, tree: &Expr, home: usize) -> Option<Constant> {
        match tree {
            Expr::Number(x) => Some(Constant::Number(*x)),
            Expr::Text(text) => Some(Constant::Text(text.to_string())),
            Expr::Bool(b) => Some(Constant::Bool(*b)),
            Expr::Unary(UnaryOp::Minus, inner) => match self.value(inner, home)? {
                Constant::Number(x) => Some(Constant::Number(-x)),
                _ => None,
            },
            Expr::Reference(reference) => match self.cells(reference, home).ok()?.as_slice() {
                [only] if reference.first == reference.last => Some(only.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The values of constant cells, row by row, without the blank ones.
    fn cells(&self, reference: &Reference, home: usize) -> Result<Vec<Constant>, String> {
        let place = target::of_reference(self.workbook, reference, Some(home))?;
        let Area { first_row, first_col, last_row, last_col } = place.area;
        if u64::from(place.area.rows()) * u64::from(place.area.cols()) > MAX_LIST {
            return Err(format!("it covers more than {MAX_LIST} cells"));
        }
        let sheet = self.workbook.sheets.get(place.sheet).ok_or_else(|| "it names no sheet".to_owned())?;
        if sheet.cells.values().any(|cell| fills(cell, &place.area)) {
            return Err("it depends on a formula".to_owned());
        }
        let mut values = Vec::new();
        for row in first_row..=last_row {
            for col in first_col..=last_col {
                if self.inputs.contains(&CellAddress { sheet: place.sheet, row, col }) {
                    return Err("it depends on an input".to_owned());
                }
                let Some(cell) = sheet.cells.get(&(row, col)) else { continue };
                if cell.formula.is_some() {
                    return Err("it depends on a formula".to_owned());
                }
                if cell.value != CellValue::Blank {
                    values.push(constant(&cell.value));
                }
            }
        }
        Ok(values)
    }

    fn named_cells(&self, name: &str, home: usize) -> Result<Vec<Constant>, String> {
        let same = |defined: &&DefinedName| defined.name.eq_ignore_ascii_case(name);
        let mut named = self.workbook.names.iter().filter(same);
        let local = named.clone().find(|defined| defined.sheet == Some(home));
        let defined = local.or_else(|| named.find(|defined| defined.sheet.is_none()));
        let defined = defined.ok_or_else(|| format!("the name {name} is not defined"))?;
        match parse(&defined.text) {
            Ok(Expr::Reference(reference)) => self.cells(&reference, home),
            _ => Err(format!("the name {name} is no range")),
        }
    }
}
