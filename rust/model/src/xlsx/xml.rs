//! Reads the XML of one part as a stream: elements by local name, texts, within limits. DTDs are refused, and so are
//! entities other than XML's own five.

use super::metered::Metered;
use super::text;
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;
use memchr::memrchr;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;
use std::io::{self, BufReader};

const READ_AHEAD: usize = 32 << 10;

/// A position in the XML of a part. Prefixes are ignored, because an element may be in the transitional or the strict
/// namespace, with any prefix.
pub struct Xml<'p> {
    part: String,
    reader: Reader<BufReader<Metered<'p>>>,
    buffer: Vec<u8>,
    /// The tag that was opened last: all between `<` and `>`.
    tag: String,
    name_length: usize,
    /// Where its name begins after a prefix.
    local_name: usize,
    /// The tag that was opened last is `<a/>`, so the next token closes it.
    empty: bool,
    depth: usize,
    max_depth: usize,
    max_text: usize,
    max_items: usize,
}

enum Token {
    Opened,
    Closed,
    Text,
    End,
}

impl<'p> Xml<'p> {
    pub fn new(part: &str, source: Metered<'p>, limits: &Limits) -> Xml<'p> {
        Xml {
            part: part.to_owned(),
            reader: Reader::from_reader(BufReader::with_capacity(READ_AHEAD, source)),
            buffer: Vec::new(),
            tag: String::new(),
            name_length: 0,
            local_name: 0,
            empty: false,
            depth: 0,
            max_depth: limits.xml_depth,
            max_text: limits.xml_token_bytes,
            max_items: limits.items,
        }
    }

    pub fn part(&self) -> &str {
        &self.part
    }

    /// How many elements are open, with the current one.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Goes to the next element inside the element at depth `level`, at any depth. False at the end of that element.
    pub fn next_in(&mut self, level: usize) -> Result<bool, Error> {
        loop {
            match self.next_token(None)? {
                Token::Opened => return Ok(true),
                Token::Closed if self.depth < level => return Ok(false),
                Token::Closed | Token::Text => {}
                Token::End if level == 0 && self.depth == 0 => return Ok(false),
                Token::End => return Err(self.broken("it ends before its last element does")),
            }
        }
    }

    /// Goes to the end of the current element.
    pub fn skip(&mut self) -> Result<(), Error> {
        let level = self.depth;
        while self.next_in(level)? {}
        Ok(())
    }

    /// The text of the current element and of those inside it. Goes to the end of the element.
    pub fn text_into(&mut self, out: &mut String) -> Result<(), Error> {
        let level = self.depth;
        out.clear();
        loop {
            match self.next_token(Some(out))? {
                Token::Closed if self.depth < level => return Ok(()),
                Token::End => return Err(self.broken("it ends inside a text")),
                _ if out.len() > self.max_text => return Err(too_large(&self.part, "a text is too long")),
                _ => {}
            }
        }
    }

    /// As `text_into`, with `_x000A_` and the like decoded.
    pub fn text(&mut self) -> Result<String, Error> {
        let mut raw = String::new();
        self.text_into(&mut raw)?;
        Ok(match text::unescape(&raw) {
            Cow::Borrowed(_) => raw,
            Cow::Owned(decoded) => decoded,
        })
    }

    /// The local name of the element that was opened last.
    pub fn name(&self) -> &str {
        self.tag.get(self.local_name..self.name_length).unwrap_or_default()
    }

    /// The attributes of the element that was opened last, with their prefixes and not decoded.
    pub fn raw_attributes(&self) -> impl Iterator<Item = Result<(&str, Cow<'_, str>), Error>> {
        let mut attributes = Attributes::new(&self.tag, self.name_length);
        attributes.with_checks(false);
        attributes.map(|found| match found {
            Ok(attribute) => Ok((attribute.key.0, attribute.value)),
            Err(error) => Err(self.broken(&error.to_string())),
        })
    }

    /// An attribute without prefix, decoded.
    pub fn attribute(&self, name: &str) -> Result<Option<String>, Error> {
        self.find(|key| key == name)
    }

    /// The `r:id` of an element, with any prefix.
    pub fn relationship_id(&self) -> Result<Option<String>, Error> {
        self.find(|key| key.split_once(':').is_some_and(|(prefix, local)| prefix != "xmlns" && local == "id"))
    }

    /// An attribute that is yes or no.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        Ok(self.attribute(name)?.map(|value| text::flag(&value)))
    }

    pub fn number(&self, name: &str) -> Result<Option<u32>, Error> {
        let Some(value) = self.attribute(name)? else { return Ok(None) };
        match value.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(self.broken(&format!("{}=\"{value}\" of <{}> is not a number", name, self.name()))),
        }
    }

    /// The error for content that is not as it should be. It names the part.
    pub fn broken(&self, what: &str) -> Error {
        Error::new(ErrorKind::NotAWorkbook, format!("the part {} is broken: {what}", self.part))
    }

    /// Fails if a list of this part has as many items as the limit allows.
    pub fn check_count<T>(&self, list: &[T]) -> Result<(), Error> {
        if list.len() < self.max_items {
            return Ok(());
        }
        Err(too_large(
            &self.part,
            &format!("more than {} elements of the kind <{}>", self.max_items, self.name()),
        ))
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Result<Option<String>, Error> {
        for attribute in self.raw_attributes() {
            let (key, value) = attribute?;
            if wanted(key) {
                return self.decoded(&value).map(Some);
            }
        }
        Ok(None)
    }

    fn decoded(&self, raw: &str) -> Result<String, Error> {
        match quick_xml::escape::unescape(raw) {
            Ok(value) => Ok(text::unescape(&value).into_owned()),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    /// The next token. A text is appended to `out`.
    fn next_token(&mut self, out: Option<&mut String>) -> Result<Token, Error> {
        if std::mem::take(&mut self.empty) {
            self.depth -= 1;
            return Ok(Token::Closed);
        }
        self.buffer.clear();
        self.reader.get_mut().get_mut().start_token();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(failed(&self.part, &error)),
        };
        let token = match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let name = tag.name().0;
                self.name_length = name.len();
                self.local_name = memrchr(b':', name.as_bytes()).map_or(0, |at| at + 1);
                self.tag.clear();
                self.tag.push_str(tag);
                self.empty = matches!(event, Event::Empty(_));
                self.depth += 1;
                Token::Opened
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Token::Closed
            }
            Event::Text(text) => append(out, &text.xml10_content()),
            Event::CData(text) => append(out, &text.xml10_content()),
            Event::GeneralRef(reference) => match resolve(&reference) {
                Some(c) => append(out, c.encode_utf8(&mut [0; 4])),
                None => return Err(unknown_entity(&self.part, &reference)),
            },
            Event::DocType(_) => {
                return Err(self.broken("it has a document type, which may not be in a workbook"));
            }
            Event::Eof => Token::End,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Token::Text,
        };
        if self.depth > self.max_depth {
            return Err(too_large(
                &self.part,
                &format!("elements are nested deeper than {}", self.max_depth),
            ));
        }
        Ok(token)
    }
}

fn unknown_entity(part: &str, name: &str) -> Error {
    Error::new(
        ErrorKind::NotAWorkbook,
        format!("the part {part} is broken: the entity &{name}; is not known"),
    )
}

fn append(out: Option<&mut String>, text: &str) -> Token {
    if let Some(out) = out {
        out.push_str(text);
    }
    Token::Text
}

/// The character that `&amp;`, `&#10;` … stand for.
fn resolve(reference: &BytesRef) -> Option<char> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Some(c);
    }
    match reference.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

fn too_large(part: &str, what: &str) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the part {part} is too large: {what}"))
}

/// A limit of `Metered` is an IO error of its own kind. Anything else is a broken part.
fn failed(part: &str, error: &quick_xml::Error) -> Error {
    if let quick_xml::Error::Io(inner) = error {
        if inner.kind() == io::ErrorKind::FileTooLarge {
            return too_large(part, &inner.to_string());
        }
        if inner.kind() == io::ErrorKind::TimedOut {
            return Error::new(ErrorKind::Stopped, format!("reading was stopped in the part {part}"));
        }
        return Error::new(
            ErrorKind::NotAWorkbook,
            format!("the part {part} cannot be unpacked; the file is damaged or incomplete ({inner})"),
        );
    }
    if let quick_xml::Error::Encoding(_) = error {
        return Error::new(ErrorKind::NotAWorkbook, format!("the part {part} is not written in UTF-8"));
    }
    Error::new(ErrorKind::NotAWorkbook, format!("the part {part} is broken: {error}"))
}
