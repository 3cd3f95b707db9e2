//! Numbers and texts as JSON writes them. Numbers have at most 15 significant digits, as Excel's view of them has,
//! laid out like C's `%.15g`.

use crate::codec::tokens::ordinary;
use execd_calc::digits;

/// Whole numbers below this have at most 15 digits and are exact.
const WHOLE: f64 = 1e15;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Bytes that a number takes at most.
pub const LONGEST: usize = 24;

/// Room for a short piece of text and a number behind it, and what storing them touches beyond their ends.
pub type Room = [u8; 64];

/// Puts the first `count` bytes of a piece at a position and gives the position behind them. The whole piece is stored,
/// whatever the count, so that there is no loop and no branch.
#[inline(always)]
pub fn put<const N: usize>(room: &mut Room, at: usize, piece: [u8; N], count: usize) -> usize {
    if let Some(place) = room.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = piece;
    }
    at + count
}

/// Appends a finite number.
pub fn write_number(out: &mut Vec<u8>, x: f64) {
    let mut room = [0; size_of::<Room>()];
    let end = put_number(&mut room, 0, x);
    out.extend_from_slice(room.get(..end).unwrap_or(&[]));
}

/// Puts a finite number. Texts are made up in whole words: digits and signs are too random to branch on.
#[inline(always)]
pub fn put_number(room: &mut Room, at: usize, x: f64) -> usize {
    let whole = x as i64;
    if whole as f64 == x && x.abs() < WHOLE { put_whole(room, at, whole) } else { put_view(room, at, x) }
}

/// Puts a whole number of at most 16 digits.
#[inline(always)]
pub fn put_whole(room: &mut Room, at: usize, whole: i64) -> usize {
    let size = whole.unsigned_abs();
    let at = put(room, at, *b"-", usize::from(whole < 0));
    if size < 10_000 { put_four(room, at, size) } else { put_many(room, at, size) }
}

/// At most four digits.
#[inline(always)]
fn put_four(room: &mut Room, at: usize, size: u64) -> usize {
    let values = four_digits(size);
    // The last digit is written even if it is 0.
    let zeros = (values | 1 << 24).trailing_zeros() / 8;
    let text = (values as u32 | 0x3030_3030) >> (8 * zeros);
    put(room, at, text.to_le_bytes(), 4 - zeros as usize)
}

fn put_many(room: &mut Room, at: usize, size: u64) -> usize {
    let (high, low) = (size / 100_000_000, size % 100_000_000);
    if high == 0 {
        return put_without_zeros(room, at, eight_digits(low));
    }
    let at = put_without_zeros(room, at, eight_digits(high));
    put(room, at, (eight_digits(low) | ZEROS).to_le_bytes(), 8)
}

/// Eight digits from the first on that is not 0, or from the last.
#[inline(always)]
fn put_without_zeros(room: &mut Room, at: usize, values: u64) -> usize {
    let zeros = (values | 1 << 56).trailing_zeros() / 8;
    put(room, at, ((values | ZEROS) >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// The values of four decimal digits, the first in the lowest byte.
#[inline(always)]
fn four_digits(n: u64) -> u64 {
    let hundreds = (n * 10_486) >> 20;
    let twos = hundreds | ((n - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000F_000F;
    tens | ((twos - tens * 10) << 8)
}

/// The values of eight decimal digits, the first in the lowest byte.
#[inline(always)]
fn eight_digits(n: u64) -> u64 {
    let fours = (n / 10_000) | ((n % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7F_0000_007F;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((twos - tens * 10) << 8)
}

/// How many of eight digits remain without zeros at the end.
#[inline(always)]
fn significant(values: u64) -> u32 {
    8 - values.swap_bytes().trailing_zeros() / 8
}

fn put_view(room: &mut Room, at: usize, x: f64) -> usize {
    let view = digits::decimal(x);
    if view.digits == 0 {
        return put(room, at, *b"0", 1);
    }
    // The sixteenth digit is 0.
    let values = [eight_digits(view.digits / 10_000_000), eight_digits(view.digits % 10_000_000 * 10)];
    let count = if values[1] == 0 { significant(values[0]) } else { 8 + significant(values[1]) };
    let text = values.map(|word| word | ZEROS);
    let at = put(room, at, *b"-", usize::from(view.negative));
    // The exponent of the first digit.
    let lead = view.exponent + 14;
    match lead {
        0..15 => put_pointed(room, at, text, count, lead.unsigned_abs() + 1),
        -4..0 => {
            let at = put(room, at, *b"0.000000", 1 + lead.unsigned_abs() as usize);
            put(room, at, both(text), count as usize)
        }
        _ => {
            let at = put_pointed(room, at, text, count, 1);
            let at =
                put(room, at, if lead < 0 { *b"e-0" } else { *b"e+0" }, if lead.abs() < 10 { 3 } else { 2 });
            put_whole(room, at, i64::from(lead.abs()))
        }
    }
}

/// `count` of 15 digits, or more up to the point, which comes after the first `whole` of them.
#[inline(always)]
fn put_pointed(room: &mut Room, at: usize, [first, last]: [u64; 2], count: u32, whole: u32) -> usize {
    let text = if whole < 8 {
        [with_point(first, whole), last << 8 | first >> 56]
    } else {
        [first, with_point(last, whole - 8)]
    };
    put(room, at, both(text), if count > whole { count + 1 } else { whole } as usize)
}

/// Eight characters with a point after `whole` of them, which pushes the last one out.
#[inline(always)]
fn with_point(word: u64, whole: u32) -> u64 {
    let before = (1 << (8 * whole)) - 1;
    word & before | u64::from(b'.') << (8 * whole) | (word & !before) << 8
}

#[inline(always)]
fn both([first, last]: [u64; 2]) -> [u8; 16] {
    (u128::from(first) | u128::from(last) << 64).to_le_bytes()
}

/// Writes a text with its quotes.
pub fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    write_escaped(out, text);
    out.push(b'"');
}

/// Writes a text as part of a JSON string.
pub fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    loop {
        let (plain, special) = rest.split_at(ordinary(rest));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { return };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(x: f64) -> String {
        let mut out = Vec::new();
        write_number(&mut out, x);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_look_like_fifteen_digit_g() {
        // Oracle: Python 3.11, '%.15g' % x. The first three are printed by the vendor's engine too.
        let table = [
            (201_637.709154489, "201637.709154489"),
            (31_415_926_535_897.93, "31415926535897.9"),
            (3.878_509_413_969_7e19, "3.8785094139697e+19"),
            (0.1 + 0.2, "0.3"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.333333333333333"),
            (2.0 / 3.0, "0.666666666666667"),
            (-2.5, "-2.5"),
            (0.0, "0"),
            (100.0, "100"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (123_456_789_012_345_680.0, "1.23456789012346e+17"),
            (999_999_999_999_999.9, "1e+15"),
            (0.000_123_456_789_012_345_67, "0.000123456789012346"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (9.999_999_999_999_999e-5, "0.0001"),
            (1.797_693_134_862_315_7e308, "1.79769313486232e+308"),
            (2.225_073_858_507_201_4e-308, "2.2250738585072e-308"),
            (-1e100, "-1e+100"),
            (1_234.5, "1234.5"),
        ];
        for (x, text) in table {
            assert_eq!(written(x), text, "{x:e}");
        }
    }

    #[test]
    fn whole_numbers_of_every_length() {
        // The standard library's formatter is the oracle; -0 is written as Excel shows it.
        let powers = (0..15).map(|power| 10i64.pow(power));
        for near in powers.flat_map(|power| [power - 1, power, power + 1, 7 * power + power / 3]) {
            for whole in [near, -near].into_iter().filter(|whole| whole.abs() < 1_000_000_000_000_000) {
                assert_eq!(written(whole as f64), whole.to_string());
            }
        }
        assert_eq!(written(-0.0), "0");
    }

    #[test]
    fn what_is_written_reads_back_within_fifteen_digits() {
        let mut bits = 0x9E37_79B9_7F4A_7C15u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let x = f64::from_bits(bits);
            // A tie, which is half of a whole number here, goes away from zero in Excel and to even in the oracle.
            let tie = x.abs() > 1e14 && x.abs() < 1e15 && x.fract().abs() == 0.5;
            if x.is_normal() && !tie {
                // The standard library's exact formatter is the oracle.
                let expected: f64 = format!("{x:.14e}").parse().unwrap();
                assert_eq!(written(x).parse::<f64>().unwrap(), expected, "{x:e}");
            }
        }
    }

    #[test]
    fn texts_are_escaped() {
        let mut out = Vec::new();
        write_text(&mut out, "a \"b\" \\ \n\r\t\u{1} é😀/\u{7f}");
        assert_eq!(String::from_utf8(out).unwrap(), "\"a \\\"b\\\" \\\\ \\n\\r\\t\\u0001 é😀/\u{7f}\"");
    }
}
