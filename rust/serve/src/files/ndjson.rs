//! NDJSON both ways: one JSON object per line; empty lines are skipped.

use crate::codec::decode::decode;
use crate::codec::decode::rules::Rules;
use crate::codec::decoded::Decoded;
use crate::codec::encode::buffer::Buffer;
use crate::codec::encode::template::Template;
use crate::codec::encode::writer::{RecordWriter, Results};
use crate::engine::Block;
use crate::error::{Place, ServeError};
use crate::files::source::CHUNK_RECORDS;
use execd_calc::run::Frame;
use serde::de::IgnoredAny;
use std::io::{self, BufRead};

/// Bytes after which a chunk of lines ends.
const CHUNK_BYTES: usize = 8 << 20;

/// What some programs put before the first character of UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

/// The next records, or `None` at the end. `name` is what the file is called in messages.
pub fn next(reader: &mut impl BufRead, name: &str, rules: Rules<'_>) -> Result<Option<Decoded>, ServeError> {
    match lines(reader).map_err(|error| ServeError::file(name, error))? {
        Lines::Objects { json, count } => objects(&json, count, rules).map(Some),
        Lines::NotAnObject { count } => Err(not_an_object(count + 1)),
        Lines::End => Ok(None),
    }
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
            let inside = json.get(1..json.len() - 1).unwrap_or_default();
            let mut lines = inside.split(|byte| *byte == b'\n');
            let wrong = lines.position(|line| {
                serde_json::from_slice::<IgnoredAny>(line.strip_prefix(b",").unwrap_or(line)).is_err()
            });
            Err(not_an_object(wrong.unwrap_or(0) + 1))
        }
    }
}

fn is_placeless(error: &ServeError) -> bool {
    matches!(error, ServeError::InvalidInput { place, .. } if place.record.is_none())
}

fn lines(reader: &mut impl BufRead) -> io::Result<Lines> {
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
            Some(_) => return Ok(Lines::NotAnObject { count }),
        }
    }
    json.push(b']');
    Ok(if count > 0 { Lines::Objects { json, count } } else { Lines::End })
}

/// Appends the lines of a block.
pub fn write_block(out: &mut Vec<u8>, template: &Template, frame: &Frame, block: Block, date1904: bool) {
    let columns = template.parts.iter().map(|part| frame.output(part.cell)).collect();
    let results = Results { columns, heap: frame.heap(), refused: None };
    let mut writer = RecordWriter::new(template, &results, date1904);
    let mut lines = Buffer::after(std::mem::take(out));
    let mut failed = Vec::new();
    for record in 0..block.records {
        failed.clear();
        writer.record(&mut lines, record, &mut failed);
        lines.push(b"\n");
    }
    *out = lines.finish();
}
