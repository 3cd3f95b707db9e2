//! A number on the first line, a format code on the rest. Whatever the code, it is refused, or shows any number and any
//! text in a bounded number of characters.

use execd_calc::numbers::format::{Format, strange_letters};

/// Shown besides the number of the input, so that every code meets every kind of number.
const NUMBERS: [f64; 10] =
    [0.0, -1.5, 0.5, 41_181.999_99, -0.004, 999_999.999_5, 1e15, -1e300, f64::MAX, 5e-324];

/// More than any format shows: a code has at most 255 characters, a number at most 309 digits, and every `%` adds two.
const MOST_BYTES: usize = 16 << 10;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (number, code) = text.split_once('\n').unwrap_or(("", text));
    let number = number.parse().ok().filter(|number: &f64| number.is_finite());
    strange_letters(code);
    let Some(format) = Format::parse(code) else { return };
    for x in number.into_iter().chain(NUMBERS) {
        for date1904 in [false, true] {
            let mut shown = String::new();
            if format.write(x, date1904, &mut shown).is_ok() {
                assert!(shown.len() <= MOST_BYTES, "{code:?} shows {x:?} in {} bytes", shown.len());
            }
        }
    }
    let mut shown = String::new();
    format.write_text("text", &mut shown);
    assert!(shown.len() <= MOST_BYTES, "{code:?} shows a text in {} bytes", shown.len());
}
