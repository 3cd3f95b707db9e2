//! JSON tokens for the fast decoder. `None` means "not as expected", never more. Positions stay inside the text.

use crate::codec::records::Scalar;
use std::borrow::Cow;

pub enum Token<'t> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'t, str>),
}

impl Token<'_> {
    pub fn as_scalar(&self) -> Scalar<'_> {
        match self {
            Token::Null => Scalar::Null,
            Token::Bool(b) => Scalar::Bool(*b),
            Token::Number(x) => Scalar::Number(*x),
            Token::Text(text) => Scalar::Text(text),
        }
    }
}

/// A place in checked UTF-8, always before a token: white space has been skipped.
pub struct Tokens<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

/// Up to eight bytes to compare, those of the mask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    bytes: u64,
    mask: u64,
}

/// Up to 32 bytes to compare before a number, or more, which `number_at` does not take, and the byte behind it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Short {
    words: [Word; 4],
    length: usize,
    after: u8,
}

const SHORT: usize = 32;

/// Powers of ten that are exact doubles.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];
/// Digits that an u64 holds whatever they are.
const SURE_DIGITS: usize = 19;
const EXACT: u64 = 1 << 53;

impl<'t> Tokens<'t> {
    pub fn new(text: &'t str) -> Tokens<'t> {
        let mut tokens = Tokens { text, bytes: text.as_bytes(), at: 0 };
        tokens.space();
        tokens
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The next byte; 0, which begins no token, at the end.
    #[inline]
    pub fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// The token `byte`, if it comes next.
    #[inline]
    pub fn close(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        if found {
            self.at += 1;
            self.space();
        }
        found
    }

    #[inline]
    pub fn open(&mut self, byte: u8) -> Option<()> {
        self.close(byte).then_some(())
    }

    #[inline]
    pub fn colon(&mut self) -> Option<()> {
        self.open(b':')
    }

    /// After an element: true at a comma, false at the end of the container.
    #[inline]
    pub fn another(&mut self, end: u8) -> Option<bool> {
        if self.close(b',') { Some(true) } else { self.close(end).then_some(false) }
    }

    /// Goes to the start of a token that there was.
    pub fn go_to(&mut self, position: usize) {
        self.at = position;
    }

    /// Skips `length` bytes if they are those of `word`, and of `words` behind it, as `words_of` gives them.
    #[inline]
    pub fn skip_words(&mut self, word: Word, words: &[Word], length: usize) -> bool {
        if (self.word(self.at) ^ word.bytes) & word.mask != 0 {
            return false;
        }
        let mut at = self.at + 8;
        for expected in words {
            if (self.word(at) ^ expected.bytes) & expected.mask != 0 {
                return false;
            }
            at += 8;
        }
        self.at += length;
        true
    }

    /// Goes past white space where a token was skipped by its bytes.
    #[inline]
    pub fn skip_space(&mut self) {
        self.space();
    }

    /// The bytes between two positions, for `skip_words`.
    pub fn words_of(&self, start: usize, end: usize) -> impl Iterator<Item = Word> {
        (start..end).step_by(8).map(move |at| {
            let mask = u64::MAX >> (64 - 8 * (end - at).min(8));
            Word { bytes: self.word(at), mask }
        })
    }

    /// Skips a key if it is spelled exactly so (closing quote included).
    #[inline]
    pub fn skip_key(&mut self, spelled: &[u8]) -> bool {
        let start = self.at + 1;
        let same = self.peek() == b'"' && self.bytes.get(start..start + spelled.len()) == Some(spelled);
        if same {
            self.at = start + spelled.len();
            self.space();
        }
        same
    }

    /// A key without escapes, as it stands, with its closing quote.
    pub fn plain_key(&mut self) -> Option<&'t [u8]> {
        let start = self.at + 1;
        let end = self.quoted()?;
        self.space();
        end.plain.then(|| self.bytes.get(start..end.after)).flatten()
    }

    /// Goes past a string.
    fn quoted(&mut self) -> Option<Quoted> {
        if self.peek() != b'"' {
            return None;
        }
        self.at += 1;
        let mut plain = true;
        loop {
            self.at += ordinary(self.bytes.get(self.at..)?);
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Some(Quoted { after: self.at, plain });
                }
                b'\\' => {
                    plain = false;
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }

    /// A string, a number, `true`, `false` or `null`.
    pub fn scalar(&mut self) -> Option<Token<'t>> {
        match self.peek() {
            b'"' => self.string(),
            b'n' => self.literal("null", Token::Null),
            b't' => self.literal("true", Token::Bool(true)),
            b'f' => self.literal("false", Token::Bool(false)),
            _ => self.number().map(Token::Number),
        }
    }

    fn literal(&mut self, word: &str, token: Token<'t>) -> Option<Token<'t>> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end)? != word.as_bytes() {
            return None;
        }
        self.at = end;
        self.space();
        Some(token)
    }

    fn string(&mut self) -> Option<Token<'t>> {
        let start = self.at;
        let end = self.quoted()?;
        self.space();
        let text = if end.plain {
            Cow::Borrowed(self.text.get(start + 1..end.after - 1)?)
        } else {
            Cow::Owned(serde_json::from_str(self.text.get(start..end.after)?).ok()?)
        };
        Some(Token::Text(text))
    }

    /// A number of up to seven digits between other bytes, exactly rounded, and where it ends. `None` if it is not there,
    /// if anything about it is special, or near the end of the text.
    #[inline(always)]
    pub fn number_at(&self, at: usize, around: &Short) -> Option<(f64, usize)> {
        let bytes: &[u8; 48] = self.bytes.get(at..)?.first_chunk()?;
        let word_at = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
        let unlike = |at: usize, word: Word| Some((word_at(at)? ^ word.bytes) & word.mask);
        let [first, second, third, last] = around.words;
        if unlike(0, first)? != 0 || around.length > SHORT {
            return None;
        }
        if around.length > 8 && unlike(8, second)? | unlike(16, third)? | unlike(24, last)? != 0 {
            return None;
        }
        let negative = bytes.get(around.length) == Some(&b'-');
        let start = around.length + usize::from(negative);
        let word = word_at(start)?;
        let others = no_digits(word);
        let whole = others.trailing_zeros() & 0x78;
        if !(8..=56).contains(&whole) || (word as u8 == b'0' && whole > 8) {
            return None;
        }
        // Signs of whole numbers: there is no -0.
        let signed = |digits: u64| ((digits as i64 ^ -i64::from(negative)) + i64::from(negative)) as f64;
        let (number, length) = if (word >> whole) as u8 == b'.' {
            let before = (1 << whole) - 1;
            let digits = word & before | (word >> 8) & !before;
            // Bytes behind the point are marked rightly, too, up to the first that is no digit.
            let end = (others & (others - 1)).trailing_zeros() & 0x78;
            let count = end - 8;
            let power = TENS.get((count - whole) as usize / 8).filter(|_| count > whole)?;
            (signed(value_of_digits(digits, count)) / power, end / 8)
        } else {
            (signed(value_of_digits(word, whole)), whole / 8)
        };
        let end = start + length as usize;
        (bytes.get(end) == Some(&around.after)).then_some((number, at + end))
    }

    /// The bytes between two positions and the one behind the value that follows, for `number_at`.
    pub fn short(&self, start: usize, end: usize, after: usize) -> Short {
        let mut words = self.words_of(start, end);
        let words = [(); 4].map(|()| words.next().unwrap_or_default());
        Short { words, length: end - start, after: self.bytes.get(after).copied().unwrap_or(0) }
    }

    /// A number, exactly rounded.
    pub fn number(&mut self) -> Option<f64> {
        let start = self.at;
        let negative = u64::from(self.peek() == b'-');
        self.at += negative as usize;
        let mut mantissa = 0;
        let first = self.peek();
        let whole = self.digits(&mut mantissa);
        if whole == 0 || (first == b'0' && whole > 1) {
            return None;
        }
        let mut fraction = 0;
        if self.peek() == b'.' {
            self.at += 1;
            fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return None;
            }
        }
        let simple = whole + fraction <= SURE_DIGITS && mantissa <= EXACT;
        let scientific = matches!(self.peek(), b'e' | b'E');
        let number = match TENS.get(fraction) {
            // One division of two exact doubles rounds once.
            Some(power) if simple && !scientific => {
                f64::from_bits((mantissa as f64 / power).to_bits() | negative << 63)
            }
            _ => {
                if scientific {
                    self.exponent()?;
                }
                self.text.get(start..self.at)?.parse().ok().filter(|x: &f64| x.is_finite())?
            }
        };
        self.space();
        Some(number)
    }

    /// Eight bytes from `at` on; zeros beyond the end.
    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        match self.bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => self.last_word(at),
        }
    }

    #[cold]
    fn last_word(&self, at: usize) -> u64 {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
    }

    #[inline]
    fn digits(&mut self, mantissa: &mut u64) -> usize {
        let start = self.at;
        loop {
            let word = self.word(self.at);
            let count = leading_digits(word);
            if let Some(&power) = WHOLE_TENS.get(count)
                && count > 0
            {
                *mantissa =
                    mantissa.wrapping_mul(power).wrapping_add(value_of_digits(word, 8 * count as u32));
            }
            self.at += count;
            if count < 8 {
                return self.at - start;
            }
        }
    }

    fn exponent(&mut self) -> Option<()> {
        self.at += 1;
        self.at += usize::from(matches!(self.peek(), b'+' | b'-'));
        let mut ignored = 0;
        (self.digits(&mut ignored) > 0).then_some(())
    }
}

const WHOLE_TENS: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// How many of eight bytes are digits, up to the first that is none.
#[inline]
fn leading_digits(word: u64) -> usize {
    digit_bits(word) as usize / 8
}

/// The same in bits.
#[inline(always)]
fn digit_bits(word: u64) -> u32 {
    no_digits(word).trailing_zeros() & 0x78
}

/// Marks the bytes that are no digits. Those after the first that is above `~` may be marked wrongly.
#[inline(always)]
fn no_digits(word: u64) -> u64 {
    let values = word ^ 0x3030_3030_3030_3030;
    (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

/// The number that the first `bits` bits, 1 to 8 digits, spell: pairs, then fours, then all eight.
#[inline(always)]
fn value_of_digits(word: u64, bits: u32) -> u64 {
    let values = (word ^ 0x3030_3030_3030_3030) << (64 - bits);
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let (even, odd) = (pairs & 0x0000_00FF_0000_00FF, (pairs >> 16) & 0x0000_00FF_0000_00FF);
    even.wrapping_mul(0x000F_4240_0000_0064).wrapping_add(odd.wrapping_mul(0x0000_2710_0000_0001)) >> 32
}

struct Quoted {
    /// Just behind the closing quote.
    after: usize,
    /// Without escapes.
    plain: bool,
}

/// Bytes before the first that is a quote, a backslash or a control character.
#[inline]
pub(super) fn ordinary(bytes: &[u8]) -> usize {
    let mut count = 0;
    for chunk in bytes.chunks_exact(8) {
        let special = special_bytes(chunk.try_into().unwrap_or([0; 8]));
        if special != 0 {
            return count + special.trailing_zeros() as usize / 8;
        }
        count += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    let rest = bytes.get(count..).unwrap_or(&[]);
    count + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Marks the first special byte of eight; bytes after it may be marked wrongly.
#[inline]
fn special_bytes(chunk: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(chunk);
    let zero_in = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    zero_in(word ^ (ONES * u64::from(b'"'))) | zero_in(word ^ (ONES * u64::from(b'\\'))) | control
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_bytes_are_found_wherever_they_stand() {
        for special in (0..=0x1F).chain([b'"', b'\\']) {
            for position in 0..20 {
                let mut bytes = *b"a~ \xC3\xA9!#[]\x7F\xFFabcdefghi";
                bytes[position] = special;
                assert_eq!(ordinary(&bytes), position, "{special} at {position}");
            }
        }
        assert_eq!(ordinary(b"a~ \xC3\xA9!#[]\x7F\xFFabcdefghi"), 20);
    }
}
