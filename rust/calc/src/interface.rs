//! A service's named inputs and outputs: shapes, defaults, bounds. How a workbook declares them and how JSON spells
//! them are elsewhere. Passed from `model` to `serve` beside the `Plan`.

use crate::value::ErrorCode;

/// Names, shapes and rules. Input cells are numbered through: a scalar takes one, a table rows x columns, row by
/// row; `Plan` knows the cells by these numbers. Outputs likewise.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
}

#[derive(Clone, Debug)]
pub struct Input {
    /// The API name (after `Xinput_`); matched ignoring case.
    pub name: String,
    pub shape: Shape,
    /// Number of the first cell.
    pub first_cell: usize,
    /// One per cell: what the workbook holds, used when the caller leaves the input out.
    pub defaults: Vec<Constant>,
    /// How text that looks like a date is read, and how the metadata names the type.
    pub format: Format,
    pub validation: Option<Validation>,
    pub description: Option<String>,
    /// `Sheet1!$B$2`, for messages.
    pub address: String,
}

#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    pub shape: Shape,
    pub first_cell: usize,
    /// One for a scalar, one per column for a table.
    pub formats: Vec<Format>,
    pub description: Option<String>,
    pub address: String,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Scalar,
    /// Data rows under the headings; a heading under another is `top.sub`.
    Table {
        headings: Vec<Heading>,
        rows: usize,
    },
}

impl Shape {
    /// Cells the shape takes.
    pub fn cells(&self) -> usize {
        match self {
            Shape::Scalar => 1,
            Shape::Table { headings, rows } => headings.len() * rows,
        }
    }
}

/// A heading keeps its kind: in array layout a numeric heading is a JSON number.
#[derive(Clone, Debug, PartialEq)]
pub struct Heading {
    pub text: String,
    pub numeric: bool,
}

/// A constant outside any heap.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Blank,
    Number(f64),
    Text(String),
    Bool(bool),
    Error(ErrorCode),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    General,
    Date,
    Time,
    DateTime,
    Text,
}

/// A cell's data validation, with constant bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    pub rule: Rule,
    /// The author's Error-alert text.
    pub message: Option<String>,
    /// A blank passes.
    pub ignore_blank: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Whole numbers that pass the bound.
    Whole(Bound),
    Decimal(Bound),
    Date(Bound),
    Time(Bound),
    TextLength(Bound),
    /// One of these, ignoring case.
    List(Vec<Constant>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    Between(f64, f64),
    NotBetween(f64, f64),
    Equal(f64),
    NotEqual(f64),
    Greater(f64),
    Less(f64),
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    pub fn admits(self, x: f64) -> bool {
        match self {
            Bound::Between(low, high) => x >= low && x <= high,
            Bound::NotBetween(low, high) => x < low || x > high,
            Bound::Equal(y) => x == y,
            Bound::NotEqual(y) => x != y,
            Bound::Greater(y) => x > y,
            Bound::Less(y) => x < y,
            Bound::AtLeast(y) => x >= y,
            Bound::AtMost(y) => x <= y,
        }
    }
}
