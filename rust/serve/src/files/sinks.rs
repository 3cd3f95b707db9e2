//! What takes record batches: Parquet and the two formats of Arrow.

use crate::files::carry::typed;
use crate::files::kind::FileKind;
use crate::files::packing::Packer;
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::SchemaRef;
use std::error::Error;
use std::io::{BufWriter, Write};

/// Where the bytes of answers go.
pub type Bytes<'w> = BufWriter<Packer<Box<dyn Write + Send + 'w>>>;

pub trait BatchSink<'w>: Send {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>>;

    /// Writes what is left, and gives back what the bytes went to.
    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>>;
}

/// Rows of a Parquet row group: what is buffered before it is written.
const ROW_GROUP: usize = 1 << 18;

/// Begins a file of one of the formats with record batches.
pub fn open<'w>(
    kind: FileKind,
    bytes: Bytes<'w>,
    schema: &SchemaRef,
) -> Result<Box<dyn BatchSink<'w> + 'w>, Box<dyn Error>> {
    Ok(match kind {
        FileKind::Parquet => {
            typed::check_parquet(schema)?;
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
                .set_max_row_group_row_count(Some(ROW_GROUP))
                .build();
            Box::new(ArrowWriter::try_new(bytes, SchemaRef::clone(schema), Some(properties))?)
        }
        FileKind::ArrowStream => Box::new(StreamWriter::try_new(bytes, schema)?),
        _ => Box::new(FileWriter::try_new(bytes, schema)?),
    })
}

impl<'w> BatchSink<'w> for ArrowWriter<Bytes<'w>> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
        Ok(ArrowWriter::write(self, batch)?)
    }

    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>> {
        Ok(self.into_inner()?)
    }
}

impl<'w> BatchSink<'w> for FileWriter<Bytes<'w>> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
        Ok(FileWriter::write(self, batch)?)
    }

    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>> {
        Ok(self.into_inner()?)
    }
}

impl<'w> BatchSink<'w> for StreamWriter<Bytes<'w>> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
        Ok(StreamWriter::write(self, batch)?)
    }

    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>> {
        Ok(self.into_inner()?)
    }
}
