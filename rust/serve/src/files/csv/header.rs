//! The first row of CSV, by which the delimiter is found.

use crate::codec::decode::rules::Rules;
use crate::flat;
use ::csv::{ByteRecord, ReaderBuilder};
use std::io::{self, BufRead};

/// What may stand between fields. The first one counts where several would do.
const DELIMITERS: [u8; 4] = *b",;\t|";
/// The longest header row.
const MOST_BYTES: usize = 16 << 20;

/// The first row with its line end, and what stands between its fields.
pub struct Header {
    pub row: Vec<u8>,
    pub delimiter: u8,
}

impl Header {
    /// Reads the header row. Without a `delimiter` it is the one that a line `sep=` before the row names, or else the
    /// one that makes most inputs of the row.
    pub fn read(reader: &mut impl BufRead, delimiter: Option<u8>, rules: Rules<'_>) -> io::Result<Header> {
        let mut row = first_row(reader)?;
        let said = separator(&row);
        if said.is_some() {
            row = first_row(reader)?;
        }
        let delimiter = delimiter.or(said).unwrap_or_else(|| likely(&row, rules));
        Ok(Header { row, delimiter })
    }
}

/// The bytes up to the end of the first line that is not blank. Line ends in quotes do not count.
fn first_row(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let (mut row, mut quoted, mut blank) = (Vec::new(), false, true);
    loop {
        let buffer = reader.fill_buf()?;
        let mut ends = |byte: &u8| {
            quoted ^= *byte == b'"';
            let line_end = matches!(byte, b'\n' | b'\r');
            blank &= line_end;
            line_end && !quoted && !blank
        };
        let end = buffer.iter().position(&mut ends);
        let used = end.map_or(buffer.len(), |end| end + 1);
        row.extend_from_slice(buffer.get(..used).unwrap_or_default());
        reader.consume(used);
        if end.is_some() || used == 0 {
            return Ok(row);
        }
        if row.len() > MOST_BYTES {
            return Err(io::Error::other(format!("header row: longer than {MOST_BYTES} bytes")));
        }
    }
}

/// What a first line for Excel says: `sep=;`.
fn separator(row: &[u8]) -> Option<u8> {
    let row = row.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(row);
    let row = row.strip_suffix(b"\n").or(row.strip_suffix(b"\r")).unwrap_or(row);
    match row.strip_prefix(b"sep=")? {
        [delimiter] | [delimiter, b'\r'] => Some(*delimiter),
        _ => None,
    }
}

fn likely(row: &[u8], rules: Rules<'_>) -> u8 {
    let inputs = DELIMITERS.map(|delimiter| inputs_named(row, delimiter, rules));
    let most = inputs.iter().max().copied().unwrap_or(0);
    let first = inputs.iter().position(|&inputs| inputs == most);
    first.and_then(|first| DELIMITERS.get(first)).copied().unwrap_or(b',')
}

/// How many inputs the row names if this is its delimiter.
fn inputs_named(row: &[u8], delimiter: u8, rules: Rules<'_>) -> usize {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(row);
    let mut fields = ByteRecord::new();
    if !reader.read_byte_record(&mut fields).unwrap_or(false) {
        return 0;
    }
    let names: Result<Vec<&str>, _> = fields.iter().map(std::str::from_utf8).collect();
    let names = names.unwrap_or_default();
    let names: Vec<&str> = names.iter().map(|name| name.trim_start_matches('\u{FEFF}')).collect();
    flat::cells_named(rules, &names).map_or(0, |cells| cells.iter().flatten().count())
}
