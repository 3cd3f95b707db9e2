//! Arrow record batches to input columns and back. Numbers are read where the caller has them, and written where the caller
//! will read them.
//!
//! The schema of the answer depends on the service alone, never on the data: each column has the type that its output
//! has when all inputs are left to the workbook. What does not fit its column (an Excel error, a text among numbers)
//! is null there and told in the column `errors`, which is null for a record without any. What else there is to tell about
//! a record is in the column `warnings` after it. Where an output has such a name, an underscore is put before it.

mod check;
mod extension;
mod zone;

mod read;

mod others;

mod part;

mod answer;

mod prepared;

mod evaluate;

mod views;

pub use answer::Answer;
pub use evaluate::evaluate;
pub(crate) use extension::meant;
pub use prepared::Seen;
pub use read::{columns_of, read};
pub use views::with_views;

use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use arrow_array::RecordBatch;
use arrow_schema::Schema;

/// The names of the columns that `evaluate` reads, of a table with this schema.
pub fn inputs_among(schema: &Schema, service: &Service) -> Result<Vec<String>, ServeError> {
    let options = ExecuteOptions::default();
    let found = columns_of(schema, service.rules(&options), &[])?;
    let read =
        found.destinations.iter().zip(schema.fields()).filter(|(destination, _)| destination.is_some());
    Ok(read.map(|(_, field)| field.name().clone()).collect())
}

/// A table in pieces of at most `most` records; at least one, so that the columns of an empty table are checked too.
pub(crate) fn pieces(batch: RecordBatch, most: usize) -> impl Iterator<Item = RecordBatch> {
    let records = batch.num_rows();
    (0..records.max(1)).step_by(most).map(move |first| batch.slice(first, most.min(records - first)))
}
