//! The elements of a JSON array as a stream of bytes, one after the other. What is inside of them is not checked here.

use memchr::memchr2;
use std::io::{self, BufRead};

/// Where in the text a reader is.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Start,
    /// Behind `[`.
    FirstElement,
    /// Behind an element of the array.
    Element,
    /// Behind an object that stands in no array; others may follow.
    Alone,
    /// Behind the last `]`.
    End,
}

pub struct Elements<R> {
    reader: R,
    at: At,
    /// The longest element in bytes.
    most: usize,
}

/// Why there is no next element.
pub enum Broken {
    Unreadable(io::Error),
    /// What is wrong there.
    Invalid(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Unreadable(error)
    }
}

fn invalid<T>(what: &str) -> Result<T, Broken> {
    Err(Broken::Invalid(what.to_owned()))
}

impl<R: BufRead> Elements<R> {
    pub fn new(reader: R, most: usize) -> Elements<R> {
        Elements { reader, at: At::Start, most }
    }

    /// Appends the next element to `out`; false at the end of the text.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        let Some(mut first) = self.peek()? else { return self.end() };
        if self.at == At::Start {
            if first == b'[' {
                self.reader.consume(1);
                self.at = At::FirstElement;
                let Some(next) = self.peek()? else { return self.end() };
                first = next;
            } else if first != b'{' {
                return invalid("an array of records is expected: [{...}]");
            }
        }
        match (self.at, first) {
            (At::FirstElement | At::Element, b']') => {
                self.reader.consume(1);
                self.at = At::End;
                return if self.peek()?.is_none() { Ok(false) } else { invalid(MORE) };
            }
            (At::Element, b',') => {
                self.reader.consume(1);
                let Some(next) = self.peek()? else { return self.end() };
                if next == b']' {
                    return invalid("a record is expected after the comma");
                }
            }
            (At::Element, _) => {
                return invalid("a comma or the end of the array is expected after the record before");
            }
            (At::Start | At::Alone, b'{') => self.at = At::Alone,
            (At::Alone | At::End, _) => return invalid(MORE),
            (At::FirstElement | At::Start, _) => {}
        }
        if self.at != At::Alone {
            self.at = At::Element;
        }
        self.element(out)?;
        Ok(true)
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let space = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let found = buffer.get(space).copied();
            self.reader.consume(space);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn end(&self) -> Result<bool, Broken> {
        match self.at {
            At::Start | At::Alone | At::End => Ok(false),
            At::FirstElement | At::Element => invalid("the text ends before its array does"),
        }
    }

    fn element(&mut self, out: &mut Vec<u8>) -> Result<(), Broken> {
        let start = out.len();
        let mut scan = Scan::default();
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return invalid("the text ends in the middle of the record");
            }
            let (used, ended) = scan.run(buffer);
            out.extend_from_slice(buffer.get(..used).unwrap_or_default());
            self.reader.consume(used);
            if out.len() - start > self.most {
                return invalid(&format!("the record is longer than {} bytes", self.most));
            }
            if ended {
                return Ok(());
            }
        }
    }
}

const MORE: &str = "there is more behind the end of the array of records";

/// How far an element goes.
#[derive(Default)]
struct Scan {
    depth: usize,
    quoted: bool,
    escaped: bool,
    begun: bool,
}

impl Scan {
    /// How many of these bytes belong to the element, and whether it ends there.
    fn run(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.quoted {
                at += self.skip_text(bytes.get(at..).unwrap_or_default());
            } else {
                // A number or a word ends before what is behind it.
                if self.depth == 0
                    && self.begun
                    && (matches!(byte, b',' | b']' | b'}') || byte.is_ascii_whitespace())
                {
                    return (at, true);
                }
                at += 1;
                self.begun = true;
                match byte {
                    b'"' => self.quoted = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                    _ => continue,
                }
            }
            if self.depth == 0 && !self.quoted && self.begun {
                return (at, true);
            }
        }
        (at, false)
    }

    /// How many of these bytes belong to the text whose quote is open.
    fn skip_text(&mut self, bytes: &[u8]) -> usize {
        if std::mem::take(&mut self.escaped) {
            return 1;
        }
        match memchr2(b'"', b'\\', bytes) {
            None => bytes.len(),
            Some(found) => {
                let is_quote = bytes.get(found) == Some(&b'"');
                self.quoted = !is_quote;
                self.escaped = !is_quote;
                found + 1
            }
        }
    }
}
