//! Days of the week and numbers of weeks.

use super::days::{present_number, whole_day};
use crate::numbers::serial;
use crate::semantics::coerce;
use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Value};

/// Excel numbers weeks from day 1; day 0 has none.
fn counted_day(cx: &Cx<'_>, serial: f64) -> Result<i64, ErrorCode> {
    whole_day(cx, serial).and_then(|day| if day > 0 { Ok(day) } else { Err(ErrorCode::Num) })
}

pub fn weekday(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    weekday_or_error(cx, args).into()
}

fn weekday_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let serial = cx.number(nth(args, 0))?;
    // A second argument that is there but empty is 0, which no numbering has.
    let kind = args.get(1).map_or(Ok(1.0), |&kind| coerce::whole(cx, kind))?;
    // Day 0, what a blank is, is a Saturday.
    let sunday_based = serial::weekday(whole_day(cx, serial)?);
    let (first_day, first_number) = match kind as i64 {
        1 => (0, 1),
        2 => (1, 1),
        3 => (1, 0),
        kind @ 11..=17 => ((kind - 10) % 7, 1),
        _ => return Err(ErrorCode::Num),
    };
    Ok(((sunday_based - first_day).rem_euclid(7) + first_number) as f64)
}

pub fn weeknum(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    weeknum_or_error(cx, args).into()
}

fn weeknum_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let serial = present_number(cx, nth(args, 0))?;
    let kind = match nth(args, 1) {
        kind if kind.is_omitted() => 1.0,
        kind => present_number(cx, kind)?.trunc(),
    };
    let day = counted_day(cx, serial)?;
    let first_day = match kind as i64 {
        1 => 0,
        2 => 1,
        kind @ 11..=17 => (kind - 10) % 7,
        21 => return Ok(iso_week(day) as f64),
        _ => return Err(ErrorCode::Num),
    };
    let new_year = serial::first_of_month(serial::date_of(day).year, 1);
    let before = (serial::weekday(new_year) - first_day).rem_euclid(7);
    Ok(((day - new_year + before) / 7 + 1) as f64)
}

pub fn isoweeknum(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.number(nth(args, 0)).and_then(|serial| counted_day(cx, serial)).map(|day| iso_week(day) as f64).into()
}

/// A week belongs to the year that its Thursday lies in.
fn iso_week(day: i64) -> i64 {
    let thursday = day - (serial::weekday(day) + 6) % 7 + 3;
    if thursday > serial::LAST_DAY {
        return 1;
    }
    if thursday < 1 {
        // The week of 1900-01-01 when that is a Friday or later belongs to 1899; Excel's 1900 begins on a Sunday.
        return 52;
    }
    let new_year = serial::first_of_month(serial::date_of(thursday).year, 1);
    (thursday - new_year) / 7 + 1
}
