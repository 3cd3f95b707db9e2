//! A service's named inputs and outputs: shapes, defaults, rules. How a workbook declares them and how JSON spells
//! them are elsewhere. Passed from `model` to `serve` beside the `Plan`.

use crate::plan::Plan;
use crate::semantics::compare::numbers;
use crate::values::batch::Batch;
use crate::values::heap::Heap;
use crate::values::value::{ErrorCode, Unpacked, Value};
use std::sync::Arc;

/// Names, shapes and rules. Input cells are numbered through: a scalar takes one, a table rows x columns, row by
/// row; `Plan` knows the cells by these numbers. Outputs likewise.
#[derive(Clone, Debug, Default)]
pub struct Interface {
    pub inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    pub complaints: Vec<Complaint>,
    /// Calculates from the inputs what validations compare with in each record. Its outputs are the results that
    /// `Limit`, `Rule` and `Complaint` name by number. None when all rules are constant. It is a separate plan, so that
    /// records are judged before their answers are written, and outputs cost the same with rules and without.
    pub rules: Option<Arc<Plan>>,
    /// What each result of `rules` is, as the workbook spells it, for messages: a formula (`$B$1*2`) or, for a
    /// complaint, its cell. Long formulas are cut.
    pub formulas: Vec<String>,
}

impl Interface {
    /// What notes about records are about, by number: first the inputs, then the complaints.
    pub fn subject(&self, number: usize) -> Option<&str> {
        let inputs = self.inputs.iter().map(|input| input.name.as_str());
        inputs.chain(self.complaints.iter().map(|complaint| complaint.name.as_str())).nth(number)
    }
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
    /// What its cells show: one for a scalar, one per column for a table.
    pub formats: Vec<Format>,
    /// At most one for a scalar; for a table, each with the cells that it holds for.
    pub validations: Vec<Validation>,
    pub description: Option<String>,
    /// `Sheet1!$B$2`, for messages.
    pub address: String,
}

impl Input {
    /// No record of the batch has a value for it.
    pub fn is_left_out(&self, batch: &Batch) -> bool {
        let cells = self.first_cell..self.first_cell + self.shape.cells();
        cells.into_iter().all(|cell| batch.columns.get(cell).is_none_or(|column| column.is_empty()))
    }
}

/// A cell that says what is wrong with a record: a text that is not empty, or an Excel error.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// The API name (after `Xvalidate_`).
    pub name: String,
    /// A result of `Interface::rules`.
    pub result: usize,
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

impl Constant {
    /// As a value; `add_text` puts a text where it is to be kept.
    pub fn value(&self, add_text: impl FnOnce(&str) -> Value) -> Value {
        match self {
            Constant::Blank => Value::BLANK,
            Constant::Number(x) => Value::number(*x),
            Constant::Text(text) => add_text(text),
            Constant::Bool(b) => Value::bool(*b),
            Constant::Error(code) => Value::error(*code),
        }
    }

    /// A value outside its heap; an array is its first value.
    pub fn of(heap: &Heap, value: Value) -> Constant {
        match value.unpack() {
            Unpacked::Number(x) => Constant::Number(x),
            Unpacked::Text(id) => Constant::Text(heap.text(id).to_owned()),
            Unpacked::Bool(b) => Constant::Bool(b),
            Unpacked::Error(code) => Constant::Error(code),
            Unpacked::Blank | Unpacked::Omitted => Constant::Blank,
            Unpacked::Array(id) => match heap.array(id).get(0, 0) {
                Some(first) if !first.is_array() => Constant::of(heap, first),
                _ => Constant::Blank,
            },
        }
    }
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

/// A data validation of cells of an input.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    /// Numbers of the cells.
    pub cells: Vec<usize>,
    pub rule: Rule,
    /// The author's Error-alert text.
    pub message: Option<String>,
    /// A blank passes.
    pub ignore_blank: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Whole numbers that pass the bound.
    Whole(Bound<Limit>),
    Decimal(Bound<Limit>),
    Date(Bound<Limit>),
    Time(Bound<Limit>),
    TextLength(Bound<Limit>),
    /// One of these, ignoring case.
    List(Vec<Constant>),
    /// One of the values of a result of `Interface::rules`, ignoring case.
    ListFrom(usize),
    /// A result of `Interface::rules` is TRUE.
    Holds(usize),
}

impl Rule {
    /// True when the rule is the same in every record.
    pub fn is_constant(&self) -> bool {
        let constant = |limit: Limit| match limit {
            Limit::Constant(x) => Ok(x),
            Limit::Result(_) => Err(()),
        };
        match self {
            Rule::Whole(bound)
            | Rule::Decimal(bound)
            | Rule::Date(bound)
            | Rule::Time(bound)
            | Rule::TextLength(bound) => bound.with(constant).is_ok(),
            Rule::List(_) => true,
            Rule::ListFrom(_) | Rule::Holds(_) => false,
        }
    }
}

/// What a value is compared with: the same in every record, or a result of `Interface::rules`. A blank result lets
/// every value pass; any other result that is not a number lets none pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    Constant(f64),
    Result(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound<T> {
    Between(T, T),
    NotBetween(T, T),
    Equal(T),
    NotEqual(T),
    Greater(T),
    Less(T),
    AtLeast(T),
    AtMost(T),
}

impl<T: Copy> Bound<T> {
    /// The same bound with other limits, or the first error among them.
    pub fn with<U, E>(self, mut limit: impl FnMut(T) -> Result<U, E>) -> Result<Bound<U>, E> {
        Ok(match self {
            Bound::Between(low, high) => Bound::Between(limit(low)?, limit(high)?),
            Bound::NotBetween(low, high) => Bound::NotBetween(limit(low)?, limit(high)?),
            Bound::Equal(y) => Bound::Equal(limit(y)?),
            Bound::NotEqual(y) => Bound::NotEqual(limit(y)?),
            Bound::Greater(y) => Bound::Greater(limit(y)?),
            Bound::Less(y) => Bound::Less(limit(y)?),
            Bound::AtLeast(y) => Bound::AtLeast(limit(y)?),
            Bound::AtMost(y) => Bound::AtMost(limit(y)?),
        })
    }
}

impl Bound<f64> {
    /// Compares as Excel's operators do.
    pub fn admits(self, x: f64) -> bool {
        let than = |y| numbers(x, y);
        match self {
            Bound::Between(low, high) => than(low).is_ge() && than(high).is_le(),
            Bound::NotBetween(low, high) => than(low).is_lt() || than(high).is_gt(),
            Bound::Equal(y) => than(y).is_eq(),
            Bound::NotEqual(y) => than(y).is_ne(),
            Bound::Greater(y) => than(y).is_gt(),
            Bound::Less(y) => than(y).is_lt(),
            Bound::AtLeast(y) => than(y).is_ge(),
            Bound::AtMost(y) => than(y).is_le(),
        }
    }
}
