//! One record batch to the input columns of a batch. Columns are found by name, ignoring case. Columns that name no
//! input are ignored, missing ones are left to the workbook, nulls are blanks.

mod known;

mod column;
mod tables;

use crate::codec::decode::rules::Rules;
use crate::codec::decoded::{Decoded, Layout};
use crate::codec::notes::{Absent, Notes};
use crate::error::ServeError;
use crate::flat::{Destination, InputColumns};
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use column::{ColumnReader, blank, put};
use execd_calc::values::batch::Batch;
use execd_calc::values::column::Column;
use std::ops::Range;
use std::sync::Arc;

pub use column::days_since_1970;

/// `carried` are positions of columns that may name no input.
pub fn read(batch: &RecordBatch, rules: Rules<'_>, carried: &[usize]) -> Result<Decoded, ServeError> {
    let found = columns_of(&batch.schema(), rules, carried)?;
    let mut decoded = read_columns(&found, batch, 0..batch.num_rows(), rules)?;
    decoded.notes.unmatched.join(&found.unmatched);
    Ok(decoded)
}

/// Reads some records of a batch whose columns are known.
pub fn read_columns(
    found: &InputColumns,
    batch: &RecordBatch,
    records: Range<usize>,
    rules: Rules<'_>,
) -> Result<Decoded, ServeError> {
    let inputs = &rules.interface.inputs;
    let cells = inputs.iter().map(|input| input.first_cell + input.shape.cells()).max().unwrap_or(0);
    let mut columns = vec![Column::default(); cells];
    let mut reader = ColumnReader::new(rules);
    let schema = batch.schema();
    if found.records_at_once(records.len(), rules.limits) < records.len() / 2 {
        return Err(ServeError::TooLarge { what: "input values", limit: rules.limits.values });
    }
    for ((destination, field), array) in found.destinations.iter().zip(schema.fields()).zip(batch.columns()) {
        rules.stop.check()?;
        match *destination {
            None => {}
            Some(Destination::Cell { input, cell }) => {
                reader.begin(input);
                let values = reader.field(field, array, records.clone())?;
                put(&mut columns, cell, values);
            }
            Some(Destination::Rows { input }) => {
                reader.begin(input);
                reader.rows(&array.slice(records.start, records.len()), &mut columns)?;
            }
        }
    }
    found.blanks.iter().for_each(|&cell| put(&mut columns, cell, blank(records.len())));
    reader.notes.sort_by_key(|note| note.record);
    let absent = Absent::new(inputs.len());
    let notes = Notes { absent, list: reader.notes, unmatched: reader.unmatched };
    let batch = Batch { records: records.len(), columns, store: Arc::new(reader.store) };
    Ok(Decoded { layout: Layout::Objects, batch, notes, nothing: false })
}

/// What the columns of a schema stand for.
pub fn columns_of(schema: &Schema, rules: Rules<'_>, carried: &[usize]) -> Result<InputColumns, ServeError> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let holds_rows = |column: usize| tables::holds_rows(schema.field(column).data_type());
    InputColumns::new(rules, &names, holds_rows, |column| carried.contains(&column))
}
