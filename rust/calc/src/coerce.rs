//! Every conversion between kinds of values. Exceptions of single functions stay with the function.

use crate::function::Cx;
use crate::value::{ErrorCode, Unpacked, Value};
use std::borrow::Cow;

/// As arithmetic takes it: blank and omitted 0, TRUE 1, text that reads as a number, date, time, percentage or
/// currency its value, other text `#VALUE!`, an error itself.
pub fn number(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    match value.unpack() {
        Unpacked::Number(x) => Ok(x),
        Unpacked::Bool(b) => Ok(f64::from(u8::from(b))),
        Unpacked::Blank | Unpacked::Omitted => Ok(0.0),
        Unpacked::Error(code) => Err(code),
        Unpacked::Text(id) => number_from_text(cx.heap.text(id), cx.env.date1904).ok_or(ErrorCode::Value),
        Unpacked::Array(_) => Err(ErrorCode::Value),
    }
}

/// As `&` takes it: a number in the General format with 15 digits, `TRUE`/`FALSE`, blank "".
pub fn text<'a>(cx: &'a Cx<'_>, value: Value) -> Result<Cow<'a, str>, ErrorCode> {
    match value.unpack() {
        Unpacked::Number(x) => Ok(Cow::Owned(crate::digits::general(x))),
        Unpacked::Bool(b) => Ok(Cow::Borrowed(if b { "TRUE" } else { "FALSE" })),
        Unpacked::Blank | Unpacked::Omitted => Ok(Cow::Borrowed("")),
        Unpacked::Error(code) => Err(code),
        Unpacked::Text(id) => Ok(Cow::Borrowed(cx.heap.text(id))),
        Unpacked::Array(_) => Err(ErrorCode::Value),
    }
}

/// As a condition takes it: numbers by being non-zero, the texts TRUE and FALSE, blank FALSE, other text `#VALUE!`.
pub fn boolean(cx: &Cx<'_>, value: Value) -> Result<bool, ErrorCode> {
    match value.unpack() {
        Unpacked::Number(x) => Ok(x != 0.0),
        Unpacked::Bool(b) => Ok(b),
        Unpacked::Blank | Unpacked::Omitted => Ok(false),
        Unpacked::Error(code) => Err(code),
        Unpacked::Text(id) => match cx.heap.text(id) {
            text if text.eq_ignore_ascii_case("TRUE") => Ok(true),
            text if text.eq_ignore_ascii_case("FALSE") => Ok(false),
            _ => Err(ErrorCode::Value),
        },
        Unpacked::Array(_) => Err(ErrorCode::Value),
    }
}

/// A number truncated toward zero on its 15-digit view, as functions with whole-number arguments do.
pub fn integer(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    Ok(crate::digits::trunc(number(cx, value)?))
}

/// The number that Excel reads in a text (US locale), or `None`.
pub fn number_from_text(text: &str, _date1904: bool) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|x| x.is_finite())
}
