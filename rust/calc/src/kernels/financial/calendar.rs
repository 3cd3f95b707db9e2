//! Days and coupon dates of securities: day-count bases, and schedules that run back from maturity. What is paid is
//! elsewhere.

use super::arguments::{num_unless, toolpak};
use crate::kernels::datetime::spans::year_fraction;
use crate::numbers::serial::{self, Date};
use crate::semantics::function::Cx;
use crate::values::value::{ErrorCode, Value};

/// 0 US 30/360, 1 actual/actual, 2 actual/360, 3 actual/365, 4 European 30/360.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Basis(f64);

impl Basis {
    pub fn new(number: f64) -> Result<Basis, ErrorCode> {
        let basis = number.trunc();
        num_unless((0.0..=4.0).contains(&basis)).map(|()| Basis(basis))
    }

    /// Days from one date to another; negative backwards, and with 30/360 not always the same number as forwards.
    pub fn days(self, from: i64, to: i64) -> f64 {
        match self.0 {
            // Whole days again, out of the fraction of a year.
            0.0 | 4.0 => (self.years(from, to) * 360.0).round(),
            _ => (to - from) as f64,
        }
    }

    /// The fraction of a year, as YEARFRAC gives it.
    pub fn years(self, from: i64, to: i64) -> f64 {
        year_fraction(from, to, self.0).unwrap_or(f64::NAN)
    }

    /// The same count of days over periods of their actual instead of their nominal length.
    pub fn over_actual_periods(self) -> Basis {
        if self.is_30_360() { self } else { Basis(1.0) }
    }

    pub fn is_30_360(self) -> bool {
        self.0 == 0.0 || self.0 == 4.0
    }
}

/// A date argument.
pub fn day(cx: &Cx<'_>, number: f64) -> Result<i64, ErrorCode> {
    serial::day_of(number.trunc(), cx.env.date1904).ok_or(ErrorCode::Num)
}

/// `N` numbers of which the first `dates` must be dates. The last one is the basis.
pub fn dated_numbers<const N: usize>(
    cx: &Cx<'_>,
    args: &[Value],
    defaults: [f64; N],
) -> Result<([f64; N], Basis), ErrorCode> {
    let numbers = toolpak(cx, args, defaults)?;
    let basis = Basis::new(numbers.last().copied().unwrap_or(0.0))?;
    Ok((numbers, basis))
}

/// Coupon dates, counted from an anchor: 0 is the anchor, -1 the date before it.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    anchor: Date,
    /// The anchor ends its month, and so do all dates.
    month_end: bool,
    per_year: i64,
}

impl Schedule {
    /// One, two or four coupons a year.
    pub fn new(anchor: i64, frequency: f64) -> Result<Schedule, ErrorCode> {
        let per_year = frequency.trunc();
        num_unless(per_year == 1.0 || per_year == 2.0 || per_year == 4.0)?;
        let anchor = serial::date_of(anchor);
        let month_end = anchor.day >= serial::days_in_month(anchor.year, anchor.month);
        Ok(Schedule { anchor, month_end, per_year: per_year as i64 })
    }

    pub fn per_year(&self) -> f64 {
        self.per_year as f64
    }

    pub fn date(&self, number: i64) -> i64 {
        let months = self.anchor.year * 12 + self.anchor.month - 1 + number * (12 / self.per_year);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let last = serial::days_in_month(year, month);
        let day = if self.month_end { last } else { self.anchor.day.min(last) };
        serial::first_of_month(year, month) + day - 1
    }

    /// Number of the last coupon date not after a day.
    pub fn last_not_after(&self, day: i64) -> i64 {
        let date = serial::date_of(day);
        let months = (date.year - self.anchor.year) * 12 + date.month - self.anchor.month;
        let mut number = months.div_euclid(12 / self.per_year) + 1;
        while self.date(number) > day {
            number -= 1;
        }
        number
    }

    /// The length of the period that begins at a coupon date, as the basis sees it.
    pub fn period_days(&self, number: i64, basis: Basis) -> f64 {
        match basis.0 {
            1.0 => (self.date(number + 1) - self.date(number)) as f64,
            3.0 => 365.0 / self.per_year(),
            _ => 360.0 / self.per_year(),
        }
    }

    /// Length of a span in coupon periods, counted period by period.
    pub fn periods(&self, from: i64, to: i64, basis: Basis) -> f64 {
        let (first, last) = (self.last_not_after(from), self.last_not_after(to - 1));
        (first..=last)
            .map(|number| {
                let (begin, end) = (self.date(number), self.date(number + 1));
                let whole = from <= begin && end <= to;
                let days = basis.days(begin.max(from), end.min(to));
                if whole { 1.0 } else { days / self.period_days(number, basis) }
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_keep_to_the_end_of_the_month() {
        let day = |y, m, d| serial::day_of_date(y, m, d).unwrap_or(0);
        let schedule = Schedule::new(day(2008, 8, 31), 2.0).unwrap();
        assert_eq!(schedule.date(-1), day(2008, 2, 29));
        assert_eq!(schedule.date(-2), day(2007, 8, 31));
        assert_eq!(schedule.last_not_after(day(2008, 8, 30)), -1);
        assert_eq!(schedule.last_not_after(day(2008, 8, 31)), 0);
        assert_eq!(schedule.last_not_after(day(2009, 2, 27)), 0);
        assert!(Schedule::new(0, 3.0).is_err());
    }
}
