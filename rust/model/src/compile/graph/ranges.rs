//! Ranges as arguments.

use super::node::{Argument, Term, kinds_of};
use super::program::Graph;
use super::sheet_terms::{SheetTerms, Window};
use execd_calc::values::range::{self, Cells, Origin, Table};
use execd_calc::values::value::Value;
use std::cell::{Cell, OnceCell};
use std::ops::Range;
use std::rc::Rc;

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
    kinds: OnceCell<u8>,
    table: OnceCell<Rc<Table>>,
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

    fn table(&self, sheets: &[SheetTerms]) -> &Rc<Table> {
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
    fn each(&self, sheets: &[SheetTerms], mut f: impl FnMut(Term)) {
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
        argument: &Argument,
    ) -> Option<Columns<'a>> {
        let Argument::Range(range) = *argument else { return None };
        let range = ranges.get(range as usize)?;
        match &range.content {
            RangeContent::Window(window) if !range.folded.replace(true) => {
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
