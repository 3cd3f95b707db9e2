//! What a random workbook has.

use super::constants::Columns;

/// Where things are, and what formulas can refer to.
pub struct Layout {
    pub scalars: usize,
    pub table_rows: usize,
    /// Rows of constants.
    pub data: usize,
    pub formulas: usize,
    pub shared: usize,
    pub array: usize,
    pub names: Vec<String>,
    /// LAMBDAs with a name, by the number of their arguments.
    pub lambdas: Vec<(String, usize)>,
    /// The constants are a table of Excel's, too.
    pub is_table: bool,
    /// What kind of constants the columns hold.
    pub columns: Columns,
}
