//! Text compared and looked at eight bytes at a time.

use std::ops::Range;

/// Up to eight bytes to compare: those of the mask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    bytes: u64,
    mask: u64,
}

impl Word {
    /// The bytes of a range, eight to a word; the last word may have fewer.
    pub fn all_of(bytes: &[u8], range: Range<usize>) -> impl Iterator<Item = Word> {
        let end = range.end;
        range.step_by(8).map(move |at| {
            let mask = u64::MAX >> (64 - 8 * (end - at).min(8));
            Word { bytes: load(bytes, at), mask }
        })
    }

    /// 0 if the bytes of the mask are the same in `word`.
    #[inline(always)]
    pub fn difference(self, word: u64) -> u64 {
        (word ^ self.bytes) & self.mask
    }
}

/// Eight bytes from `at` on; zeros after the end.
#[inline(always)]
pub fn load(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => load_last(bytes, at),
    }
}

#[cold]
fn load_last(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or(&[]);
    rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// How many of eight bytes are digits, up to the first that is none.
#[inline]
pub fn leading_digits(word: u64) -> usize {
    (non_digits(word).trailing_zeros() & 0x78) as usize / 8
}

/// Sets the top bit of the bytes that are no digits. After the first byte above `~` the bits may be wrong.
#[inline(always)]
pub fn non_digits(word: u64) -> u64 {
    let values = word ^ 0x3030_3030_3030_3030;
    (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

/// The number that the first `bits` bits, 1 to 8 digits, spell: pairs, then fours, then all eight.
#[inline(always)]
pub fn value_of_digits(word: u64, bits: u32) -> u64 {
    let values = (word ^ 0x3030_3030_3030_3030) << (64 - bits);
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let (even, odd) = (pairs & 0x0000_00FF_0000_00FF, (pairs >> 16) & 0x0000_00FF_0000_00FF);
    even.wrapping_mul(0x000F_4240_0000_0064).wrapping_add(odd.wrapping_mul(0x0000_2710_0000_0001)) >> 32
}
