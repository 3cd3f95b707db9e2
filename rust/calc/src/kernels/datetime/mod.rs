//! Date and time functions: the family's table. The kernels are in `parts` (taking serials apart and putting them
//! together), `spans` (time between two dates), `weeks` and `workdays`.

mod parts;
mod spans;
mod weeks;
mod workdays;

pub use spans::year_fraction;

use crate::numbers::serial;
use crate::semantics::coerce;
use crate::semantics::function::{Columnar, Cx, Function, Param, flags, scalar, shaped};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &[
    scalar("DATE", 3, 3, parts::date).with(flags::GIVES_DATE).columnar(Columnar::Date),
    scalar("DATEVALUE", 1, 1, parts::datevalue),
    scalar("TIME", 3, 3, parts::time).with(flags::GIVES_DATE),
    scalar("TIMEVALUE", 1, 1, parts::timevalue),
    scalar("TODAY", 0, 0, parts::today).with(flags::VOLATILE | flags::GIVES_DATE),
    scalar("NOW", 0, 0, parts::now).with(flags::VOLATILE | flags::GIVES_DATE),
    scalar("YEAR", 1, 1, parts::year).columnar(Columnar::Year),
    scalar("MONTH", 1, 1, parts::month).columnar(Columnar::Month),
    scalar("DAY", 1, 1, parts::day).columnar(Columnar::Day),
    scalar("HOUR", 1, 1, parts::hour),
    scalar("MINUTE", 1, 1, parts::minute),
    scalar("SECOND", 1, 1, parts::second),
    scalar("EDATE", 2, 2, parts::edate).columnar(Columnar::Edate),
    scalar("EOMONTH", 2, 2, parts::eomonth),
    scalar("DAYS", 2, 2, spans::days),
    scalar("DAYS360", 2, 3, spans::days360),
    scalar("YEARFRAC", 2, 3, spans::yearfrac).columnar(Columnar::Yearfrac),
    scalar("DATEDIF", 3, 3, spans::datedif),
    scalar("WEEKDAY", 1, 2, weeks::weekday),
    scalar("WEEKNUM", 1, 2, weeks::weeknum),
    scalar("ISOWEEKNUM", 1, 1, weeks::isoweeknum),
    shaped("NETWORKDAYS", 2, 3, &[Param::Scalar, Param::Scalar, Param::Any], workdays::networkdays),
    shaped(
        "NETWORKDAYS.INTL",
        2,
        4,
        &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Any],
        workdays::networkdays_intl,
    ),
    shaped("WORKDAY", 2, 3, &[Param::Scalar, Param::Scalar, Param::Any], workdays::workday),
    shaped(
        "WORKDAY.INTL",
        2,
        4,
        &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Any],
        workdays::workday_intl,
    ),
];

/// A number, as the functions that came from Excel's Analysis ToolPak take it: no booleans, nothing left out.
fn strict_number(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    if value.is_bool() {
        return Err(ErrorCode::Value);
    }
    if value.is_omitted() {
        return Err(ErrorCode::NA);
    }
    coerce::number(cx, value)
}

/// The day (1900 system) that a serial lies in, any clock time dropped.
fn whole_day(cx: &Cx<'_>, serial: f64) -> Result<i64, ErrorCode> {
    serial::day_of(serial, cx.env.date1904).ok_or(ErrorCode::Num)
}

/// The day (1900 system) that Excel shows for a serial: a clock time that rounds to midnight belongs to the next day.
fn shown_day(cx: &Cx<'_>, serial: f64) -> Result<i64, ErrorCode> {
    let day = whole_day(cx, serial)? + i64::from(serial::seconds_of_day(serial) == 86_400);
    if day <= serial::LAST_DAY { Ok(day) } else { Err(ErrorCode::Num) }
}

/// A day (1900 system) as a result.
fn day_value(cx: &Cx<'_>, day: i64) -> Result<Value, ErrorCode> {
    serial::serial_of(day, cx.env.date1904).map(Value::number).ok_or(ErrorCode::Num)
}
