//! What the cells of all sheets refer to.

use crate::limits::Limits;
use crate::workbook::Shows;
use execd_calc::values::value::ErrorCode;
use std::sync::Arc;

pub struct Context<'c> {
    pub strings: &'c [Arc<str>],
    pub styles: &'c [Shows],
    /// By `cm` - 1: true for a dynamic array formula.
    pub dynamic: &'c [bool],
    /// By `vm` - 1: the error that `#VALUE!` stands for.
    pub rich_errors: &'c [Option<ErrorCode>],
    pub date1904: bool,
    pub limits: &'c Limits,
}

impl Context<'_> {
    /// What a style shows. An unknown style shows a plain number, as in Excel.
    pub fn shows(&self, style: u32) -> Shows {
        self.styles.get(style as usize).copied().unwrap_or_default()
    }
}
