//! Which types the columns of a Parquet file are read as.

use crate::files::foreign_schema::{Changed, of_message};
use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use ::parquet::arrow::{ARROW_SCHEMA_META_KEY, parquet_to_arrow_schema};
use ::parquet::basic::Type as PhysicalType;
use ::parquet::errors::Result;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::reader::ChunkReader;
use ::parquet::schema::types::TypePtr;
use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_schema::{DataType, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::Arc;

/// What a file says of itself, with the types that are read, and the columns that cannot be carried.
pub fn load(file: &impl ChunkReader) -> Result<(ArrowReaderMetadata, Changed)> {
    let plain = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(file, plain())?;
    let (written, changed) = written(&metadata);
    let pairs = written.as_ref().map(|message| {
        let text = BASE64_STANDARD.encode(message);
        vec![KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), text)]
    });
    let schema = parquet_to_arrow_schema(metadata.parquet_schema(), pairs.as_ref())?;
    let written = written.and_then(|message| try_schema_from_ipc_buffer(&message).ok());
    let schema = with_moments(&metadata, &schema, &written.unwrap_or_else(Schema::empty));
    let options = ArrowReaderOptions::new().with_schema(schema);
    Ok((ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)?, changed))
}

/// The schema with timestamps that reach as far and have the time zones as when they were written.
fn with_moments(metadata: &ArrowReaderMetadata, schema: &Schema, written: &Schema) -> SchemaRef {
    let stored = metadata.parquet_schema().root_schema().get_fields();
    let read = |(field, stored): (&FieldRef, &TypePtr)| {
        let DataType::Timestamp(unit, zone) = field.data_type() else { return Arc::clone(field) };
        // These reach further than a count of nanoseconds.
        let wide = stored.is_primitive() && stored.get_physical_type() == PhysicalType::INT96;
        let unit = if wide { TimeUnit::Microsecond } else { *unit };
        // Parquet knows but UTC, and a writer may have changed the unit: then the reader drops the zone.
        let written = written.field_with_name(field.name()).map(|field| field.data_type());
        let zone = match written {
            Ok(DataType::Timestamp(_, Some(written))) if zone.is_some() => Some(Arc::clone(written)),
            _ => zone.clone(),
        };
        Arc::new(field.as_ref().clone().with_data_type(DataType::Timestamp(unit, zone)))
    };
    let fields: Fields = schema.fields().iter().zip(stored).map(read).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The schema that programs built on Arrow write beside Parquet's own, as a message.
fn written(metadata: &ArrowReaderMetadata) -> (Option<Vec<u8>>, Changed) {
    let pairs = metadata.metadata().file_metadata().key_value_metadata();
    let pair = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == ARROW_SCHEMA_META_KEY));
    let message = pair.and_then(|pair| BASE64_STANDARD.decode(pair.value.as_ref()?).ok());
    let Some(mut message) = message else { return (None, Changed::new()) };
    let changed = of_message(&mut message);
    (Some(message), changed)
}
