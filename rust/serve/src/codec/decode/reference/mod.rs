//! The reference decoder of `inputs`: serde_json visitors that feed `Records`. It decides what is accepted and what is
//! refused; the fast decoder is only faster.

use crate::codec::decode::records::keep_last;
use crate::codec::decode::rules::Rules;
use crate::codec::decoded::{Decoded, Layout};
use crate::error::{Place, ServeError};
use decoder::Decoder;
use key::{KeyOf, KeySeed};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use values::{Destination, ValueSeed};

mod decoder;
mod key;
mod values;

/// Decodes checked UTF-8.
pub fn decode(text: &str, rules: Rules<'_>) -> Result<Decoded, ServeError> {
    let mut decoder = Decoder::new(rules);
    let mut json = serde_json::Deserializer::from_str(text);
    let result = (InputsSeed { decoder: &mut decoder }).deserialize(&mut json).and_then(|found| {
        json.end()?;
        Ok(found)
    });
    match result {
        Ok((layout, nothing)) => Ok(decoder.finish(layout, nothing)),
        Err(error) => Err(decoder.explain(text, &error)),
    }
}

/// Where decoding of a text stops, as well as it can be told.
pub fn place_of_failure(text: &str, rules: Rules<'_>) -> Place {
    match decode(text, rules) {
        Err(ServeError::InvalidInput { place, .. }) => place,
        _ => Place::default(),
    }
}

/// The whole of `inputs`: the layout, and whether there was nothing at all.
struct InputsSeed<'r, 'a> {
    decoder: &'r mut Decoder<'a>,
}

impl<'de> DeserializeSeed<'de> for InputsSeed<'_, '_> {
    type Value = (Layout, bool);
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for InputsSeed<'_, '_> {
    type Value = (Layout, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_map<M: MapAccess<'de>>(self, _: M) -> Result<Self::Value, M::Error> {
        Err(Error::custom("an object, but inputs is an array of records, also for a single one: [{...}]"))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Err(Error::custom("null, but inputs is an array of records: [{...}]"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(Error::custom("a text, but inputs is an array of records, not JSON inside a text"))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let Some(header) = seq.next_element_seed(FirstSeed { decoder: self.decoder })? else {
            return Ok((Layout::Objects, true));
        };
        let header = header.as_deref();
        while seq.next_element_seed(RecordSeed { decoder: self.decoder, header })?.is_some() {}
        Ok((if header.is_some() { Layout::Arrays } else { Layout::Objects }, false))
    }
}

/// The first element decides the layout: an array is the header row, an object or `null` the first record.
struct FirstSeed<'r, 'a> {
    decoder: &'r mut Decoder<'a>,
}

impl<'de> DeserializeSeed<'de> for FirstSeed<'_, '_> {
    type Value = Option<Vec<Option<usize>>>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FirstSeed<'_, '_> {
    type Value = Option<Vec<Option<usize>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a header row as the first record")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        let begun = self.decoder.records.begin_record();
        self.decoder.pass(begun)?;
        self.decoder.records.end_record();
        Ok(None)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        let begun = self.decoder.records.begin_record();
        self.decoder.pass(begun)?;
        RecordSeed { decoder: self.decoder, header: None }.visit_map(map)?;
        Ok(None)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
        let mut header = Vec::new();
        while let Some(input) = seq.next_element_seed(KeySeed { decoder: self.decoder, of: KeyOf::Header })? {
            header.push(input);
        }
        let repeated = keep_last(&mut header);
        self.decoder.records.repeated(&repeated);
        Ok(Some(header))
    }
}

/// One record: an object, or a row under `header`.
struct RecordSeed<'h, 'r, 'a> {
    decoder: &'r mut Decoder<'a>,
    header: Option<&'h [Option<usize>]>,
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let begun = self.decoder.records.begin_record();
        self.decoder.pass(begun)?;
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.header {
            Some(_) => "an array of values like the header row",
            None => "an object of inputs like the first record",
        })
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.decoder.records.end_record();
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        if self.header.is_some() {
            return Err(Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        while let Some(input) = map.next_key_seed(KeySeed { decoder: self.decoder, of: KeyOf::Record })? {
            let to = input.map_or(Destination::Nowhere, Destination::Input);
            map.next_value_seed(ValueSeed { decoder: self.decoder, to, depth: 3 })?;
            self.decoder.records.release();
        }
        self.decoder.records.end_record();
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let Some(header) = self.header else {
            return Err(Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        let mut columns = header.iter();
        loop {
            let column = columns.next();
            let to = column.copied().flatten().map_or(Destination::Nowhere, Destination::Input);
            if seq.next_element_seed(ValueSeed { decoder: self.decoder, to, depth: 3 })?.is_none() {
                break;
            }
            if column.is_none() {
                self.decoder.records.surplus();
            }
            self.decoder.records.release();
        }
        self.decoder.records.end_record();
        Ok(())
    }
}
