//! Numbers and texts as JSON writes them, one at a time.

use crate::codec::encode::number_text::{LONGEST, NumberText, write_numbers};
use crate::codec::escape::plain_length;

/// Appends a finite number.
pub fn write_number(out: &mut Vec<u8>, x: f64) {
    let mut texts = [NumberText::EMPTY];
    write_numbers(&[x], 0, &mut texts);
    let [text] = texts;
    out.extend_from_slice(text.bytes::<LONGEST>().get(..text.length).unwrap_or(&[]));
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
        let (plain, special) = rest.split_at(plain_length(rest));
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
        // Oracle: Python 3.11, '%.15g' % x, but for the largest doubles, whose text must be read as a double again. The
        // first three are printed by the vendor's engine too.
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
            (1.797_693_134_862_315_7e308, "1.79769313486231e+308"),
            (-1.797_693_134_862_315_7e308, "-1.79769313486231e+308"),
            (1.797_693_134_862_314_7e308, "1.79769313486231e+308"),
            (1.797_693_134_862_304_7e308, "1.7976931348623e+308"),
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
