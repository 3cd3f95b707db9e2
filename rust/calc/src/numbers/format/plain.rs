//! The most frequent number sections, `0.00`, `#,##0.00`, `$0`, `0%`: literals around one plain run of placeholders.
//! Written directly from the rounded integer. Everything else, and huge numbers, are left to `number`.

use super::scan::Token;
use crate::numbers::digits;

#[derive(Clone, Debug)]
pub struct Plain {
    prefix: String,
    suffix: String,
    /// Digits shown left of the point at least.
    least: usize,
    decimals: usize,
    grouped: bool,
    scale: i32,
}

impl Plain {
    /// `None` unless the section is of this kind.
    pub fn compile(tokens: &[Token]) -> Option<Plain> {
        let is_literal = |token: &Token| matches!(token, Token::Literal(_) | Token::Percent);
        let start = tokens.iter().position(|token| !is_literal(token))?;
        let end = tokens.iter().rposition(|token| !is_literal(token))? + 1;
        let (before, digits, after) = (tokens.get(..start)?, tokens.get(start..end)?, tokens.get(end..)?);
        let point = digits.iter().position(|token| *token == Token::Point);
        let (whole, decimals) = match point {
            Some(point) => (digits.get(..point)?, digits.get(point + 1..)?),
            None => (digits, &[][..]),
        };
        let mut marks = whole.iter().filter(|token| **token != Token::Comma);
        let least = whole.iter().filter(|token| **token == Token::Digit(b'0')).count();
        let optional = marks.by_ref().take_while(|token| **token == Token::Digit(b'#')).count();
        let in_order = marks.all(|token| *token == Token::Digit(b'0'));
        let count = least + optional;
        let only_zeros = decimals.iter().all(|token| *token == Token::Digit(b'0'));
        let outer_comma = whole.first() == Some(&Token::Comma) || whole.last() == Some(&Token::Comma);
        let commas = whole.len() - count.min(whole.len());
        let known = whole.iter().all(|token| matches!(token, Token::Comma | Token::Digit(b'0' | b'#')));
        // `##` after the first 0, or a point without decimals, take the general path.
        if !known
            || !in_order
            || !only_zeros
            || outer_comma
            || least == 0
            || count > 15
            || decimals.len() > 15
        {
            return None;
        }
        if point.is_some() && decimals.is_empty() {
            return None;
        }
        let literals = |tokens: &[Token]| {
            let mut text = String::new();
            tokens.iter().for_each(|token| token.write_literal(&mut text));
            text
        };
        let percents = tokens.iter().filter(|token| **token == Token::Percent).count();
        Some(Plain {
            prefix: literals(before),
            suffix: literals(after),
            least,
            decimals: decimals.len(),
            grouped: commas > 0,
            scale: 2 * percents.min(100) as i32,
        })
    }

    /// Appends a magnitude, or returns false where it has too many digits for this path.
    pub fn write(&self, x: f64, negative: bool, out: &mut String) -> bool {
        let Some(scaled) = scaled(x, self.scale + self.decimals as i32) else { return false };
        if negative && scaled > 0 {
            out.push('-');
        }
        out.push_str(&self.prefix);
        if !self.grouped {
            self.write_digits(scaled, out);
            out.push_str(&self.suffix);
            return true;
        }
        let (mut text, mut at) = ([b'0'; 48], 48);
        let mut put = |byte: u8| {
            at -= 1;
            if let Some(place) = text.get_mut(at) {
                *place = byte;
            }
        };
        let mut rest = scaled;
        for _ in 0..self.decimals {
            put(b'0' + (rest % 10) as u8);
            rest /= 10;
        }
        if self.decimals > 0 {
            put(b'.');
        }
        let mut place = 0;
        while rest > 0 || place < self.least {
            if self.grouped && place > 0 && place.is_multiple_of(3) {
                put(b',');
            }
            put(b'0' + (rest % 10) as u8);
            rest /= 10;
            place += 1;
        }
        out.push_str(text.get(at..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or(""));
        out.push_str(&self.suffix);
        true
    }
}

impl Plain {
    /// The digits without thousands separators, two at a time.
    fn write_digits(&self, scaled: u64, out: &mut String) {
        const WIDTH: usize = 48;
        let (mut text, mut at) = ([b'0'; WIDTH], WIDTH);
        let mut put = |at: usize, pair: u64| {
            if let Some([tens, ones]) = text.get_mut(at..at + 2) {
                (*tens, *ones) = (b'0' + (pair / 10) as u8, b'0' + (pair % 10) as u8);
            }
        };
        let mut rest = scaled;
        for _ in 0..self.decimals / 2 {
            at -= 2;
            put(at, rest % 100);
            rest /= 100;
        }
        if self.decimals % 2 == 1 {
            at -= 2;
            put(at, rest % 10);
            at += 1;
            rest /= 10;
        }
        let point = at.wrapping_sub(1);
        at -= usize::from(self.decimals > 0);
        let end = at;
        while rest > 0 {
            at -= 2;
            put(at, rest % 100);
            rest /= 100;
        }
        // The first pair may begin with a zero that is not a digit of the number.
        at += usize::from(at < end && text.get(at) == Some(&b'0'));
        if self.decimals > 0
            && let Some(byte) = text.get_mut(point)
        {
            *byte = b'.';
        }
        let start = at.min(end - self.least);
        out.push_str(text.get(start..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or(""));
    }
}

/// `x` times a power of ten, rounded half away from zero on its 15-digit view, if that has at most 18 digits.
fn scaled(x: f64, power: i32) -> Option<u64> {
    let fast = digits::rounding::scaled_fast(x, power);
    if fast.is_some() {
        return fast;
    }
    let view = digits::decimal(x);
    let shift = view.exponent + power;
    match shift {
        _ if view.digits == 0 => Some(0),
        0..=3 => Some(view.digits * 10u64.pow(shift as u32)),
        -17..=-1 => {
            let unit = 10u64.pow(shift.unsigned_abs());
            Some((view.digits + unit / 2) / unit)
        }
        4.. => None,
        _ => Some(0),
    }
}
