//! Every conversion between kinds of values. Exceptions of single functions stay with the function.

use crate::numbers::parse_date::{self, DateTime};
use crate::numbers::{parse_number, serial};
use crate::semantics::function::Cx;
use crate::values::value::{ErrorCode, Unpacked, Value};
use std::borrow::Cow;

/// Every day exists in a leap year: a text that is not a date in this one is not a date in any year.
const SOME_LEAP_YEAR: i64 = 2024;

/// As arithmetic takes it: blank and omitted 0, TRUE 1, text that reads as a number, date, time, percentage or
/// currency its value, other text `#VALUE!`, an error itself.
pub fn number(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    match value.unpack() {
        Unpacked::Number(x) => Ok(x),
        Unpacked::Bool(b) => Ok(f64::from(u8::from(b))),
        Unpacked::Blank | Unpacked::Omitted => Ok(0.0),
        Unpacked::Error(code) => Err(code),
        Unpacked::Text(id) => number_in_text(cx, cx.heap.text(id)).ok_or(ErrorCode::Value),
        Unpacked::Array(_) => Err(ErrorCode::Value),
    }
}

/// As `&` takes it: a number in the General format with 15 digits, `TRUE`/`FALSE`, blank "".
pub fn text<'a>(cx: &'a Cx<'_>, value: Value) -> Result<Cow<'a, str>, ErrorCode> {
    match value.unpack() {
        Unpacked::Number(x) => Ok(Cow::Owned(crate::numbers::digits::general(x))),
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
    Ok(crate::numbers::digits::trunc(number(cx, value)?))
}

/// A number as date, time and text functions take a whole-number argument: rounded down, but a number within 5e-7 of a
/// whole number is that number (`TIME(1,1,0.9999999)` is 1:01:01, `TIME(1,1,0.999999)` is 1:01:00).
pub fn whole(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    let x = number(cx, value)?;
    let nearest = x.round();
    Ok(if (x - nearest).abs() < 5e-7 { nearest } else { x.floor() } + 0.0)
}

/// The number that Excel reads in a text (US locale), or `None`. Dates without a year are refused: only
/// [`number_in_text`] knows which year it is.
pub fn number_from_text(text: &str, date1904: bool) -> Option<f64> {
    parse_number::number(text).or_else(|| serial_of(parse_date::date_time(text, None)?, date1904))
}

/// The same where the year is known.
pub fn number_in_text(cx: &Cx<'_>, text: &str) -> Option<f64> {
    if cx.cancelled_at(text.len()) {
        return None;
    }
    let date = || serial_of(date_time_from_text(cx, text)?, cx.env.date1904);
    parse_number::number(text).or_else(date)
}

/// A date, a time or both as a serial.
fn serial_of(read: DateTime, date1904: bool) -> Option<f64> {
    let day = match read.day {
        Some(day) => serial::serial_of(day, date1904)?,
        None => 0.0,
    };
    Some(day + read.time.unwrap_or(0.0))
}

/// The date and time that Excel reads in a text, in the year of `cx.env.now` if it names none.
pub fn date_time_from_text(cx: &Cx<'_>, text: &str) -> Option<DateTime> {
    match parse_date::date_time(text, None) {
        // The year is asked for only where it matters, since a result that depends on it cannot be worked out before an
        // execution.
        None => parse_date::date_time(text, Some(SOME_LEAP_YEAR))
            .and_then(|_| parse_date::date_time(text, cx.env.this_year())),
        read => read,
    }
}

/// The same as methods of the context.
impl Cx<'_> {
    /// See [`number`].
    pub fn number(&self, value: Value) -> Result<f64, ErrorCode> {
        number(self, value)
    }

    /// See [`text`].
    pub fn text(&self, value: Value) -> Result<Cow<'_, str>, ErrorCode> {
        text(self, value)
    }

    /// See [`boolean`].
    pub fn boolean(&self, value: Value) -> Result<bool, ErrorCode> {
        boolean(self, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn texts_are_numbers_dates_or_nothing() {
        let (mut heap, cancel) = (Heap::empty(), AtomicBool::new(false));
        let mut read =
            |text: &str, env: &Env| number_in_text(&Cx { heap: &mut heap, env, cancel: &cancel }, text);
        let (env, env1904) = (Env::new(false, 46_000.0), Env::new(true, 44_538.0));
        // Cached values of IronCalc's Excel workbooks.
        assert_eq!(read("2024-02-29 06:00", &env), Some(45_351.25));
        assert_eq!(read("23.123%", &env), Some(0.231_23));
        assert_eq!(read("2024-02-29", &env1904), Some(45_351.0 - 1462.0));
        assert_eq!(read("1e999", &env), None);
        assert!(!env.take_year_asked());
        // Microsoft's DATEVALUE page: the year of the computer's clock, here 2025.
        assert_eq!(read("5-Jul", &env), Some(45_843.0));
        assert_eq!(read("5-Jul", &env1904), Some(45_843.0 - 1462.0));
        assert!(env.take_year_asked() && !env.take_year_asked());
        assert_eq!(read("5-Jul", &Env::new(false, 0.0)), None);
    }
}
