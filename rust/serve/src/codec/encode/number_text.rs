//! Numbers as texts, several of a column at a time: with at most 15 significant digits, as Excel shows them, laid out
//! like C's `%.15g`. The numbers of a column are alike, so one of the ways below usually does for all of them. Texts
//! are put together from whole words: digits and signs are too random to branch on.

#![allow(clippy::needless_range_loop, reason = "the loops go through several arrays in step")]
#![allow(
    unsafe_code,
    reason = "what is compiled for a processor's features may only be called where it has them"
)]

#[cfg(target_arch = "x86_64")]
use execd_calc::math::processor::Avx2;
use execd_calc::numbers::digits;

/// Numbers written at once.
pub const LANES: usize = 16;
/// Bytes copied at once of what stands before a number. A piece shorter than this is short.
pub const PIECE: usize = 32;
/// Bytes that a number takes at most.
pub const LONGEST: usize = 24;

/// The sum of this and a number below 2^51 has the nearest whole number in its lowest bits.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
/// A number of at most seven decimals is a whole number of such parts.
const PARTS: f64 = 1e7;
/// Below this a number of at most seven decimals has at most 15 digits.
const FEW: f64 = 1e8;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A number as text, after the bytes that stand before it. The bytes after its end can be anything.
#[derive(Clone, Copy, Debug)]
pub struct NumberText {
    bytes: [u8; ROOM],
    pub length: usize,
}

/// Room for a piece, the longest number, and the bytes after its end that are overwritten with it.
pub const ROOM: usize = 72;

/// Writes finite numbers after the `start` bytes that the texts have already. Returns how long a text is at most.
pub fn write_numbers<const L: usize>(numbers: &[f64; L], start: usize, out: &mut [NumberText; L]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if Avx2::detect().is_some() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { write_numbers_avx2(numbers, start, out) };
    }
    write_numbers_anywhere(numbers, start, out)
}

/// The same code, compiled for AVX2: the loops take twice as many numbers at a time.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt")]
fn write_numbers_avx2<const L: usize>(numbers: &[f64; L], start: usize, out: &mut [NumberText; L]) -> usize {
    write_numbers_anywhere(numbers, start, out)
}

#[inline(always)]
fn write_numbers_anywhere<const L: usize>(
    numbers: &[f64; L],
    start: usize,
    out: &mut [NumberText; L],
) -> usize {
    if write_small(numbers, start, out) {
        start + 5
    } else {
        if !write_few_decimals(numbers, start, out) {
            write_any(numbers, start, out);
        }
        start + LONGEST
    }
}

/// The whole number nearest to one below 2^51: as an integer and as a double.
#[inline(always)]
fn nearest(x: f64) -> (i64, f64) {
    let shifted = x + TO_WHOLE;
    (shifted.to_bits().wrapping_sub(TO_WHOLE.to_bits()) as i64, shifted - TO_WHOLE)
}

/// Writes whole numbers of at most four digits. False if there are others.
#[inline(always)]
fn write_small<const L: usize>(numbers: &[f64; L], start: usize, out: &mut [NumberText; L]) -> bool {
    let (mut sizes, mut counts, mut signs, mut other) = ([0; L], [0; L], [0; L], 0_u64);
    for i in 0..L {
        let (whole, near) = nearest(numbers[i]);
        other |= u64::from(near != numbers[i]) | u64::from(numbers[i].abs() >= 1e4);
        sizes[i] = (whole as i32).unsigned_abs();
        signs[i] = whole as u32 >> 31;
    }
    if other != 0 {
        return false;
    }
    for i in 0..L {
        counts[i] = 1 + u32::from(sizes[i] > 9) + u32::from(sizes[i] > 99) + u32::from(sizes[i] > 999);
    }
    for i in 0..L {
        let (text, at) = (&mut out[i], start + signs[i] as usize);
        text.put(start, *b"-");
        text.put(at, SMALL.get(sizes[i] as usize).copied().unwrap_or_default());
        text.length = at + counts[i] as usize;
    }
    true
}

/// The texts of whole numbers of at most four digits; the bytes after them can be anything.
static SMALL: [[u8; 4]; 10_000] = {
    let mut texts = [[b'0'; 4]; 10_000];
    let mut number = 0;
    while number < texts.len() {
        let (mut rest, mut text) = (number, [b'0'; 4]);
        while rest > 0 {
            text = [b'0' + (rest % 10) as u8, text[0], text[1], text[2]];
            rest /= 10;
        }
        texts[number] = text;
        number += 1;
    }
    texts
};

/// Writes numbers from 0.0001 to below 10^8 with at most seven decimals, and 0. False if there are others.
#[inline(always)]
fn write_few_decimals<const L: usize>(numbers: &[f64; L], start: usize, out: &mut [NumberText; L]) -> bool {
    let (mut sizes, mut other) = ([0; L], 0_u64);
    for i in 0..L {
        let (parts, near) = nearest(numbers[i] * PARTS);
        // The double nearest to a number of at most 15 digits is shown as that number.
        let size = numbers[i].abs();
        other |= u64::from(near / PARTS != numbers[i]) | u64::from(size >= FEW);
        // Smaller ones are written with exponents.
        other |= u64::from(size < 1e-4) & u64::from(size != 0.0);
        sizes[i] = parts.unsigned_abs();
    }
    if other != 0 {
        return false;
    }
    let (mut first, mut last) = ([0; L], [0; L]);
    for i in 0..L {
        let whole = sizes[i] / PARTS as u64;
        first[i] = whole as u32;
        last[i] = ((sizes[i] - whole * PARTS as u64) * 10) as u32;
    }
    let (first, last) = (eight_digits(&first), eight_digits(&last));
    for i in 0..L {
        let (text, whole, decimals) = (&mut out[i], first[i], last[i]);
        let at = start + usize::from(numbers[i] < 0.0);
        text.put(start, *b"-");
        // The last digit before the point is written even if it is 0.
        let zeros = (whole | 1 << 56).trailing_zeros() / 8;
        text.put(at, ((whole | ZEROS) >> (8 * zeros)).to_le_bytes());
        let at = at + 8 - zeros as usize;
        text.put(at, *b".");
        text.put(at + 1, (decimals | ZEROS).to_le_bytes());
        text.length = at + if decimals == 0 { 0 } else { 1 + significant(decimals) };
    }
    true
}

/// Writes any numbers.
#[inline(always)]
fn write_any<const L: usize>(numbers: &[f64; L], start: usize, out: &mut [NumberText; L]) {
    let (mut first, mut last, mut leads) = ([0; L], [0; L], [0; L]);
    for i in 0..L {
        let view = digits::decimal_inlined(numbers[i]);
        first[i] = (view.digits / 10_000_000) as u32;
        // The sixteenth digit is 0.
        last[i] = (view.digits % 10_000_000 * 10) as u32;
        // The exponent of the first digit.
        leads[i] = if view.digits == 0 { 0 } else { view.exponent + 14 };
    }
    let (first, last) = (eight_digits(&first), eight_digits(&last));
    for i in 0..L {
        out[i].put(start, *b"-");
        out[i].view(start + usize::from(numbers[i] < 0.0), [first[i], last[i]], leads[i]);
    }
}

impl NumberText {
    pub const EMPTY: NumberText = NumberText { bytes: [0; ROOM], length: 0 };

    /// Ready for a number after a piece of text.
    pub fn after(piece: &[u8; PIECE]) -> NumberText {
        let mut text = NumberText::EMPTY;
        text.put(0, *piece);
        text
    }

    /// The first `N` bytes: the text and whatever is after it.
    #[inline(always)]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        self.bytes.first_chunk().copied().unwrap_or([0; N])
    }

    /// Stores a piece at a position.
    #[inline(always)]
    fn put<const N: usize>(&mut self, at: usize, piece: [u8; N]) {
        if let Some(place) = self.bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = piece;
        }
    }

    /// Writes 15 digits, of which the first stands for a multiple of ten to the power of `lead`.
    #[inline(always)]
    fn view(&mut self, at: usize, [first, last]: [u64; 2], lead: i32) {
        let count = if last == 0 { significant(first) } else { 8 + significant(last) };
        let text = u128::from(first | ZEROS) | u128::from(last | ZEROS) << 64;
        let before = lead.unsigned_abs() as usize;
        match lead {
            0..15 => self.point(at, text, count, before + 1),
            -4..0 => {
                self.put(at, *b"0.000000");
                self.put(at + 1 + before, text.to_le_bytes());
                self.length = at + 1 + before + count;
            }
            _ => {
                // The largest doubles, rounded up, would be no doubles.
                let beyond = lead == 308 && text.to_le_bytes() == *b"1797693134862320";
                let text = if beyond { u128::from_le_bytes(*b"1797693134862310") } else { text };
                self.point(at, text, count, 1);
                self.put(self.length, if lead < 0 { *b"e-" } else { *b"e+" });
                let digits = four_digits(lead.unsigned_abs()) | ZEROS as u32;
                // At least two of them.
                let count = if before < 100 { 2 } else { 3 };
                self.put(self.length + 2, (digits >> (32 - 8 * count)).to_le_bytes());
                self.length += 2 + count;
            }
        }
    }

    /// Writes `count` of 15 digits, but no fewer than `whole`, after which comes the point.
    #[inline(always)]
    fn point(&mut self, at: usize, text: u128, count: usize, whole: usize) {
        self.put(at, text.to_le_bytes());
        self.put(at + whole, *b".");
        self.put(at + whole + 1, (text >> (8 * whole)).to_le_bytes());
        self.length = at + if count > whole { count + 1 } else { whole };
    }
}

/// The digits of numbers that have at most eight. The loops are apart so that the compiler vectorises each.
#[inline(always)]
fn eight_digits<const L: usize>(numbers: &[u32; L]) -> [u64; L] {
    let (mut high, mut low, mut words) = ([0; L], [0; L], [0; L]);
    for i in 0..L {
        let n = numbers[i];
        let thousands = ((u64::from(n) * 109_951_163) >> 40) as u32;
        (high[i], low[i]) = (thousands, n - thousands * 10_000);
    }
    for i in 0..L {
        (high[i], low[i]) = (four_digits(high[i]), four_digits(low[i]));
    }
    for i in 0..L {
        words[i] = u64::from(high[i]) | u64::from(low[i]) << 32;
    }
    words
}

/// The values of four decimal digits, the first in the lowest byte.
#[inline(always)]
fn four_digits(n: u32) -> u32 {
    // The mask tells the compiler how few bits there are to multiply.
    let n = n & 0x3FFF;
    let hundreds = (n * 10_486) >> 20;
    let twos = hundreds | ((n - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000F_000F;
    tens | ((twos - tens * 10) << 8)
}

/// How many of eight digits are left without the zeros at the end.
#[inline(always)]
fn significant(values: u64) -> usize {
    8 - values.leading_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: &NumberText) -> String {
        String::from_utf8(number.bytes[..number.length].to_vec()).unwrap()
    }

    /// C's `%.15g` of a number; the digits and the exponent are those of the standard library's exact formatter.
    fn expected(x: f64) -> String {
        let scientific = format!("{:.14e}", x.abs());
        let (digits, exponent) = scientific.split_once('e').unwrap();
        let (digits, exponent): (String, i32) = (digits.replace('.', ""), exponent.parse().unwrap());
        let kept = digits.trim_end_matches('0');
        let sign = if x < 0.0 { "-" } else { "" };
        let pointed = |before: &str, after: &str| {
            format!("{sign}{before}{}{after}", if after.is_empty() { "" } else { "." })
        };
        match exponent {
            _ if x == 0.0 => "0".to_owned(),
            0..15 => {
                let whole = exponent as usize + 1;
                pointed(&digits[..whole], kept.get(whole..).unwrap_or(""))
            }
            -4..0 => pointed("0", &("0".repeat(-exponent as usize - 1) + kept)),
            _ => {
                let sign = if exponent < 0 { '-' } else { '+' };
                format!("{}e{sign}{:02}", pointed(&kept[..1], &kept[1..]), exponent.abs())
            }
        }
    }

    /// Half a unit of the last digit goes away from zero in Excel and to even in the oracle.
    fn is_tie(x: f64) -> bool {
        let exact = format!("{:.60e}", x.abs());
        let (digits, _) = exact.split_once('e').unwrap();
        digits[16..].trim_end_matches('0') == "5"
    }

    #[test]
    fn numbers_alone_and_among_others_have_the_same_text() {
        let mut bits = 0x9E37_79B9_7F4A_7C15_u64;
        let mut random = || {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bits ^ bits >> 29
        };
        let mut row = [NumberText::EMPTY; LANES];
        for round in 0..40_000_u64 {
            let mut numbers = [0.0; LANES];
            for x in &mut numbers {
                let bits = random();
                let whole = (bits >> (11 + bits % 53)) as f64 * if bits & 1 << 60 == 0 { 1.0 } else { -1.0 };
                // Columns of few digits, of few decimals, of whole numbers, of any bits, and of all of them.
                *x = match if round % 6 == 5 { random() % 5 } else { round % 6 } {
                    0 => whole % 10_000.0,
                    1 => whole % 1e9 / 10_f64.powi((bits % 8) as i32),
                    2 => whole,
                    3 => whole / 1e12,
                    _ => f64::from_bits(bits),
                };
                if !x.is_normal() || is_tie(*x) {
                    *x = 0.0;
                }
            }
            write_numbers(&numbers, 0, &mut row);
            for (written, x) in row.iter().zip(numbers) {
                let mut alone = [NumberText::EMPTY];
                write_numbers(&[x], 0, &mut alone);
                assert_eq!(text(written), expected(x), "{x:e}");
                assert_eq!(text(&alone[0]), expected(x), "{x:e} alone");
            }
        }
    }

    #[test]
    fn edges_between_the_ways() {
        for x in [
            9_999.0_f64,
            10_000.0,
            99_999_999.999_999_9,
            1e8,
            1e8 + 0.5,
            0.000_000_1,
            0.000_000_05,
            1e15,
            1e16,
        ] {
            for near in [x, -x, f64::from_bits(x.to_bits() + 1), f64::from_bits(x.to_bits() - 1)] {
                let mut row = [NumberText::EMPTY; 2];
                write_numbers(&[near, 1.0], 0, &mut row);
                assert_eq!(text(&row[0]), expected(near), "{near:e}");
            }
        }
        let mut row = [NumberText::EMPTY; 2];
        write_numbers(&[-0.0, 0.25], 0, &mut row);
        assert_eq!(text(&row[0]), "0");
    }
}
