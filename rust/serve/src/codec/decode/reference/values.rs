//! The values of a record: cells, tables with their rows, and what is skipped.

use super::decoder::Decoder;
use super::key::{KeyOf, KeySeed};
use crate::codec::decode::rules::{Fault, Scalar};
use crate::codec::decoded::Layout;
use crate::limits::MAX_DEPTH;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Where a value goes.
#[derive(Clone, Copy)]
pub enum Destination {
    Input(usize),
    Heading,
    NextCell,
    Cell(usize),
    Nowhere,
}

/// A value, and how deep it nests if it is an array or an object.
pub struct ValueSeed<'r, 'a> {
    pub decoder: &'r mut Decoder<'a>,
    pub to: Destination,
    pub depth: usize,
}

impl ValueSeed<'_, '_> {
    fn take<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        let records = &mut self.decoder.records;
        let result = match self.to {
            Destination::Input(input) => records.scalar(input, scalar),
            Destination::Heading => {
                records.table().heading(scalar);
                Ok(())
            }
            Destination::NextCell => records.table().next_value(scalar),
            Destination::Cell(column) => records.table().value(column, scalar),
            Destination::Nowhere => Ok(()),
        };
        self.decoder.pass(result)
    }

    /// Reads a value that nobody takes: it may be what no cell could hold, a number beyond doubles, say.
    fn ignore<'de, D: Deserializer<'de>>(mut self, json: D) -> Result<(), D::Error> {
        let raw = <&RawValue>::deserialize(json)?;
        self.depth = self.depth + nesting(raw.get()) - 1;
        self.descend().map(drop)
    }

    /// Checks the depth and gives the depth of what is inside.
    fn descend<E: Error>(&mut self) -> Result<usize, E> {
        if self.depth > MAX_DEPTH {
            return Err(self.decoder.fail(Fault::Invalid(format!("nested more than {MAX_DEPTH} deep"))));
        }
        Ok(self.depth + 1)
    }
}

/// How deep the arrays and objects of a JSON value nest; 0 for a scalar.
fn nesting(json: &str) -> usize {
    let (mut depth, mut most, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if let Destination::Input(input) = self.to {
            self.decoder.records.claim(input);
        }
        if matches!(self.to, Destination::Nowhere) {
            return self.ignore(json);
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.take(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, b: bool) -> Result<(), E> {
        self.take(Scalar::Bool(b))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<(), E> {
        self.take(Scalar::Number(n as f64))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<(), E> {
        self.take(Scalar::Number(n as f64))
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<(), E> {
        self.take(Scalar::Number(x))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(Scalar::Text(text))
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> Result<(), S::Error> {
        let depth = self.descend()?;
        let decoder = &mut *self.decoder;
        if let Destination::Input(input) = self.to
            && decoder.records.begin_table(input)
        {
            let mut layout = None;
            while seq.next_element_seed(RowSeed { decoder, layout: &mut layout, depth })?.is_some() {}
            decoder.records.table().end();
            return Ok(());
        }
        while seq.next_element_seed(ValueSeed { decoder, to: Destination::Nowhere, depth })?.is_some() {}
        self.take(Scalar::Nested)
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        let depth = self.descend()?;
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(ValueSeed { decoder: self.decoder, to: Destination::Nowhere, depth })?;
        }
        self.take(Scalar::Nested)
    }
}

/// One element of a table: the header row, a row of values or a row object.
struct RowSeed<'l, 'r, 'a> {
    decoder: &'r mut Decoder<'a>,
    /// The first element decides.
    layout: &'l mut Option<Layout>,
    depth: usize,
}

impl RowSeed<'_, '_, '_> {
    fn begin<E: Error>(&mut self) -> Result<(), E> {
        let begun = self.decoder.records.table().begin_row();
        self.decoder.pass(begun)
    }

    fn not_a_row<E: Error>(mut self) -> Result<(), E> {
        self.begin()?;
        self.decoder.records.table().no_row();
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    /// `null` is a blank row.
    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.begin()?;
        self.decoder.records.table().end_row();
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.not_a_row()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.not_a_row()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.not_a_row()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.not_a_row()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.not_a_row()
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> Result<(), S::Error> {
        let depth = self.depth + 1;
        let to = match *self.layout {
            None => Destination::Heading,
            Some(Layout::Arrays) => Destination::NextCell,
            Some(Layout::Objects) => Destination::Nowhere,
        };
        if self.layout.is_some() {
            self.begin()?;
        }
        let decoder = &mut *self.decoder;
        while seq.next_element_seed(ValueSeed { decoder, to, depth })?.is_some() {}
        match self.layout.replace(self.layout.unwrap_or(Layout::Arrays)) {
            None => {}
            Some(Layout::Arrays) => decoder.records.table().end_row_of_values(),
            Some(Layout::Objects) => decoder.records.table().no_row(),
        }
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        self.begin()?;
        let layout = *self.layout.get_or_insert(Layout::Objects);
        let depth = self.depth + 1;
        while let Some(column) = map.next_key_seed(KeySeed { decoder: self.decoder, of: KeyOf::Row })? {
            let to = match column {
                Some(column) if layout == Layout::Objects => Destination::Cell(column),
                _ => Destination::Nowhere,
            };
            map.next_value_seed(ValueSeed { decoder: self.decoder, to, depth })?;
        }
        match layout {
            Layout::Objects => self.decoder.records.table().end_row(),
            Layout::Arrays => self.decoder.records.table().no_row(),
        }
        Ok(())
    }
}
