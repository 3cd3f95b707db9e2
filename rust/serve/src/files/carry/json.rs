//! Carried fields of NDJSON: found in the lines as they are spelled, and given types for formats that have some.

use crate::codec::names::{folded, shortened};
use crate::codec::unmatched::Unmatched;
use crate::error::{Place, ServeError};
use crate::files::carry::choice::{Carry, twice};
use crate::files::carry::columns::Columns;
use crate::flat::listed;
use crate::stop::StopSignal;
use arrow_array::builder::{ArrayBuilder, StringBuilder};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow_schema::DataType;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

/// The keys that are carried. With `Carry::All` they are those of the first records.
pub struct JsonFields {
    names: Vec<String>,
    /// The column of a name in folded case.
    alike: HashMap<String, usize>,
    /// The column of a key, under each of its spellings that were met since all columns are known.
    known: HashMap<String, Option<usize>>,
    all: bool,
    /// Records were read, and no more keys are taken.
    closed: bool,
    seen: Vec<bool>,
}

/// Records that are read together times columns: where every record has keys of its own, most values are missing.
const MOST_VALUES: usize = 1 << 25;
/// Spellings of keys that are remembered.
const MOST_KNOWN: usize = 1 << 12;

impl JsonFields {
    pub fn new(carry: &Carry) -> JsonFields {
        let mut fields = JsonFields {
            names: Vec::new(),
            alike: HashMap::new(),
            known: HashMap::new(),
            all: *carry == Carry::All,
            closed: false,
            seen: Vec::new(),
        };
        if let Carry::Named(names) = carry {
            names.iter().for_each(|name| fields.add(name));
        }
        fields
    }

    pub fn is_nothing(&self) -> bool {
        self.names.is_empty() && !self.all
    }

    pub fn columns(&self) -> Columns {
        Columns::of_texts(self.names.iter().map(String::as_str), true)
    }

    /// The carried values of lines that are known to be JSON objects.
    pub fn read<'l>(
        &mut self,
        lines: impl Iterator<Item = &'l [u8]> + Clone,
        count: usize,
        stop: &StopSignal,
    ) -> Result<Vec<ArrayRef>, ServeError> {
        if self.all && !self.closed {
            for line in lines.clone() {
                stop.check()?;
                fields_of(line)?.0.iter().for_each(|(name, _)| self.add(name));
            }
        }
        self.closed = true;
        if self.names.len().saturating_mul(count) > MOST_VALUES {
            return Err(ServeError::TooLarge { what: "values to be carried at once", limit: MOST_VALUES });
        }
        let mut columns: Vec<StringBuilder> = self.names.iter().map(|_| StringBuilder::new()).collect();
        for (record, line) in lines.enumerate() {
            stop.check()?;
            for (name, value) in fields_of(line)?.0 {
                let Some(column) = self.column(&name) else {
                    if self.all {
                        return Err(at(record, late(&name)));
                    }
                    continue;
                };
                let Some(builder) = columns.get_mut(column) else { continue };
                if builder.len() > record {
                    return Err(at(record, twice(&name)));
                }
                let is_null = value.get() == "null";
                builder.append_option((!is_null).then_some(value.get()));
                if let Some(seen) = self.seen.get_mut(column) {
                    *seen = true;
                }
            }
            let missing = columns.iter_mut().filter(|builder| builder.len() == record);
            missing.for_each(StringBuilder::append_null);
        }
        Ok(columns.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef).collect())
    }

    /// Forgets inputs of which nobody knows anything, but whose values are carried.
    pub fn forget_in(&self, unmatched: &mut Unmatched) {
        if self.all {
            unmatched.forget_inputs(|_| true);
        } else if !self.names.is_empty() {
            unmatched
                .forget_inputs(|name| self.names.iter().any(|own| folded(shortened(own)) == folded(name)));
        }
    }

    /// What is wrong if these were all records.
    pub fn missing(&self) -> Option<ServeError> {
        let unseen = self.names.iter().zip(&self.seen).filter(|(_, seen)| !**seen);
        let unseen: Vec<&str> = unseen.map(|(name, _)| name.as_str()).collect();
        if !self.closed || unseen.is_empty() {
            return None;
        }
        let names = listed(unseen.into_iter());
        Some(ServeError::invalid(format!("no record has the keys to be carried: {names}")))
    }

    fn add(&mut self, name: &str) {
        if let Entry::Vacant(place) = self.alike.entry(folded(name)) {
            place.insert(self.names.len());
            self.names.push(name.to_owned());
            self.seen.push(false);
        }
    }

    fn column(&mut self, name: &str) -> Option<usize> {
        if let Some(column) = self.known.get(name) {
            return *column;
        }
        let column = self.alike.get(&folded(name)).copied();
        if self.known.len() < MOST_KNOWN {
            self.known.insert(name.to_owned(), column);
        }
        column
    }
}

fn late(name: &str) -> ServeError {
    let name = shortened(name);
    ServeError::invalid(format!(
        "the key '{name}' is in none of the first records, by which the columns are chosen; carry columns by their names"
    ))
}

fn at(record: usize, error: ServeError) -> ServeError {
    match error {
        ServeError::InvalidInput { message, .. } => ServeError::InvalidInput {
            place: Place { record: Some(record + 1), ..Place::default() },
            message,
        },
        other => other,
    }
}

/// The keys of lines that are JSON objects.
pub fn keys<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Result<Vec<String>, ServeError> {
    let mut keys = BTreeSet::new();
    for line in lines {
        keys.extend(fields_of(line)?.0.into_iter().map(|(name, _)| name));
    }
    Ok(keys.into_iter().collect())
}

/// The fields of one object, in their order.
struct Fields<'l>(Vec<(String, &'l RawValue)>);

fn fields_of(line: &[u8]) -> Result<Fields<'_>, ServeError> {
    // The decoder has read the line before.
    serde_json::from_slice(line).map_err(|error| ServeError::Internal(error.to_string()))
}

impl<'l> Deserialize<'l> for Fields<'l> {
    fn deserialize<D: Deserializer<'l>>(deserializer: D) -> Result<Fields<'l>, D::Error> {
        struct Pairs;
        impl<'l> Visitor<'l> for Pairs {
            type Value = Fields<'l>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<Fields<'l>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The type that all values of a column fit; texts where there is none.
pub fn type_of(values: &StringArray) -> DataType {
    let all = |fits: fn(&str) -> bool| values.iter().flatten().all(fits);
    if values.null_count() == values.len() {
        DataType::Utf8
    } else if all(|value| matches!(value, "true" | "false")) {
        DataType::Boolean
    } else if all(|value| value.parse::<i64>().is_ok()) {
        DataType::Int64
    } else if all(|value| double_of(value).is_some()) {
        DataType::Float64
    } else {
        DataType::Utf8
    }
}

/// The values as a column of that type, which other records have decided. `before` is the number of records before.
pub fn typed(
    values: &StringArray,
    name: &str,
    kind: &DataType,
    before: usize,
) -> Result<ArrayRef, ServeError> {
    let misfit = |record: usize, value: &str| {
        let (name, value) = (shortened(name), shortened(value));
        let message = format!(
            "{value} cannot be carried: the column '{name}' has the type {kind} by the first records; \
             write csv or ndjson, which have no types"
        );
        at(before + record, ServeError::invalid(message))
    };
    fn column<T>(
        values: &StringArray,
        parsed: impl Fn(&str) -> Option<T>,
        misfit: impl Fn(usize, &str) -> ServeError,
    ) -> Result<Vec<Option<T>>, ServeError> {
        let value = |(record, value): (usize, Option<&str>)| match value {
            None => Ok(None),
            Some(value) => parsed(value).map(Some).ok_or_else(|| misfit(record, value)),
        };
        values.iter().enumerate().map(value).collect()
    }
    Ok(match kind {
        DataType::Boolean => {
            Arc::new(BooleanArray::from(column(values, |value| value.parse().ok(), misfit)?))
        }
        DataType::Int64 => Arc::new(Int64Array::from(column(values, |value| value.parse().ok(), misfit)?)),
        DataType::Float64 => Arc::new(Float64Array::from(column(values, double_of, misfit)?)),
        _ => Arc::new(plain(values)),
    })
}

/// A JSON number as a double; none for whole numbers that a double does not hold.
fn double_of(value: &str) -> Option<f64> {
    if !value.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let number: f64 = value.parse().ok()?;
    let is_whole = !value.contains(['.', 'e', 'E']);
    (number.is_finite() && !(is_whole && number.abs() > EXACT)).then_some(number)
}

/// Up to here a double holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Texts without their quotes and escapes, other values as they are spelled.
pub fn plain(values: &StringArray) -> StringArray {
    let plain = |value: &str| serde_json::from_str(value).unwrap_or_else(|_| value.to_owned());
    values.iter().map(|value| value.map(plain)).collect()
}
