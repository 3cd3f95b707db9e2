//! Putting dates and times together and taking them apart.

use super::days::{day_value, present_number, shown_day, whole_day};
use crate::numbers::serial::{self, Clock, Date};
use crate::semantics::coerce;
use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Value};

/// No year, month or day beyond this can lead to a date; keeps the calendar arithmetic far from overflow.
const FARTHEST: f64 = 4e6;

fn calendar_number(cx: &Cx<'_>, value: Value) -> Result<i64, ErrorCode> {
    let x = coerce::whole(cx, value)?;
    if x.abs() <= FARTHEST { Ok(x as i64) } else { Err(ErrorCode::Num) }
}

pub fn date(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    date_or_error(cx, args).into()
}

fn date_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<Value, ErrorCode> {
    let year = coerce::whole(cx, nth(args, 0))?;
    let month = coerce::whole(cx, nth(args, 1))?;
    let day = coerce::whole(cx, nth(args, 2))?;
    if !(0.0..=9999.0).contains(&year) || month.abs() > FARTHEST || day.abs() > FARTHEST {
        return Err(ErrorCode::Num);
    }
    let year = if year < 1900.0 { year + 1900.0 } else { year } as i64;
    // The month must lie in Excel's calendar before the days are counted from it.
    let first = serial::first_of_month(year, month as i64);
    if !(1..=serial::LAST_DAY).contains(&first) {
        return Err(ErrorCode::Num);
    }
    day_value(cx, first + day as i64 - 1)
}

pub fn datevalue(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let read = read_text(cx, nth(args, 0));
    read.and_then(|read| match read.day {
        Some(day) => {
            let spilled = read.time.map_or(0, |time| time.floor() as i64);
            day_value(cx, day + spilled)
        }
        None => Ok(Value::ZERO),
    })
    .into()
}

pub fn timevalue(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    read_text(cx, nth(args, 0)).map(|read| read.time.map_or(0.0, |time| time - time.floor())).into()
}

/// The date and time in a text; anything but a text is `#VALUE!`.
fn read_text(cx: &Cx<'_>, value: Value) -> Result<crate::numbers::parse_date::DateTime, ErrorCode> {
    cx.text_of(value).and_then(|text| coerce::date_time_from_text(cx, text)).ok_or(ErrorCode::Value)
}

pub fn time(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    time_or_error(cx, args).into()
}

fn time_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let mut seconds = 0.0;
    for (position, unit) in [3600.0, 60.0, 1.0].into_iter().enumerate() {
        let count = coerce::whole(cx, nth(args, position))?;
        if count.abs() > 32_767.0 {
            return Err(ErrorCode::Num);
        }
        seconds += count * unit;
    }
    if seconds < 0.0 {
        return Err(ErrorCode::Num);
    }
    let days = seconds / serial::SECONDS_PER_DAY;
    Ok(days - days.floor())
}

pub fn today(cx: &mut Cx<'_>, _args: &[Value]) -> Value {
    Value::number(cx.env.now.floor())
}

pub fn now(cx: &mut Cx<'_>, _args: &[Value]) -> Value {
    Value::number(cx.env.now)
}

fn date_part(cx: &Cx<'_>, args: &[Value], part: fn(Date) -> i64) -> Value {
    let date = cx.number(nth(args, 0)).and_then(|serial| shown_day(cx, serial)).map(serial::date_of);
    date.map(|date| part(date) as f64).into()
}

pub fn year(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    date_part(cx, args, |date| date.year)
}

pub fn month(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    date_part(cx, args, |date| date.month)
}

pub fn day(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    date_part(cx, args, |date| date.day)
}

fn clock_part(cx: &Cx<'_>, args: &[Value], part: fn(Clock) -> i64) -> Value {
    let clock = cx.number(nth(args, 0)).and_then(|serial| {
        whole_day(cx, serial)?;
        Ok(serial::clock_of(serial))
    });
    clock.map(|clock| part(clock) as f64).into()
}

pub fn hour(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    clock_part(cx, args, |clock| clock.hour)
}

pub fn minute(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    clock_part(cx, args, |clock| clock.minute)
}

pub fn second(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    clock_part(cx, args, |clock| clock.second)
}

/// The date of the first argument, and the first of the month that is as many months away as the second says.
fn months_away(cx: &Cx<'_>, args: &[Value]) -> Result<(Date, i64), ErrorCode> {
    let start = present_number(cx, nth(args, 0))?;
    let months = present_number(cx, nth(args, 1))?.trunc();
    let date = serial::date_of(whole_day(cx, start)?);
    let months = calendar_number(cx, Value::number(months))?;
    let first = serial::first_of_month(date.year, date.month + months);
    if (1..=serial::LAST_DAY).contains(&first) { Ok((date, first)) } else { Err(ErrorCode::Num) }
}

pub fn edate(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    months_away(cx, args)
        .and_then(|(date, first)| day_value(cx, first + date.day.min(length_of_month(first)) - 1))
        .into()
}

pub fn eomonth(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    months_away(cx, args).and_then(|(_, first)| day_value(cx, first + length_of_month(first) - 1)).into()
}

fn length_of_month(first: i64) -> i64 {
    let date = serial::date_of(first);
    serial::days_in_month(date.year, date.month)
}
