//! What was read from an xlsx file: constants, formula texts, names, tables, validations. No XML, no evaluation.

use execd_calc::value::ErrorCode;
use hashbrown::HashMap;

#[derive(Debug, Default)]
pub struct Workbook {
    pub sheets: Vec<Sheet>,
    pub names: Vec<DefinedName>,
    pub tables: Vec<TableDefinition>,
    pub settings: CalcSettings,
    /// Parts that matter for calculation and are not read: a VBA project, external links by number, … in plain words.
    pub warnings: Vec<String>,
    /// Targets of external workbooks, in the order of their numbers (`[1]`, `[2]` …).
    pub external_books: Vec<String>,
}

#[derive(Debug, Default)]
pub struct CalcSettings {
    pub date1904: bool,
    pub iterate: bool,
    pub precision_as_displayed: bool,
    pub full_calc_on_load: bool,
}

#[derive(Debug, Default)]
pub struct Sheet {
    pub name: String,
    /// `xl/worksheets/sheet1.xml` and the like, for messages.
    pub part: String,
    /// Cells that hold a value or a formula, by (row, column), zero-based.
    pub cells: HashMap<(u32, u32), Cell>,
    /// Smallest rectangle from A1 that holds all cells: rows, columns.
    pub extent: (u32, u32),
    pub validations: Vec<DataValidation>,
    /// Merged areas: first row, first column, last row, last column.
    pub merged: Vec<Area>,
    /// Hidden rows (for SUBTOTAL 101..111) and rows hidden by a filter, zero-based.
    pub hidden_rows: Vec<u32>,
    pub filtered_rows: Vec<u32>,
}

/// Zero-based inclusive rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Area {
    pub first_row: u32,
    pub first_col: u32,
    pub last_row: u32,
    pub last_col: u32,
}

#[derive(Debug, Default)]
pub struct Cell {
    /// The constant, or the value that was stored with the formula.
    pub value: CellValue,
    pub formula: Option<CellFormula>,
    /// Index into the workbook's number formats is resolved already: what kind of thing the cell shows.
    pub shows: Shows,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum CellValue {
    #[default]
    Blank,
    Number(f64),
    Text(Box<str>),
    Bool(bool),
    Error(ErrorCode),
}

/// What a cell's number format makes of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shows {
    #[default]
    Number,
    Percent,
    Date,
    Time,
    DateTime,
    Text,
}

#[derive(Debug)]
pub enum CellFormula {
    /// An ordinary formula. `Shared` children come out as `Shared`, with the anchor's text.
    Normal(Box<str>),
    /// Shared formula: the text belongs to `anchor` (row, col) and is to be shifted on the tree.
    Shared { anchor: (u32, u32), text: std::sync::Arc<str> },
    /// Legacy array formula (Ctrl-Shift-Enter) in the first cell of its area. The other cells of the area have no
    /// formula of their own.
    Array { text: Box<str>, area: Area },
    /// Dynamic array formula (`cm` with XLDAPR metadata) and the area it spilled to when saved.
    Dynamic { text: Box<str>, area: Area },
    /// What-if data table over `area`, described in words for the report.
    DataTable {
        area: Area,
        row_input: Option<(u32, u32)>,
        col_input: Option<(u32, u32)>,
        two_dimensional: bool,
    },
}

#[derive(Debug, Default)]
pub struct DefinedName {
    pub name: String,
    /// Formula text without "=".
    pub text: String,
    /// Index of the sheet a local name belongs to.
    pub sheet: Option<usize>,
    pub hidden: bool,
    pub comment: Option<String>,
}

#[derive(Debug, Default)]
pub struct TableDefinition {
    pub name: String,
    pub sheet: usize,
    /// The whole table, headers and totals included.
    pub area: Option<Area>,
    pub header_rows: u32,
    pub totals_rows: u32,
    pub columns: Vec<String>,
}

#[derive(Debug, Default)]
pub struct DataValidation {
    pub areas: Vec<Area>,
    pub kind: ValidationKind,
    pub operator: ValidationOperator,
    /// Formula texts as stored (a list is `"a,b"` in quotes, or a range).
    pub formula1: Option<String>,
    pub formula2: Option<String>,
    pub allow_blank: bool,
    pub error_message: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidationKind {
    #[default]
    None,
    Whole,
    Decimal,
    List,
    Date,
    Time,
    TextLength,
    Custom,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidationOperator {
    #[default]
    Between,
    NotBetween,
    Equal,
    NotEqual,
    GreaterThan,
    LessThan,
    GreaterThanOrEqual,
    LessThanOrEqual,
}
