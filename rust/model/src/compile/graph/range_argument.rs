//! A range as an argument, and how a kernel sees it.

use super::node::{Argument, Term};
use super::sheet_terms::{SheetTerms, Window};
use execd_calc::values::range::{self, Cells, Origin, Table};
use execd_calc::values::value::Value;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// Cells of all tables together. Ranges that overlap would have as many as ranges times rows.
pub const MOST_TABLE_CELLS: usize = 1 << 23;

/// A range as an argument, with the terms of its used cells.
#[derive(Debug)]
pub struct RangeArgument {
    pub rows: usize,
    pub cols: usize,
    pub used_rows: usize,
    pub used_cols: usize,
    pub origin: Origin,
    pub content: RangeContent,
    /// No cell is a node.
    pub constant: bool,
    /// The kinds of the used cells, once asked for.
    pub(super) kinds: OnceCell<u8>,
    pub(super) table: OnceCell<Rc<Table>>,
    folded: Cell<bool>,
}

#[derive(Debug)]
pub enum RangeContent {
    /// Cells of a sheet, all known.
    Window(Window),
    /// One term per used cell, row by row.
    Terms(Vec<Term>),
    Table(Rc<Table>),
}

impl RangeArgument {
    /// `size` and `used` are rows and columns.
    pub fn new(
        (rows, cols): (usize, usize),
        (used_rows, used_cols): (usize, usize),
        origin: Origin,
        content: RangeContent,
    ) -> RangeArgument {
        RangeArgument {
            rows,
            cols,
            used_rows,
            used_cols,
            origin,
            content,
            constant: false,
            kinds: OnceCell::new(),
            table: OnceCell::new(),
            folded: Cell::new(false),
        }
    }

    /// True from the second time on, while all tables together are not too large.
    fn may_have_table(&self, table_cells: &Cell<usize>) -> bool {
        if self.table.get().is_some() {
            return true;
        }
        let all = table_cells.get() + self.len();
        let may = self.folded.replace(true) && all <= MOST_TABLE_CELLS;
        if may {
            table_cells.set(all);
        }
        may
    }

    /// How many cells it uses.
    pub fn len(&self) -> usize {
        self.used_rows * self.used_cols
    }

    /// The range as a kernel sees it; None unless it is constant. `columns` are its own.
    pub(super) fn view<'a>(&'a self, columns: Option<&'a Columns<'a>>) -> Option<range::Range<'a>> {
        let cells: &dyn Cells = match (self.table.get(), columns) {
            (Some(table), _) => table.as_ref(),
            (None, Some(columns)) => columns,
            _ => return None,
        };
        Some(range::Range {
            rows: self.rows,
            cols: self.cols,
            used_rows: self.used_rows,
            used_cols: self.used_cols,
            origin: self.origin,
            cells,
        })
    }

    pub(super) fn table(&self, sheets: &[SheetTerms]) -> &Rc<Table> {
        self.table.get_or_init(|| match &self.content {
            RangeContent::Table(table) => Rc::clone(table),
            _ => {
                let mut cells = Vec::with_capacity(self.used_rows * self.used_cols);
                self.each(sheets, |term| cells.push(term.constant().unwrap_or(Value::BLANK)));
                Rc::new(Table::new(self.used_rows, self.used_cols, cells))
            }
        })
    }

    /// Calls `f` with each used cell, row by row.
    pub(super) fn each(&self, sheets: &[SheetTerms], mut f: impl FnMut(Term)) {
        match &self.content {
            RangeContent::Table(table) => table.cells.iter().for_each(|&cell| f(Term::Const(cell))),
            RangeContent::Terms(terms) => terms.iter().for_each(|&term| f(term)),
            RangeContent::Window(window) => {
                let Some(sheet) = sheets.get(window.sheet as usize) else { return };
                let columns: Vec<&[Option<Term>]> =
                    window.col_range().map(|col| sheet.slice(col, &window.row_range())).collect();
                for row in 0..window.rows as usize {
                    for column in &columns {
                        f(column.get(row).copied().flatten().unwrap_or(Term::Const(Value::BLANK)));
                    }
                }
            }
        }
    }
}

/// The cells of a constant range that is folded for the first time. Most are folded once only, and need no table.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    columns: Vec<&'a [Option<Term>]>,
}

impl<'a> Columns<'a> {
    /// None for what is no range, and for a range that has a table, which it gets when it is folded again.
    pub fn new(
        ranges: &'a [RangeArgument],
        sheets: &'a [SheetTerms],
        table_cells: &Cell<usize>,
        argument: &Argument,
    ) -> Option<Columns<'a>> {
        let Argument::Range(range) = *argument else { return None };
        let range = ranges.get(range as usize)?;
        match &range.content {
            RangeContent::Window(window) if !range.may_have_table(table_cells) => {
                let sheet = sheets.get(window.sheet as usize)?;
                let columns = window.col_range().map(|col| sheet.slice(col, &window.row_range())).collect();
                Some(Columns { columns })
            }
            _ => {
                range.table(sheets);
                None
            }
        }
    }
}

impl Cells for Columns<'_> {
    fn get(&self, row: usize, col: usize) -> Value {
        let term = self.columns.get(col).and_then(|column| column.get(row).copied().flatten());
        term.and_then(Term::constant).unwrap_or(Value::BLANK)
    }
}
