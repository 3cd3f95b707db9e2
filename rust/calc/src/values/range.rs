//! Views of cells: a range of the workbook as a kernel sees it for one record, constant tables, and the grid that
//! ranges, arrays and single values have in common. No look-up logic, which is in `kernels::lookup_reference::search`.

use crate::values::heap::Array;
use crate::values::value::Value;
use std::fmt;

/// Where a range lies, zero-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    pub sheet: u32,
    pub row: u32,
    pub col: u32,
}

/// Gives the cells of a range for one record.
pub trait Cells: fmt::Debug {
    /// The value at a zero-based position inside the used part.
    fn get(&self, row: usize, col: usize) -> Value;
    /// The constant table behind the range, when no input reaches any of its cells.
    fn table(&self) -> Option<&Table> {
        None
    }
}

/// A reference: a rectangle of cells. `used_rows`/`used_cols` cover all cells that are not empty, so that a
/// whole-column reference is cheap; everything beyond reads as blank.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    pub rows: usize,
    pub cols: usize,
    pub used_rows: usize,
    pub used_cols: usize,
    pub origin: Origin,
    pub cells: &'a dyn Cells,
}

impl Range<'_> {
    pub fn get(&self, row: usize, col: usize) -> Value {
        if row < self.used_rows && col < self.used_cols { self.cells.get(row, col) } else { Value::BLANK }
    }
}

/// A constant rectangle, row by row. Its look-up indexes are built on first use.
#[derive(Debug, Default)]
pub struct Table {
    pub rows: usize,
    pub cols: usize,
    pub cells: Vec<Value>,
    pub has_blanks: bool,
    pub index: crate::values::lookup_index::Indexes,
}

impl Table {
    pub fn new(rows: usize, cols: usize, cells: Vec<Value>) -> Table {
        let has_blanks = cells.iter().any(|cell| cell.is_empty());
        Table { rows, cols, cells, has_blanks, index: Default::default() }
    }
}

impl Cells for Table {
    fn get(&self, row: usize, col: usize) -> Value {
        self.cells.get(row * self.cols + col).copied().unwrap_or(Value::BLANK)
    }

    fn table(&self) -> Option<&Table> {
        Some(self)
    }
}

/// A rectangle of values, whatever it came from.
#[derive(Clone, Copy, Debug)]
pub enum Grid<'a> {
    Range(Range<'a>),
    Array(&'a Array),
    Single(Value),
}

impl<'a> Grid<'a> {
    pub fn rows(&self) -> usize {
        match self {
            Grid::Range(range) => range.rows,
            Grid::Array(array) => array.rows,
            Grid::Single(_) => 1,
        }
    }

    pub fn cols(&self) -> usize {
        match self {
            Grid::Range(range) => range.cols,
            Grid::Array(array) => array.cols,
            Grid::Single(_) => 1,
        }
    }

    /// Rows and columns that can hold something; all cells beyond are blank.
    pub fn used(&self) -> (usize, usize) {
        match self {
            Grid::Range(range) => (range.used_rows.min(range.rows), range.used_cols.min(range.cols)),
            Grid::Array(array) => array.used(),
            Grid::Single(_) => (1, 1),
        }
    }

    pub fn len(&self) -> usize {
        self.rows() * self.cols()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position; blank beyond the rectangle. Callers that want `#N/A` there check first.
    pub fn get(&self, row: usize, col: usize) -> Value {
        match self {
            Grid::Range(range) => range.get(row, col),
            Grid::Array(array) => array.get(row, col).unwrap_or(Value::BLANK),
            Grid::Single(value) => *value,
        }
    }

    pub fn is_reference(&self) -> bool {
        matches!(self, Grid::Range(_))
    }

    /// The used cells as a slice, row by row; `None` where cells are computed, or where the rows in memory are wider.
    pub fn dense(&self) -> Option<&'a [Value]> {
        let (cells, width) = match self {
            Grid::Range(range) => range.cells.table().map(|table| (table.cells.as_slice(), table.cols))?,
            Grid::Array(array) => (array.cells.as_slice(), array.used().1),
            Grid::Single(_) => return None,
        };
        let (rows, cols) = self.used();
        if width == cols { cells.get(..rows * cols) } else { None }
    }

    /// The used cells, row by row.
    pub fn iter(&self) -> impl Iterator<Item = Value> + 'a {
        let grid = *self;
        let (rows, cols) = grid.used();
        (0..rows).flat_map(move |row| (0..cols).map(move |col| grid.get(row, col)))
    }
}
