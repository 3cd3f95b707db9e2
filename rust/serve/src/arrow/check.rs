//! Columns that come from outside of this process are checked before they are trusted: offsets, lengths, UTF-8, indexes of
//! dictionaries. Nobody else has: the C interface hands over pointers.

use crate::error::ServeError;
use crate::flat::InputColumns;
use crate::stop::StopSignal;
use arrow_array::{Array, RecordBatch};

/// Refuses a table with a damaged column; looks at those only that will be read.
pub fn check(batch: &RecordBatch, columns: &InputColumns, stop: &StopSignal) -> Result<(), ServeError> {
    let schema = batch.schema();
    for ((destination, field), array) in columns.destinations.iter().zip(schema.fields()).zip(batch.columns())
    {
        stop.check()?;
        if destination.is_some() {
            let damaged = |error| {
                ServeError::invalid(format!("the column '{}' is damaged Arrow data: {error}", field.name()))
            };
            array.to_data().validate_full().map_err(damaged)?;
        }
    }
    Ok(())
}
