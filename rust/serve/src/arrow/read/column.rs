//! One column of a record batch to cell values, by its type and by the input that it is for.

use crate::arrow::extension;
use crate::arrow::zone::Zone;
use crate::codec::dates;
use crate::codec::decode::rules::Rules;
use crate::codec::notes::{Note, NoteKind};
use crate::codec::unmatched::Unmatched;
use crate::error::{Place, ServeError};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, TimeUnit};
use execd_calc::interface::Format;
use execd_calc::numbers::serial;
use execd_calc::semantics::function::MAX_TEXT_UNITS;
use execd_calc::values::heap::{Layer, Store};
use execd_calc::values::value::{ErrorCode, Value};
use std::sync::Arc;

pub fn put(columns: &mut [Vec<Value>], cell: usize, values: Vec<Value>) {
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

    /// The values of a column, by what its field says that they mean.
    pub fn field(&mut self, field: &Field, array: &ArrayRef) -> Result<Vec<Value>, ServeError> {
        let meant = extension::meant(field, array).map_err(|error| self.refused(error.to_string()))?;
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

    fn column(&mut self, array: &ArrayRef) -> Result<Vec<Value>, ServeError> {
        let date1904 = self.rules.date1904;
        match array.data_type() {
            DataType::Null => Ok(vec![Value::BLANK; array.len()]),
            DataType::Boolean => {
                let flags = array.as_boolean();
                Ok((0..array.len())
                    .map(|row| or_blank(array, row, || Value::bool(flags.value(row))))
                    .collect())
            }
            DataType::Date32 | DataType::Date64 => {
                let days = self.cast(array, &DataType::Date32)?;
                let days = self.cast(&days, &DataType::Int32)?;
                let values = days.as_primitive::<Int32Type>();
                Ok((0..days.len())
                    .map(|row| or_blank(&days, row, || serial_of(f64::from(values.value(row)), date1904)))
                    .collect())
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
            DataType::Utf8 => self.texts(array),
            DataType::LargeUtf8 | DataType::Utf8View => {
                let texts = self.cast(array, &DataType::Utf8)?;
                self.texts(&texts)
            }
            DataType::Dictionary(_, values) => {
                let plain = self.cast(array, values)?;
                self.column(&plain)
            }
            DataType::RunEndEncoded(_, values) => {
                let plain = self.cast(array, values.data_type())?;
                self.column(&plain)
            }
            other if other.is_numeric() => {
                let numbers = self.cast(array, &DataType::Float64)?;
                let values = numbers.as_primitive::<Float64Type>();
                Ok(match numbers.nulls() {
                    None => values.values().iter().map(|&x| Value::number(x)).collect(),
                    Some(_) => (0..numbers.len())
                        .map(|row| or_blank(&numbers, row, || Value::number(values.value(row))))
                        .collect(),
                })
            }
            other => Err(self.refused(format!("a column of type {other} cannot be read"))),
        }
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

    fn ticks(&self, array: &ArrayRef, value: impl Fn(f64) -> Value) -> Result<Vec<Value>, ServeError> {
        let ticks = self.cast(array, &DataType::Int64)?;
        let values = ticks.as_primitive::<Int64Type>();
        Ok((0..ticks.len()).map(|row| or_blank(&ticks, row, || value(values.value(row) as f64))).collect())
    }

    fn texts(&mut self, array: &ArrayRef) -> Result<Vec<Value>, ServeError> {
        let texts = array.as_string::<i32>();
        let mut column = Vec::with_capacity(array.len());
        for row in 0..array.len() {
            column.push(if array.is_null(row) { Value::BLANK } else { self.text(row, texts.value(row))? });
        }
        Ok(column)
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

fn or_blank(array: &ArrayRef, row: usize, value: impl FnOnce() -> Value) -> Value {
    if array.is_null(row) { Value::BLANK } else { value() }
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
