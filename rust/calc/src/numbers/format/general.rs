//! The General format as TEXT and cells show it: at most 11 characters besides the sign.

use crate::numbers::digits::{self, Decimal, write_plain, write_scientific};

/// Appends a number in General: plain when that takes 11 characters or fewer, else rounded to fit, or scientific with
/// six digits (five when the exponent has three).
pub fn write_general(out: &mut String, x: f64) {
    let view = digits::decimal(x);
    if view.digits == 0 {
        out.push('0');
        return;
    }
    if view.negative {
        out.push('-');
    }
    // The place of the first digit: 0 for units.
    let lead = view.exponent + 14;
    let plain_digits = match lead {
        0..=10 => 10.max(lead + 1),
        -4..=-1 => 10 + lead,
        _ => 0,
    };
    if plain_digits > 0 {
        let (rounded, lead) = rounded(view, plain_digits);
        if lead <= 10 {
            write_plain(out, &rounded.to_string(), lead);
            return;
        }
    }
    // Smaller numbers are plain only when nothing is lost.
    let digits = trimmed(view.digits);
    if (-9..-4).contains(&lead) && 1 - lead + count(digits) <= 11 {
        write_plain(out, &digits.to_string(), lead);
        return;
    }
    let significant = if lead.abs() >= 100 { 5 } else { 6 };
    let (rounded, lead) = self::rounded(view, significant);
    write_scientific(out, &rounded.to_string(), lead);
}

/// Rounds to `significant` digits, half away from zero; gives the digits without trailing zeros and the place of the
/// first.
fn rounded(view: Decimal, significant: i32) -> (u64, i32) {
    let lead = view.exponent + 14;
    let unit = 10u64.pow(15u32.saturating_sub(significant.max(0) as u32));
    let scaled = (view.digits + unit / 2) / unit;
    let carried = i32::from(count(scaled) > significant);
    (trimmed(scaled), lead + carried)
}

fn trimmed(mut digits: u64) -> u64 {
    while digits > 0 && digits.is_multiple_of(10) {
        digits /= 10;
    }
    digits
}

fn count(digits: u64) -> i32 {
    digits.checked_ilog10().map_or(0, |log| log as i32 + 1)
}
