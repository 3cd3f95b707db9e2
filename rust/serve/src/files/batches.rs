//! Record batches of Parquet and Arrow files: the columns of inputs and those that are carried, in bounded chunks.

use crate::arrow;
use crate::codec::decode::rules::Rules;
use crate::codec::unmatched::Unmatched;
use crate::error::ServeError;
use crate::files::carry::Carry;
use crate::files::carry::columns::Columns;
use crate::files::chunk::Chunk;
use crate::files::claims::{CheckedPages, CheckedStream, check_file};
use crate::files::foreign_schema::{self, Changed};
use crate::files::options::RunOptions;
use crate::files::parquet_schema;
use crate::files::source::{CHUNK_RECORDS, ReadCount};
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::file::reader::ChunkReader;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, Schema};
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What reads batches.
pub struct BatchReader {
    batches: Batches,
    carried: Carried,
}

impl BatchReader {
    pub fn carried(&self) -> &Columns {
        &self.carried.columns
    }

    /// The next records, or `None` at the end. `name` is what the file is called in messages.
    pub fn next(&mut self, name: &str, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        let batch = undamaged(name, || self.batches.next().transpose())?;
        batch.map(|batch| self.carried.chunk(&batch, rules)).transpose()
    }
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// The carried columns of record batches.
#[derive(Default)]
struct Carried {
    columns: Columns,
    /// Where they are in a batch.
    positions: Vec<usize>,
}

impl Carried {
    fn new(carry: &Carry, schema: &Schema, foreign: &Changed) -> Result<Carried, ServeError> {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let positions = carry.choose(&names)?;
        check_foreign(positions.iter().filter_map(|&column| names.get(column).copied()), foreign)?;
        let fields = positions.iter().filter_map(|&position| schema.fields().get(position).cloned());
        Ok(Carried { columns: Columns { fields: fields.collect(), json: false }, positions })
    }

    fn records_at_once(&self, schema: &Schema, rules: Rules<'_>) -> Result<usize, ServeError> {
        let columns = arrow::columns_of(schema, rules, &self.positions)?;
        Ok(columns.records_at_once(CHUNK_RECORDS, rules.limits))
    }

    fn chunk(&self, batch: &RecordBatch, rules: Rules<'_>) -> Result<Chunk, ServeError> {
        let carried = self.positions.iter().filter_map(|&position| batch.columns().get(position).cloned());
        let carried = carried.collect();
        Ok(Chunk { decoded: arrow::read(batch, rules, &self.positions)?, carried })
    }
}

/// An Arrow file, which has a footer.
pub fn arrow_file(
    name: &str,
    file: File,
    count: &mut ReadCount,
    rules: Rules<'_>,
    options: &RunOptions,
) -> Result<BatchReader, ServeError> {
    let (file, foreign) = undamaged(name, || foreign_schema::of_file(file))?;
    let go_on = || rules.stop.check().map_err(|_| io::Error::other("stopped"));
    undamaged(name, || check_file(file.file(), file.footer(), rules.limits.batch, go_on))?;
    let reader = undamaged(name, || FileReader::try_new_buffered(file, None))?;
    count.total = Some(reader.num_batches() as u64);
    let carried = Carried::new(&options.carry, &reader.schema(), &foreign)?;
    let count = count.clone();
    let most = carried.records_at_once(&reader.schema(), rules)?;
    Ok(BatchReader { batches: in_chunks(reader.inspect(move |_| count.advance(1)), most), carried })
}

/// A stream of Arrow.
pub fn arrow_stream(
    name: &str,
    bytes: impl Read + Send + 'static,
    rules: Rules<'_>,
    options: &RunOptions,
) -> Result<BatchReader, ServeError> {
    let (bytes, foreign) = undamaged(name, || foreign_schema::of_stream(bytes))?;
    let bytes = CheckedStream::new(bytes, rules.limits.batch);
    let reader = undamaged(name, || StreamReader::try_new_buffered(bytes, None))?;
    let carried = Carried::new(&options.carry, &reader.schema(), &foreign)?;
    let most = carried.records_at_once(&reader.schema(), rules)?;
    Ok(BatchReader { batches: in_chunks(reader, most), carried })
}

/// What was changed to be read is not what the file has.
fn check_foreign<'n>(
    mut carried: impl Iterator<Item = &'n str>,
    foreign: &Changed,
) -> Result<(), ServeError> {
    match carried.find(|name| foreign.iter().any(|other| other == name)) {
        None => Ok(()),
        Some(name) => Err(ServeError::invalid(format!(
            "the column '{name}' has a type that cannot be carried; carry others"
        ))),
    }
}

/// A Parquet file. Reads no other columns than those of inputs and those that are carried.
pub fn parquet(
    name: &str,
    file: impl ChunkReader + 'static,
    count: &mut ReadCount,
    unmatched: &mut Unmatched,
    rules: Rules<'_>,
    options: &RunOptions,
) -> Result<BatchReader, ServeError> {
    let (metadata, foreign) = undamaged(name, || parquet_schema::load(&file))?;
    count.total = u64::try_from(metadata.metadata().file_metadata().num_rows()).ok();
    let fields = metadata.schema().fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    let carry = options.carry.choose(&names)?;
    let columns = arrow::columns_of(metadata.schema(), rules, &carry)?;
    unmatched.join(&columns.unmatched);
    let most = columns.records_at_once(CHUNK_RECORDS, rules.limits);
    let read = |column: &usize| {
        columns.destinations.get(*column).is_some_and(Option::is_some) || carry.contains(column)
    };
    let read: Vec<usize> = (0..fields.len()).filter(read).collect();
    let names: Vec<String> =
        carry.iter().filter_map(|&column| fields.get(column)).map(|field| field.name().clone()).collect();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), read);
    let file = CheckedPages::new(file, rules.limits.batch);
    let reader = undamaged(name, || {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
        builder.with_projection(mask).with_batch_size(most).build()
    })?;
    let carried = Carried::new(&Carry::Named(names), &reader.schema(), &foreign)?;
    let count = count.clone();
    let counted = reader.inspect(move |batch| count.advance(batch.as_ref().map_or(0, RecordBatch::num_rows)));
    Ok(BatchReader { batches: Box::new(counted), carried })
}

/// Reads with a crate that panics on some damaged files. That is the file's mistake, not a bug of ours.
fn undamaged<T, E: Display>(name: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, ServeError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| ServeError::file(name, error)),
        Err(_) => Err(ServeError::file(name, "the file is damaged")),
    }
}

/// Batches cut into chunks: a few bytes of a file can stand for any number of records.
fn in_chunks(
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static,
    most: usize,
) -> Batches {
    Box::new(batches.flat_map(move |batch| -> Batches {
        match batch {
            Ok(batch) => Box::new(arrow::pieces(batch, most).map(Ok)),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }))
}
