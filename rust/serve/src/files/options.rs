//! What a caller may ask for of a run.

use crate::execute::ExecuteOptions;
use crate::files::carry::Carry;
use crate::files::csv::dialect::Dialect;
use crate::files::kind::FileKind;
use crate::files::sheet::rows::ReadRows;
use crate::files::spool::Spools;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub execute: ExecuteOptions,
    /// Columns of the records that go through to the answers.
    pub carry: Carry,
    /// How CSV records are spelled.
    pub dialect: Dialect,
    /// CSV answers are spelled as the records are, in UTF-8; else with commas, double quotes and decimal points.
    pub same_dialect: bool,
    /// The sheet of a workbook with the records; the first one if left out.
    pub sheet: Option<String>,
    /// What reads the sheets of workbooks. This crate does not know how.
    pub read_rows: Option<ReadRows>,
    /// Format of the records, where names and first bytes are not to decide.
    pub from: Option<FileKind>,
    /// Format of the answers, where the name is not to decide. Without a name that says it, it is that of the records.
    pub to: Option<FileKind>,
    /// Room for records that come as a stream and are read from their end.
    pub spools: Arc<Spools>,
}
