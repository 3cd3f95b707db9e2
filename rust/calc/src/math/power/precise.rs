//! Logarithm, exponential and powers as pairs, good to some 2^-98: for powers that the fast way leaves uncertain, and
//! for the first powers of a climb. No branches either.
#![allow(clippy::needless_range_loop, reason = "loops over lanes go through several arrays in step")]

use super::fast::{MAGIC, STEPS_PER_E, is_base, split, split_shifted, uncertain};
use super::pair::{Pair, plus, product, sum, sum_ordered, times};
use super::tables::{EXP, LN, LN2, LN2_STEP, LnEntry};

/// How far a power may be off, as a part of its distance to the rounded value, for each unit of 1 + |y ln x|.
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
    ln_of(mantissa, exponent + doublings, LN[at])
}

/// ln(mantissa 2^k), with the entry of the mantissa.
#[inline(always)]
fn ln_of(mantissa: f64, k: f64, entry: LnEntry) -> Pair {
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
    let (at, exponent) = split_shifted(shifted);
    (exp_of(x, shifted - MAGIC, EXP[at]), exponent)
}

/// e^x over the whole powers of two in k steps, with the entry for the rest of the steps.
#[inline(always)]
fn exp_of(x: Pair, k: f64, power: [f64; 2]) -> Pair {
    let (r, lost) = sum(k.mul_add(-LN2_STEP[0], x.0), -k * LN2_STEP[1]);
    let r = sum(r, k.mul_add(-LN2_STEP[2], x.1) + lost);
    let series = continued((polynomial(r.0, &EXP_TAIL), 0.0), r, &EXP_PAIRS);
    let series = plus((0.5, 0.0), times(r, series));
    let less_one = plus(r, times(times(r, r), series));
    let power = (power[0], power[1]);
    plus(power, times(power, less_one))
}

/// y ln x.
#[inline(always)]
pub fn scaled(ln: Pair, y: f64) -> Pair {
    let (high, lost) = product(y, ln.0);
    (high, y.mul_add(ln.1, lost))
}

/// Powers, what rounding them lost, and words whose top bit says that a lane is uncertain. It is where x is not normal
/// and above 0, or |`reach` ln x| is above 600; value and rest are NaN there. Tables are looked up in loops of their
/// own, or the other loops would not vectorise.
#[inline(always)]
pub fn pow<const N: usize>(x: [f64; N], y: f64, reach: f64) -> ([f64; N], [f64; N], [u64; N]) {
    const MOST: f64 = 600.0;
    let (mut mantissas, mut exponents, mut places) = ([0.0; N], [0.0; N], [0; N]);
    for lane in 0..N {
        (mantissas[lane], exponents[lane], places[lane]) = split(x[lane]);
    }
    let mut entries = [[0.0; N]; 4];
    for lane in 0..N {
        let LnEntry { factor, ln: [high, middle, low] } = LN[places[lane]];
        entries[0][lane] = factor;
        entries[1][lane] = high;
        entries[2][lane] = middle;
        entries[3][lane] = low;
    }
    let (mut high, mut low, mut scales, mut shifted) = ([0.0; N], [0.0; N], [0.0; N], [0.0; N]);
    for lane in 0..N {
        let entry =
            LnEntry { factor: entries[0][lane], ln: [entries[1][lane], entries[2][lane], entries[3][lane]] };
        let ln = ln_of(mantissas[lane], exponents[lane], entry);
        (high[lane], low[lane]) = scaled(ln, y);
        shifted[lane] = high[lane].mul_add(STEPS_PER_E, MAGIC);
        let scale = f64::from_bits(split_shifted(shifted[lane]).1.wrapping_add(1023) << 52);
        let within = (reach * ln.0).abs() <= MOST;
        scales[lane] = if within & is_base(x[lane]) { scale } else { f64::NAN };
    }
    let mut powers = [[0.0; N]; 2];
    for lane in 0..N {
        let power = EXP[split_shifted(shifted[lane]).0];
        powers[0][lane] = power[0];
        powers[1][lane] = power[1];
    }
    let (mut values, mut rests, mut flags) = ([0.0; N], [0.0; N], [0; N]);
    for lane in 0..N {
        let power = [powers[0][lane], powers[1][lane]];
        let (value, rest) = exp_of((high[lane], low[lane]), shifted[lane] - MAGIC, power);
        (values[lane], rests[lane]) = (value * scales[lane], rest * scales[lane]);
        flags[lane] = uncertain(values[lane], rests[lane], 1.0 + MOST * MARGIN);
    }
    (values, rests, flags)
}
