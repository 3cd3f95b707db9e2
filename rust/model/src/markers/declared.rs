//! What the names of a workbook declare.

use crate::error::{Error, ErrorKind};
use crate::report::{self, Remark};
use crate::workbook::CellAddress;
use execd_calc::interface::Interface;

/// The interface and the places of its cells.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    pub interface: Interface,
    /// The input cells in the order in which `Input::first_cell` counts them.
    pub input_cells: Vec<CellAddress>,
    pub output_cells: Vec<CellAddress>,
    /// Names after `Xvalidate_`, and the cells that say what is wrong with a record.
    pub complaints: Vec<(String, CellAddress)>,
    /// Cells whose values a goal seek would find, and the reason why they are unknown.
    pub solved: Vec<(CellAddress, String)>,
    /// Names that declare nothing or contradict each other. What they should declare is left out.
    pub mistakes: Vec<Remark>,
    /// Names that have no effect, and what is perhaps not what the author meant.
    pub warnings: Vec<Remark>,
}

impl Declared {
    /// The mistakes as one error.
    pub fn error(&self) -> Option<Error> {
        (!self.mistakes.is_empty()).then(|| Error::new(ErrorKind::Interface, report::lines(&self.mistakes)))
    }
}
