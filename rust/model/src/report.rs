//! The report of a compilation: its figures, what could not be compiled, and what the author should know.

use crate::workbook::{CellAddress, Workbook, a1};
use std::fmt;

/// One thing that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    pub sheet: String,
    /// A1 style.
    pub cell: String,
    pub formula: String,
    pub reason: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.formula.is_empty() { "" } else { " " };
        write!(f, "{}!{}{space}{}: {}", self.sheet, self.cell, self.formula, self.reason)
    }
}

/// A mistake or a warning: a sentence, and where it belongs as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Remark {
    pub sheet: Option<String>,
    /// A1 style.
    pub cell: Option<String>,
    /// The defined name, as the workbook spells it.
    pub name: Option<String>,
    pub message: String,
}

impl Remark {
    pub fn new(message: impl Into<String>) -> Remark {
        Remark { message: message.into(), ..Remark::default() }
    }

    pub fn at(mut self, workbook: &Workbook, cell: CellAddress) -> Remark {
        self.sheet = workbook.sheets.get(cell.sheet).map(|sheet| sheet.name.clone());
        self.cell = Some(a1(cell.row, cell.col));
        self
    }

    pub fn of_name(mut self, name: impl Into<String>) -> Remark {
        self.name = Some(name.into());
        self
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(sheet), Some(cell)) = (&self.sheet, &self.cell) {
            write!(f, "{sheet}!{cell}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Figures of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub sheets: usize,
    pub formula_cells: usize,
    /// Formula cells that the outputs need and that depend on an input. The others were left out or folded.
    pub live_cells: usize,
    pub steps: usize,
    pub slots: usize,
    pub constants: usize,
    /// Names that declare nothing or contradict each other. With one of them the workbook cannot serve.
    pub mistakes: Vec<Remark>,
    /// Cells that an output needs and that cannot be compiled. With one of them the workbook cannot serve.
    pub unsupported: Vec<Unsupported>,
    /// What compiles and is perhaps not what the author meant.
    pub warnings: Vec<Remark>,
}

/// The first of these in lines of an error message.
pub fn lines<T: fmt::Display>(told: &[T]) -> String {
    const MOST: usize = 10;
    let mut lines: Vec<String> = told.iter().take(MOST).map(T::to_string).collect();
    if told.len() > MOST {
        lines.push(format!("and {} more", told.len() - MOST));
    }
    lines.join("\n")
}
