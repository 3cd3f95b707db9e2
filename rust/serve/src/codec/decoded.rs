//! What decoding gives: a batch, and what there is to tell about its records.

use crate::codec::notes::Notes;
use execd_calc::values::batch::Batch;

/// How records, or the rows of a table, are spelled. The answer has the layout of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Each is an object: `[{"A":1},{"A":2}]`.
    Objects,
    /// A header row, then arrays of values: `[["A"],[1],[2]]`.
    Arrays,
}

/// The records of one call.
#[derive(Debug)]
pub struct Decoded {
    pub layout: Layout,
    pub batch: Batch,
    pub notes: Notes,
    /// `inputs` was `[]`, without even a header.
    pub nothing: bool,
}
