//! Texts as views, the form in which Polars keeps them: it copies those of other forms.

use super::answer::AT_ONCE;
use arrow_array::{Array, ArrayRef, RecordBatch, StringViewArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use std::sync::{Arc, LazyLock};

/// The same tables, in which columns of texts are views.
pub fn with_views(
    schema: &SchemaRef,
    batches: &[RecordBatch],
) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
    let field = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    };
    let fields: Vec<Arc<Field>> = schema.fields().iter().map(field).collect();
    let schema = Arc::new(Schema::new(fields));
    let batches = batches.iter().map(|batch| {
        let columns: Result<Vec<ArrayRef>, ArrowError> = batch.columns().iter().map(viewed).collect();
        RecordBatch::try_new(Arc::clone(&schema), columns?)
    });
    Ok((Arc::clone(&schema), batches.collect::<Result<_, _>>()?))
}

fn viewed(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    /// Most columns of texts have none; they share their memory.
    static NONE: LazyLock<StringViewArray> = LazyLock::new(|| StringViewArray::new_null(AT_ONCE));
    match array.data_type() {
        DataType::Utf8 if array.null_count() == array.len() && array.len() <= AT_ONCE => {
            Ok(Arc::new(NONE.slice(0, array.len())))
        }
        DataType::Utf8 => cast(array, &DataType::Utf8View),
        _ => Ok(Arc::clone(array)),
    }
}
