//! Numbers written as text, as Excel (US locale) reads them: signs, thousands commas, percent, currency, parentheses,
//! exponents, mixed fractions. Dates and times are read by `parse_date`.

/// Reads a number, or gives `None` for whatever Excel refuses (`1E400`, `NaN`, `0x10`, `1,23`, a lone sign …).
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim_matches(' ');
    if let Some(x) = plain(text) {
        return Some(x);
    }
    decorated(text)
}

/// The common case, without any decoration: digits, at most one point, at most one sign.
fn plain(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = unsigned.bytes().filter(u8::is_ascii_digit).count();
    let points = unsigned.bytes().filter(|&byte| byte == b'.').count();
    if digits == 0 || digits > 15 || points > 1 || digits + points != unsigned.len() {
        return None;
    }
    text.parse().ok().map(|x: f64| x + 0.0)
}

/// Marks around the digits; each may appear once, on either side.
#[derive(Default)]
struct Marks {
    negative: bool,
    signed: bool,
    percent: bool,
    currency: bool,
    parenthesis: bool,
}

fn decorated(text: &str) -> Option<f64> {
    // Most texts are no numbers: dates and words leave here, before any work.
    let possible =
        |c: char| matches!(c, '0'..='9' | '.' | ',' | '+' | '-' | '(' | ')' | '%' | ' ' | '/' | 'e' | 'E');
    if !text.chars().all(|c| possible(c) || is_currency(c)) || !text.bytes().any(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut marks = Marks::default();
    let mut rest = prefix(text, &mut marks)?;
    rest = suffix(rest, &mut marks)?;
    let magnitude = match rest.contains('/') {
        true if marks.percent || marks.currency => return None,
        true => mixed_fraction(rest)?,
        // Shifting the decimal point is exact where dividing by 100 is not: 23.123% is 0.23123.
        false => decimal(rest, if marks.percent { -2 } else { 0 })?,
    };
    Some(if marks.negative && magnitude != 0.0 { -magnitude } else { magnitude })
}

/// Takes signs, currency, percent and the opening parenthesis off the front.
fn prefix<'a>(text: &'a str, marks: &mut Marks) -> Option<&'a str> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(' ');
        let first = rest.chars().next()?;
        match first {
            '+' | '-' if !marks.signed && !marks.parenthesis => {
                marks.signed = true;
                marks.negative = first == '-';
            }
            '(' if !marks.signed && !marks.parenthesis => {
                marks.parenthesis = true;
                marks.negative = true;
            }
            '%' if !marks.percent && !marks.currency => marks.percent = true,
            _ if is_currency(first) && !marks.currency && !marks.percent => marks.currency = true,
            '0'..='9' | '.' => return Some(rest),
            _ => return None,
        }
        rest = rest.get(first.len_utf8()..)?;
    }
}

/// Takes percent, currency and the closing parenthesis off the end.
fn suffix<'a>(text: &'a str, marks: &mut Marks) -> Option<&'a str> {
    let mut rest = text;
    let mut open = marks.parenthesis;
    loop {
        rest = rest.trim_end_matches(' ');
        let last = rest.chars().next_back()?;
        match last {
            ')' if open => open = false,
            '%' if !marks.percent && !marks.currency => marks.percent = true,
            _ if is_currency(last) && !marks.currency && !marks.percent => marks.currency = true,
            _ => return (!open).then_some(rest),
        }
        rest = rest.get(..rest.len() - last.len_utf8())?;
    }
}

fn is_currency(c: char) -> bool {
    matches!(c, '$' | '€' | '£' | '¥')
}

/// `1 1/2`; without a whole part it would be a date.
fn mixed_fraction(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once(' ')?;
    let (numerator, denominator) = fraction.trim_start_matches(' ').split_once('/')?;
    let all_digits =
        |part: &str| (1..=15).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(numerator) || !all_digits(denominator) || numerator.len() > 5 || denominator.len() > 5 {
        return None;
    }
    let whole = grouped(whole)?;
    let (numerator, denominator): (f64, f64) = (numerator.parse().ok()?, denominator.parse().ok()?);
    (whole.bytes().all(|byte| byte.is_ascii_digit()) && denominator != 0.0)
        .then(|| whole.parse().ok().map(|whole: f64| whole + numerator / denominator))?
}

/// Digits with commas, point and exponent. Excel keeps 15 digits and reads the others as zeros.
fn decimal(text: &str, shift: i32) -> Option<f64> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, exponent(text.get(at + 1..)?)?),
        None => (text, 0),
    };
    let exponent = exponent + shift;
    let digits = grouped(mantissa)?;
    let x: f64 = if exponent == 0 && digits.len() <= 15 {
        digits.parse().ok()?
    } else {
        format!("{}e{exponent}", fifteen_digits(&digits)).parse().ok()?
    };
    if !x.is_finite() {
        return None;
    }
    Some(if x.is_normal() { x } else { 0.0 })
}

fn exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The digits without thousands commas, or `None` where a comma stands wrong: each follows a digit and is followed
/// by at least three.
fn grouped(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b',' | b'.')) {
        return None;
    }
    let (whole, decimals) =
        text.split_once('.').map_or((text, None), |(whole, decimals)| (whole, Some(decimals)));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let has_groups = whole.contains(',');
    if has_groups && (first.is_empty() || groups.any(|group| group.len() < 3)) {
        return None;
    }
    let digits: String = whole.bytes().filter(|&byte| byte != b',').map(char::from).collect();
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.len() + decimals.map_or(0, str::len);
    if count == 0 || !all_digits(&digits) || !decimals.is_none_or(all_digits) {
        return None;
    }
    Some(match decimals {
        Some(decimals) => format!("{digits}.{decimals}"),
        None => digits,
    })
}

fn fifteen_digits(digits: &str) -> String {
    let mut kept = 0;
    let keep = |c: char| {
        if c == '.' {
            return c;
        }
        if kept > 0 || c != '0' {
            kept += 1;
        }
        if kept > 15 { '0' } else { c }
    };
    digits.chars().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cached values of IronCalc's Excel workbook T_VALUE_VALUETOTEXT and Apache POI's FormulaEvalTestData.
    #[test]
    fn numbers_that_excel_reads() {
        for (text, expected) in [
            ("40%", 0.4),
            ("123", 123.0),
            ("23€", 23.0),
            ("23.123%", 0.23123),
            ("1e-5", 1e-5),
            ("12€", 12.0),
            ("123,456.67", 123_456.67),
            ("$1,000", 1000.0),
            (" -5 ", -5.0),
            ("(1,234.5)", -1234.5),
            ("-$5", -5.0),
            ("$-5", -5.0),
            ("1 1/2", 1.5),
            ("-1 1/4", -1.25),
            (".5", 0.5),
            ("5.", 5.0),
            ("1E3", 1000.0),
            ("1234567890123456789", 1_234_567_890_123_450_000.0),
        ] {
            assert_eq!(number(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_that_excel_refuses() {
        for text in [
            "", " ", "qwerty", "12,34", "1E400", "NaN", "inf", "Infinity", "0x10", "1e", "e5", ".", "-",
            "--1", "1,,000", "1.2.3", "(5", "5)", "1 2", "1/2", "TRUE", "$", "%", "1_000", "½", "٣",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
