//! NDJSON to input columns.

use crate::codec::decode::decode;
use crate::codec::decode::rules::Rules;
use crate::codec::decoded::Decoded;
use crate::codec::unmatched::Unmatched;
use crate::error::{Place, ServeError};
use crate::files::carry::columns::Columns;
use crate::files::carry::json::{JsonFields, keys};
use crate::files::chunk::Chunk;
use crate::files::options::RunOptions;
use crate::files::source::{CHUNK_BYTES, CHUNK_RECORDS};
use crate::flat::{none_matches, records_at_once};
use serde::de::IgnoredAny;
use std::io::{self, BufRead, BufReader, Read};

/// What some programs put before the first character of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

pub struct LineReader<R> {
    reader: BufReader<R>,
    carried: JsonFields,
    /// Nothing was read yet.
    fresh: bool,
}

impl<R: Read> LineReader<R> {
    pub fn new(bytes: R, options: &RunOptions) -> LineReader<R> {
        let reader = BufReader::with_capacity(1 << 18, bytes);
        LineReader { reader, carried: JsonFields::new(&options.carry), fresh: true }
    }

    /// The carried columns, known when the first records were read.
    pub fn carried(&self) -> Columns {
        self.carried.columns()
    }

    /// Forgets names of which somebody asks for the values.
    pub fn forget_carried(&self, unmatched: &mut Unmatched) {
        self.carried.forget_in(unmatched);
    }

    /// The next records, or `None` at the end. `name` is what the file is called in messages.
    pub fn next(&mut self, name: &str, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        let most = rules.limits.input_bytes;
        let cells = rules.interface.inputs.iter().map(|input| input.shape.cells()).sum();
        let records = records_at_once(CHUNK_RECORDS, cells, rules.limits);
        match lines(&mut self.reader, most, records).map_err(|error| ServeError::file(name, error))? {
            Lines::Objects { json, count } => self.chunk(&json, count, rules).map(Some),
            Lines::NotAnObject { count } => Err(not_an_object(count + 1)),
            Lines::End => self.carried.missing().map_or(Ok(None), Err),
        }
    }

    fn chunk(&mut self, json: &[u8], count: usize, rules: Rules<'_>) -> Result<Chunk, ServeError> {
        let decoded = objects(json, count, rules)?;
        if std::mem::take(&mut self.fresh) {
            check_keys(&decoded, split(json), rules)?;
        }
        let carried = if self.carried.is_nothing() {
            Vec::new()
        } else {
            self.carried.read(split(json), count, rules.stop)?
        };
        Ok(Chunk { decoded, carried })
    }
}

/// Keys of which none names an input are a mistake, as columns are.
pub fn check_keys<'l>(
    decoded: &Decoded,
    records: impl Iterator<Item = &'l [u8]>,
    rules: Rules<'_>,
) -> Result<(), ServeError> {
    let inputs = rules.interface.inputs.len();
    if inputs == 0 || !(0..inputs).all(|input| decoded.notes.absent.is_everywhere(input)) {
        return Ok(());
    }
    let keys = keys(records)?;
    if keys.is_empty() { Ok(()) } else { Err(none_matches("key", rules, keys.iter().map(String::as_str))) }
}

/// The lines that were joined to an array.
fn split(json: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let inside = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
    let lines = inside.split(|byte| *byte == b'\n').map(|line| line.strip_prefix(b",").unwrap_or(line));
    lines.filter(|line| !line.trim_ascii().is_empty())
}

/// The next lines of a file.
enum Lines {
    /// A JSON array of `count` objects, one from each line.
    Objects {
        json: Vec<u8>,
        count: usize,
    },
    /// `count` objects, and then a line that is none.
    NotAnObject {
        count: usize,
    },
    End,
}

fn not_an_object(record: usize) -> ServeError {
    let message = "a line of NDJSON is one JSON object".to_owned();
    ServeError::InvalidInput { place: Place { record: Some(record), input: None, offset: None }, message }
}

/// The records of lines that were joined to an array. Two objects on a line, or one on two lines, are refused though
/// they may make a good array.
fn objects(json: &[u8], count: usize, rules: Rules<'_>) -> Result<Decoded, ServeError> {
    match decode(json, rules) {
        Ok(decoded) if decoded.batch.records == count => Ok(decoded),
        Err(error) if !is_placeless(&error) => Err(error),
        _ => {
            let wrong = split(json).position(|line| serde_json::from_slice::<IgnoredAny>(line).is_err());
            Err(not_an_object(wrong.unwrap_or(0) + 1))
        }
    }
}

fn is_placeless(error: &ServeError) -> bool {
    matches!(error, ServeError::InvalidInput { place, .. } if place.record.is_none())
}

/// Blank lines in one go: there may be very many of them.
fn skip_blank_lines(reader: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let blank = buffer.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        if blank == 0 {
            return Ok(());
        }
        reader.consume(blank);
    }
}

/// A line of more than `most` bytes is an error: a record is held in memory.
fn lines(reader: &mut impl BufRead, most: usize, records: usize) -> io::Result<Lines> {
    let mut json = vec![b'['];
    let mut count = 0;
    while json.len() < CHUNK_BYTES && count < records {
        skip_blank_lines(reader)?;
        let start = json.len();
        if count > 0 {
            json.push(b',');
        }
        let content = json.len();
        let read = reader.by_ref().take(most as u64 + 1).read_until(b'\n', &mut json)?;
        if read > most {
            return Err(io::Error::other(format!("a line is longer than {most} bytes")));
        }
        if read == 0 {
            json.truncate(start);
            break;
        }
        if json.get(content..).is_some_and(|line| line.starts_with(BYTE_ORDER_MARK)) {
            json.drain(content..content + BYTE_ORDER_MARK.len());
        }
        match json.get(content..).unwrap_or_default().trim_ascii().first() {
            None => json.truncate(start),
            Some(b'{') => count += 1,
            Some(_) => return Ok(Lines::NotAnObject { count }),
        }
    }
    json.push(b']');
    Ok(if count > 0 { Lines::Objects { json, count } } else { Lines::End })
}
