//! Powers of several lanes at a time: whole exponents are multiplied out, others go through `fast`. Where all lanes are
//! of one kind, only that kind is calculated.
#![allow(clippy::needless_range_loop, reason = "loops over lanes go through several arrays in step")]

use super::MOST_WHOLE;
use super::fast::{self, MANTISSA, TWO_52};

const SIGN: u64 = 1 << 63;

/// Powers, and words whose top bit says that a lane falls back to the row-wise power.
#[inline(always)]
pub fn pow<const N: usize>(x: [f64; N], y: [f64; N]) -> ([f64; N], [u64; N]) {
    let (mut digits, mut all) = ([0; N], 0);
    for lane in 0..N {
        let size = y[lane].abs();
        let shifted = size + TWO_52;
        let whole = shifted - TWO_52 == size;
        let small = size < MOST_WHOLE;
        digits[lane] = if whole & small { shifted.to_bits() & MANTISSA } else { FRACTION };
        all |= digits[lane];
    }
    if all & FRACTION == 0 {
        return repeated(x, y, digits, all);
    }
    let (mut powers, mut flags) = rounded(x, y);
    let mut wholes = 0;
    for lane in 0..N {
        wholes |= !digits[lane] & FRACTION;
    }
    if wholes == 0 {
        return (powers, flags);
    }
    let (whole_powers, whole_flags) = repeated(x, y, digits, all & !FRACTION);
    for lane in 0..N {
        if digits[lane] & FRACTION == 0 {
            (powers[lane], flags[lane]) = (whole_powers[lane], whole_flags[lane]);
        }
    }
    (powers, flags)
}

/// Correctly rounded powers.
#[inline(always)]
pub fn rounded<const N: usize>(x: [f64; N], y: [f64; N]) -> ([f64; N], [u64; N]) {
    let (mut powers, mut flags) = ([0.0; N], [0; N]);
    for lane in 0..N {
        (powers[lane], flags[lane]) = fast::pow(x[lane], y[lane]);
    }
    (powers, flags)
}

/// The same, given logarithms in two parts.
#[inline(always)]
pub fn of_logarithm<const N: usize>(high: [f64; N], low: [f64; N], y: [f64; N]) -> ([f64; N], [u64; N]) {
    let (mut powers, mut flags) = ([0.0; N], [0; N]);
    for lane in 0..N {
        (powers[lane], flags[lane]) = fast::pow_of((high[lane], low[lane]), y[lane]);
    }
    (powers, flags)
}

/// Powers with the same whole exponent, as `digits` and a sign.
#[inline(always)]
pub fn whole<const N: usize>(x: [f64; N], mut digits: u64, negative: bool) -> ([f64; N], [u64; N]) {
    let (mut squares, mut products) = (x, [1.0; N]);
    while digits > 0 {
        if digits & 1 == 1 {
            for lane in 0..N {
                products[lane] *= squares[lane];
            }
        }
        for lane in 0..N {
            squares[lane] *= squares[lane];
        }
        digits >>= 1;
    }
    finished(x, products, |_| negative)
}

/// The whole number that an exponent is, as digits and a sign.
pub fn whole_number(y: f64) -> Option<(u64, bool)> {
    (y.trunc() == y && y.abs() < MOST_WHOLE).then_some((y.abs() as u64, y < 0.0))
}

/// In the place of the digits where an exponent is not whole.
const FRACTION: u64 = 1 << 62;

/// The row-wise algorithm, for as long as any lane has digits left.
#[inline(always)]
fn repeated<const N: usize>(
    x: [f64; N],
    y: [f64; N],
    mut digits: [u64; N],
    mut all: u64,
) -> ([f64; N], [u64; N]) {
    let (mut squares, mut products) = (x, [1.0; N]);
    while all > 0 {
        for lane in 0..N {
            products[lane] *= if digits[lane] & 1 == 1 { squares[lane] } else { 1.0 };
            squares[lane] *= squares[lane];
            digits[lane] >>= 1;
        }
        all >>= 1;
    }
    finished(x, products, |lane| y[lane] < 0.0)
}

/// One over the products of negative exponents. Zeros have rules of their own, and overflow is an error.
#[inline(always)]
fn finished<const N: usize>(
    x: [f64; N],
    mut products: [f64; N],
    negative: impl Fn(usize) -> bool,
) -> ([f64; N], [u64; N]) {
    let mut flags = [0; N];
    for lane in 0..N {
        let power = if negative(lane) { 1.0 / products[lane] } else { products[lane] };
        products[lane] = if power.abs() < f64::MIN_POSITIVE { 0.0 } else { power };
        flags[lane] = not_normal(x[lane]) | not_finite(x[lane]) | not_finite(power);
    }
    (products, flags)
}

/// Top bit set for zeros, whose powers have rules of their own, and for subnormals.
#[inline(always)]
fn not_normal(x: f64) -> u64 {
    (x.to_bits() & !SIGN).wrapping_sub(1 << 52)
}

/// Top bit set for NaN and infinities: the exponent overflows into it.
#[inline(always)]
fn not_finite(x: f64) -> u64 {
    (x.to_bits() & !SIGN).wrapping_add(1 << 52)
}
