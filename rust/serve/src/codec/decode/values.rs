//! The values of a record: cells, tables with their rows, and what is skipped.

use super::{Key, KeyOf, Reader};
use crate::codec::records::{Fault, Scalar};
use crate::limits::MAX_DEPTH;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Where a value goes.
#[derive(Clone, Copy)]
pub(super) enum Target {
    Input(usize),
    Heading,
    NextCell,
    Cell(usize),
    Nowhere,
}

/// A value, and how deep it nests if it is an array or an object.
pub(super) struct Slot<'r, 'a> {
    pub(super) reader: &'r mut Reader<'a>,
    pub(super) target: Target,
    pub(super) depth: usize,
}

impl Slot<'_, '_> {
    fn take<E: Error>(self, scalar: Scalar<'_>) -> Result<(), E> {
        let records = &mut self.reader.records;
        let result = match self.target {
            Target::Input(input) => records.scalar(input, scalar),
            Target::Heading => {
                records.heading(scalar);
                Ok(())
            }
            Target::NextCell => records.next_cell(scalar),
            Target::Cell(column) => records.cell(column, scalar),
            Target::Nowhere => Ok(()),
        };
        self.reader.pass(result)
    }

    /// Checks the depth and gives the depth of what is inside.
    fn descend<E: Error>(&mut self) -> Result<usize, E> {
        if self.depth > MAX_DEPTH {
            return Err(self.reader.fail(Fault::Invalid(format!("nested more than {MAX_DEPTH} deep"))));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Slot<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        if let Target::Input(input) = self.target {
            self.reader.records.claim(input);
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Slot<'_, '_> {
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
        let reader = &mut *self.reader;
        if let Target::Input(input) = self.target
            && reader.records.begin_table(input)
        {
            let mut form = None;
            while seq.next_element_seed(Row { reader, form: &mut form, depth })?.is_some() {}
            reader.records.end_table();
            return Ok(());
        }
        while seq.next_element_seed(Slot { reader, target: Target::Nowhere, depth })?.is_some() {}
        self.take(Scalar::Nested)
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        let depth = self.descend()?;
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Slot { reader: self.reader, target: Target::Nowhere, depth })?;
        }
        self.take(Scalar::Nested)
    }
}

/// How a table is spelled; its first element decides.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Objects,
    Arrays,
}

/// One element of a table: the header row, a row of values or a row object.
struct Row<'f, 'r, 'a> {
    reader: &'r mut Reader<'a>,
    form: &'f mut Option<Form>,
    depth: usize,
}

impl Row<'_, '_, '_> {
    fn begin<E: Error>(&mut self) -> Result<(), E> {
        let begun = self.reader.records.begin_row();
        self.reader.pass(begun)
    }

    fn not_a_row<E: Error>(mut self) -> Result<(), E> {
        self.begin()?;
        self.reader.records.no_row();
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Row<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Row<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    /// `null` is a blank row.
    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.begin()?;
        self.reader.records.end_row();
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
        let target = match *self.form {
            None => Target::Heading,
            Some(Form::Arrays) => Target::NextCell,
            Some(Form::Objects) => Target::Nowhere,
        };
        if self.form.is_some() {
            self.begin()?;
        }
        let reader = &mut *self.reader;
        while seq.next_element_seed(Slot { reader, target, depth })?.is_some() {}
        match self.form.replace(self.form.unwrap_or(Form::Arrays)) {
            None => {}
            Some(Form::Arrays) => reader.records.end_row_of_values(),
            Some(Form::Objects) => reader.records.no_row(),
        }
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<(), M::Error> {
        self.begin()?;
        let form = *self.form.get_or_insert(Form::Objects);
        let depth = self.depth + 1;
        while let Some(column) = map.next_key_seed(Key { reader: self.reader, of: KeyOf::Row })? {
            let target = match column {
                Some(column) if form == Form::Objects => Target::Cell(column),
                _ => Target::Nowhere,
            };
            map.next_value_seed(Slot { reader: self.reader, target, depth })?;
        }
        match form {
            Form::Objects => self.reader.records.end_row(),
            Form::Arrays => self.reader.records.no_row(),
        }
        Ok(())
    }
}
