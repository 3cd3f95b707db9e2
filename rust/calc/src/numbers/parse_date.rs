//! Dates and times written as text, in the spellings that Excel (US locale) reads in a cell. Plain numbers are read by
//! `parse_number`.

use crate::numbers::serial;

/// What a text says: a date, a time, or both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateTime {
    /// Day in the 1900 system.
    pub day: Option<i64>,
    /// Fraction of a day; 1 and more when hours go beyond 23.
    pub time: Option<f64>,
}

/// Reads a date, a time, or both in either order. `this_year` completes dates that leave the year out; without it
/// such dates are refused.
pub fn date_time(text: &str, this_year: Option<i64>) -> Option<DateTime> {
    let padded = text;
    let text = text.trim_matches(' ');
    // Excel refuses a year-first date with spaces around it (IronCalc's FLOOR_CEILING.xlsx), but not other texts.
    if padded.len() > text.len() && text.as_bytes().get(4) == Some(&b'-') {
        return None;
    }
    if !text.is_ascii() || text.len() > 64 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Some(day) = date(text, this_year) {
        return Some(DateTime { day: Some(day), time: None });
    }
    if let Some(time) = time(text) {
        return Some(DateTime { day: None, time: Some(time) });
    }
    text.match_indices(' ').find_map(|(at, _)| {
        let (left, right) = (text.get(..at)?, text.get(at + 1..)?.trim_start_matches(' '));
        let both = |day: &str, clock: &str| {
            Some(DateTime { day: Some(date(day, this_year)?), time: Some(time(clock)?) })
        };
        both(left, right).or_else(|| both(right, left))
    })
}

/// One piece of a date: a number with its count of digits, or a month name.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece {
    Number(i64, usize),
    Month(i64),
}

fn date(text: &str, this_year: Option<i64>) -> Option<i64> {
    let read = pieces(text)?;
    let pieces = read.found.get(..read.count)?;
    let numeric = pieces.iter().all(|piece| matches!(piece, Piece::Number(..)));
    // Numbers alone want `/` or `-`; with a month name a space or comma will do.
    if numeric && read.separators.iter().any(|&separator| !matches!(separator, b'/' | b'-')) {
        return None;
    }
    match *pieces {
        [Piece::Number(year, 4), Piece::Number(month, _), Piece::Number(day, _)] => {
            serial::day_of_date(year, month, day)
        }
        [Piece::Number(month, _), Piece::Number(day, _), Piece::Number(year, digits)]
        | [Piece::Month(month), Piece::Number(day, _), Piece::Number(year, digits)]
        | [Piece::Number(day, _), Piece::Month(month), Piece::Number(year, digits)] => {
            serial::day_of_date(year_of(year, digits)?, month, day)
        }
        [Piece::Number(year, 4), Piece::Number(month, _)] => serial::day_of_date(year, month, 1),
        [Piece::Number(month, _), Piece::Number(other, digits)]
        | [Piece::Month(month), Piece::Number(other, digits)] => day_or_year(month, other, digits, this_year),
        [Piece::Number(other, digits), Piece::Month(month)] => day_or_year(month, other, digits, this_year),
        _ => None,
    }
}

/// A month and one number: a day of this year if there is such a day, else the year.
fn day_or_year(month: i64, other: i64, digits: usize, this_year: Option<i64>) -> Option<i64> {
    if !(1..=12).contains(&month) {
        return None;
    }
    // Whether 29 February exists needs the year; any other day does not.
    let longest = if month == 2 { 29 } else { serial::days_in_month(2024, month) };
    if digits <= 2 && (1..=longest).contains(&other) {
        let year = this_year?;
        if let Some(day) = serial::day_of_date(year, month, other) {
            return Some(day);
        }
    }
    serial::day_of_date(year_of(other, digits)?, month, 1)
}

fn year_of(number: i64, digits: usize) -> Option<i64> {
    match digits {
        1 | 2 => Some(serial::full_year(number)),
        4 => Some(number),
        _ => None,
    }
}

/// Two or three pieces and what stands between them: the first character that is not a space, or a space.
struct Pieces {
    found: [Piece; 3],
    count: usize,
    separators: [u8; 2],
}

fn pieces(text: &str) -> Option<Pieces> {
    let mut pieces = Pieces { found: [Piece::Number(0, 0); 3], count: 0, separators: [b'/'; 2] };
    let mut rest = text;
    loop {
        let same = |kind: fn(&u8) -> bool| rest.bytes().take_while(kind).count();
        let digits = same(u8::is_ascii_digit);
        let length = if digits > 0 { digits } else { same(u8::is_ascii_alphabetic) };
        let (word, tail) = rest.split_at_checked(length)?;
        *pieces.found.get_mut(pieces.count)? = match digits {
            0 => Piece::Month(month_of(word)?),
            1..=4 => Piece::Number(word.parse().ok()?, digits),
            _ => return None,
        };
        pieces.count += 1;
        if tail.is_empty() {
            return (pieces.count > 1).then_some(pieces);
        }
        let spaced = tail.trim_start_matches(' ');
        let separator = match spaced.bytes().next()? {
            mark @ (b'/' | b'-' | b',') => {
                rest = spaced.get(1..)?.trim_start_matches(' ');
                mark
            }
            _ if spaced.len() < tail.len() => {
                rest = spaced;
                b' '
            }
            _ => return None,
        };
        *pieces.separators.get_mut(pieces.count - 1)? = separator;
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The month with this name, in full or by its first three letters.
fn month_of(word: &str) -> Option<i64> {
    let names = |name: &str| {
        name.eq_ignore_ascii_case(word) || name.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(word))
    };
    MONTHS.into_iter().position(names).map(|index| index as i64 + 1)
}

/// `h:m`, `h:m:s`, `m:s.f`, with or without ` AM`/` PM`, or `h PM`; a fraction of a day. Minutes and seconds beyond 59
/// spill over; each part has at most four digits.
fn time(text: &str) -> Option<f64> {
    let (digits, half) = match text.rsplit_once(' ') {
        Some((clock, half)) if afternoon(half).is_some() => (clock.trim_end_matches(' '), afternoon(half)),
        _ => (text, None),
    };
    let mut parts = digits.split(':').map(|part| part.trim_matches(' '));
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (hours, minutes, seconds) = match (second, third) {
        (None, None) if half.is_some() => (whole(first)?, 0, 0.0),
        (None, _) => return None,
        (Some(second), None) if second.contains('.') => (0, whole(first)?, fraction(second)?),
        (Some(second), None) => (whole(first)?, whole_or_zero(second)?, 0.0),
        (Some(second), Some(third)) => (whole(first)?, whole(second)?, fraction(third)?),
    };
    let hours = match half {
        None => hours,
        Some(_) if hours > 12 => return None,
        Some(after_noon) => hours % 12 + if after_noon { 12 } else { 0 },
    };
    Some(((hours * 60 + minutes) as f64 * 60.0 + seconds) / serial::SECONDS_PER_DAY)
}

fn afternoon(word: &str) -> Option<bool> {
    match word {
        "a" | "A" => Some(false),
        "p" | "P" => Some(true),
        _ if word.eq_ignore_ascii_case("am") => Some(false),
        _ if word.eq_ignore_ascii_case("pm") => Some(true),
        _ => None,
    }
}

fn whole(text: &str) -> Option<i64> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// `10:` is ten o'clock.
fn whole_or_zero(text: &str) -> Option<i64> {
    if text.is_empty() { Some(0) } else { whole(text) }
}

fn fraction(text: &str) -> Option<f64> {
    let (seconds, decimals) = text.split_once('.').unwrap_or((text, ""));
    let plain = decimals.bytes().all(|byte| byte.is_ascii_digit());
    if plain && whole(seconds).is_some() { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<i64> {
        date_time(text, Some(2026)).filter(|read| read.time.is_none()).and_then(|read| read.day)
    }

    fn clock(text: &str) -> Option<f64> {
        date_time(text, None).filter(|read| read.day.is_none()).and_then(|read| read.time)
    }

    /// Microsoft's DATEVALUE page (US settings), and cached values of IronCalc's and SheetJS's Excel workbooks.
    #[test]
    fn dates_that_excel_reads() {
        assert_eq!(day("8/22/2011"), Some(40_777));
        assert_eq!(day("22-MAY-2011"), Some(40_685));
        assert_eq!(day("2011/02/23"), Some(40_597));
        assert_eq!(day("2-Feb-2026"), Some(46_055));
        assert_eq!(day("June 9, 1969"), Some(25_363));
        assert_eq!(day("29-Feb-1900"), Some(60));
        assert_eq!(day("2021-10-01"), Some(44_470));
        assert_eq!(day("2026 - 01 - 01"), Some(46_023));
        assert_eq!(day("4 Feb 2026"), Some(46_057));
        assert_eq!(day("4/Feb/2026"), Some(46_057));
        assert_eq!(day("40-2-2023"), None);
        assert_eq!(day("30/2/2010"), None);
    }

    /// Microsoft's "How Excel works with two-digit year numbers".
    #[test]
    fn short_years_and_dates_without_one() {
        assert_eq!(day("1/5/29"), serial::day_of_date(2029, 1, 5));
        assert_eq!(day("1/5/30"), serial::day_of_date(1930, 1, 5));
        assert_eq!(day("Dec 01"), serial::day_of_date(2026, 12, 1));
        assert_eq!(day("Dec 99"), serial::day_of_date(1999, 12, 1));
        assert_eq!(day("1/99"), serial::day_of_date(1999, 1, 1));
        assert_eq!(day("1/1999"), serial::day_of_date(1999, 1, 1));
        assert_eq!(day("13/99"), None);
        assert_eq!(date_time("11/2", None), None);
    }

    /// Cached values of IronCalc's Excel workbooks for TIMEVALUE; the space before AM/PM is Excel's rule.
    #[test]
    fn times_that_excel_reads() {
        assert_eq!(clock("24:00"), Some(1.0));
        assert_eq!(clock(" 1:30 "), Some(0.0625));
        assert_eq!(clock("12:00 PM"), Some(0.5));
        assert_eq!(clock("12:00 am"), Some(0.0));
        assert_eq!(clock("10 p"), Some(22.0 / 24.0));
        assert_eq!(clock("10:30AM"), None);
        assert_eq!(clock("13:00 PM"), None);
        assert_eq!(clock("10:30.5"), Some(630.5 / 86_400.0));
        assert_eq!(clock("4:65"), Some(305.0 / 1440.0));
        assert_eq!(clock("4 : 35"), Some(275.0 / 1440.0));
        let both = date_time("2024-02-29 06:00", None);
        assert_eq!(both, Some(DateTime { day: Some(45_351), time: Some(0.25) }));
        assert_eq!(date_time("2024-01-05T10:30:00", None), None);
    }

    /// Whatever the text, it is read or refused; the seed is fixed.
    #[test]
    fn no_text_panics() {
        let alphabet: Vec<char> = "0123456789//--::..,, JanuaryFebPMam$%()eE+é".chars().collect();
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        };
        for _ in 0..50_000 {
            let text: String = (0..next(14)).filter_map(|_| alphabet.get(next(alphabet.len()))).collect();
            let _ = date_time(&text, Some(2026));
            if let Some(x) = crate::numbers::parse_number::number(&text) {
                assert!(x.is_finite(), "{text}");
            }
        }
    }
}
