//! Days among the arguments of date functions, and as results.

use crate::numbers::serial;
use crate::semantics::coerce;
use crate::semantics::function::Cx;
use crate::values::value::{ErrorCode, Value};

/// A number, as the functions that came from Excel's Analysis ToolPak take it: no booleans, nothing left out.
pub fn present_number(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    if value.is_bool() {
        return Err(ErrorCode::Value);
    }
    if value.is_omitted() {
        return Err(ErrorCode::NA);
    }
    coerce::number(cx, value)
}

/// The day (1900 system) that a serial lies in, any clock time dropped.
pub fn whole_day(cx: &Cx<'_>, serial: f64) -> Result<i64, ErrorCode> {
    serial::day_of(serial, cx.env.date1904).ok_or(ErrorCode::Num)
}

/// The day (1900 system) that Excel shows for a serial: a clock time that rounds to midnight belongs to the next day.
pub fn shown_day(cx: &Cx<'_>, serial: f64) -> Result<i64, ErrorCode> {
    let day = whole_day(cx, serial)? + i64::from(serial::seconds_of_day(serial) == 86_400);
    if day <= serial::LAST_DAY { Ok(day) } else { Err(ErrorCode::Num) }
}

/// A day (1900 system) as a result.
pub fn day_value(cx: &Cx<'_>, day: i64) -> Result<Value, ErrorCode> {
    serial::serial_of(day, cx.env.date1904).map(Value::number).ok_or(ErrorCode::Num)
}
