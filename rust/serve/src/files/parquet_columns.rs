//! Record batches to a Parquet file, the columns of a row group by several threads.

use crate::files::carry::typed;
use crate::times::{Stage, Watch};
use ::parquet::arrow::ArrowSchemaConverter;
use ::parquet::arrow::add_encoded_arrow_schema_to_metadata;
use ::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::Result;
use ::parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::ColumnPath;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, FieldRef, SchemaRef};
use rayon::prelude::*;
use std::io::Write;
use std::sync::Arc;

/// Most rows of a row group, and bytes after which it ends: so much is held before it is written.
const ROW_GROUP: usize = 1 << 18;
const GROUP_BYTES: usize = 64 << 20;
/// Bytes of a dictionary. Columns that repeat few texts have smaller ones, and for others it is a waste of time.
const DICTIONARY_BYTES: usize = 64 << 10;

pub struct ParquetColumns<W: Write + Send> {
    file: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    group: Option<Group>,
    watch: Watch,
}

/// A row group while its columns are encoded.
struct Group {
    columns: Vec<Column>,
    rows: usize,
}

/// A column with the writers of its leaves.
struct Column {
    field: FieldRef,
    leaves: Vec<ArrowColumnWriter>,
}

impl<W: Write + Send> ParquetColumns<W> {
    /// `watch` measures the encoding.
    pub fn new(bytes: W, schema: &SchemaRef, watch: Watch) -> Result<ParquetColumns<W>> {
        typed::check_parquet(schema)?;
        let mut properties = properties(schema)?.build();
        add_encoded_arrow_schema_to_metadata(schema, &mut properties);
        let stored = ArrowSchemaConverter::new().convert(schema)?;
        let file = SerializedFileWriter::new(bytes, stored.root_schema_ptr(), Arc::new(properties))?;
        let factory = ArrowRowGroupWriterFactory::new(&file, Arc::clone(schema));
        Ok(ParquetColumns { file, factory, schema: Arc::clone(schema), group: None, watch })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut first = 0;
        while first < batch.num_rows() {
            let mut group = match self.group.take() {
                Some(group) => group,
                None => self.new_group()?,
            };
            let rows = (ROW_GROUP - group.rows).min(batch.num_rows() - first);
            group.encode(&batch.slice(first, rows), &self.watch)?;
            first += rows;
            let is_full = group.rows == ROW_GROUP || group.bytes() >= GROUP_BYTES;
            self.group = Some(group);
            if is_full {
                self.end_group()?;
            }
        }
        Ok(())
    }

    pub fn into_inner(mut self) -> Result<W> {
        self.end_group()?;
        self.file.into_inner()
    }

    fn new_group(&self) -> Result<Group> {
        let mut writers =
            self.factory.create_column_writers(self.file.flushed_row_groups().len())?.into_iter();
        let stored = self.file.schema_descr();
        let leaves = |column: usize| {
            (0..stored.num_columns()).filter(|leaf| stored.get_column_root_idx(*leaf) == column).count()
        };
        let column = |(number, field): (usize, &FieldRef)| Column {
            field: Arc::clone(field),
            leaves: writers.by_ref().take(leaves(number)).collect(),
        };
        Ok(Group { columns: self.schema.fields().iter().enumerate().map(column).collect(), rows: 0 })
    }

    fn end_group(&mut self) -> Result<()> {
        let Some(group) = self.group.take() else { return Ok(()) };
        let ParquetColumns { watch, file, .. } = self;
        let watch = &*watch;
        let chunks = by_threads(group.columns, |column| watch.of(Stage::Write, || column.finish()))?;
        watch.of(Stage::Write, || {
            let mut written = file.next_row_group()?;
            for chunk in chunks.into_iter().flatten() {
                chunk.append_to_row_group(&mut written)?;
            }
            written.close().map(drop)
        })
    }
}

impl Group {
    fn encode(&mut self, batch: &RecordBatch, watch: &Watch) -> Result<()> {
        self.rows += batch.num_rows();
        let pairs: Vec<(&mut Column, &ArrayRef)> = self.columns.iter_mut().zip(batch.columns()).collect();
        by_threads(pairs, |(column, array)| watch.of(Stage::Write, || column.encode(array))).map(drop)
    }

    /// Bytes that are held.
    fn bytes(&self) -> usize {
        self.columns.iter().flat_map(|column| &column.leaves).map(ArrowColumnWriter::memory_size).sum()
    }
}

impl Column {
    fn encode(&mut self, array: &ArrayRef) -> Result<()> {
        let leaves = compute_leaves(&self.field, array)?;
        self.leaves.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))
    }

    fn finish(self) -> Result<Vec<ArrowColumnChunk>> {
        self.leaves.into_iter().map(ArrowColumnWriter::close).collect()
    }
}

/// Does the work for each, on the threads of the pool that this is called in, if it is.
fn by_threads<T: Send, R: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> Result<R> + Send + Sync,
) -> Result<Vec<R>> {
    match rayon::current_thread_index() {
        Some(_) => items.into_par_iter().map(work).collect(),
        None => items.into_iter().map(work).collect(),
    }
}

/// Numbers as they are: most are different, and where they are not, compression finds it. See DESIGN.md.
fn properties(schema: &SchemaRef) -> Result<WriterPropertiesBuilder> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_dictionary_page_size_limit(DICTIONARY_BYTES);
    let numbers = schema.fields().iter().filter(|field| *field.data_type() == DataType::Float64);
    Ok(numbers.fold(properties, |properties, field| {
        properties.set_column_dictionary_enabled(ColumnPath::from(vec![field.name().clone()]), false)
    }))
}
