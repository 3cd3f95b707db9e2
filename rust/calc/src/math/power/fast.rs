//! Powers for columns, without branches, so that a loop over lanes vectorises. They have some 67 bits before the last
//! rounding, and each lane gets a verdict whether those are enough to round correctly.
//!
//! Errors: the logarithm is good to 2^-68 of itself (its third-order term is a double, and below 2^-15 of the whole),
//! the exponential to 2^-67. `MARGIN` allows for twice as much and for the logarithm's error growing with it.

use super::pair::{Pair, product, sum_ordered};
use super::tables::{EXP, EXP_BITS, LN, LN_BITS, LN_START, LN2, LN2_STEP};

/// A power, and a word whose top bit says that it is uncertain: then only the row-wise power is right.
pub type Verdict = (f64, u64);

/// Beyond this |y ln x| results come near the largest and smallest doubles.
pub const REACH: f64 = 690.0;
/// How far a sum may be off, as a part of its distance to the rounded value: for small |y ln x|, and more for each unit
/// of it.
const MARGIN: f64 = 1.0 / 2048.0;
const MARGIN_SLOPE: f64 = 1.0 / 4096.0;

/// Adding it brings the nearest whole number into the low bits of the sum.
pub const MAGIC: f64 = 6_755_399_441_055_744.0;
pub const STEPS_PER_E: f64 = std::f64::consts::LOG2_E * (1 << EXP_BITS) as f64;
/// ln 2 / 64 without its first 42 bits.
const STEP_LOW: f64 = LN2_STEP[1] + LN2_STEP[2];
pub const TWO_52: f64 = 4_503_599_627_370_496.0;
pub const MANTISSA: u64 = (1 << 52) - 1;

/// x = mantissa 2^exponent, and the entry of `LN` for the mantissa.
#[inline(always)]
pub fn split(x: f64) -> (f64, f64, usize) {
    let offset = x.to_bits().wrapping_add((1023 << 52) - LN_START);
    let mantissa = f64::from_bits((offset & MANTISSA).wrapping_add(LN_START));
    // The exponent as a float, by way of the mantissa of 2^52.
    let exponent = f64::from_bits(offset >> 52 | TWO_52.to_bits()) - (TWO_52 + 1023.0);
    (mantissa, exponent, (offset >> (52 - LN_BITS)) as usize & ((1 << LN_BITS) - 1))
}

/// The power of two that the whole number in the low bits of `shifted` stands for, in steps of 1/64.
#[inline(always)]
pub fn split_shifted(shifted: f64) -> (usize, u64) {
    let bits = shifted.to_bits();
    (bits as usize & ((1 << EXP_BITS) - 1), bits >> EXP_BITS)
}

/// ln x of a normal x > 0.
#[inline(always)]
pub fn ln(x: f64) -> Pair {
    let (mantissa, k, at) = split(x);
    let entry = LN[at];
    // mantissa * factor = 1 + z + z_low, exactly.
    let (near_one, z_low) = product(mantissa, entry.factor);
    let z = near_one - 1.0;
    let (square, square_low) = product(z, z);
    let pair = |first: f64, second: f64| z.mul_add(second, first);
    let early = square.mul_add(pair(1.0 / 5.0, -1.0 / 6.0), pair(1.0 / 3.0, -1.0 / 4.0));
    let late = square.mul_add(pair(1.0 / 9.0, -1.0 / 10.0), pair(1.0 / 7.0, -1.0 / 8.0));
    let series = (square * square).mul_add(late, early);
    let high = k.mul_add(LN2[0], entry.ln[0]);
    let (sum, lost) = sum_ordered(high, z);
    let (sum, lost_too) = sum_ordered(sum, -0.5 * square);
    let low = k.mul_add(LN2[1], entry.ln[1]) + (lost + lost_too);
    let first_order = z_low.mul_add(square - z, z_low);
    let low = low + ((square * z).mul_add(series, first_order) - 0.5 * square_low);
    sum_ordered(sum, low)
}

/// x^y given ln x.
#[inline(always)]
pub fn pow_of(ln: Pair, y: f64) -> Verdict {
    let (high, lost) = product(y, ln.0);
    let low = y.mul_add(ln.1, lost);
    // high + low = k ln 2 / 64 + r + r_low
    let shifted = high.mul_add(STEPS_PER_E, MAGIC);
    let k = shifted - MAGIC;
    let first = k.mul_add(-LN2_STEP[0], high);
    let r = k.mul_add(-STEP_LOW, first);
    let r_low = k.mul_add(-STEP_LOW, first - r) + low;
    let square = r * r;
    let series = square.mul_add(
        square.mul_add(r.mul_add(1.0 / 5040.0, 1.0 / 720.0), r.mul_add(1.0 / 120.0, 1.0 / 24.0)),
        r.mul_add(1.0 / 6.0, 1.0 / 2.0),
    );
    let rest = square.mul_add(series, r_low.mul_add(square.mul_add(0.5, r), r_low));
    let (at, exponent) = split_shifted(shifted);
    let [power, power_low] = EXP[at];
    let (term, term_low) = product(power, r);
    let term_low = power.mul_add(rest, r.mul_add(power_low, power_low) + term_low);
    let (sum, lost) = sum_ordered(power, term);
    let (value, rest) = sum_ordered(sum, lost + term_low);
    let margin = high.abs().mul_add(MARGIN_SLOPE, 1.0 + MARGIN);
    let margin = if high.abs() <= REACH { margin } else { f64::NAN };
    (value * f64::from_bits(exponent.wrapping_add(1023) << 52), uncertain(value, rest, margin))
}

/// Top bit set unless value + rest still rounds to value with the rest larger by the margin. That matters near the
/// middle between two doubles, where the rest is about half an ulp, so that a part of it bounds the error of the sum.
#[inline(always)]
pub fn uncertain(value: f64, rest: f64, margin: f64) -> u64 {
    let moved = rest.mul_add(margin, value) - value;
    0u64.wrapping_sub(moved.abs().to_bits())
}

/// Normal and above 0. No short circuit, which would be a branch.
#[inline(always)]
pub fn is_base(x: f64) -> bool {
    let normal = x >= f64::MIN_POSITIVE;
    let finite = x <= f64::MAX;
    normal & finite
}

/// ln x; NaN, which makes every power uncertain, where x is subnormal or has no logarithm.
#[inline(always)]
pub fn ln_of_base(x: f64) -> Pair {
    let (high, low) = ln(x);
    (if is_base(x) { high } else { f64::NAN }, low)
}

#[inline(always)]
pub fn pow(x: f64, y: f64) -> Verdict {
    pow_of(ln_of_base(x), y)
}
