//! What a caller may ask for of a run.

use crate::execute::ExecuteOptions;
use crate::files::carry::Carry;
use crate::files::kind::FileKind;
use crate::files::spool::Spools;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub execute: ExecuteOptions,
    /// Columns of the records that go through to the answers.
    pub carry: Carry,
    /// What is between the fields of CSV records; a comma if left out.
    pub delimiter: Option<u8>,
    /// Format of the records, where names and first bytes are not to decide.
    pub from: Option<FileKind>,
    /// Format of the answers, where the name is not to decide. Without a name that says it, it is that of the records.
    pub to: Option<FileKind>,
    /// Room for records that come as a stream and are read from their end.
    pub spools: Arc<Spools>,
}
