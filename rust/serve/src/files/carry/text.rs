//! Carried values as texts of CSV and of JSON.

use crate::arrow::meant;
use crate::codec::names::shortened;
use crate::error::ServeError;
use crate::files::carry::columns::Columns;
use crate::files::carry::json;
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::EncoderOptions;
use arrow_json::writer::make_encoder;
use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use std::sync::Arc;

/// The values as fields of CSV, not quoted yet; null for a field without a value.
pub fn fields(columns: &Columns, arrays: &[ArrayRef]) -> Result<Vec<StringArray>, ServeError> {
    let texts = columns.fields.iter().zip(arrays).map(|(field, array)| {
        if columns.json {
            return Ok(json::plain(array.as_string::<i32>()));
        }
        let (field, array) = as_meant(field, array);
        let texts = if array.data_type().is_nested() { encoded(&field, &array) } else { shown(&array) };
        texts.map_err(|error| refused(&field, &error))
    });
    texts.collect()
}

/// The values as JSON; null for `null`.
pub fn values(columns: &Columns, arrays: &[ArrayRef]) -> Result<Vec<StringArray>, ServeError> {
    let texts = columns.fields.iter().zip(arrays).map(|(field, array)| {
        if columns.json {
            return Ok(array.as_string::<i32>().clone());
        }
        let (field, array) = as_meant(field, array);
        encoded(&field, &array).map_err(|error| refused(&field, &error))
    });
    texts.collect()
}

fn refused(field: &Field, error: &ArrowError) -> ServeError {
    let name = shortened(field.name());
    ServeError::invalid(format!("the column '{name}' cannot be carried: {error}"))
}

/// What is stored as something else; as it is stored, where nobody knows what it means.
fn as_meant(field: &FieldRef, array: &ArrayRef) -> (FieldRef, ArrayRef) {
    let array = meant(field, array).unwrap_or_else(|_| Arc::clone(array));
    (Arc::new(Field::new(field.name(), array.data_type().clone(), true)), array)
}

fn shown(array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let options = FormatOptions::new().with_display_error(false);
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let nulls = array.logical_nulls();
    let is_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let texts = (0..array.len()).map(|row| {
        let text = (!is_null(row)).then(|| formatter.value(row).try_to_string());
        text.transpose()
    });
    texts.collect()
}

fn encoded(field: &FieldRef, array: &ArrayRef) -> Result<StringArray, ArrowError> {
    let kind = array.data_type();
    if kind.is_temporal() || matches!(kind, DataType::Union(..)) {
        // JSON has nothing for them.
        return shown(array).map(|texts| texts.iter().map(|text| Some(quoted(text?))).collect());
    }
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(field, array, &options)?;
    let (mut texts, mut text) = (StringBuilder::new(), Vec::new());
    for row in 0..array.len() {
        if encoder.is_null(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        encoder.encode(row, &mut text);
        texts.append_value(String::from_utf8_lossy(&text));
    }
    Ok(texts.finish())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
