//! ISO 8601 dates in cells of type `d` as Excel's serial numbers.

/// Reads `2024-02-29`, `2024-02-29T06:00:00.5Z` or `06:00`. None for anything else, and for dates before the first of
/// the date system. The time zone is ignored, because Excel stores local time.
pub fn serial(text: &str, date1904: bool) -> Option<f64> {
    if text.is_empty() {
        return None;
    }
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None if text.contains(':') => ("", Some(text)),
        None => (text, None),
    };
    let days = if date.is_empty() { 0 } else { days(date, date1904)? };
    let fraction = match time {
        Some(time) => day_fraction(time)?,
        None => 0.0,
    };
    Some(days as f64 + fraction)
}

fn days(date: &str, date1904: bool) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let year = number(parts.next()?, 4)?;
    let month = number(parts.next()?, 2)?;
    let day = number(parts.next()?, 2)?;
    let length = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if day == 0 || day > length {
        return None;
    }
    let serial = if date1904 {
        since_epoch(year, month, day) - since_epoch(1904, 1, 1)
    } else {
        let days = since_epoch(year, month, day) - since_epoch(1899, 12, 31);
        // Excel counts 29 February 1900, a day that did not exist.
        if days >= 60 { days + 1 } else { days }
    };
    (serial >= 0).then_some(serial)
}

/// Days since 1 March of year 0. Counted from March, a year ends with the leap day.
fn since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + day
        - 1
}

fn day_fraction(time: &str) -> Option<f64> {
    let time = time.trim_end_matches('Z');
    let time = time.split_once(['+', '-']).map_or(time, |(local, _)| local);
    let mut parts = time.splitn(3, ':');
    let hours = number(parts.next()?, 2)?;
    let minutes = number(parts.next()?, 2)?;
    let seconds = match parts.next() {
        Some(seconds) if seconds.bytes().all(|c| c.is_ascii_digit() || c == b'.') => seconds.parse().ok()?,
        Some(_) => return None,
        None => 0.0,
    };
    if hours > 24 || minutes > 59 || seconds >= 60.0 {
        return None;
    }
    Some(((hours * 60 + minutes) as f64 * 60.0 + seconds) / 86_400.0)
}

/// A number of exactly `length` digits.
fn number(digits: &str, length: usize) -> Option<i64> {
    let plain = digits.len() == length && digits.bytes().all(|c| c.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::serial;

    // Oracle: Excel's serial numbers of these dates (Microsoft's documentation of DATE and of the 1904 system).
    #[test]
    fn serial_numbers() {
        let cases = [
            ("1900-01-01", false, Some(1.0)),
            ("1900-02-28", false, Some(59.0)),
            ("1900-03-01", false, Some(61.0)),
            ("2008-01-01", false, Some(39448.0)),
            ("2024-02-29T12:00:00", false, Some(45351.5)),
            ("2024-02-29T06:00:00.000Z", false, Some(45351.25)),
            ("1904-01-02", true, Some(1.0)),
            ("2008-01-01", true, Some(37986.0)),
            ("18:00", false, Some(0.75)),
            ("2023-02-29", false, None),
            ("1899-12-31", false, Some(0.0)),
            ("1899-12-30", false, None),
            ("24-01-01", false, None),
            ("2024-01-01Tnoon", false, None),
            ("", false, None),
        ];
        for (text, date1904, expected) in cases {
            assert_eq!(serial(text, date1904), expected, "{text}");
        }
    }
}
