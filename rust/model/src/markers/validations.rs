//! Which data validation covers which input cell, and its formulas as seen from that cell. `compile::rules` evaluates
//! them.

use crate::formula::ast::Expr;
use crate::formula::{parse, shift};
use crate::workbook::{CellAddress, DataValidation, Workbook};

/// Areas compared and characters of formulas read, for all cells of all inputs.
const MAX_WORK: usize = 100_000_000;

/// Finds the validations of cells, up to a limit of work.
pub struct Finder<'w> {
    workbook: &'w Workbook,
    work: usize,
}

/// A validation as seen from one of its cells.
pub struct CellRule<'w> {
    pub validation: &'w DataValidation,
    pub at: CellAddress,
}

impl<'w> Finder<'w> {
    pub fn new(workbook: &'w Workbook) -> Finder<'w> {
        Finder { workbook, work: 0 }
    }

    /// The first validation that covers a cell.
    pub fn of_cell(&mut self, at: CellAddress) -> Option<CellRule<'w>> {
        let sheet = self.workbook.sheets.get(at.sheet)?;
        for validation in &sheet.validations {
            self.work += validation.areas.len();
            if self.is_exhausted() {
                return None;
            }
            if validation.areas.iter().any(|area| area.contains(at.row, at.col)) {
                let formulas = [&validation.formula1, &validation.formula2];
                self.work += formulas.into_iter().flatten().map(String::len).sum::<usize>();
                return Some(CellRule { validation, at });
            }
        }
        None
    }

    /// True when the limit was reached and some validations were not found.
    pub fn is_exhausted(&self) -> bool {
        self.work > MAX_WORK
    }
}

impl CellRule<'_> {
    pub fn first(&self) -> Result<Expr, String> {
        self.tree(self.validation.formula1.as_deref())
    }

    pub fn second(&self) -> Result<Expr, String> {
        self.tree(self.validation.formula2.as_deref())
    }

    /// Relative references are written for the first cell of the validation.
    fn tree(&self, text: Option<&str>) -> Result<Expr, String> {
        let text = text.ok_or_else(|| "a formula of it is missing".to_owned())?;
        let tree = parse(text).map_err(|error| format!("{text} cannot be read: {error}"))?;
        let areas = &self.validation.areas;
        let row = areas.iter().map(|area| area.first_row).min().unwrap_or(self.at.row);
        let col = areas.iter().map(|area| area.first_col).min().unwrap_or(self.at.col);
        Ok(shift(&tree, i64::from(self.at.row) - i64::from(row), i64::from(self.at.col) - i64::from(col)))
    }
}
