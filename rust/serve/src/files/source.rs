//! Reading records from a file, a bounded chunk at a time.

use super::csv::CsvSource;
use super::{FileKind, file_error};
use crate::arrow;
use crate::codec::records::{Decoded, Rules};
use crate::codec::scan;
use crate::error::{Place, ServeError};
use crate::execute::{ExecuteOptions, Service};
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::ArrowError;
use serde::de::IgnoredAny;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Records of one chunk, and bytes of one chunk of lines.
pub const CHUNK_RECORDS: usize = 1 << 16;
const CHUNK_BYTES: usize = 8 << 20;

/// What some programs put before the first character of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

pub struct Source {
    path: PathBuf,
    reader: Reader,
    records: usize,
    total: u64,
    read: Arc<AtomicU64>,
}

enum Reader {
    Csv(Box<CsvSource>),
    Lines(BufReader<Counted>),
    Parquet(ParquetRecordBatchReader),
    Arrow(Batches),
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// A file that tells how much of it has been read.
pub struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl Source {
    pub fn open(path: &Path) -> Result<Source, ServeError> {
        let failed = |error: &dyn std::fmt::Display| file_error(path, error);
        let kind = FileKind::of(path)?;
        let mut file = File::open(path).map_err(|error| failed(&error))?;
        let mut total = file.metadata().map_err(|error| failed(&error))?.len();
        let read = Arc::new(AtomicU64::new(0));
        let stream =
            kind == FileKind::Arrow && !starts_as_ipc_file(&mut file).map_err(|error| failed(&error))?;
        let counted = |file| Counted { file, read: Arc::clone(&read) };
        let reader = match kind {
            FileKind::Csv => Reader::Csv(Box::new(CsvSource::open(path, counted(file))?)),
            FileKind::Ndjson => Reader::Lines(BufReader::with_capacity(1 << 18, counted(file))),
            FileKind::Parquet => {
                let builder = undamaged(path, || ParquetRecordBatchReaderBuilder::try_new(file))?;
                total = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
                let reader = builder.with_batch_size(CHUNK_RECORDS).build();
                Reader::Parquet(reader.map_err(|error| failed(&error))?)
            }
            FileKind::Arrow if stream => {
                let reader = undamaged(path, || StreamReader::try_new_buffered(counted(file), None))?;
                Reader::Arrow(in_chunks(reader))
            }
            FileKind::Arrow => {
                let reader = undamaged(path, || FileReader::try_new_buffered(file, None))?;
                total = reader.num_batches() as u64;
                let read = Arc::clone(&read);
                Reader::Arrow(in_chunks(reader.inspect(move |_| {
                    read.fetch_add(1, Ordering::Relaxed);
                })))
            }
        };
        Ok(Source { path: path.to_owned(), reader, records: 0, total, read })
    }

    /// The next records, or `None` at the end.
    pub fn next(
        &mut self,
        service: &Service,
        options: &ExecuteOptions,
    ) -> Result<Option<Decoded>, ServeError> {
        let rules = service.rules(options);
        let before = self.records;
        let path = &self.path;
        let decoded = match &mut self.reader {
            Reader::Csv(reader) => reader.next(path, rules),
            Reader::Lines(reader) => match lines(reader).map_err(|error| file_error(path, error))? {
                Lines::Objects(json, count) => objects(&json, count, rules).map(Some),
                Lines::NoObject(count) => Err(no_object(count + 1)),
                Lines::None => Ok(None),
            },
            Reader::Parquet(reader) => {
                let batch = undamaged(path, || reader.next().transpose())?;
                let rows = batch.as_ref().map_or(0, RecordBatch::num_rows);
                self.read.fetch_add(rows as u64, Ordering::Relaxed);
                batch.map(|batch| arrow::read(&batch, rules)).transpose()
            }
            Reader::Arrow(reader) => {
                let batch = undamaged(path, || reader.next().transpose())?;
                batch.map(|batch| arrow::read(&batch, rules)).transpose()
            }
        };
        let decoded = decoded.map_err(|error| in_file(error, before))?;
        self.records += decoded.as_ref().map_or(0, |decoded| decoded.batch.records);
        Ok(decoded)
    }

    /// How much of the file has been read, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        self.read.load(Ordering::Relaxed) as f64 / self.total.max(1) as f64
    }
}

/// Counts a mistake's record from the start of the file; bytes of a chunk mean nothing to the caller.
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

/// The format with a footer begins with these bytes; the stream format does not.
fn starts_as_ipc_file(file: &mut File) -> std::io::Result<bool> {
    let mut start = Vec::new();
    Read::by_ref(file).take(6).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start == b"ARROW1")
}

/// Reads with a crate that panics on some damaged files: the file's mistake, and no bug of ours.
fn undamaged<T, E: Display>(path: &Path, read: impl FnOnce() -> Result<T, E>) -> Result<T, ServeError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(result) => result.map_err(|error| file_error(path, error)),
        Err(_) => Err(file_error(path, "the file is damaged")),
    }
}

/// Batches cut into chunks: a few bytes of a file can stand for any number of records, blank ones or repeated ones.
fn in_chunks(batches: impl Iterator<Item = Result<RecordBatch, ArrowError>> + Send + 'static) -> Batches {
    Box::new(batches.flat_map(|batch| -> Batches {
        match batch {
            Ok(batch) => Box::new(arrow::pieces(batch, CHUNK_RECORDS).map(Ok)),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }))
}

/// What the next lines of a file are.
enum Lines {
    /// A JSON array of so many lines.
    Objects(Vec<u8>, usize),
    /// So many objects, and then a line that is none.
    NoObject(usize),
    None,
}

fn no_object(record: usize) -> ServeError {
    let message = "a line of NDJSON is one JSON object".to_owned();
    ServeError::InvalidInput { place: Place { record: Some(record), input: None, offset: None }, message }
}

/// Two objects on a line, or one on two lines, may make a good array, too.
fn objects(json: &[u8], count: usize, rules: Rules<'_>) -> Result<Decoded, ServeError> {
    match scan::decode(json, rules) {
        Ok(decoded) if decoded.batch.records == count => Ok(decoded),
        Err(error) if !is_placeless(&error) => Err(error),
        _ => {
            let inside = json.get(1..json.len() - 1).unwrap_or_default();
            let mut lines = inside.split(|byte| *byte == b'\n');
            let wrong = lines.position(|line| {
                serde_json::from_slice::<IgnoredAny>(line.strip_prefix(b",").unwrap_or(line)).is_err()
            });
            Err(no_object(wrong.unwrap_or(0) + 1))
        }
    }
}

fn is_placeless(error: &ServeError) -> bool {
    matches!(error, ServeError::InvalidInput { place, .. } if place.record.is_none())
}

fn lines(reader: &mut BufReader<Counted>) -> std::io::Result<Lines> {
    let mut json = vec![b'['];
    let mut count = 0;
    while json.len() < CHUNK_BYTES && count < CHUNK_RECORDS {
        let start = json.len();
        if count > 0 {
            json.push(b',');
        }
        let content = json.len();
        if reader.read_until(b'\n', &mut json)? == 0 {
            json.truncate(start);
            break;
        }
        if json.get(content..).is_some_and(|line| line.starts_with(BYTE_ORDER_MARK)) {
            json.drain(content..content + BYTE_ORDER_MARK.len());
        }
        match json.get(content..).unwrap_or_default().trim_ascii().first() {
            None => json.truncate(start),
            Some(b'{') => count += 1,
            Some(_) => return Ok(Lines::NoObject(count)),
        }
    }
    json.push(b']');
    Ok(if count > 0 { Lines::Objects(json, count) } else { Lines::None })
}
