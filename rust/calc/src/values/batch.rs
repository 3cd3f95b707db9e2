//! The records of one call as input columns. How they were spelled on the wire is elsewhere.

use crate::values::column::Column;
use crate::values::heap::{Layer, Store};
use std::sync::Arc;

/// Input columns of one batch: `columns[cell][record]`, cells numbered as in `Interface`. An empty column means the
/// workbook's default for every record.
#[derive(Debug)]
pub struct Batch {
    pub records: usize,
    pub columns: Vec<Column>,
    /// Texts of the columns (layer `Batch`).
    pub store: Arc<Store>,
}

impl Batch {
    /// A batch of `records` with every one of `cells` input cells at its default.
    pub fn defaults(records: usize, cells: usize) -> Batch {
        Batch { records, columns: vec![Column::default(); cells], store: Arc::new(Store::new(Layer::Batch)) }
    }
}
