//! The tree of a formula.

use crate::workbook::Area;
use execd_calc::semantics::operator::{BinaryOp, UnaryOp};
use execd_calc::values::value::ErrorCode;

/// One formula, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Number(f64),
    Text(Box<str>),
    Bool(bool),
    Error(ErrorCode),
    /// An argument left out: `IF(A1,,2)`.
    Omitted,
    /// An array constant, row by row; cells are Number, Text, Bool or Error.
    Array {
        rows: usize,
        cols: usize,
        cells: Vec<Expr>,
    },
    Reference(Reference),
    /// A defined name, a variable of LET or LAMBDA, or the name of a function passed as a value (`MAP(A1:A3,ABS)`).
    Name {
        scope: Option<SheetName>,
        name: Box<str>,
    },
    Table(TableReference),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `left:right` where one side is not a plain cell: `A1:INDEX(...)`.
    RangeOf(Box<Expr>, Box<Expr>),
    /// `(A1:B2,C3)`
    Union(Vec<Expr>),
    /// `A1:B2 B2:C3`
    Intersection(Box<Expr>, Box<Expr>),
    /// `A1#`
    Spill(Box<Expr>),
    /// `@expr`: the value of a range in the row or column of the formula
    Intersected(Box<Expr>),
    /// A function by its upper-case name without `_xlfn.`, `_xlws.` …
    Call {
        name: Box<str>,
        args: Vec<Expr>,
    },
    /// `LAMBDA(...)(args)` or a call of an expression's result.
    Invoke {
        callee: Box<Expr>,
        args: Vec<Expr>,
    },
}

/// The sheet before a reference, without quotes.
#[derive(Clone, Debug, PartialEq)]
pub enum SheetName {
    Local(Box<str>),
    /// `Sheet1:Sheet3!A1`
    Span(Box<str>, Box<str>),
    /// `[1]Sheet1!A1`: `book` is what stands between the brackets.
    External {
        book: Box<str>,
        sheet: Box<str>,
    },
}

/// A rectangle of cells, zero-based, inclusive; a single cell has equal corners. Whole columns span rows
/// 0..=1048575, whole rows columns 0..=16383.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    pub sheet: Option<SheetName>,
    pub first: Corner,
    pub last: Corner,
}

impl Reference {
    /// The cells of the reference, without its sheet.
    pub fn area(&self) -> Area {
        let (first, last) = (self.first, self.last);
        Area {
            first_row: first.row.min(last.row),
            first_col: first.col.min(last.col),
            last_row: first.row.max(last.row),
            last_col: first.col.max(last.col),
        }
    }
}

/// A corner of a reference. What has a `$` before it is fixed: it does not move when the formula is shifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corner {
    pub row: u32,
    pub col: u32,
    pub row_fixed: bool,
    pub col_fixed: bool,
}

/// `Table1[[#Headers],[#Data],[A]:[B]]`; `table` is None inside the table itself (`[@Col]`, `[Col]`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableReference {
    pub table: Option<Box<str>>,
    /// Which rows. If all are false, the data rows.
    pub headers: bool,
    pub data: bool,
    pub totals: bool,
    pub this_row: bool,
    /// First and last column by name, unescaped; None for all.
    pub columns: Option<(Box<str>, Box<str>)>,
}
