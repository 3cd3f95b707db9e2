//! What the names of a workbook declare.

use crate::workbook::CellAddress;
use execd_calc::interface::Interface;

/// The interface and where its cells lie.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    pub interface: Interface,
    /// Cells by number, as `Input::first_cell` and its shape count them.
    pub input_cells: Vec<CellAddress>,
    pub output_cells: Vec<CellAddress>,
    /// Cells that say what is wrong with a record, by the name after `Xvalidate_`.
    pub complaints: Vec<(String, CellAddress)>,
    /// Cells whose values a solver is to find, and why they are not known.
    pub solved: Vec<(CellAddress, String)>,
    /// Names that have no effect, in plain words.
    pub warnings: Vec<String>,
}
