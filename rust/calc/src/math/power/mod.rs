//! x^y as Excel has it: whole exponents by repeated squaring in doubles, all others correctly rounded. So the bits are
//! the same whatever way a power is calculated: alone, in a column or from another power of the same base. Excel's
//! rules for zeros and errors are in `semantics::operator`.
//!
//! Fused multiply-adds are part of the algorithms: the bits are the same with and without hardware for them.

pub mod climb;
pub mod fast;
pub mod pair;
pub mod precise;
mod tables;
pub mod vectors;

use pair::sum_ordered;

/// Exponents below this in size, if whole, are multiplied out.
pub const MOST_WHOLE: f64 = 2_147_483_648.0;

/// x^y with the rules of the C library for zeros, negative bases, infinities and NaN.
pub fn pow(x: f64, y: f64) -> f64 {
    if y.trunc() == y && y.abs() < MOST_WHOLE { repeated(x, y) } else { rounded(x, y) }
}

/// Repeated squaring by the binary digits of a whole y, lowest first; the reciprocal if y is negative.
fn repeated(x: f64, y: f64) -> f64 {
    let (mut digits, mut square, mut product) = (y.abs() as u64, x, 1.0);
    while digits > 0 {
        if digits & 1 == 1 {
            product *= square;
        }
        square *= square;
        digits >>= 1;
    }
    if y < 0.0 { 1.0 / product } else { product }
}

/// The double nearest to x^y, unless that is within 2^-93 of the middle between two doubles (2^-84 for the largest and
/// smallest) and not exactly there.
pub fn rounded(x: f64, y: f64) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("fma") {
        #[target_feature(enable = "fma")]
        fn with_fma(x: f64, y: f64) -> f64 {
            any(x, y)
        }
        // SAFETY: the processor has the feature, as was just detected.
        #[expect(unsafe_code, reason = "the feature is known at run time only")]
        return unsafe { with_fma(x, y) };
    }
    any(x, y)
}

#[inline(always)]
fn any(x: f64, y: f64) -> f64 {
    let (power, uncertain) = fast::pow(x, y);
    if uncertain >> 63 == 0 { power } else { slow(x, y) }
}

#[inline(always)]
fn slow(x: f64, y: f64) -> f64 {
    if x == 0.0 || !x.is_finite() || !y.is_finite() {
        return x.powf(y);
    }
    let whole = y.trunc() == y;
    match (x < 0.0, whole) {
        (false, _) => positive(x, y),
        (true, false) => f64::NAN,
        // Doubles from 2^53 on are even.
        (true, true) if y % 2.0 == 0.0 => positive(-x, y),
        (true, true) => -positive(-x, y),
    }
}

/// The power of a finite x > 0, by its logarithm to twice the precision of a double.
#[inline(always)]
fn positive(x: f64, y: f64) -> f64 {
    const TWO_54: f64 = (1u64 << 54) as f64;
    let subnormal = x < f64::MIN_POSITIVE;
    let ln = if subnormal { precise::ln(x * TWO_54, -54.0) } else { precise::ln(x, 0.0) };
    if y * ln.0 > 710.0 {
        return f64::INFINITY;
    }
    if y * ln.0 < -746.0 {
        return 0.0;
    }
    let logarithm = precise::scaled(ln, y);
    let (power, exponent) = precise::exp(logarithm);
    let (value, rest) = sum_ordered(power.0, power.1);
    let margin = 1.0 + precise::MARGIN * (1.0 + logarithm.0.abs());
    let unsure = fast::uncertain(value, rest, margin) >> 63 == 1;
    let rounded = if unsure && !subnormal && is_middle(x, y) { even(value, rest) } else { value };
    // The exponent is signed, in 16 bits. Two factors, so that each of them is normal.
    let exponent = i32::from(exponent as i16);
    let half = exponent / 2;
    rounded * power_of_two(half) * power_of_two(exponent - half)
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// Of `value` and its neighbour towards `rest`, the one with an even mantissa.
fn even(value: f64, rest: f64) -> f64 {
    match (value.to_bits() & 1 == 0, rest > 0.0) {
        (true, _) => value,
        (false, true) => value.next_up(),
        (false, false) => value.next_down(),
    }
}

/// Whether x^y lies exactly in the middle between two doubles. Then y = n / 2^q and x = t^(2^q) with t^n of 54 bits; n
/// is positive, and small, since t is at least 3 except for powers of two.
fn is_middle(x: f64, y: f64) -> bool {
    const MOST: f64 = 34.0;
    let (mut odd, mut exponent) = whole_number(x);
    let mut n = y;
    while n.trunc() != n {
        let root = (odd as f64).sqrt() as u64;
        if root * root != odd || exponent % 2 != 0 || n.abs() > MOST {
            return false;
        }
        (odd, exponent, n) = (root, exponent / 2, n * 2.0);
        if odd == 1 {
            return false;
        }
    }
    if !(1.0..=MOST).contains(&n) {
        return false;
    }
    let power = (odd as u128).checked_pow(n as u32);
    power.is_some_and(|power| power >> 53 == 1)
}

/// A normal x > 0 as an odd number times a power of two.
fn whole_number(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    let zeros = mantissa.trailing_zeros();
    (mantissa >> zeros, (bits >> 52) as i32 - 1075 + zeros as i32)
}

#[cfg(test)]
mod tests;
