//! Lane functions of dates: the calendar in float arithmetic on whole numbers, which is exact and vectorises. Days up
//! to the phantom 1900-02-29 and all errors are left to the kernels, and `serial` says what the numbers mean.

use super::lane::{Lane, LaneFn, SIGN};
use crate::numbers::serial::{LAST_DAY, OFFSET_1904};

/// First day after the phantom one.
const FIRST: f64 = 61.0;
const LAST: f64 = LAST_DAY as f64;
/// From days of the 1900 system to days since 0000-03-01.
const SINCE: f64 = 693_899.0;
/// A clock time beyond this may round to the next midnight.
const NEAR_MIDNIGHT: f64 = 0.999_99;
/// No count of months or days beyond this leads to a date.
const FARTHEST: f64 = 4e6;

#[inline(always)]
fn fall_back_unless(fits: bool) -> u64 {
    if fits { 0 } else { SIGN }
}

/// After the phantom day and before the end of the calendar.
#[inline(always)]
fn is_usual(day: f64) -> bool {
    (FIRST..=LAST).contains(&day)
}

/// A whole number divided by another, rounded down. The half keeps quotients away from whole numbers, so that their
/// rounding does not matter.
#[inline(always)]
fn quotient(a: f64, b: f64) -> f64 {
    ((a + 0.5) * (1.0 / b)).floor()
}

/// What the lanes of one step share.
#[derive(Clone, Copy)]
pub struct Calendar {
    offset: f64,
    first: f64,
}

#[derive(Clone, Copy)]
struct Date {
    year: f64,
    month: f64,
    day: f64,
}

impl Calendar {
    pub fn new(date1904: bool) -> Calendar {
        let offset = if date1904 { OFFSET_1904 as f64 } else { 0.0 };
        Calendar { offset, first: FIRST.max(offset) }
    }

    /// The day (1900 system) that a serial lies in; falls back where there is none.
    #[inline(always)]
    fn day(self, serial: f64) -> Lane {
        let day = serial.floor() + self.offset;
        (day, fall_back_unless(day >= self.first && day <= LAST))
    }

    #[inline(always)]
    fn serial(self, day: f64) -> Lane {
        let serial = day - self.offset;
        (serial, fall_back_unless(serial >= 0.0 && day <= LAST))
    }
}

/// The steps of `serial::date_of`.
#[inline(always)]
fn date_of(day: f64) -> Date {
    let century_part = 4.0 * (day + SINCE) + 3.0;
    let century = quotient(century_part, 146_097.0);
    let year_part = 4.0 * quotient(century_part - 146_097.0 * century, 4.0) + 3.0;
    let year_of_century = quotient(year_part, 1461.0);
    let day_of_year = quotient(year_part - 1461.0 * year_of_century, 4.0);
    let month_part = 2141.0 * day_of_year + 197_913.0;
    let month = quotient(month_part, 65_536.0);
    let day = quotient(month_part - 65_536.0 * month, 2141.0) + 1.0;
    let new_year = if day_of_year >= 306.0 { 1.0 } else { 0.0 };
    Date { year: 100.0 * century + year_of_century + new_year, month: month - 12.0 * new_year, day }
}

/// The steps of `serial::first_of_month`; meaningless before `FIRST`.
#[inline(always)]
fn first_of_month(year: f64, month: f64) -> f64 {
    let months = 12.0 * year + month - 3.0;
    let year = quotient(months, 12.0);
    let from_march = months - 12.0 * year;
    let century = quotient(year, 100.0);
    let years = 365.0 * year + quotient(year, 4.0) - century + quotient(century, 4.0);
    years + quotient(153.0 * from_march + 2.0, 5.0) - SINCE
}

#[inline(always)]
fn is_end_of_february(date: Date) -> bool {
    let leap_by = |years: f64| date.year - years * quotient(date.year, years) == 0.0;
    let leap = leap_by(4.0) && (!leap_by(100.0) || leap_by(400.0));
    date.month == 2.0 && date.day == if leap { 29.0 } else { 28.0 }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Year,
    Month,
    Day,
}

/// YEAR, MONTH and DAY.
pub struct DatePart {
    pub calendar: Calendar,
    pub part: Part,
}

impl LaneFn<1> for DatePart {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [serial]: [f64; 1]) -> Lane {
        let (day, fallback) = self.calendar.day(serial);
        let date = date_of(day);
        let part = match self.part {
            Part::Year => date.year,
            Part::Month => date.month,
            Part::Day => date.day,
        };
        (part, fallback | fall_back_unless(serial - serial.floor() <= NEAR_MIDNIGHT))
    }
}

/// DATE of whole numbers.
pub struct DateOf {
    pub calendar: Calendar,
}

impl LaneFn<3> for DateOf {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [year, month, day]: [f64; 3]) -> Lane {
        let first = first_of_month(year, month);
        let (serial, fallback) = self.calendar.serial(first + day - 1.0);
        let whole = year.floor() == year && month.floor() == month && day.floor() == day;
        let near = (1900.0..=9999.0).contains(&year) && month.abs() <= FARTHEST && day.abs() <= FARTHEST;
        (serial, fallback | fall_back_unless(whole && near && is_usual(first)))
    }
}

/// EDATE.
pub struct MonthsAway {
    pub calendar: Calendar,
}

impl LaneFn<2> for MonthsAway {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [start, months]: [f64; 2]) -> Lane {
        let (day, fallback) = self.calendar.day(start);
        let date = date_of(day);
        let month = date.month + months.trunc();
        let first = first_of_month(date.year, month);
        let length = first_of_month(date.year, month + 1.0) - first;
        let day_of_month = if date.day < length { date.day } else { length };
        let (serial, beyond) = self.calendar.serial(first + day_of_month - 1.0);
        (serial, fallback | beyond | fall_back_unless(months.abs() <= FARTHEST && is_usual(first)))
    }
}

/// YEARFRAC by the US 30/360 rule.
pub struct YearFraction {
    pub calendar: Calendar,
}

impl LaneFn<2> for YearFraction {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [a, b]: [f64; 2]) -> Lane {
        let ((a, fallback_a), (b, fallback_b)) = (self.calendar.day(a), self.calendar.day(b));
        let (from, to) = (date_of(if a < b { a } else { b }), date_of(if a < b { b } else { a }));
        let from_february = is_end_of_february(from);
        let both = from_february && is_end_of_february(to);
        let last = if both || (to.day == 31.0 && from.day >= 30.0) { 30.0 } else { to.day };
        let first = if from.day == 31.0 || from_february { 30.0 } else { from.day };
        let days = 360.0 * (to.year - from.year) + 30.0 * (to.month - from.month) + last - first;
        (days / 360.0, fallback_a | fallback_b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::datetime::spans::year_fraction;
    use crate::numbers::serial;

    const SYSTEMS: [bool; 2] = [false, true];

    #[test]
    fn every_day_has_the_date_of_the_kernels() {
        for day in 61..=LAST_DAY {
            let (ours, theirs) = (date_of(day as f64), serial::date_of(day));
            let ours = [ours.year, ours.month, ours.day].map(|part| part as i64);
            assert_eq!(ours, [theirs.year, theirs.month, theirs.day], "{day}");
        }
    }

    #[test]
    fn every_month_begins_as_for_the_kernels() {
        for year in 1900..=10_000 {
            for month in -30..=30 {
                let first = serial::first_of_month(year, month);
                if first >= 61 {
                    assert_eq!(first_of_month(year as f64, month as f64) as i64, first, "{year} {month}");
                }
            }
        }
    }

    #[test]
    fn days_outside_the_calendar_fall_back() {
        for date1904 in SYSTEMS {
            let calendar = Calendar::new(date1904);
            let beyond = if date1904 { LAST_DAY - OFFSET_1904 } else { LAST_DAY } as f64 + 1.0;
            for serial in [-1.0, -0.5, beyond, 1e300, -1e300, f64::NAN] {
                assert_eq!(calendar.day(serial).1, SIGN, "{serial}");
            }
            assert_eq!(calendar.day(beyond - 0.1).1, 0);
        }
        assert_eq!(Calendar::new(false).day(60.9).1, SIGN);
        assert_eq!(Calendar::new(true).day(0.0).1, 0);
    }

    #[test]
    fn fractions_of_years_are_those_of_the_kernels() {
        let fraction = YearFraction { calendar: Calendar::new(false) };
        let (mut a, mut b) = (61i64, 2_000_003i64);
        for _ in 0..200_000 {
            (a, b) = ((a + 7_919) % 800_000, (b + 104_729) % 90_000);
            let (from, to) = (a.min(b), a.max(b));
            if from >= 61 {
                let (ours, fallback) = fraction.lane([a as f64, b as f64]);
                assert_eq!((Some(ours), fallback), (year_fraction(from, to, 0.0), 0), "{a} {b}");
            }
        }
    }
}
