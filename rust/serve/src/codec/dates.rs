//! Dates as the API spells them (`YYYY-MM-DD`) to and from serial numbers. What Excel itself reads in a text is in
//! `execd_calc`.

use execd_calc::interface::Format;
use execd_calc::numbers::serial;

/// The serial of a text in a cell of this format, if it is spelled as a date or time of that format. Anything else
/// stays a text, which formulas may still read as Excel does.
pub fn serial_of_text(text: &str, format: Format, date1904: bool) -> Option<f64> {
    match format {
        Format::Date | Format::DateTime => {
            let day = day_of_text(text.get(..10)?)?;
            let serial = serial::serial_of(day, date1904)?;
            let rest = text.get(10..)?;
            if rest.is_empty() || matches!(rest, "Z" | "z") || (rest.len() == 6 && is_offset(rest)) {
                return Some(serial);
            }
            let time = time_of_text(without_zone(rest.strip_prefix(['T', 't', ' '])?))?;
            Some(serial + time)
        }
        Format::Time => time_of_text(without_zone(text)),
        Format::General | Format::Text => None,
    }
}

/// A time without what tells its zone at the end, as a cell holds local times: `Z`, `UTC`, `+hh`, `+hhmm` or `+hh:mm`,
/// after which RFC 9557 adds the zone's name in brackets.
fn without_zone(text: &str) -> &str {
    let text = match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((time, _)) => time,
        None => text,
    };
    let time = match text.rfind(['+', '-', '\u{2212}']) {
        Some(at) if text.get(at..).is_some_and(is_offset) => text.get(..at),
        _ => ["Z", "z", "UTC", "GMT"].iter().find_map(|zone| text.strip_suffix(zone)),
    };
    time.map_or(text, |time| time.strip_suffix(' ').unwrap_or(time))
}

/// `+hh`, `+hhmm`, `+hh:mm` or `+hh:mm:ss` with either sign.
fn is_offset(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-', '\u{2212}']) else { return false };
    let parts = match digits.len() {
        4 => digits.split_at_checked(2).map(|(hours, minutes)| vec![hours, minutes]),
        _ => Some(digits.split(':').collect()),
    };
    parts.is_some_and(|parts| {
        parts.len() <= 3
            && parts.iter().zip([24, 60, 60]).all(|(part, end)| two(part).is_some_and(|n| n < end))
    })
}

fn day_of_text(text: &str) -> Option<i64> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let (year, month, day) = (pair(y1, y2)? * 100 + pair(y3, y4)?, pair(m1, m2)?, pair(d1, d2)?);
    serial::day_of_date(year, month, day)
}

/// Two digits.
fn pair(tens: u8, ones: u8) -> Option<i64> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff` as a part of a day.
fn time_of_text(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
    let seconds = match parts.next() {
        None => 0.0,
        Some(part) => {
            let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
            let fraction = if fraction.is_empty() { 0.0 } else { fraction_of(fraction)? };
            two(whole)? as f64 + fraction
        }
    };
    let in_range = hour < 24 && minute < 60 && seconds < 60.0 && parts.next().is_none();
    in_range.then(|| (hour as f64 * 3_600.0 + minute as f64 * 60.0 + seconds) / serial::SECONDS_PER_DAY)
}

fn two(text: &str) -> Option<i64> {
    let &[tens, ones] = text.as_bytes() else { return None };
    pair(tens, ones)
}

fn fraction_of(text: &str) -> Option<f64> {
    let digits = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { format!("0.{text}").parse().ok() } else { None }
}

/// Writes a serial as the format shows it; false (and nothing written) if the format has no text for it.
pub fn write_serial(out: &mut Vec<u8>, serial: f64, format: Format, date1904: bool) -> bool {
    match format {
        Format::General | Format::Text => false,
        Format::Time if serial >= 0.0 => {
            write_clock(out, serial::seconds_of_day(serial) % 86_400);
            true
        }
        Format::Date => {
            let day = serial::day_of(serial, date1904);
            day.is_some_and(|day| write_date(out, day))
        }
        Format::DateTime => {
            // A time that rounds up to midnight belongs to the next day.
            let seconds = serial::seconds_of_day(serial);
            let day = serial::day_of(serial, date1904).map(|day| day + seconds / 86_400);
            let written = day.is_some_and(|day| write_date(out, day));
            if written {
                out.push(b' ');
                write_clock(out, seconds % 86_400);
            }
            written
        }
        Format::Time => false,
    }
}

fn write_date(out: &mut Vec<u8>, day: i64) -> bool {
    if !(0..=serial::LAST_DAY).contains(&day) {
        return false;
    }
    let date = serial::date_of(day);
    two_digits(out, date.year / 100);
    two_digits(out, date.year % 100);
    out.push(b'-');
    two_digits(out, date.month);
    out.push(b'-');
    two_digits(out, date.day);
    true
}

fn write_clock(out: &mut Vec<u8>, seconds: i64) {
    two_digits(out, seconds / 3_600);
    out.push(b':');
    two_digits(out, seconds / 60 % 60);
    out.push(b':');
    two_digits(out, seconds % 60);
}

/// `n` is in 0..100.
fn two_digits(out: &mut Vec<u8>, n: i64) {
    out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(serial: f64, format: Format, date1904: bool) -> Option<String> {
        let mut out = Vec::new();
        write_serial(&mut out, serial, format, date1904).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn dates_both_ways() {
        // Excel's documentation: 1 January 2008 is serial 39448 (1900 system) and 37986 (1904 system).
        for (date1904, serial) in [(false, 39_448.0), (true, 37_986.0)] {
            assert_eq!(serial_of_text("2008-01-01", Format::Date, date1904), Some(serial));
            assert_eq!(written(serial, Format::Date, date1904).as_deref(), Some("2008-01-01"));
        }
        assert_eq!(serial_of_text("2008-01-01T12:00:00.000Z", Format::DateTime, false), Some(39_448.5));
        assert_eq!(serial_of_text("18:00", Format::Time, false), Some(0.75));
        for text in ["2008-02-30", "08-01-01", "2008-1-1", "2008-01-01x", "20080-1-01", "", "héllo wörld"] {
            assert_eq!(serial_of_text(text, Format::Date, false), None, "{text}");
        }
        assert_eq!(serial_of_text("2008-01-01", Format::General, false), None);
    }

    /// Oracle: the local date and time of Python's `datetime.fromisoformat`, where it reads the text.
    #[test]
    fn offsets_leave_local_time() {
        let offsets = [
            "",
            "Z",
            "z",
            " UTC",
            " GMT",
            "+01",
            "-0530",
            "+05:30",
            "-11:00",
            "+00:53:28",
            " +0100",
            "\u{2212}03:00",
        ];
        for offset in offsets {
            for zone in ["", "[Europe/Berlin]"] {
                for time in ["T18:00", " 18:00:00", "t18:00:00.000", "T18:00:00.000000000"] {
                    let text = format!("2008-01-01{time}{offset}{zone}");
                    assert_eq!(serial_of_text(&text, Format::DateTime, false), Some(39_448.75), "{text}");
                    let text = text.get(11..).unwrap();
                    assert_eq!(serial_of_text(text, Format::Time, false), Some(0.75), "{text}");
                }
            }
        }
        for text in ["2008-01-01Z", "2008-01-01+01:00", "2008-01-01-05:00"] {
            assert_eq!(serial_of_text(text, Format::Date, false), Some(39_448.0), "{text}");
        }
        for text in [
            "2008-01-01T18:00ZZ",
            "2008-01-01T18:00+",
            "2008-01-01T18:00+1",
            "2008-01-01T18:00+24:00",
            "2008-01-01T18:00+01:60",
            "2008-01-01T18:00+01:00:00:00",
            "2008-01-01T+01:00",
            "2008-01-01-05",
            "2008-01-01T18:00+é1:0",
            "2008-01-01T18:00[",
            "2008-01-01T",
        ] {
            assert_eq!(serial_of_text(text, Format::DateTime, false), None, "{text}");
        }
    }

    #[test]
    fn times_round_to_seconds() {
        assert_eq!(
            written(39_448.999_999_9, Format::DateTime, false).as_deref(),
            Some("2008-01-02 00:00:00")
        );
        assert_eq!(written(0.75, Format::Time, false).as_deref(), Some("18:00:00"));
        assert_eq!(written(-1.0, Format::Date, false), None);
        assert_eq!(written(3e6, Format::DateTime, false), None);
        assert_eq!(written(5.0, Format::General, false), None);
    }
}
