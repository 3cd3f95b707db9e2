//! Blank lines of CSV. Where a file has one column they are records without a value, and many programs write them so;
//! the CSV reader would skip them.

use crate::files::csv::dialect::Marks;
use std::io::{self, Read};

/// Bytes read at once.
const CHUNK: usize = 1 << 16;

/// Gives the blank lines after a header of one column an empty field: two quotes, or a delimiter where there are none.
/// Other files pass as they are.
pub struct BlankLines<R> {
    reader: R,
    at: At,
    header: bool,
    marks: Marks,
    /// The header row has a delimiter: nothing is changed.
    many_columns: bool,
    /// What an empty field looks like.
    blank: Vec<u8>,
    read: Vec<u8>,
    /// Bytes to be given out, and how many of them are.
    ready: Vec<u8>,
    given: usize,
}

/// What the last byte was.
#[derive(Clone, Copy, PartialEq)]
enum At {
    LineStart,
    /// A line ended with a carriage return, and a line feed may belong to it.
    Return,
    FieldStart,
    Field,
    Quoted,
    /// A quote in quotes: their end, or the first of two.
    Quote,
}

impl<R: Read> BlankLines<R> {
    pub fn new(reader: R, marks: Marks) -> BlankLines<R> {
        BlankLines {
            reader,
            at: At::LineStart,
            header: true,
            marks,
            many_columns: false,
            blank: marks.quote.map_or(vec![marks.delimiter], |quote| vec![quote; 2]),
            read: vec![0; CHUNK],
            ready: Vec::new(),
            given: 0,
        }
    }

    fn take(&mut self, byte: u8) {
        let starts_line = matches!(self.at, At::LineStart | At::Return);
        let starts_field = starts_line || self.at == At::FieldStart;
        let quoted = self.at == At::Quoted;
        let is_quote = self.marks.quote == Some(byte);
        self.at = match byte {
            _ if is_quote && quoted => At::Quote,
            _ if is_quote && (starts_field || self.at == At::Quote) => At::Quoted,
            _ if quoted => At::Quoted,
            b'\n' | b'\r' => {
                let ended = byte == b'\n' && self.at == At::Return;
                if starts_line && !ended && !self.header && !self.many_columns {
                    self.ready.extend_from_slice(&self.blank);
                }
                self.header &= starts_line;
                if byte == b'\r' { At::Return } else { At::LineStart }
            }
            _ if byte == self.marks.delimiter => {
                self.many_columns |= self.header;
                At::FieldStart
            }
            _ => At::Field,
        };
        self.ready.push(byte);
    }
}

impl<R: Read> Read for BlankLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            if self.many_columns {
                return self.reader.read(buffer);
            }
            self.ready.clear();
            self.given = 0;
            let mut read = std::mem::take(&mut self.read);
            let count = self.reader.read(&mut read);
            for &byte in read.get(..*count.as_ref().unwrap_or(&0)).unwrap_or_default() {
                self.take(byte);
            }
            self.read = read;
            count?;
        }
        let count = self.ready.get(self.given..).unwrap_or_default().read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Drops<'t>(&'t [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn blank_lines_of_one_column_get_a_field() {
        for (text, expected) in [
            ("a\n1\n\n3\n", "a\n1\n\"\"\n3\n"),
            ("a\n\n2\n\n", "a\n\"\"\n2\n\"\"\n"),
            ("a\r\n1\r\n\r\n\r\n3", "a\r\n1\r\n\"\"\r\n\"\"\r\n3"),
            ("a\r1\r\r3", "a\r1\r\"\"\r3"),
            ("\n\r\na\n1\n", "\n\r\na\n1\n"),
            ("\"a,\n\n\"\"b\"\n\n", "\"a,\n\n\"\"b\"\n\"\"\n"),
            ("a\n\"x\n\n\"\n\n\"\"\n", "a\n\"x\n\n\"\n\"\"\n\"\"\n"),
            ("a\nx\"\n\n", "a\nx\"\n\"\"\n"),
            ("a,b\n1,2\n\n3,4\n", "a,b\n1,2\n\n3,4\n"),
            ("", ""),
        ] {
            for whole in [true, false] {
                let mut found = String::new();
                let bytes = text.as_bytes();
                let mut reader: Box<dyn Read> = if whole { Box::new(bytes) } else { Box::new(Drops(bytes)) };
                BlankLines::new(&mut reader, Marks::default()).read_to_string(&mut found).unwrap();
                assert_eq!(found, expected, "{text:?}");
            }
        }
    }
}
