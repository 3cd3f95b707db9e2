//! Time between two dates: days, 30/360 years, fractions of years.

use super::days::{present_number, shown_day, whole_day};
use crate::numbers::serial::{self, Date};
use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Value};

pub fn days(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    days_or_error(cx, args).into()
}

fn days_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (end, start) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    Ok((whole_day(cx, end)? - whole_day(cx, start)?) as f64)
}

pub fn days360(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    days360_or_error(cx, args).into()
}

fn days360_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (start, end) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    let european = cx.boolean(nth(args, 2))?;
    let start = serial::date_of(shown_day(cx, start)?);
    let end = serial::date_of(shown_day(cx, end)?);
    let (mut first, mut last) = (start.day, end.day);
    if first == 31 || (!european && is_end_of_february(start)) {
        first = 30;
    }
    if last == 31 && (european || first == 30) {
        last = 30;
    }
    Ok(days_of_360(start, first, end, last) as f64)
}

/// Days between two dates in years of twelve months of 30 days, with the days of the month already adjusted.
fn days_of_360(start: Date, first: i64, end: Date, last: i64) -> i64 {
    (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first
}

fn is_end_of_february(date: Date) -> bool {
    date.month == 2 && date.day == if serial::is_leap_year(date.year) { 29 } else { 28 }
}

pub fn yearfrac(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    yearfrac_or_error(cx, args).into()
}

fn yearfrac_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let start = present_number(cx, nth(args, 0))?;
    let end = present_number(cx, nth(args, 1))?;
    let basis = match nth(args, 2) {
        basis if basis.is_omitted() => 0.0,
        basis => present_number(cx, basis)?.trunc(),
    };
    let (start, end) = (whole_day(cx, start)?, whole_day(cx, end)?);
    year_fraction(start.min(end), start.max(end), basis).ok_or(ErrorCode::Num)
}

/// YEARFRAC of two days of the 1900 system, the earlier first; `None` for a basis that does not exist.
pub fn year_fraction(start: i64, end: i64, basis: f64) -> Option<f64> {
    let actual = (end - start) as f64;
    let (from, to) = (serial::date_of(start), serial::date_of(end));
    Some(match basis {
        0.0 => nasd_days(from, to) as f64 / 360.0,
        1.0 => actual / average_year(from, to),
        2.0 => actual / 360.0,
        3.0 => actual / 365.0,
        4.0 => days_of_360(from, from.day.min(30), to, to.day.min(30)) as f64 / 360.0,
        _ => return None,
    })
}

/// Days by the US (NASD) 30/360 rule with its end-of-February clause.
fn nasd_days(from: Date, to: Date) -> i64 {
    let (mut first, mut last) = (from.day, to.day);
    if is_end_of_february(from) && is_end_of_february(to) {
        last = 30;
    }
    if last == 31 && first >= 30 {
        last = 30;
    }
    if first == 31 || is_end_of_february(from) {
        first = 30;
    }
    days_of_360(from, first, to, last)
}

/// The length of a year that basis 1 divides by: within one year 366 when the span touches a 29 February, else 365;
/// beyond that the average of all calendar years touched.
fn average_year(from: Date, to: Date) -> f64 {
    let within_a_year =
        from.year == to.year || (to.year == from.year + 1 && (from.month, from.day) >= (to.month, to.day));
    if !within_a_year {
        let (first, after) = (leap_years_before(from.year), leap_years_before(to.year + 1));
        return 365.0 + (after - first) as f64 / (to.year - from.year + 1) as f64;
    }
    let has_leap_day = if from.year == to.year {
        serial::is_leap_year(from.year)
    } else {
        serial::is_leap_year(from.year) && (from.month, from.day) <= (2, 29)
            || serial::is_leap_year(to.year) && (to.month, to.day) >= (2, 29)
    };
    if has_leap_day { 366.0 } else { 365.0 }
}

fn leap_years_before(year: i64) -> i64 {
    let last = year - 1;
    last / 4 - last / 100 + last / 400
}

pub fn datedif(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    datedif_or_error(cx, args).into()
}

fn datedif_or_error(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let start = present_number(cx, nth(args, 0))?;
    let end = present_number(cx, nth(args, 1))?;
    let unit = cx.text(nth(args, 2))?.to_ascii_uppercase();
    let (start, end) = (whole_day(cx, start)?, whole_day(cx, end)?);
    if start > end {
        return Err(ErrorCode::Num);
    }
    let (from, to) = (serial::date_of(start), serial::date_of(end));
    let months = (to.year - from.year) * 12 + to.month - from.month - i64::from(to.day < from.day);
    let count = match unit.as_str() {
        "D" => end - start,
        "M" => months,
        "Y" => months.div_euclid(12),
        "YM" => months.rem_euclid(12),
        "MD" => days_beyond_months(from, to, end),
        "YD" => days_beyond_years(from, to, start),
        _ => return Err(ErrorCode::Num),
    };
    Ok(count as f64)
}

/// From the start's day in the last month that has passed; as in Excel, a day that this month lacks runs over into
/// the next, which can make the result negative.
fn days_beyond_months(from: Date, to: Date, end: i64) -> i64 {
    let month = to.month - i64::from(to.day < from.day);
    end - (serial::first_of_month(to.year, month) + from.day - 1)
}

/// Both dates in the year of the first, or the end in the year after it.
fn days_beyond_years(from: Date, to: Date, start: i64) -> i64 {
    let next = (to.month, to.day) < (from.month, from.day);
    serial::first_of_month(from.year + i64::from(next), to.month) + to.day - 1 - start
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cached values of IronCalc's and xlcalculator's Excel workbooks (YEARFRAC).
    #[test]
    fn year_fractions_of_excel() {
        for (start, end, basis, expected) in [
            (39_508, 39_691, 1.0, 0.5),
            (34_824, 46_179, 0.0, 31.086_111_111_111_112),
            (34_824, 46_179, 1.0, 31.088_295_687_885_01),
            (36_015, 45_386, 1.0, 25.655_749_340_904_48),
            (44_988, 45_350, 1.0, 0.991_780_821_917_808_3),
            (44_594, 45_351, 1.0, 2.072_080_291_970_803_2),
            (40_909, 41_120, 3.0, 0.578_082_191_780_821_9),
        ] {
            assert_eq!(year_fraction(start, end, basis), Some(expected), "{start} {end} {basis}");
        }
    }
}
