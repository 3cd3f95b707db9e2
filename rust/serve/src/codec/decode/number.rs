//! Numbers as JSON writes them, exactly rounded. `None` means that there is none, or none that is read here.

use crate::codec::decode::word::{Word, leading_digits, load, non_digits, value_of_digits};
use std::ops::Range;

/// Powers of ten that are exact doubles.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];
const WHOLE_TENS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
/// Any number of 19 digits fits into an u64.
const SURE_DIGITS: usize = 19;
/// Whole numbers up to here are exact doubles.
const EXACT: u64 = 1 << 53;

/// The number that begins at `start`, and where it ends.
#[inline]
pub fn number(text: &str, start: usize) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let peek = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let negative = u64::from(peek(start) == b'-');
    let mut at = start + negative as usize;
    let mut mantissa = 0;
    let first = peek(at);
    let whole = digits(bytes, at, &mut mantissa);
    if whole == 0 || (first == b'0' && whole > 1) {
        return None;
    }
    at += whole;
    let mut fraction = 0;
    if peek(at) == b'.' {
        fraction = digits(bytes, at + 1, &mut mantissa);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    let simple = whole + fraction <= SURE_DIGITS && mantissa <= EXACT;
    let scientific = matches!(peek(at), b'e' | b'E');
    match TENS.get(fraction) {
        Some(power) if simple && !scientific => {
            // One division of two exact doubles rounds once.
            Some((f64::from_bits((mantissa as f64 / power).to_bits() | negative << 63), at))
        }
        _ => {
            if scientific {
                at += 1;
                at += usize::from(matches!(peek(at), b'+' | b'-'));
                let exponent = digits(bytes, at, &mut 0);
                if exponent == 0 {
                    return None;
                }
                at += exponent;
            }
            let number = text.get(start..at)?.parse().ok().filter(|x: &f64| x.is_finite())?;
            Some((number, at))
        }
    }
}

/// How many digits begin at `start`. They are appended to the mantissa, which wraps around if it is too small for them.
#[inline]
fn digits(bytes: &[u8], start: usize, mantissa: &mut u64) -> usize {
    let mut at = start;
    loop {
        let word = load(bytes, at);
        let count = leading_digits(word);
        if let Some(&power) = WHOLE_TENS.get(count)
            && count > 0
        {
            *mantissa = mantissa.wrapping_mul(power).wrapping_add(value_of_digits(word, 8 * count as u32));
        }
        at += count;
        if count < 8 {
            return at - start;
        }
    }
}

/// The bytes before a number and the one after it, as the last record had them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    words: [Word; 4],
    /// Bytes before the number. `words` holds the first `MOST_BEFORE` of them.
    length: usize,
    after: u8,
}

/// With more bytes before it a number is not read by `number_between`.
const MOST_BEFORE: usize = 32;

impl Surroundings {
    /// The bytes of the range `before`, and the one at `after`.
    pub fn new(bytes: &[u8], before: Range<usize>, after: usize) -> Surroundings {
        let length = before.len();
        let mut words = Word::all_of(bytes, before);
        let words = [(); 4].map(|()| words.next().unwrap_or_default());
        Surroundings { words, length, after: bytes.get(after).copied().unwrap_or(0) }
    }
}

/// The number of up to seven digits in the surroundings that begin at `start`, and where it ends. `None` if the bytes
/// around it differ, if the number is special in any way, or near the end of the text.
#[inline(always)]
pub fn number_between(bytes: &[u8], start: usize, around: &Surroundings) -> Option<(f64, usize)> {
    let bytes: &[u8; 48] = bytes.get(start..)?.first_chunk()?;
    let word_at = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let difference = |at: usize, word: Word| Some(word.difference(word_at(at)?));
    let [first, second, third, last] = around.words;
    if difference(0, first)? != 0 || around.length > MOST_BEFORE {
        return None;
    }
    if around.length > 8 && difference(8, second)? | difference(16, third)? | difference(24, last)? != 0 {
        return None;
    }
    let negative = bytes.get(around.length) == Some(&b'-');
    let at = around.length + usize::from(negative);
    let word = word_at(at)?;
    let others = non_digits(word);
    let whole = others.trailing_zeros() & 0x78;
    if !(8..=56).contains(&whole) || (word as u8 == b'0' && whole > 8) {
        return None;
    }
    // The sign is given to a whole number, so that -0 becomes 0, as in a cell.
    let signed = |digits: u64| ((digits as i64 ^ -i64::from(negative)) + i64::from(negative)) as f64;
    let (number, length) = if (word >> whole) as u8 == b'.' {
        let before = (1 << whole) - 1;
        let digits = word & before | (word >> 8) & !before;
        // The point is below `~`, so the bits after it are right up to the first byte that is no digit.
        let end = (others & (others - 1)).trailing_zeros() & 0x78;
        let count = end - 8;
        let power = TENS.get((count - whole) as usize / 8).filter(|_| count > whole)?;
        (signed(value_of_digits(digits, count)) / power, end / 8)
    } else {
        (signed(value_of_digits(word, whole)), whole / 8)
    };
    let end = at + length as usize;
    (bytes.get(end) == Some(&around.after)).then_some((number, start + end))
}
