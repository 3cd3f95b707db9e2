//! Which data validation covers which input cell, and its formulas as seen from that cell. `compile::rules` evaluates
//! them.

use crate::formula::ast::Expr;
use crate::formula::{parse, shift};
use crate::workbook::{Area, CellAddress, DataValidation, Workbook};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// Columns looked through for areas and characters of formulas read, for all cells of all inputs.
const MAX_WORK: usize = 100_000_000;

/// The validations of input cells, up to a limit of work.
pub struct Finder<'w> {
    by_cell: HashMap<CellAddress, &'w DataValidation>,
    work: usize,
}

/// A validation as seen from one of its cells.
pub struct CellRule<'w> {
    pub validation: &'w DataValidation,
    pub at: CellAddress,
}

impl<'w> Finder<'w> {
    /// Gives each cell the first validation that covers it.
    pub fn new(workbook: &'w Workbook, cells: &[CellAddress]) -> Finder<'w> {
        let mut finder = Finder { by_cell: HashMap::new(), work: 0 };
        let mut columns: BTreeMap<(usize, u32), Column> = BTreeMap::new();
        for cell in cells {
            columns.entry((cell.sheet, cell.col)).or_default().rows.push(cell.row);
        }
        columns.values_mut().for_each(Column::sort);
        for (sheet, content) in workbook.sheets.iter().enumerate() {
            for validation in &content.validations {
                for area in &validation.areas {
                    finder.cover(&mut columns, sheet, area, validation);
                    if finder.is_exhausted() {
                        return finder;
                    }
                }
            }
        }
        finder
    }

    fn cover(
        &mut self,
        columns: &mut BTreeMap<(usize, u32), Column>,
        sheet: usize,
        area: &Area,
        validation: &'w DataValidation,
    ) {
        let mut full = Vec::new();
        for (&(_, col), column) in columns.range_mut((sheet, area.first_col)..=(sheet, area.last_col)) {
            self.work += 1;
            column.take(area, |row| _ = self.by_cell.insert(CellAddress { sheet, row, col }, validation));
            if column.is_empty() {
                full.push((sheet, col));
            }
        }
        full.iter().for_each(|column| _ = columns.remove(column));
        self.work += 1;
    }

    /// The first validation that covers a cell.
    pub fn of_cell(&mut self, at: CellAddress) -> Option<CellRule<'w>> {
        let validation = *self.by_cell.get(&at).filter(|_| !self.is_exhausted())?;
        let formulas = [&validation.formula1, &validation.formula2];
        self.work += formulas.into_iter().flatten().map(String::len).sum::<usize>();
        Some(CellRule { validation, at })
    }

    /// True when the limit was reached and some validations were not found.
    pub fn is_exhausted(&self) -> bool {
        self.work > MAX_WORK
    }
}

/// The input cells of a column that no validation covers yet.
#[derive(Default)]
struct Column {
    rows: Vec<u32>,
    /// By place in `rows`, that place or a later one; the next cell that is not covered is at the end of the way.
    next: Vec<usize>,
}

impl Column {
    fn sort(&mut self) {
        self.rows.sort_unstable();
        self.rows.dedup();
        self.next = (0..=self.rows.len()).collect();
    }

    /// Calls `f` with each row in the area, and takes them out.
    fn take(&mut self, area: &Area, mut f: impl FnMut(u32)) {
        let mut at = self.open(self.rows.partition_point(|&row| row < area.first_row));
        while let Some(&row) = self.rows.get(at).filter(|row| **row <= area.last_row) {
            f(row);
            self.next[at] = at + 1;
            at = self.open(at);
        }
    }

    fn open(&mut self, from: usize) -> usize {
        let mut at = from;
        while self.next[at] != at {
            // Halves the way for those who come later.
            self.next[at] = self.next[self.next[at]];
            at = self.next[at];
        }
        at
    }

    fn is_empty(&mut self) -> bool {
        self.open(0) == self.rows.len()
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
