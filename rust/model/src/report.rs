//! The report of a compilation: its figures, and what could not be compiled.

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
    pub unsupported: Vec<Unsupported>,
    pub warnings: Vec<String>,
}
