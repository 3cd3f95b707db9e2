//! The reference decoder of `inputs`: serde_json visitors that feed `Records`. It accepts and refuses; `scan` is only
//! faster.

use crate::codec::decode::values::{Slot, Target};
use crate::codec::records::{Decoded, Fault, Layout, Records, Rules};
use crate::codec::table::shortened;
use crate::error::{Place, ServeError};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

mod values;

/// Decodes checked UTF-8.
pub fn decode(text: &str, rules: Rules<'_>) -> Result<Decoded, ServeError> {
    let mut reader = Reader { records: Records::new(rules), fault: None };
    let mut json = serde_json::Deserializer::from_str(text);
    let result = (Inputs { reader: &mut reader }).deserialize(&mut json).and_then(|found| {
        json.end()?;
        Ok(found)
    });
    match result {
        Ok((layout, nothing)) => Ok(reader.records.finish(layout, nothing)),
        Err(error) => Err(reader.explain(text, &error)),
    }
}

/// Where decoding of a text stops, as well as it can be told.
pub fn place_of_failure(text: &str, rules: Rules<'_>) -> Place {
    match decode(text, rules) {
        Err(ServeError::InvalidInput { place, .. }) => place,
        _ => Place::default(),
    }
}

struct Reader<'a> {
    records: Records<'a>,
    /// What went wrong, when it was not the JSON.
    fault: Option<Fault>,
}

impl Reader<'_> {
    fn fail<E: Error>(&mut self, fault: Fault) -> E {
        let text = match &fault {
            Fault::Invalid(message) => message.clone(),
            _ => String::new(),
        };
        self.fault = Some(fault);
        E::custom(text)
    }

    fn pass<T, E: Error>(&mut self, result: Result<T, Fault>) -> Result<T, E> {
        result.map_err(|fault| self.fail(fault))
    }

    fn explain(self, text: &str, error: &serde_json::Error) -> ServeError {
        match self.fault {
            Some(Fault::Stopped) => return self.records.rules.stop.reason(),
            Some(Fault::TooLarge { what, limit }) => return ServeError::TooLarge { what, limit },
            _ => {}
        }
        let offset = offset_of(text, error.line(), error.column());
        let (record, input) = self.records.place();
        let message = match self.fault {
            Some(Fault::Invalid(message)) => message,
            _ => syntax_message(text, offset, error),
        };
        ServeError::InvalidInput { place: Place { record, input, offset: Some(offset) }, message }
    }
}

/// The byte that serde_json's line and column (both from 1) stand for.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

fn syntax_message(text: &str, offset: usize, error: &serde_json::Error) -> String {
    let at = |offset: usize| text.get(offset..).unwrap_or("");
    for literal in ["NaN", "Infinity", "-Infinity"] {
        if at(offset).starts_with(literal) && !at(offset.wrapping_sub(1)).starts_with('-')
            || at(offset.wrapping_sub(1)).starts_with(literal)
        {
            return format!("{literal} is no JSON; a blank is null");
        }
    }
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(head, _)| head);
    match message {
        "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
            "lone surrogate in an escape".to_owned()
        }
        _ => message.to_owned(),
    }
}

/// The whole of `inputs`: the layout, and whether there was nothing at all.
struct Inputs<'r, 'a> {
    reader: &'r mut Reader<'a>,
}

impl<'de> DeserializeSeed<'de> for Inputs<'_, '_> {
    type Value = (Layout, bool);
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inputs<'_, '_> {
    type Value = (Layout, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let Some(header) = seq.next_element_seed(First { reader: self.reader })? else {
            return Ok((Layout::Objects, true));
        };
        let header = header.as_deref();
        while seq.next_element_seed(Record { reader: self.reader, header })?.is_some() {}
        Ok((if header.is_some() { Layout::Arrays } else { Layout::Objects }, false))
    }
}

/// The first element decides the layout: an array is the header row, an object or `null` the first record.
struct First<'r, 'a> {
    reader: &'r mut Reader<'a>,
}

impl<'de> DeserializeSeed<'de> for First<'_, '_> {
    type Value = Option<Vec<Option<usize>>>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for First<'_, '_> {
    type Value = Option<Vec<Option<usize>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a header row as the first record")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        let begun = self.reader.records.begin_record();
        self.reader.pass(begun)?;
        self.reader.records.end_record();
        Ok(None)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        let begun = self.reader.records.begin_record();
        self.reader.pass(begun)?;
        Record { reader: self.reader, header: None }.visit_map(map)?;
        Ok(None)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut header = Vec::new();
        while let Some(input) = seq.next_element_seed(Key { reader: self.reader, of: KeyOf::Header })? {
            header.push(input);
        }
        keep_last(&mut header);
        Ok(Some(header))
    }
}

/// Of columns with the same name the last one counts.
pub fn keep_last(header: &mut [Option<usize>]) {
    for position in 0..header.len() {
        let (before, rest) = header.split_at_mut(position);
        if let Some(Some(input)) = rest.first() {
            before.iter_mut().filter(|other| **other == Some(*input)).for_each(|other| *other = None);
        }
    }
}

/// One record: an object, or a row under `header`.
struct Record<'h, 'r, 'a> {
    reader: &'r mut Reader<'a>,
    header: Option<&'h [Option<usize>]>,
}

impl<'de> DeserializeSeed<'de> for Record<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let begun = self.reader.records.begin_record();
        self.reader.pass(begun)?;
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Record<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.header {
            Some(_) => "an array of values like the header row",
            None => "an object of inputs like the first record",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.reader.records.end_record();
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        if self.header.is_some() {
            return Err(Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        while let Some(input) = map.next_key_seed(Key { reader: self.reader, of: KeyOf::Record })? {
            let target = input.map_or(Target::Nowhere, Target::Input);
            map.next_value_seed(Slot { reader: self.reader, target, depth: 3 })?;
            self.reader.records.release();
        }
        self.reader.records.end_record();
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let Some(header) = self.header else {
            return Err(Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        let mut columns = header.iter().copied().chain(std::iter::repeat(None));
        loop {
            let target = columns.next().flatten().map_or(Target::Nowhere, Target::Input);
            if seq.next_element_seed(Slot { reader: self.reader, target, depth: 3 })?.is_none() {
                break;
            }
            self.reader.records.release();
        }
        self.reader.records.end_record();
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum KeyOf {
    Header,
    Record,
    Row,
}

/// A name: of an input, or of a column of the open table.
struct Key<'r, 'a> {
    reader: &'r mut Reader<'a>,
    of: KeyOf,
}

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an input")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let records = &mut self.reader.records;
        let found = match self.of {
            KeyOf::Row => records.key_of_row(name),
            KeyOf::Header => Ok(records.rules.names.input(name)),
            KeyOf::Record => match records.rules.names.input(name) {
                Some(input) if !records.claim(input) => {
                    Err(Fault::Invalid(format!("the key '{}' appears twice", shortened(name))))
                }
                found => Ok(found),
            },
        };
        self.reader.pass(found)
    }
}
