//! The ranges of a graph and their cells.

use super::node::{Term, kinds_of};
use super::program::Graph;
use super::range_argument::{RangeArgument, RangeContent};
use super::sheet_terms::Window;
use execd_calc::values::range::Table;
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

impl Graph {
    pub fn add_range(&mut self, mut range: RangeArgument) -> u32 {
        range.constant = match &range.content {
            RangeContent::Table(table) => {
                range.table = OnceCell::from(Rc::clone(table));
                true
            }
            RangeContent::Terms(terms) => terms.iter().all(|term| term.constant().is_some()),
            RangeContent::Window(window) => !self.has_node(window),
        };
        if let RangeContent::Terms(terms) = &range.content {
            self.keep_terms(terms.len());
        }
        self.ranges.push(range);
        self.ranges.len() as u32 - 1
    }

    /// The first rows of these whose cells are not known. If there are none, that is remembered.
    pub fn unknown(&mut self, sheet: u32, col: u32, rows: &Range<u32>) -> Option<Range<u32>> {
        self.sheets.get_mut(sheet as usize)?.column(col).unknown(rows)
    }

    /// Gives the cells of a column from `row` on their terms.
    pub fn set_cells(&mut self, sheet: u32, col: u32, row: u32, terms: &[Term]) {
        if let Some(sheet) = self.sheets.get_mut(sheet as usize) {
            let grown = sheet.column(col).set(row, terms);
            self.keep_terms(grown);
        }
    }

    pub fn has_node(&self, window: &Window) -> bool {
        let sheet = self.sheets.get(window.sheet as usize);
        sheet.is_some_and(|sheet| window.col_range().any(|col| sheet.has_node(col, &window.row_range())))
    }

    /// The table of a constant range.
    pub fn table(&self, range: u32) -> Option<Rc<Table>> {
        let range = self.ranges.get(range as usize).filter(|range| range.constant)?;
        Some(Rc::clone(range.table(&self.sheets)))
    }

    /// The kinds of the used cells of a constant range.
    pub fn constant_kinds(&self, range: u32) -> Option<u8> {
        let range = self.ranges.get(range as usize).filter(|range| range.constant)?;
        Some(*range.kinds.get_or_init(|| {
            let mut found = 0;
            range.each(&self.sheets, |term| found |= term.constant().map_or(0, kinds_of));
            found
        }))
    }

    /// Calls `f` with each used cell of a range, row by row.
    pub fn each_cell(&self, range: u32, f: impl FnMut(Term)) {
        if let Some(range) = self.ranges.get(range as usize) {
            range.each(&self.sheets, f);
        }
    }
}
