//! Logarithm, exponential and powers as pairs, good to some 2^-98: for what a fast power cannot settle, and for the
//! first powers of a climb. No branches either.

use super::fast::{MAGIC, STEPS_PER_E, Verdict, is_base, split, split_shifted, unsettled};
use super::pair::{Pair, plus, product, sum, sum_ordered, times};
use super::tables::{EXP, LN, LN2, LN2_STEP};

/// Part of the distance to the rounded value that a power here may be off, per unit of 1 + |y ln x|.
pub const MARGIN: f64 = 1.0 / (1u64 << 40) as f64;

/// 1/3 to 1/7 with alternating signs, last first: ln(1 + z) = z + z^2 (-1/2 + z (1/3 + z (-1/4 + ...))).
const LN_PAIRS: [Pair; 5] =
    [reciprocal(7.0), reciprocal(-6.0), reciprocal(5.0), reciprocal(-4.0), reciprocal(3.0)];
/// And the terms for which a double is enough.
const LN_TAIL: [f64; 9] = [
    -1.0 / 16.0,
    1.0 / 15.0,
    -1.0 / 14.0,
    1.0 / 13.0,
    -1.0 / 12.0,
    1.0 / 11.0,
    -1.0 / 10.0,
    1.0 / 9.0,
    -1.0 / 8.0,
];
/// 1/5! to 1/3!, last first, and the inverse factorials for which a double is enough.
const EXP_PAIRS: [Pair; 3] = [reciprocal(120.0), reciprocal(24.0), reciprocal(6.0)];
const EXP_TAIL: [f64; 6] =
    [1.0 / 39_916_800.0, 1.0 / 3_628_800.0, 1.0 / 362_880.0, 1.0 / 40_320.0, 1.0 / 5040.0, 1.0 / 720.0];

/// 1 / n for whole numbers of a few digits, to 2^-104. The products of n with both halves of the quotient are exact.
const fn reciprocal(n: f64) -> Pair {
    const SPLITTER: f64 = 134_217_729.0;
    let quotient = 1.0 / n;
    let big = SPLITTER * quotient;
    let high = big - (big - quotient);
    let low = quotient - high;
    (quotient, ((1.0 - high * n) - low * n) / n)
}

#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    coefficients.iter().fold(0.0, |sum, &c| sum.mul_add(x, c))
}

/// Continues a polynomial in `x`, |x| < 1/8, whose terms of higher order are `sum`.
#[inline(always)]
fn continued<const N: usize>(sum: Pair, x: Pair, coefficients: &[Pair; N]) -> Pair {
    coefficients.iter().fold(sum, |sum, &c| plus(c, times(x, sum)))
}

/// ln(x 2^doublings) of a normal x > 0.
#[inline(always)]
pub fn ln(x: f64, doublings: f64) -> Pair {
    let (mantissa, exponent, at) = split(x);
    let (k, entry) = (exponent + doublings, LN[at]);
    let (near_one, z_low) = product(mantissa, entry.factor);
    let z = sum_ordered(near_one - 1.0, z_low);
    let series = continued((polynomial(z.0, &LN_TAIL), 0.0), z, &LN_PAIRS);
    let series = plus((-0.5, 0.0), times(z, series));
    let near = plus(z, times(times(z, z), series));
    let (total, lost) = sum_ordered(k.mul_add(LN2[0], entry.ln[0]), near.0);
    let (total, lost_too) = sum_ordered(total, k.mul_add(LN2[1], entry.ln[1]));
    sum_ordered(total, lost + lost_too + near.1 + k.mul_add(LN2[2], entry.ln[2]))
}

/// e^x = pair 2^k for |x| < 800, the pair about 1 to 2; k in the low 16 bits of the second part.
#[inline(always)]
pub fn exp(x: Pair) -> (Pair, u64) {
    let shifted = x.0.mul_add(STEPS_PER_E, MAGIC);
    let k = shifted - MAGIC;
    let (r, lost) = sum(k.mul_add(-LN2_STEP[0], x.0), -k * LN2_STEP[1]);
    let r = sum(r, k.mul_add(-LN2_STEP[2], x.1) + lost);
    let series = continued((polynomial(r.0, &EXP_TAIL), 0.0), r, &EXP_PAIRS);
    let series = plus((0.5, 0.0), times(r, series));
    let less_one = plus(r, times(times(r, r), series));
    let (at, exponent) = split_shifted(shifted);
    let power = (EXP[at][0], EXP[at][1]);
    (plus(power, times(power, less_one)), exponent)
}

/// y ln x.
#[inline(always)]
pub fn scaled(ln: Pair, y: f64) -> Pair {
    let (high, lost) = product(y, ln.0);
    (high, y.mul_add(ln.1, lost))
}

/// x^y and what its rounding lost; no numbers, and unsettled, where x is no base or |`reach` ln x| above 600.
#[inline(always)]
pub fn pow(x: f64, y: f64, reach: f64) -> (Verdict, f64) {
    const MOST: f64 = 600.0;
    let ln = ln(x, 0.0);
    let (power, exponent) = exp(scaled(ln, y));
    let within = (reach * ln.0).abs() <= MOST;
    let scale = f64::from_bits(exponent.wrapping_add(1023) << 52);
    let scale = if within & is_base(x) { scale } else { f64::NAN };
    let (value, rest) = (power.0 * scale, power.1 * scale);
    ((value, unsettled(value, rest, 1.0 + MOST * MARGIN)), rest)
}
