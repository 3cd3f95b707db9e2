//! Names: of an input, or of a column of the open table.

use super::decoder::Decoder;
use crate::codec::decode::rules::Fault;
use crate::codec::names::shortened;
use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};
use std::fmt;

/// Whose name a key is.
#[derive(Clone, Copy)]
pub enum KeyOf {
    Header,
    Record,
    Row,
}

/// Reads a name and finds what it stands for.
pub struct KeySeed<'r, 'a> {
    pub decoder: &'r mut Decoder<'a>,
    pub of: KeyOf,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_, '_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an input")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        let records = &mut self.decoder.records;
        let found = match self.of {
            KeyOf::Row => records.table().key(name),
            KeyOf::Header => Ok(records.input(name)),
            KeyOf::Record => match records.input(name) {
                Some(input) if !records.claim(input) => {
                    Err(Fault::Invalid(format!("the key '{}' appears twice", shortened(name))))
                }
                found => Ok(found),
            },
        };
        self.decoder.pass(found)
    }
}
