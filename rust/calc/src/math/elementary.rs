//! The elementary functions, in one place so that each one's origin is decided once. No Excel rules here.
//!
//! `exp`, `ln` and `normal` are our own: free of branches and calls, so that loops over columns vectorise, from
//! additions, multiplications and divisions only, so that a lane has the same bits alone, in a vector and on every
//! machine. They stay within 1 unit (`normal` 5) of the last place. `pow` has a module of its
//! own. Everything else comes from the `libm` crate.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E, SQRT_2};

pub use crate::math::power::pow;
pub use libm::{
    acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, erf, erfc, expm1, lgamma, log1p, log2, log10,
    sin, sinh, tan, tanh, tgamma,
};

/// Adding and subtracting it rounds to a whole number, which then stands in the lowest bits of the sum.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has so few bits that its product with an exponent is exact.
const LN_2_HIGH: f64 = 0.693_147_180_369_123_8;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Largest x with a finite exponential, and smallest with a normal one.
const EXP_MAX: f64 = 709.782_712_893_384;
const EXP_MIN: f64 = -708.396_418_532_264_1;

/// (e^r - 1 - r) / r² for |r| <= ln 2 / 2, interpolated at Chebyshev nodes; relative error 4e-20.
const EXP: [f64; 12] = [
    0.5,
    0.16666666666666666,
    0.04166666666666668,
    0.008333333333333333,
    0.0013888888888879004,
    0.00019841269841263252,
    2.480158733663095e-05,
    2.7557319247344507e-06,
    2.755726307730941e-07,
    2.5052070959803662e-08,
    2.091821231913398e-09,
    1.6086677666787362e-10,
];

/// (ln((1 + s) / (1 - s)) - 2 s) / s³ in powers of s², for |s| <= 0.172; relative error 3e-18.
const LN: [f64; 8] = [
    0.6666666666666666,
    0.40000000000000885,
    0.28571428570799784,
    0.22222222392581045,
    0.18181795547521137,
    0.15386244737621665,
    0.13268638369266825,
    0.13088034850927555,
];

/// (1 + 2 a) e^(a²) erfc(a) in powers of (a - 3.75) / (a + 3.75), for a >= 0; relative error 5e-17.
const ERFC: [f64; 24] = [
    1.2375126308378275,
    -0.14024059858554702,
    0.003585415485479575,
    0.08227673849014977,
    -0.10880393014246645,
    0.09230432116025894,
    -0.05869339857631061,
    0.028362277420377335,
    -0.00974657968596217,
    0.001755625843431864,
    0.000293714390578856,
    -0.00029015404203352704,
    5.164649341002877e-05,
    2.2384138525656757e-05,
    -1.1437980374495534e-05,
    -9.733875167494142e-07,
    1.7419011945194367e-06,
    -5.741076073013916e-08,
    -2.4851108650210706e-07,
    2.3398534313040898e-08,
    3.195398612057818e-08,
    -3.798189797736207e-09,
    -2.618520156503145e-09,
    3.2052623379289157e-10,
];

/// A polynomial in four interleaved chains, so that its latency does not add up; `N` is a multiple of 4.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: &[f64; N], x: f64) -> f64 {
    let square = x * x;
    let fourth = square * square;
    let mut sums = [0.0; 4];
    for four in coefficients.chunks_exact(4).rev() {
        for (sum, coefficient) in sums.iter_mut().zip(four) {
            *sum = *sum * fourth + coefficient;
        }
    }
    (sums[0] + sums[1] * x) + square * (sums[2] + sums[3] * x)
}

/// e^x. Infinite above the range of doubles, 0 where the result would be subnormal, NaN for a NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let shifted = x * LOG2_E + MAGIC;
    let k = shifted - MAGIC;
    // r = x - k ln 2, and what its rounding lost.
    let high = x - k * LN_2_HIGH;
    let low = k * LN_2_LOW;
    let r = high - low;
    let lost = (high - r) - low;
    let y = 1.0 + (r + (lost + r * r * polynomial(&EXP, r)));
    // The whole number k, added to the exponent.
    let y = f64::from_bits(y.to_bits().wrapping_add(shifted.to_bits() << 52));
    let y = if x < EXP_MIN { 0.0 } else { y };
    if x <= EXP_MAX { y } else { x * f64::MAX }
}

const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;
const MANTISSA: u64 = (1 << 52) - 1;
const ONE_BITS: u64 = 1023 << 52;
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// ln x of positive normal numbers; minus infinity for 0, NaN for anything else.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    // x = m * 2^k with m between the roots of 1/2 and 2.
    let offset = x.to_bits().wrapping_add(ONE_BITS - SQRT_HALF_BITS);
    let m = f64::from_bits((offset & MANTISSA) + SQRT_HALF_BITS);
    let k = f64::from_bits((offset >> 52) | TWO_52.to_bits()) - (TWO_52 + 1023.0);
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let half = 0.5 * f * f;
    let rest = s * (half + z * polynomial(&LN, z)) + k * LN_2_LOW;
    let y = k * LN_2_HIGH - ((half - rest) - f);
    let other = if x == 0.0 { f64::NEG_INFINITY } else { f64::NAN };
    let normal = x >= f64::MIN_POSITIVE;
    let finite = x <= f64::MAX;
    if normal & finite { y } else { other }
}

/// Above this erfc is 0 (and below its negative 2).
const ERFC_MAX: f64 = 28.0;
/// Splits a double into two halves of 26 bits.
const SPLITTER: f64 = 134_217_729.0;

/// a² and what its rounding lost.
#[inline(always)]
fn squared(a: f64) -> (f64, f64) {
    let square = a * a;
    let big = SPLITTER * a;
    let high = big - (big - a);
    let low = a - high;
    (square, ((high * high - square) + 2.0 * high * low) + low * low)
}

/// erfc(a) for a >= 0, given a² and what its rounding lost.
#[inline(always)]
fn upper(a: f64, (square, lost): (f64, f64)) -> f64 {
    let y = exp(-square) * polynomial(&ERFC, (a - 3.75) / (a + 3.75)) / (1.0 + 2.0 * a);
    y - y * lost
}

/// Nearer to the middle than this, a short series gives the normal distribution with no error but its rounding.
const MIDDLE: f64 = 0.01;
const INV_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

/// Probability of at most `z` in the standard normal distribution: erfc(-z / √2) / 2 with the square taken of `z`
/// itself, since the tail magnifies a rounded z / √2.
#[inline(always)]
pub fn normal(z: f64) -> f64 {
    let a = if z.abs() > ERFC_MAX * SQRT_2 { ERFC_MAX * SQRT_2 } else { z.abs() };
    let (square, lost) = squared(a);
    let tail = 0.5 * upper(a * FRAC_1_SQRT_2, (0.5 * square, 0.5 * lost));
    let y = if z > 0.0 { 1.0 - tail } else { tail };
    let series = INV_SQRT_2PI + square * (-INV_SQRT_2PI / 6.0 + square * (INV_SQRT_2PI / 40.0));
    if a < MIDDLE { 0.5 + z * series } else { y }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ulps(a: f64, b: f64) -> u64 {
        a.to_bits().abs_diff(b.to_bits())
    }

    /// Oracle: the C library (glibc 2.36: exp and log within 0.53 units) and the `libm` crate (erfc within 1).
    #[test]
    fn close_to_the_libraries() {
        for i in 0..400_000u32 {
            let x = -708.0 + f64::from(i) * 0.003_543_7;
            assert!(ulps(exp(x), x.exp()) <= 1, "exp {x}");
            let x = x / 708.0;
            assert!(ulps(exp(x), x.exp()) <= 1, "exp {x}");
            let x = f64::from(i + 1) * 1.3e-5;
            assert!(ulps(ln(x), x.ln()) <= 1, "ln {x}");
            let x = (f64::from(i) * 0.001_7).exp() * 1e-300;
            assert!(ulps(ln(x), x.ln()) <= 1, "ln {x}");
            // The argument z / √2 of the library is rounded twice, each time up to z² units.
            let z = -6.0 + f64::from(i) * 3e-5;
            let (got, want) = (normal(z), 0.5 * erfc(-z * FRAC_1_SQRT_2));
            assert!(ulps(got, want) <= 6 + (2.0 * z * z) as u64, "normal {z}: {got:e}, not {want:e}");
        }
    }

    #[test]
    fn ends() {
        assert_eq!((exp(0.0), exp(710.0), exp(-709.0), exp(-1e300)), (1.0, f64::INFINITY, 0.0, 0.0));
        assert!(exp(f64::NAN).is_nan() && exp(709.78).is_finite() && exp(-708.39).is_normal());
        assert_eq!((ln(1.0), ln(0.0)), (0.0, f64::NEG_INFINITY));
        assert!(ln(-1.0).is_nan() && ln(f64::NAN).is_nan() && ln(f64::INFINITY).is_nan());
        assert_eq!((normal(0.0), normal(1e300), normal(-1e300), normal(-39.0)), (0.5, 1.0, 0.0, 0.0));
        assert!(normal(f64::NAN).is_nan());
    }
}
