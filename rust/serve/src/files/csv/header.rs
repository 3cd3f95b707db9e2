//! The first row of CSV, and what it tells of the delimiter.

use crate::codec::decode::rules::Rules;
use crate::error::ServeError;
use crate::files::csv::dialect::{Dialect, Marks};
use crate::files::csv::write::write_header;
use crate::flat::InputColumns;
use ::csv::{ByteRecord, ReaderBuilder};
use std::io::{self, BufRead};

/// What else than a comma stands between fields.
const OTHERS: [u8; 3] = *b";\t|";
/// The longest header row.
const MOST_BYTES: usize = 16 << 20;

/// The first row with its line end, and the marks between and around its fields.
pub struct Header {
    pub row: Vec<u8>,
    pub marks: Marks,
}

impl Header {
    /// Reads the header row, or makes one of the names that the caller has for the columns. A line `sep=` before it is for
    /// Excel, and is skipped where it says what the caller does.
    pub fn read(reader: &mut impl BufRead, dialect: &Dialect) -> io::Result<Header> {
        let marks = dialect.marks();
        if let Some(names) = &dialect.header {
            let mut row = Vec::new();
            write_header(&mut row, names.iter().map(String::as_str), marks);
            return Ok(Header { row, marks });
        }
        let mut row = first_row(reader, marks.quote)?;
        if dialect.delimiter.is_some() && dialect.delimiter == separator(&row) {
            row = first_row(reader, marks.quote)?;
        }
        Ok(Header { row, marks })
    }

    /// What is wrong with the names of the columns, and what would mend it. No delimiter is chosen unasked: between
    /// semicolons `1,500` is likely one and a half.
    pub fn explain(&self, error: ServeError, rules: Rules<'_>) -> ServeError {
        if self.row.contains(&0) {
            return ServeError::invalid(
                "the header row is no UTF-8 text; name the encoding, such as utf-16le, by --encoding",
            );
        }
        let said = separator(&self.row);
        let likely = said.or_else(|| OTHERS.into_iter().find(|&other| self.names_inputs(other, rules)));
        let way_out = match likely {
            None => return error,
            Some(b'\t') => "; the delimiter seems to be 'tab', choose it by --delimiter".to_owned(),
            Some(other) if other != self.marks.delimiter => {
                format!("; the delimiter seems to be '{}', choose it by --delimiter", char::from(other))
            }
            Some(_) => "; remove the line before them, which is for Excel".to_owned(),
        };
        match error {
            ServeError::InvalidInput { place, message } => {
                ServeError::InvalidInput { place, message: message + &way_out }
            }
            other => other,
        }
    }

    /// Whether some column names an input if this is the delimiter.
    fn names_inputs(&self, delimiter: u8, rules: Rules<'_>) -> bool {
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(self.row.as_slice());
        let mut fields = ByteRecord::new();
        if !reader.read_byte_record(&mut fields).unwrap_or(false) {
            return false;
        }
        let names: Result<Vec<&str>, _> = fields.iter().map(std::str::from_utf8).collect();
        let names = names.unwrap_or_default();
        InputColumns::new(rules, &names, |_| false, |_| false)
            .is_ok_and(|found| found.destinations.iter().any(Option::is_some))
    }
}

/// The bytes up to the end of the first line that is not blank. Line ends in quotes do not count.
fn first_row(reader: &mut impl BufRead, quote: Option<u8>) -> io::Result<Vec<u8>> {
    let (mut row, mut quoted, mut blank) = (Vec::new(), false, true);
    loop {
        let buffer = reader.fill_buf()?;
        let mut ends = |byte: &u8| {
            quoted ^= quote == Some(*byte);
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
    let row = row.strip_suffix(b"\n").or(row.strip_suffix(b"\r")).unwrap_or(row);
    match row.strip_prefix(b"sep=")? {
        [delimiter] | [delimiter, b'\r'] => Some(*delimiter),
        _ => None,
    }
}
