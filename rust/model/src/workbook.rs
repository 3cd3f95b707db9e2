//! A workbook as read from an xlsx file: constants, formula texts, names, tables, validations.

use execd_calc::interface::Constant;
use execd_calc::values::value::ErrorCode;
use hashbrown::HashMap;
use std::sync::Arc;

#[derive(Debug, Default)]
pub struct Workbook {
    pub sheets: Vec<Sheet>,
    pub names: Vec<DefinedName>,
    pub tables: Vec<TableDefinition>,
    pub settings: CalcSettings,
    /// Parts that matter for the calculation but are not read, such as macros or links to other workbooks.
    pub warnings: Vec<String>,
    /// The external workbooks `[1]`, `[2]` … in this order.
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
    /// The part's name in the file, for messages: `xl/worksheets/sheet1.xml`.
    pub part: String,
    /// Cells that hold a value or a formula, by (row, column), zero-based.
    pub cells: HashMap<(u32, u32), Cell>,
    /// Rows and columns of the smallest rectangle from A1 that holds all cells and all areas that formulas fill.
    pub extent: (u32, u32),
    pub formats: DefaultFormats,
    pub validations: Vec<DataValidation>,
    /// Merged areas by their first cells (row, column).
    pub merged: HashMap<(u32, u32), Area>,
    /// Hidden rows, zero-based and ascending. SUBTOTAL 101 to 111 leaves them out.
    pub hidden_rows: Vec<u32>,
    /// The hidden rows that a filter hides. SUBTOTAL 1 to 11 leaves these out, too.
    pub filtered_rows: Vec<u32>,
}

impl Sheet {
    /// True where a cell holds a value or a formula.
    pub fn holds(&self, row: u32, col: u32) -> bool {
        let cell = self.cells.get(&(row, col));
        cell.is_some_and(|cell| cell.formula.is_some() || cell.value != CellValue::Blank)
    }

    /// What the number format of a cell shows, even if the cell is blank.
    pub fn shows(&self, row: u32, col: u32) -> Shows {
        match self.cells.get(&(row, col)) {
            Some(cell) => cell.shows,
            None => self.formats.shows(row, col),
        }
    }
}

/// Number formats of cells that hold nothing. A single cell is listed only if it shows something else than a number.
#[derive(Debug, Default)]
pub struct DefaultFormats {
    pub blanks: HashMap<(u32, u32), Shows>,
    pub rows: HashMap<u32, Shows>,
    /// What each column shows, up to the last one that shows something else than a number.
    pub cols: Vec<Shows>,
}

impl DefaultFormats {
    fn shows(&self, row: u32, col: u32) -> Shows {
        let of_row = || self.rows.get(&row).copied();
        let of_col = || self.cols.get(col as usize).copied();
        self.blanks.get(&(row, col)).copied().or_else(of_row).or_else(of_col).unwrap_or_default()
    }
}

/// One cell of a workbook; row and column are zero-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CellAddress {
    pub sheet: usize,
    pub row: u32,
    pub col: u32,
}

/// The last row and the last column of a sheet, zero-based.
pub const MAX_ROW: u32 = 1_048_575;
pub const MAX_COL: u32 = 16_383;

/// `B3` for row 2, column 1.
pub fn a1(row: u32, col: u32) -> String {
    format!("{}{}", column_letters(col), u64::from(row) + 1)
}

/// `A`, `B` … `XFD` for a zero-based column.
pub fn column_letters(col: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(col) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// Zero-based inclusive rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Area {
    pub first_row: u32,
    pub first_col: u32,
    pub last_row: u32,
    pub last_col: u32,
}

impl Area {
    pub fn cell(row: u32, col: u32) -> Area {
        Area { first_row: row, first_col: col, last_row: row, last_col: col }
    }

    pub fn contains(&self, row: u32, col: u32) -> bool {
        (self.first_row..=self.last_row).contains(&row) && (self.first_col..=self.last_col).contains(&col)
    }

    pub fn intersects(&self, other: &Area) -> bool {
        self.first_row <= other.last_row
            && other.first_row <= self.last_row
            && self.first_col <= other.last_col
            && other.first_col <= self.last_col
    }

    pub fn rows(&self) -> u32 {
        self.last_row - self.first_row + 1
    }

    pub fn cols(&self) -> u32 {
        self.last_col - self.first_col + 1
    }
}

/// A rectangle on a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub sheet: usize,
    pub area: Area,
}

impl Place {
    pub fn cell(sheet: usize, row: u32, col: u32) -> Place {
        Place { sheet, area: Area::cell(row, col) }
    }

    pub fn rows(&self) -> usize {
        self.area.rows() as usize
    }

    pub fn cols(&self) -> usize {
        self.area.cols() as usize
    }

    pub fn is_cell(&self) -> bool {
        self.rows() == 1 && self.cols() == 1
    }

    pub fn first_cell(&self) -> CellAddress {
        CellAddress { sheet: self.sheet, row: self.area.first_row, col: self.area.first_col }
    }

    pub fn contains(&self, row: u32, col: u32) -> bool {
        self.area.contains(row, col)
    }

    /// The common part of two rectangles of one sheet.
    pub fn intersection(&self, other: &Place) -> Option<Place> {
        let (a, b) = (&self.area, &other.area);
        let area = Area {
            first_row: a.first_row.max(b.first_row),
            first_col: a.first_col.max(b.first_col),
            last_row: a.last_row.min(b.last_row),
            last_col: a.last_col.min(b.last_col),
        };
        let overlaps = area.first_row <= area.last_row && area.first_col <= area.last_col;
        (self.sheet == other.sheet && overlaps).then_some(Place { sheet: self.sheet, area })
    }

    /// The smallest rectangle around both.
    pub fn hull(&self, other: &Place) -> Place {
        let (a, b) = (&self.area, &other.area);
        let area = Area {
            first_row: a.first_row.min(b.first_row),
            first_col: a.first_col.min(b.first_col),
            last_row: a.last_row.max(b.last_row),
            last_col: a.last_col.max(b.last_col),
        };
        Place { sheet: self.sheet, area }
    }
}

#[derive(Debug, Default)]
pub struct Cell {
    /// The constant, or the value that was stored with the formula.
    pub value: CellValue,
    pub formula: Option<CellFormula>,
    /// What the cell's number format shows.
    pub shows: Shows,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum CellValue {
    #[default]
    Blank,
    Number(f64),
    /// Shared, because millions of cells can refer to one long text.
    Text(Arc<str>),
    Bool(bool),
    Error(ErrorCode),
}

impl CellValue {
    pub fn constant(&self) -> Constant {
        match self {
            CellValue::Blank => Constant::Blank,
            CellValue::Number(x) => Constant::Number(*x),
            CellValue::Text(text) => Constant::Text(text.to_string()),
            CellValue::Bool(b) => Constant::Bool(*b),
            CellValue::Error(code) => Constant::Error(*code),
        }
    }
}

/// What a number format shows a number as.
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
    /// An ordinary formula.
    Normal(Box<str>),
    /// A shared formula: `text` is the formula of the cell `anchor` (row, column), and this cell has the same formula
    /// shifted. The anchor itself is `Shared`, too.
    Shared { anchor: (u32, u32), text: Arc<str> },
    /// An array formula entered with Ctrl-Shift-Enter, in the first cell of its area. The other cells of the area have
    /// no formula of their own.
    Array { text: Box<str>, area: Area },
    /// A dynamic array formula, and the area that it filled when the workbook was saved.
    Dynamic { text: Box<str>, area: Area },
    /// A what-if data table.
    DataTable {
        area: Area,
        row_input: Option<(u32, u32)>,
        col_input: Option<(u32, u32)>,
        two_dimensional: bool,
    },
}

impl CellFormula {
    /// The cells that an array formula or a data table fills. The file need not list them.
    pub fn area(&self) -> Option<Area> {
        match self {
            CellFormula::Array { area, .. }
            | CellFormula::Dynamic { area, .. }
            | CellFormula::DataTable { area, .. } => Some(*area),
            CellFormula::Normal(_) | CellFormula::Shared { .. } => None,
        }
    }
}

#[derive(Debug, Default)]
pub struct DefinedName {
    pub name: String,
    /// Formula text without "=".
    pub text: String,
    /// The sheet that a local name belongs to.
    pub sheet: Option<usize>,
    pub hidden: bool,
    pub comment: Option<String>,
}

#[derive(Debug, Default)]
pub struct TableDefinition {
    pub name: String,
    pub sheet: usize,
    /// The whole table, with headers and totals.
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
    /// Formula texts as stored. A list is a text in quotes (`"a,b"`) or a range.
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
