//! Carried columns beside the outputs in formats with types.

use crate::error::ServeError;
use crate::files::carry::columns::Columns;
use crate::files::carry::json;
use crate::files::chunk::Chunk;
use crate::files::kind::FileKind;
use ::parquet::arrow::ArrowSchemaConverter;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use std::sync::Arc;

/// The carried columns and then those of the answers, if there are any. What the records do not say about types, the first
/// of them decide.
pub fn schema(columns: &Columns, first: Option<&Chunk>, answer: &Schema, kind: FileKind) -> SchemaRef {
    let field = |(number, field): (usize, &FieldRef)| match field.data_type() {
        _ if columns.json => {
            let values = first.and_then(|chunk| chunk.carried.get(number));
            let kind = values.map_or(DataType::Utf8, |values| json::type_of(values.as_string::<i32>()));
            Arc::new(Field::new(field.name(), kind, true))
        }
        // A file of Arrow has one dictionary for a column, and the records may have many.
        DataType::Dictionary(_, values) if kind == FileKind::Arrow => {
            Arc::new(field.as_ref().clone().with_data_type(values.as_ref().clone()))
        }
        _ => Arc::clone(field),
    };
    let carried = columns.fields.iter().enumerate().map(field);
    Arc::new(Schema::new(carried.chain(answer.fields().iter().cloned()).collect::<Vec<FieldRef>>()))
}

/// The carried values of a chunk in the types of the schema. `before` is the number of records before.
pub fn arrays(
    columns: &Columns,
    chunk: &Chunk,
    schema: &Schema,
    before: usize,
) -> Result<Vec<ArrayRef>, ServeError> {
    let arrays = chunk.carried.iter().zip(schema.fields()).map(|(array, field)| {
        if columns.json {
            return json::typed(array.as_string::<i32>(), field.name(), field.data_type(), before);
        }
        if array.data_type() == field.data_type() {
            return Ok(Arc::clone(array));
        }
        cast(array, field.data_type())
            .map_err(|error| ServeError::invalid(format!("'{}': {error}", field.name())))
    });
    arrays.collect()
}

/// Answers with the carried columns before them.
pub fn beside(
    schema: &SchemaRef,
    carried: Vec<ArrayRef>,
    answers: Vec<RecordBatch>,
) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
    let mut first = 0;
    answers.into_iter().map(move |answer| {
        if carried.is_empty() {
            return Ok(answer);
        }
        let records = answer.num_rows();
        let mut columns: Vec<ArrayRef> = carried.iter().map(|array| array.slice(first, records)).collect();
        columns.extend_from_slice(answer.columns());
        first += records;
        RecordBatch::try_new(Arc::clone(schema), columns)
    })
}

/// Parquet does not have all of Arrow's types.
pub fn check_parquet(schema: &Schema) -> Result<(), ArrowError> {
    for field in schema.fields() {
        let alone = Schema::new(vec![Arc::clone(field)]);
        if ArrowSchemaConverter::new().convert(&alone).is_err() {
            let (name, kind) = (field.name(), field.data_type());
            let message = format!("the column '{name}' of type {kind} cannot be carried into Parquet");
            return Err(ArrowError::InvalidArgumentError(message));
        }
    }
    Ok(())
}
