//! Columns of the answer that are no numbers, while they are built.

use super::read::days_since_1970;
use crate::codec::dates;
use arrow_array::ArrayRef;
use arrow_array::builder::{BooleanBuilder, Date32Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_schema::DataType;
use execd_calc::interface::Format;
use execd_calc::numbers::digits::general;
use execd_calc::numbers::serial;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};
use std::sync::Arc;

pub enum OtherBuilder {
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Moment(TimestampMicrosecondBuilder),
}

/// A value that does not fit its column, as text; nothing for a blank.
pub fn misfit(heap: &Heap, value: Value, remark: impl FnOnce(&str)) {
    match value.unpack() {
        Unpacked::Error(code) => remark(code.text()),
        Unpacked::Text(id) => remark(heap.text(id)),
        Unpacked::Bool(b) => remark(truth(b)),
        Unpacked::Number(x) => remark(&general(x)),
        Unpacked::Array(_) | Unpacked::Blank | Unpacked::Omitted => {}
    }
}

impl OtherBuilder {
    /// For a column of this type; nothing for one of numbers.
    pub fn new(kind: &DataType) -> Option<OtherBuilder> {
        Some(match kind {
            DataType::Utf8 => OtherBuilder::Text(StringBuilder::new()),
            DataType::Boolean => OtherBuilder::Bool(BooleanBuilder::new()),
            DataType::Date32 => OtherBuilder::Date(Date32Builder::new()),
            DataType::Timestamp(..) => OtherBuilder::Moment(TimestampMicrosecondBuilder::new()),
            _ => return None,
        })
    }

    /// Appends a value that is no array; one that does not fit is null and goes to `remark` as text.
    #[inline]
    pub fn push(
        &mut self,
        heap: &Heap,
        value: Value,
        format: Format,
        date1904: bool,
        remark: impl FnOnce(&str),
    ) {
        match (&mut *self, value.unpack()) {
            (_, Unpacked::Blank | Unpacked::Omitted) => self.push_null(),
            (OtherBuilder::Text(texts), Unpacked::Text(id)) => texts.append_value(heap.text(id)),
            (OtherBuilder::Text(texts), Unpacked::Number(x)) => {
                texts.append_value(shown(x, format, date1904))
            }
            (OtherBuilder::Text(texts), Unpacked::Bool(b)) => texts.append_value(truth(b)),
            (OtherBuilder::Bool(flags), Unpacked::Bool(b)) => flags.append_value(b),
            (OtherBuilder::Date(days), Unpacked::Number(x)) => {
                let day = serial::day_of(x, date1904).and_then(days_since_1970);
                days.append_option(day.map(|day| day as i32));
                if day.is_none() {
                    remark(&general(x));
                }
            }
            (OtherBuilder::Moment(moments), Unpacked::Number(x)) => {
                let day = serial::day_of(x, date1904).and_then(days_since_1970);
                let microseconds = ((x - x.floor()) * 86_400e6).round() as i64;
                moments.append_option(day.map(|day| day * 86_400_000_000 + microseconds));
                if day.is_none() {
                    remark(&general(x));
                }
            }
            _ => {
                self.push_null();
                misfit(heap, value, remark);
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            OtherBuilder::Text(texts) => texts.append_null(),
            OtherBuilder::Bool(flags) => flags.append_null(),
            OtherBuilder::Date(days) => days.append_null(),
            OtherBuilder::Moment(moments) => moments.append_null(),
        }
    }

    pub fn finish(self) -> ArrayRef {
        match self {
            OtherBuilder::Text(mut texts) => Arc::new(texts.finish()),
            OtherBuilder::Bool(mut flags) => Arc::new(flags.finish()),
            OtherBuilder::Date(mut days) => Arc::new(days.finish()),
            OtherBuilder::Moment(mut moments) => Arc::new(moments.finish()),
        }
    }
}

/// A number as its format shows it.
fn shown(x: f64, format: Format, date1904: bool) -> String {
    let mut date = Vec::new();
    if dates::write_serial(&mut date, x, format, date1904)
        && let Ok(date) = String::from_utf8(date)
    {
        return date;
    }
    general(x)
}

fn truth(b: bool) -> &'static str {
    if b { "TRUE" } else { "FALSE" }
}
