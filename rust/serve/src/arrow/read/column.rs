//! One column of a record batch to cell values, by its type and by the input that it is for.

use crate::arrow::extension;
use crate::arrow::read::known::Known;
use crate::arrow::zone::Zone;
use crate::codec::dates;
use crate::codec::decode::rules::Rules;
use crate::codec::notes::{Note, NoteKind};
use crate::codec::unmatched::Unmatched;
use crate::error::{Place, ServeError};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{AnyDictionaryArray, Array, ArrayRef, Float64Array, StringArrayType};
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::{DataType, Field, TimeUnit};
use execd_calc::interface::Format;
use execd_calc::numbers::serial;
use execd_calc::semantics::function::MAX_TEXT_UNITS;
use execd_calc::values::column::Column;
use execd_calc::values::heap::{Layer, Store};
use execd_calc::values::value::{ErrorCode, Value};
use std::ops::Range;
use std::sync::Arc;

/// A dictionary of no more words than this is read as a whole, however few records refer to it.
const FEW_WORDS: usize = 64;

pub fn put(columns: &mut [Column], cell: usize, values: Column) {
    if let Some(column) = columns.get_mut(cell) {
        *column = values;
    }
}

pub struct ColumnReader<'a> {
    pub rules: Rules<'a>,
    pub store: Store,
    pub notes: Vec<Note>,
    pub unmatched: Unmatched,
    /// The input that the values are for, and its format.
    pub input: usize,
    format: Format,
}

const DAY_MICROSECONDS: f64 = 86_400e6;
/// Serial of 1970-01-01 in the 1900 system.
const EPOCH: i64 = 25_569;

impl<'a> ColumnReader<'a> {
    pub fn new(rules: Rules<'a>) -> ColumnReader<'a> {
        ColumnReader {
            rules,
            store: Store::new(Layer::Batch),
            notes: Vec::new(),
            unmatched: Unmatched::default(),
            input: 0,
            format: Format::General,
        }
    }

    /// Says which input the values are for that come next.
    pub fn begin(&mut self, input: usize) {
        self.input = input;
        self.format = self.rules.interface.inputs.get(input).map_or(Format::General, |input| input.format);
    }

    /// The values of some rows of a column, by what its field says that they mean.
    pub fn field(
        &mut self,
        field: &Field,
        array: &ArrayRef,
        rows: Range<usize>,
    ) -> Result<Column, ServeError> {
        if let Some(column) = lent(field, array, rows.clone()) {
            return Ok(column);
        }
        let some = array.slice(rows.start, rows.len());
        let meant = extension::meant(field, &some).map_err(|error| self.refused(error.to_string()))?;
        let values = self.column(&meant)?;
        if meant.data_type().is_numeric() || meant.data_type().is_temporal() {
            self.tell_failed(&values);
        }
        Ok(values)
    }

    /// Notes the records whose number or date is none in Excel; the cell is `#NUM!`.
    fn tell_failed(&mut self, values: &[Value]) {
        let failed = Value::from(ErrorCode::Num).bits();
        for (record, _) in values.iter().enumerate().filter(|(_, value)| value.bits() == failed) {
            let kind = NoteKind::Malformed("the value is no number or date that Excel has".into());
            self.notes.push(Note { record, input: self.input, kind });
        }
    }

    fn column(&mut self, array: &ArrayRef) -> Result<Column, ServeError> {
        let date1904 = self.rules.date1904;
        match array.data_type() {
            DataType::Null => Ok(blank(array.len())),
            DataType::Boolean => {
                let flags = array.as_boolean();
                Ok(blanked(flags.values().iter().map(Value::bool), array.nulls()))
            }
            DataType::Date32 | DataType::Date64 => {
                let days = self.cast(array, &DataType::Date32)?;
                let days = self.cast(&days, &DataType::Int32)?;
                let serials = days.as_primitive::<Int32Type>().values().iter();
                Ok(blanked(serials.map(|&day| serial_of(f64::from(day), date1904)), days.nulls()))
            }
            DataType::Timestamp(unit, zone) => {
                let zone = Zone::new(zone.as_deref()).map_err(|error| self.refused(error.to_string()))?;
                let per_second = per_second(*unit);
                self.ticks(array, |ticks| {
                    let local = ticks + zone.offset(ticks / per_second) * per_second;
                    serial_of(local / (per_second * serial::SECONDS_PER_DAY), date1904)
                })
            }
            DataType::Time32(_) | DataType::Time64(_) => {
                let time = self.cast(array, &DataType::Time64(TimeUnit::Microsecond))?;
                self.ticks(&time, |ticks| Value::number(ticks / DAY_MICROSECONDS))
            }
            DataType::Utf8 => self.texts(array.as_string::<i32>()),
            DataType::LargeUtf8 => self.texts(array.as_string::<i64>()),
            DataType::Utf8View => self.texts(array.as_string_view()),
            DataType::Dictionary(_, values) => match array.as_any_dictionary_opt() {
                Some(words) if (1..=array.len().max(FEW_WORDS)).contains(&words.values().len()) => {
                    self.words(words)
                }
                _ => {
                    let plain = self.cast(array, values)?;
                    self.column(&plain)
                }
            },
            DataType::RunEndEncoded(_, values) => {
                let plain = self.cast(array, values.data_type())?;
                self.column(&plain)
            }
            other if other.is_numeric() => {
                let numbers = self.cast(array, &DataType::Float64)?;
                let numbers = numbers.as_primitive::<Float64Type>();
                if let Some(column) = lent_numbers(numbers, 0..numbers.len()) {
                    return Ok(column);
                }
                Ok(blanked(numbers.values().iter().map(|&x| Value::number(x)), numbers.nulls()))
            }
            other => Err(self.refused(format!("a column of type {other} cannot be read"))),
        }
    }

    /// A column that repeats few values: each is read once. What there is to note of a value is noted of every record that
    /// has it.
    fn words(&mut self, array: &dyn AnyDictionaryArray) -> Result<Column, ServeError> {
        let before = std::mem::take(&mut self.notes);
        let words = self.column(array.values())?;
        let noted = std::mem::replace(&mut self.notes, before);
        let keys = array.normalized_keys();
        let word = |key: &usize| words.get(*key).copied().unwrap_or(Value::BLANK);
        let values = blanked(keys.iter().map(word), array.nulls());
        if !noted.is_empty() {
            for (record, key) in keys.iter().enumerate().filter(|(record, _)| array.is_valid(*record)) {
                let notes = noted.iter().filter(|note| note.record == *key);
                self.notes.extend(notes.map(|note| Note { record, ..note.clone() }));
            }
        }
        Ok(values)
    }

    pub fn refused(&self, message: String) -> ServeError {
        let name = self.rules.interface.inputs.get(self.input).map_or("", |input| input.name.as_str());
        let place = Place { input: Some(name.to_owned()), ..Place::default() };
        ServeError::InvalidInput { place, message }
    }

    pub fn cast(&self, array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ServeError> {
        if array.data_type() == to {
            return Ok(Arc::clone(array));
        }
        cast(array, to).map_err(|error| self.refused(error.to_string()))
    }

    fn ticks(&self, array: &ArrayRef, value: impl Fn(f64) -> Value) -> Result<Column, ServeError> {
        let ticks = self.cast(array, &DataType::Int64)?;
        let values = ticks.as_primitive::<Int64Type>().values().iter();
        Ok(blanked(values.map(|&ticks| value(ticks as f64)), ticks.nulls()))
    }

    fn texts<'t>(&mut self, array: impl StringArrayType<'t>) -> Result<Column, ServeError> {
        let mut column = Vec::with_capacity(array.len());
        let mut known = Known::new();
        for (row, text) in array.iter().enumerate() {
            column.push(match text {
                None => Value::BLANK,
                Some(text) => known.value(text, || self.text(row, text))?,
            });
        }
        Ok(column.into())
    }

    fn text(&mut self, record: usize, text: &str) -> Result<Value, ServeError> {
        if let Some(serial) = dates::serial_of_text(text, self.format, self.rules.date1904) {
            return Ok(Value::number(serial));
        }
        if text.len() > MAX_TEXT_UNITS && text.encode_utf16().count() > MAX_TEXT_UNITS {
            let kind = NoteKind::Malformed("a text has at most 32767 characters".into());
            self.notes.push(Note { record, input: self.input, kind });
            return Ok(ErrorCode::Value.into());
        }
        if text.is_empty() {
            self.notes.push(Note { record, input: self.input, kind: NoteKind::EmptyText });
        }
        let limit = self.rules.limits.text_bytes.min(u32::MAX as usize);
        if self.store.text_bytes() + text.len() > limit {
            return Err(ServeError::TooLarge { what: "text in bytes", limit });
        }
        Ok(self.store.add_text(text))
    }
}

/// Numbers that can be used where they are.
fn lent(field: &Field, array: &ArrayRef, rows: Range<usize>) -> Option<Column> {
    let numbers = array.as_primitive_opt::<Float64Type>().filter(|_| field.metadata().is_empty())?;
    lent_numbers(numbers, rows)
}

fn lent_numbers(numbers: &Float64Array, rows: Range<usize>) -> Option<Column> {
    let nulls = numbers.nulls().map_or(0, |nulls| nulls.null_count());
    let some = || numbers.values().slice(rows.start, rows.len());
    if nulls > 0 { None } else { Column::lent(Arc::new(some())) }
}

pub fn blank(rows: usize) -> Column {
    vec![Value::BLANK; rows].into()
}

/// The values, with a blank in the place of each null.
fn blanked(values: impl Iterator<Item = Value>, nulls: Option<&NullBuffer>) -> Column {
    match nulls {
        None => values.collect(),
        Some(nulls) => {
            values.zip(nulls).map(|(value, is_valid)| if is_valid { value } else { Value::BLANK }).collect()
        }
    }
}

fn per_second(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Second => 1.0,
        TimeUnit::Millisecond => 1e3,
        TimeUnit::Microsecond => 1e6,
        TimeUnit::Nanosecond => 1e9,
    }
}

/// The serial of a moment in days since 1970; `#NUM!` where Excel's calendar has none.
fn serial_of(days: f64, date1904: bool) -> Value {
    let whole = days.floor();
    let since_1900 = whole as i64 + EPOCH;
    // Excel's 29 February 1900, which never was, counts from March on.
    let day = if since_1900 > 60 { since_1900 } else { since_1900 - 1 };
    let serial = if day >= 1 { serial::serial_of(day, date1904) } else { None };
    serial.map_or(ErrorCode::Num.into(), |serial| Value::number(serial + (days - whole)))
}

/// The days since 1970 of a day of the 1900 system; `None` for days that the real calendar does not have.
pub fn days_since_1970(day: i64) -> Option<i64> {
    match day {
        ..1 | 60 => None,
        ..60 => Some(day + 1 - EPOCH),
        _ => Some(day - EPOCH),
    }
}
