//! What takes record batches: Parquet and the two formats of Arrow.

use crate::files::kind::FileKind;
use crate::files::packing::Packer;
use crate::files::parquet_columns::ParquetColumns;
use crate::times::{Stage, Watch};
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

/// Begins a file of one of the formats with record batches. `watch` measures the encoding.
pub fn open<'w>(
    kind: FileKind,
    bytes: Bytes<'w>,
    schema: &SchemaRef,
    watch: &Watch,
) -> Result<Box<dyn BatchSink<'w> + 'w>, Box<dyn Error>> {
    let watch = watch.clone();
    Ok(match kind {
        FileKind::Parquet => Box::new(ParquetColumns::new(bytes, schema, watch)?),
        FileKind::ArrowStream => Box::new(Watched { writer: StreamWriter::try_new(bytes, schema)?, watch }),
        _ => Box::new(Watched { writer: FileWriter::try_new(bytes, schema)?, watch }),
    })
}

struct Watched<W> {
    writer: W,
    watch: Watch,
}

impl<'w> BatchSink<'w> for ParquetColumns<Bytes<'w>> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
        Ok(ParquetColumns::write(self, batch)?)
    }

    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>> {
        Ok(self.into_inner()?)
    }
}

impl<'w> BatchSink<'w> for Watched<FileWriter<Bytes<'w>>> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
        Ok(self.watch.of(Stage::Write, || self.writer.write(batch))?)
    }

    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>> {
        Ok(self.writer.into_inner()?)
    }
}

impl<'w> BatchSink<'w> for Watched<StreamWriter<Bytes<'w>>> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
        Ok(self.watch.of(Stage::Write, || self.writer.write(batch))?)
    }

    fn finish(self: Box<Self>) -> Result<Bytes<'w>, Box<dyn Error>> {
        Ok(self.writer.into_inner()?)
    }
}
