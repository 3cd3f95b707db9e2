//! Which types the timestamps of a Parquet file are read as.

use ::parquet::arrow::ARROW_SCHEMA_META_KEY;
use ::parquet::arrow::arrow_reader::ArrowReaderMetadata;
use ::parquet::basic::Type as PhysicalType;
use ::parquet::schema::types::TypePtr;
use arrow_ipc::convert::try_schema_from_ipc_buffer;
use arrow_schema::{DataType, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::Arc;

/// The schema of a file, in which timestamps reach as far and have the time zones as when they were written.
pub fn schema(metadata: &ArrowReaderMetadata) -> SchemaRef {
    let stored = metadata.parquet_schema().root_schema().get_fields();
    let written = written(metadata).unwrap_or_else(Schema::empty);
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
    let schema = metadata.schema();
    let fields: Fields = schema.fields().iter().zip(stored).map(read).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The schema that programs built on Arrow write beside Parquet's own.
fn written(metadata: &ArrowReaderMetadata) -> Option<Schema> {
    let pairs = metadata.metadata().file_metadata().key_value_metadata()?;
    let text = pairs.iter().find(|pair| pair.key == ARROW_SCHEMA_META_KEY)?.value.as_ref()?;
    try_schema_from_ipc_buffer(&BASE64_STANDARD.decode(text).ok()?).ok()
}
