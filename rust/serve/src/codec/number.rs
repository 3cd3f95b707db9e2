//! Numbers and texts as JSON writes them. Numbers have at most 15 significant digits, as Excel's view of them has,
//! laid out like C's `%.15g`.

use crate::codec::tokens::ordinary;
use execd_calc::digits;

/// Whole numbers below this have at most 15 digits and are exact.
const WHOLE: f64 = 1e15;
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Appends the first `count` of `bytes`: one store and one check of the room, whatever the count.
#[inline]
pub fn append<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N], count: usize) {
    let end = out.len() + count;
    out.extend_from_slice(&bytes);
    out.truncate(end);
}

/// Writes a finite number. Texts are made up in whole words: digits and signs are too random to branch on.
#[inline]
pub fn write_number(out: &mut Vec<u8>, x: f64) {
    let whole = x as i64;
    if whole as f64 == x && x.abs() < WHOLE {
        write_whole(out, whole);
    } else {
        write_view(out, x);
    }
}

/// Writes a whole number of at most 16 digits.
#[inline]
pub fn write_whole(out: &mut Vec<u8>, whole: i64) {
    let size = whole.unsigned_abs();
    append(out, *b"-", usize::from(whole < 0));
    let (high, low) = (size / 100_000_000, size % 100_000_000);
    if high > 0 {
        write_without_zeros(out, eight_digits(high));
        append(out, (eight_digits(low) | ZEROS).to_le_bytes(), 8);
    } else {
        write_without_zeros(out, eight_digits(low));
    }
}

/// Eight digits from the first on that is not 0, or from the last.
#[inline]
fn write_without_zeros(out: &mut Vec<u8>, values: u64) {
    let zeros = values.trailing_zeros().min(56) / 8;
    append(out, ((values | ZEROS) >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize);
}

/// The values of eight decimal digits, the first in the lowest byte.
#[inline]
fn eight_digits(n: u64) -> u64 {
    let fours = (n / 10_000) | ((n % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x7F_0000_007F;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((twos - tens * 10) << 8)
}

/// How many of eight digits remain without zeros at the end.
#[inline]
fn significant(values: u64) -> u32 {
    8 - values.swap_bytes().trailing_zeros() / 8
}

fn write_view(out: &mut Vec<u8>, x: f64) {
    let view = digits::decimal(x);
    if view.digits == 0 {
        out.push(b'0');
        return;
    }
    // The sixteenth digit is 0.
    let values = [eight_digits(view.digits / 10_000_000), eight_digits(view.digits % 10_000_000 * 10)];
    let count = if values[1] == 0 { significant(values[0]) } else { 8 + significant(values[1]) };
    let text = values.map(|word| word | ZEROS);
    append(out, *b"-", usize::from(view.negative));
    // The exponent of the first digit.
    let lead = view.exponent + 14;
    match lead {
        0..15 => write_pointed(out, text, count, lead.unsigned_abs() + 1),
        -4..0 => {
            append(out, *b"0.000000", 1 + lead.unsigned_abs() as usize);
            append(out, both(text), count as usize);
        }
        _ => {
            write_pointed(out, text, count, 1);
            out.extend_from_slice(if lead < 0 { b"e-" } else { b"e+" });
            if lead.abs() < 10 {
                out.push(b'0');
            }
            write_whole(out, i64::from(lead.abs()));
        }
    }
}

/// `count` of 15 digits, or more up to the point, which comes after the first `whole` of them.
#[inline]
fn write_pointed(out: &mut Vec<u8>, [first, last]: [u64; 2], count: u32, whole: u32) {
    let text = if whole < 8 {
        [with_point(first, whole), last << 8 | first >> 56]
    } else {
        [first, with_point(last, whole - 8)]
    };
    append(out, both(text), if count > whole { count + 1 } else { whole } as usize);
}

/// Eight characters with a point after `whole` of them, which pushes the last one out.
#[inline]
fn with_point(word: u64, whole: u32) -> u64 {
    let before = (1 << (8 * whole)) - 1;
    word & before | u64::from(b'.') << (8 * whole) | (word & !before) << 8
}

#[inline]
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
