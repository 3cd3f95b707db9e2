//! Reading records of any format, a bounded chunk at a time.

use crate::codec::decode::rules::Rules;
use crate::codec::unmatched::Unmatched;
use crate::error::ServeError;
use crate::files::batches::{self, BatchReader};
use crate::files::carry::columns::Columns;
use crate::files::chunk::Chunk;
use crate::files::csv::read::CsvReader;
use crate::files::json::read::JsonReader;
use crate::files::kind::FileKind;
use crate::files::ndjson::read::LineReader;
use crate::files::options::RunOptions;
use crate::files::place::Place;
use crate::files::sheet::read::SheetReader;
use crate::files::source::{ReadCount, Source, SourceBytes};
use arrow_schema::DataType;
use std::collections::VecDeque;
use std::io::Read;

pub struct RecordReader {
    name: String,
    chunks: Chunks,
    /// Records read so far.
    records: usize,
    count: ReadCount,
    /// Columns that are not read at all, for they name no input.
    unmatched: Unmatched,
    rest: Rest,
}

type Stream = Box<dyn Read + Send>;

enum Chunks {
    Csv(Box<CsvReader<Stream>>),
    Lines(LineReader<Stream>),
    Json(Box<JsonReader<Stream>>),
    Batches(BatchReader),
    Sheet(Box<SheetReader>),
}

impl RecordReader {
    /// Reads as far as the names of the columns.
    pub fn new(source: Source, rules: Rules<'_>, options: &RunOptions) -> Result<RecordReader, ServeError> {
        let rest =
            Rest { places: source.rest.clone().into(), done: 0, options: options.clone(), carried: None };
        let (name, mut count) = (source.name.clone(), source.count.clone());
        let mut unmatched = Unmatched::default();
        let chunks = open(source, &mut count, &mut unmatched, rules, options)?;
        Ok(RecordReader { name, chunks, records: 0, count, unmatched, rest })
    }

    /// The carried columns. Those of JSON are known when the first records were read.
    pub fn carried(&self) -> Columns {
        match &self.chunks {
            Chunks::Csv(reader) => reader.carried().clone(),
            Chunks::Lines(reader) => reader.carried(),
            Chunks::Json(reader) => reader.carried(),
            Chunks::Batches(reader) => reader.carried().clone(),
            Chunks::Sheet(reader) => reader.carried().clone(),
        }
    }

    /// The next records, or `None` at the end.
    pub fn next(&mut self, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        loop {
            let chunk = self.chunk(rules).map_err(|error| self.rest.named(error, &self.name))?;
            if chunk.is_some() {
                self.rest.check(&self.name, || self.carried())?;
                return Ok(chunk);
            }
            let Some(place) = self.rest.places.pop_front() else { return Ok(None) };
            let carried = self.rest.carried.take().unwrap_or_else(|| self.carried());
            let options = self.rest.options.clone();
            let source = Source::open(&place, &options)?;
            let next = RecordReader::new(source, rules, &options)?;
            let rest =
                Rest { done: self.rest.done + 1, carried: Some(carried), ..std::mem::take(&mut self.rest) };
            *self = RecordReader { rest, ..next };
        }
    }

    fn chunk(&mut self, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        let before = self.records;
        let name = &self.name;
        let chunk = match &mut self.chunks {
            Chunks::Csv(reader) => reader.next(name, rules),
            Chunks::Lines(reader) => reader.next(name, rules),
            Chunks::Json(reader) => reader.next(name, rules),
            Chunks::Batches(reader) => reader.next(name, rules),
            Chunks::Sheet(reader) => reader.next(name, rules),
        };
        let mut chunk = chunk.map_err(|error| in_file(error, before))?;
        if let Some(chunk) = &mut chunk {
            let unmatched = &mut chunk.decoded.notes.unmatched;
            unmatched.join(&self.unmatched);
            match &self.chunks {
                Chunks::Lines(reader) => reader.forget_carried(unmatched),
                Chunks::Json(reader) => reader.forget_carried(unmatched),
                _ => {}
            }
            self.records += chunk.decoded.batch.records;
        }
        Ok(chunk)
    }

    /// How much has been read, from 0 to 1; 0 if nobody knows how much there is.
    pub fn fraction(&self) -> f64 {
        let Rest { places, done, .. } = &self.rest;
        (*done as f64 + self.count.fraction()) / (done + 1 + places.len()) as f64
    }
}

/// What is read after a source.
#[derive(Default)]
struct Rest {
    places: VecDeque<Place>,
    /// How many sources have been read to their ends.
    done: usize,
    options: RunOptions,
    /// The carried columns of the source before.
    carried: Option<Columns>,
}

impl Rest {
    /// Answers have the same columns to their end.
    fn check(&self, name: &str, carried: impl FnOnce() -> Columns) -> Result<(), ServeError> {
        let Some(before) = &self.carried else { return Ok(()) };
        let carried = carried();
        let columns = |columns: &Columns| -> Vec<(String, DataType)> {
            columns.fields.iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
        };
        let alike = columns(&carried) == columns(before);
        if alike && (carried.json == before.json || carried.fields.is_empty()) {
            return Ok(());
        }
        Err(ServeError::file(name, "the columns to be carried are not those of the files before"))
    }

    /// A mistake of one source among several.
    fn named(&self, error: ServeError, name: &str) -> ServeError {
        match error {
            ServeError::InvalidInput { place, message } if self.done + self.places.len() > 0 => {
                ServeError::InvalidInput { place, message: format!("{message} (in {name})") }
            }
            other => other,
        }
    }
}

/// Begins to read one source.
fn open(
    source: Source,
    count: &mut ReadCount,
    unmatched: &mut Unmatched,
    rules: Rules<'_>,
    options: &RunOptions,
) -> Result<Chunks, ServeError> {
    let Source { name, kind, bytes, .. } = source;
    Ok(match (kind, bytes) {
        (FileKind::Csv, bytes) => {
            Chunks::Csv(Box::new(CsvReader::new(&name, bytes.stream(), rules, options)?))
        }
        (FileKind::Ndjson, bytes) => Chunks::Lines(LineReader::new(bytes.stream(), options)),
        (FileKind::Json, bytes) => {
            Chunks::Json(Box::new(JsonReader::new(&name, bytes.stream(), rules, options)?))
        }
        (FileKind::Parquet, SourceBytes::File(file)) => {
            Chunks::Batches(batches::parquet(&name, file, count, unmatched, rules, options)?)
        }
        (FileKind::Parquet, SourceBytes::Ranged(file)) => {
            Chunks::Batches(batches::parquet(&name, file, count, unmatched, rules, options)?)
        }
        (FileKind::Arrow, SourceBytes::File(file)) => {
            Chunks::Batches(batches::arrow_file(&name, file, count, rules, options)?)
        }
        (FileKind::ArrowStream, bytes) => {
            Chunks::Batches(batches::arrow_stream(&name, bytes.stream(), rules, options)?)
        }
        (FileKind::Xlsx, SourceBytes::File(file)) => {
            count.total = file.metadata().ok().map(|found| found.len());
            let file = Box::new(count.counted(file));
            Chunks::Sheet(Box::new(SheetReader::new(&name, file, rules, options)?))
        }
        (FileKind::Parquet | FileKind::Arrow | FileKind::Xlsx, _) => {
            return Err(ServeError::Internal(format!("{} was not put into a file", kind.name())));
        }
    })
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
