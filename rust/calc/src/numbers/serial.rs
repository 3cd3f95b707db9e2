//! Serial numbers of days and their calendar dates, in Excel's two date systems, and the clock time of a serial.
//! No functions of Excel and no texts here.
//!
//! The 1900 system counts 1900-01-01 as day 1, has a 1900-02-29 (day 60) that never was, and calls day 0 "1900-01-00".
//! The 1904 system is the same calendar with serials that are 1462 smaller.

/// Days from 1900-01-00 to 1904-01-01.
pub const OFFSET_1904: i64 = 1462;
/// 9999-12-31 in the 1900 system.
pub const LAST_DAY: i64 = 2_958_465;
pub const SECONDS_PER_DAY: f64 = 86_400.0;

/// A day of the 1900 system taken apart. Day 0 is `1900-01-00`, day 60 is `1900-02-29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

/// Clock time, rounded to whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

/// The day, in the 1900 system, that a serial lies in; `None` before day 0 and after 9999-12-31.
#[inline]
pub fn day_of(serial: f64, date1904: bool) -> Option<i64> {
    if !(0.0..(LAST_DAY + 1) as f64).contains(&serial) {
        return None;
    }
    let day = serial as i64 + if date1904 { OFFSET_1904 } else { 0 };
    (day <= LAST_DAY).then_some(day)
}

/// The serial of a day of the 1900 system; `None` outside of what the date system can show.
#[inline]
pub fn serial_of(day: i64, date1904: bool) -> Option<f64> {
    let serial = day - if date1904 { OFFSET_1904 } else { 0 };
    (serial >= 0 && day <= LAST_DAY).then_some(serial as f64)
}

/// The calendar date of a day of the 1900 system in `0..=LAST_DAY`.
#[inline]
pub fn date_of(day: i64) -> Date {
    match day {
        60 => return Date { year: 1900, month: 2, day: 29 },
        0 => return Date { year: 1900, month: 1, day: 0 },
        _ => {}
    }
    // Days since 0000-03-01 of the proleptic Gregorian calendar; days before the phantom day are shifted by one.
    let since = (day + 693_899 + i64::from(day < 60)) as u64;
    let century_part = 4 * since + 3;
    let century = century_part / 146_097;
    let year_part = 4 * (century_part % 146_097 / 4) + 3;
    let year_of_century = year_part / 1461;
    let day_of_year = year_part % 1461 / 4;
    // Months counted from March are 30.6 days long on the average; 2141/65536 is the inverse.
    let month_part = 2141 * day_of_year + 197_913;
    let (month, day) = (month_part >> 16, (month_part & 0xFFFF) / 2141 + 1);
    let after_new_year = day_of_year >= 306;
    Date {
        year: (100 * century + year_of_century + u64::from(after_new_year)) as i64,
        month: (if after_new_year { month - 12 } else { month }) as i64,
        day: day as i64,
    }
}

/// The day, in the 1900 system, of the first of a month; `month` may lie outside 1..=12 and carries into the year.
/// The caller keeps `year` and `month` within a few million.
#[inline]
pub fn first_of_month(year: i64, month: i64) -> i64 {
    let months = year * 12 + month - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    let (year, from_march) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let century = year.div_euclid(100);
    let since =
        365 * year + year.div_euclid(4) - century + century.div_euclid(4) + (153 * from_march + 2) / 5;
    let day = since - 693_899;
    if day < 61 { day - 1 } else { day }
}

/// The day of a date, or `None` if there is no such date. The phantom 1900-02-29 exists; 1900-01-00 does not.
pub fn day_of_date(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month)
        || !(1900..=9999).contains(&year)
        || !(1..=days_in_month(year, month)).contains(&day)
    {
        return None;
    }
    Some(first_of_month(year, month) + day - 1)
}

/// Length of a month as the 1900 system has it: February 1900 has 29 days.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    first_of_month(year, month + 1) - first_of_month(year, month)
}

/// Gregorian leap years, without the phantom one.
pub fn is_leap_year(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Day of the week, 0 = Sunday, as Excel counts: day 1 is a Sunday (in fact it was a Monday; true from March 1900).
#[inline]
pub fn weekday(day: i64) -> i64 {
    (day - 1).rem_euclid(7)
}

/// Seconds since midnight, rounded half up: 0..=86400, where 86400 is the midnight that follows.
#[inline]
pub fn seconds_of_day(serial: f64) -> i64 {
    ((serial - serial.floor()) * SECONDS_PER_DAY + 0.5).floor() as i64
}

/// The clock time of a serial; a time that rounds up to midnight is 0:00:00.
#[inline]
pub fn clock_of(serial: f64) -> Clock {
    let seconds = seconds_of_day(serial) % 86_400;
    Clock { hour: seconds / 3600, minute: seconds / 60 % 60, second: seconds % 60 }
}

/// The year that a two-digit year means: 0-29 are 2000-2029, 30-99 are 1930-1999.
pub fn full_year(two_digits: i64) -> i64 {
    two_digits + if two_digits < 30 { 2000 } else { 1900 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i64, month: i64, day: i64) -> Date {
        Date { year, month, day }
    }

    /// Serials as Excel shows them in a date cell.
    #[test]
    fn days_known_to_excel() {
        for (day, expected) in [
            (0, date(1900, 1, 0)),
            (1, date(1900, 1, 1)),
            (59, date(1900, 2, 28)),
            (60, date(1900, 2, 29)),
            (61, date(1900, 3, 1)),
            (366, date(1900, 12, 31)),
            (25_363, date(1969, 6, 9)),
            (36_504, date(1999, 12, 10)),
            (45_351, date(2024, 2, 29)),
            (2_958_465, date(9999, 12, 31)),
        ] {
            assert_eq!(date_of(day), expected);
            if day > 0 {
                assert_eq!(day_of_date(expected.year, expected.month, expected.day), Some(day));
            }
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut previous = date_of(1);
        for day in 2..=LAST_DAY {
            let next = date_of(day);
            let same_month = next.month == previous.month && next.day == previous.day + 1;
            let next_month = next.day == 1 && previous.day == days_in_month(previous.year, previous.month);
            assert!(same_month || next_month, "{day}: {previous:?} {next:?}");
            assert_eq!(first_of_month(next.year, next.month) + next.day - 1, day);
            previous = next;
        }
    }

    #[test]
    fn the_1904_system_is_1462_days_behind() {
        assert_eq!(day_of(0.0, true).map(date_of), Some(date(1904, 1, 1)));
        assert_eq!(day_of(2_957_003.0, true).map(date_of), Some(date(9999, 12, 31)));
        assert_eq!(day_of(2_957_004.0, true), None);
        assert_eq!(day_of(-0.5, false), None);
        assert_eq!(day_of(f64::NAN, false), None);
        assert_eq!(serial_of(1461, true), None);
        assert_eq!(serial_of(1462, true), Some(0.0));
    }

    /// Apache POI's TestCalendarFieldFunction, from a report of Excel's results.
    #[test]
    fn clock_rounds_to_the_nearest_second() {
        assert_eq!(clock_of(41_484.999_994_212_9), Clock { hour: 23, minute: 59, second: 59 });
        assert_eq!(clock_of(41_484.999_994_213_0), Clock { hour: 0, minute: 0, second: 0 });
        assert_eq!(clock_of(40_627.486_041_7), Clock { hour: 11, minute: 39, second: 54 });
    }
}
