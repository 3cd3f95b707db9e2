//! Reading records of any format, a bounded chunk at a time.

use crate::arrow;
use crate::codec::decode::rules::Rules;
use crate::codec::decoded::Decoded;
use crate::codec::notes::Notes;
use crate::codec::unmatched::Unmatched;
use crate::error::ServeError;
use crate::files::csv::CsvReader;
use crate::files::kind::FileKind;
use crate::files::source::{CHUNK_RECORDS, Counted, Source, SourceBytes};
use crate::files::{ndjson, parquet_schema};
use crate::flat;
use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::ArrowError;
use std::error::Error;
use std::fmt::Display;
use std::io::{BufReader, Cursor, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub struct RecordReader {
    name: String,
    chunks: Chunks,
    /// Records read so far.
    records: usize,
    count: ReadCount,
    /// Columns that are not read at all, for they name no input.
    unmatched: Unmatched,
}

enum Chunks {
    Csv(Box<CsvReader<Counted<SourceBytes>>>),
    Lines(BufReader<Counted<SourceBytes>>),
    Parquet(ParquetRecordBatchReader),
    Arrow(Batches),
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// How much has been read: bytes, or what the format counts. The total is missing if nobody knows it.
struct ReadCount {
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

/// Arrow's format with a footer begins with these bytes; its stream format does not.
const ARROW_FILE: &[u8] = b"ARROW1";

impl RecordReader {
    /// Reads as far as the names of the columns.
    pub fn new(source: Source, rules: Rules<'_>) -> Result<RecordReader, ServeError> {
        let Source { name, kind, bytes, length } = source;
        let mut unmatched = Unmatched::default();
        let mut count = ReadCount { read: Arc::default(), total: length };
        let counted = |reader| Counted { reader, read: Arc::clone(&count.read) };
        let chunks = match kind {
            FileKind::Csv => Chunks::Csv(Box::new(CsvReader::new(&name, counted(bytes), rules)?)),
            FileKind::Ndjson => Chunks::Lines(BufReader::with_capacity(1 << 18, counted(bytes))),
            FileKind::Parquet => parquet(&name, bytes, &mut count, &mut unmatched, rules)?,
            FileKind::Arrow => undamaged(&name, || arrow_ipc(bytes, &mut count))?,
        };
        Ok(RecordReader { name, chunks, records: 0, count, unmatched })
    }

    /// The next records, or `None` at the end.
    pub fn next(&mut self, rules: Rules<'_>) -> Result<Option<Decoded>, ServeError> {
        let before = self.records;
        let name = &self.name;
        let decoded = match &mut self.chunks {
            Chunks::Csv(reader) => reader.next(name, rules),
            Chunks::Lines(reader) => ndjson::next(reader, name, rules).and_then(|decoded| match decoded {
                Some(decoded) if before == 0 => matching(decoded, rules).map(Some),
                decoded => Ok(decoded),
            }),
            Chunks::Parquet(reader) => {
                let batch = undamaged(name, || reader.next().transpose())?;
                self.count.advance(batch.as_ref().map_or(0, RecordBatch::num_rows));
                batch.map(|batch| arrow::read(&batch, rules)).transpose()
            }
            Chunks::Arrow(reader) => {
                let batch = undamaged(name, || reader.next().transpose())?;
                batch.map(|batch| arrow::read(&batch, rules)).transpose()
            }
        };
        let mut decoded = decoded.map_err(|error| in_file(error, before))?;
        if let Some(decoded) = &mut decoded {
            decoded.notes.unmatched.join(&self.unmatched);
            self.records += decoded.batch.records;
        }
        Ok(decoded)
    }

    /// How much has been read, from 0 to 1; 0 if nobody knows how much there is.
    pub fn fraction(&self) -> f64 {
        let read = self.count.read.load(Ordering::Relaxed) as f64;
        self.count.total.map_or(0.0, |total| read / total.max(1) as f64)
    }
}

/// Refuses the first records of a file if no name in them is one of an input.
fn matching(decoded: Decoded, rules: Rules<'_>) -> Result<Decoded, ServeError> {
    let Notes { absent, unmatched, .. } = &decoded.notes;
    let all_left_out = (0..rules.interface.inputs.len()).all(|input| absent.is_everywhere(input));
    if all_left_out && unmatched.names().next().is_some() {
        let names: Vec<&str> = unmatched.names().map(|name| &*name.name).collect();
        return Err(flat::none_matches(rules, &names));
    }
    Ok(decoded)
}

impl ReadCount {
    fn advance(&self, count: usize) {
        self.read.fetch_add(count as u64, Ordering::Relaxed);
    }
}

/// Reads no other columns than those of inputs.
fn parquet(
    name: &str,
    bytes: SourceBytes,
    count: &mut ReadCount,
    unmatched: &mut Unmatched,
    rules: Rules<'_>,
) -> Result<Chunks, ServeError> {
    let SourceBytes::File(file) = bytes else {
        return Err(ServeError::file(name, "Parquet is read from its end: it must be a file"));
    };
    let metadata = undamaged(name, || {
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
        let schema = parquet_schema::schema(&metadata);
        if schema == *metadata.schema() {
            return Ok(metadata);
        }
        let options = ArrowReaderOptions::new().with_schema(schema);
        ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
    })?;
    count.total = u64::try_from(metadata.metadata().file_metadata().num_rows()).ok();
    let columns = arrow::columns_of(metadata.schema(), rules)?;
    unmatched.join(&columns.unmatched);
    let destinations = columns.destinations.iter().enumerate();
    let inputs = destinations.filter_map(|(column, destination)| destination.map(|_| column));
    let mask = ProjectionMask::roots(metadata.parquet_schema(), inputs);
    let reader = undamaged(name, || {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
        builder.with_projection(mask).with_batch_size(CHUNK_RECORDS).build()
    })?;
    Ok(Chunks::Parquet(reader))
}

fn arrow_ipc(mut bytes: SourceBytes, count: &mut ReadCount) -> Result<Chunks, Box<dyn Error>> {
    let mut start = Vec::new();
    bytes.by_ref().take(ARROW_FILE.len() as u64).read_to_end(&mut start)?;
    if start != ARROW_FILE {
        let reader = Counted { reader: Cursor::new(start).chain(bytes), read: Arc::clone(&count.read) };
        return Ok(Chunks::Arrow(in_chunks(StreamReader::try_new_buffered(reader, None)?)));
    }
    let SourceBytes::File(mut file) = bytes else {
        return Err("Arrow with a footer is read from its end: it must be a file".into());
    };
    file.rewind()?;
    let reader = FileReader::try_new_buffered(file, None)?;
    count.total = Some(reader.num_batches() as u64);
    let read = Arc::clone(&count.read);
    Ok(Chunks::Arrow(in_chunks(reader.inspect(move |_| {
        read.fetch_add(1, Ordering::Relaxed);
    }))))
}

/// Reads with a crate that panics on some damaged files. That is the file's mistake, not a bug of ours.
fn undamaged<T, E: Display>(name: &str, read: impl FnOnce() -> Result<T, E>) -> Result<T, ServeError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| ServeError::file(name, error)),
        Err(_) => Err(ServeError::file(name, "the file is damaged")),
    }
}

/// Batches cut into chunks: a few bytes of a file can stand for any number of records.
fn in_chunks(batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static) -> Batches {
    Box::new(batches.flat_map(|batch| -> Batches {
        match batch {
            Ok(batch) => Box::new(arrow::pieces(batch, CHUNK_RECORDS).map(Ok)),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }))
}

/// Counts a mistake's record from the start of the file. Bytes of a chunk mean nothing to the caller.
fn in_file(error: ServeError, before: usize) -> ServeError {
    match error {
        ServeError::InvalidInput { mut place, message } => {
            place.record = place.record.map(|record| record + before);
            place.offset = None;
            ServeError::InvalidInput { place, message }
        }
        other => other,
    }
}
