//! Columns that come from outside of this process are checked before they are trusted: offsets, lengths, UTF-8, indexes of
//! dictionaries. Nobody else has: the C interface hands over pointers.

use crate::arrow::columns_of;
use crate::codec::decode::rules::Rules;
use crate::error::ServeError;
use arrow_array::{Array, RecordBatch};

/// Refuses a table with a damaged column; looks at those only that will be read.
pub fn check(batch: &RecordBatch, rules: Rules<'_>) -> Result<(), ServeError> {
    let schema = batch.schema();
    let found = columns_of(&schema, rules, &[])?;
    for ((destination, field), array) in found.destinations.iter().zip(schema.fields()).zip(batch.columns()) {
        rules.stop.check()?;
        if destination.is_some() {
            let damaged = |error| {
                ServeError::invalid(format!("the column '{}' is damaged Arrow data: {error}", field.name()))
            };
            array.to_data().validate_full().map_err(damaged)?;
        }
    }
    Ok(())
}
