//! Special functions behind the probability distributions: incomplete gamma and beta functions and their inverses,
//! the normal distribution and its quantile. Plain float mathematics: a NaN says that a result cannot be had.
//!
//! Sources: power series and continued fractions as in Abramowitz and Stegun 6.5 and 26.5, evaluated by the modified
//! Lentz scheme; the saddle-point form of densities after C. Loader, "Fast and accurate computation of binomial
//! probabilities" (2000); the uniform expansion for large shapes after N. Temme (1979).

use crate::math::elementary::{erf, erfc, exp, lgamma, ln, log1p, normal, pow, tgamma};
use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};

const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;
const SQRT_2PI: f64 = 2.506_628_274_631_000_7;

/// Rounds of a series or continued fraction; both need a few times the root of the shape.
const ROUNDS: usize = 200_000;
/// From here on the uniform expansion is exact to double precision.
const LARGE_SHAPE: f64 = 1e6;

/// Probability of at most and of more than a value. Both are kept, so that neither tail loses its digits.
#[derive(Clone, Copy, Debug)]
pub struct Tails {
    pub lower: f64,
    pub upper: f64,
}

impl Tails {
    fn from_lower(lower: f64) -> Tails {
        Tails { lower, upper: 1.0 - lower }
    }

    fn from_upper(upper: f64) -> Tails {
        Tails { lower: 1.0 - upper, upper }
    }

    /// Seen from the other side.
    pub fn swapped(self) -> Tails {
        Tails { lower: self.upper, upper: self.lower }
    }
}

/// ln Γ(a + 1) less Stirling's (a + 1/2) ln a - a + ln √2π.
fn stirling_error(a: f64) -> f64 {
    if a < 10.0 {
        return lgamma(a + 1.0) - (a + 0.5) * ln(a) + a - LN_SQRT_2PI;
    }
    let b = 1.0 / (a * a);
    let series = [1.0 / 156.0, -691.0 / 360_360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0];
    (series.iter().fold(0.0, |sum, term| (sum + term) * b) + 1.0 / 12.0) / a
}

/// x ln(x / m) + m - x, without cancellation where x is near m.
fn deviance(x: f64, m: f64) -> f64 {
    let difference = x - m;
    if difference.abs() >= 0.1 * (x + m) {
        return x * ln(x / m) - difference;
    }
    let v = difference / (x + m);
    let mut sum = difference * v;
    let mut term = 2.0 * x * v;
    for odd in (3..200).step_by(2) {
        term *= v * v;
        let next = sum + term / f64::from(odd);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// m^k e^-m / Γ(k + 1) for real k >= 0.
pub fn poisson_term(k: f64, m: f64) -> f64 {
    if k == 0.0 {
        exp(-m)
    } else if m == 0.0 {
        0.0
    } else {
        exp(-stirling_error(k) - deviance(k, m)) / (SQRT_2PI * k.sqrt())
    }
}

/// Γ(n + 1) / (Γ(k + 1) Γ(n - k + 1)) p^k q^(n - k) for real 0 <= k <= n, where p + q = 1.
pub fn binomial_term(k: f64, n: f64, p: f64, q: f64) -> f64 {
    let rest = n - k;
    if k == 0.0 {
        return exp(n * if p < 0.5 { log1p(-p) } else { ln(q) });
    }
    if rest == 0.0 {
        return exp(n * if q < 0.5 { log1p(-q) } else { ln(p) });
    }
    if p == 0.0 || q == 0.0 {
        return 0.0;
    }
    let errors = stirling_error(n) - stirling_error(k) - stirling_error(rest);
    exp(errors - deviance(k, n * p) - deviance(rest, n * q)) * (n / (2.0 * PI * k * rest)).sqrt()
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x) for a > 0.
pub fn gamma_tails(a: f64, x: f64) -> Tails {
    if x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if a > LARGE_SHAPE && (x - a).abs() < 0.1 * a {
        return gamma_tails_large(a, x);
    }
    if x < a + 1.0 { gamma_series(a, x) } else { gamma_fraction(a, x) }
}

fn gamma_series(a: f64, x: f64) -> Tails {
    let (mut term, mut sum, mut shape) = (1.0, 1.0, a);
    for _ in 0..ROUNDS {
        shape += 1.0;
        term *= x / shape;
        sum += term;
        if term < sum * 1e-17 {
            return Tails::from_lower(poisson_term(a, x) * sum);
        }
    }
    Tails::from_lower(f64::NAN)
}

/// Keeps the denominators of the Lentz scheme off zero.
fn off_zero(x: f64) -> f64 {
    if x.abs() < 1e-300 { 1e-300 } else { x }
}

fn gamma_fraction(a: f64, x: f64) -> Tails {
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / off_zero(b);
    let mut value = d;
    for i in 1..ROUNDS {
        let i = i as f64;
        let numerator = -i * (i - a);
        b += 2.0;
        d = 1.0 / off_zero(numerator * d + b);
        c = off_zero(b + numerator / c);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            return Tails::from_upper(a * poisson_term(a, x) * value);
        }
    }
    Tails::from_upper(f64::NAN)
}

fn gamma_tails_large(a: f64, x: f64) -> Tails {
    let exponent = deviance(a, x);
    let eta = (2.0 * exponent / a).sqrt().copysign(x - a);
    let first = [1.0 / 2835.0, 1.0 / 864.0, -2.0 / 135.0, 1.0 / 12.0, -1.0 / 3.0];
    let second = [1.0 / 378.0, -1.0 / 288.0, -1.0 / 540.0];
    let polynomial = |terms: &[f64]| terms.iter().fold(0.0, |sum, term| sum * eta + term);
    let correction = exp(-exponent) / (SQRT_2PI * a.sqrt()) * (polynomial(&first) + polynomial(&second) / a);
    let z = exponent.sqrt().copysign(eta);
    Tails { lower: 0.5 * erfc(-z) - correction, upper: 0.5 * erfc(z) + correction }
}

/// x^a e^-x / Γ(a), over x: the density of the gamma distribution with scale 1.
pub fn gamma_density(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        return if a == 1.0 {
            1.0
        } else if a < 1.0 {
            f64::INFINITY
        } else {
            0.0
        };
    }
    if a < 1.0 { poisson_term(a, x) * a / x } else { poisson_term(a - 1.0, x) }
}

/// x^a y^b / B(a, b), where x + y = 1.
pub fn beta_kernel(a: f64, b: f64, x: f64, y: f64) -> f64 {
    binomial_term(a, a + b, x, y) * a * (b / (a + b))
}

/// The regularised incomplete beta functions I(x; a, b) and I(y; b, a), where x + y = 1.
pub fn beta_tails(a: f64, b: f64, x: f64, y: f64) -> Tails {
    if x <= 0.0 {
        return Tails::from_lower(0.0);
    }
    if y <= 0.0 {
        return Tails::from_upper(0.0);
    }
    if x * (a + b + 2.0) < a + 1.0 {
        Tails::from_lower(beta_fraction(a, b, x, y))
    } else {
        Tails::from_upper(beta_fraction(b, a, y, x))
    }
}

fn beta_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let total = a + b;
    let mut c = 1.0;
    let mut d = 1.0 / off_zero(1.0 - total * x / (a + 1.0));
    let mut value = d;
    for m in 1..ROUNDS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / off_zero(1.0 + even * d);
        c = off_zero(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (total + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / off_zero(1.0 + odd * d);
        c = off_zero(1.0 + odd / c);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            return beta_kernel(a, b, x, y) / a * value;
        }
    }
    f64::NAN
}

/// Probability of at most `z` in the standard normal distribution.
#[inline(always)]
pub fn normal_lower(z: f64) -> f64 {
    normal(z)
}

/// Both tails of the standard normal distribution.
pub fn normal_tails(z: f64) -> Tails {
    Tails { lower: normal_lower(z), upper: normal_lower(-z) }
}

/// Probability between 0 and z of the standard normal distribution, negative for negative z.
pub fn normal_from_middle(z: f64) -> f64 {
    0.5 * erf(z * FRAC_1_SQRT_2)
}

#[inline(always)]
pub fn normal_density(z: f64) -> f64 {
    exp(-0.5 * z * z) / SQRT_2PI
}

/// The z with this lower tail, 0 < p < 1.
pub fn normal_quantile(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * ln(tail)).sqrt();
    // Abramowitz and Stegun 26.2.23, good to 4.5e-4; Halley's method does the rest.
    let rational = (2.515_517 + t * (0.802_853 + t * 0.010_328))
        / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    let mut z = rational - t;
    for _ in 0..3 {
        let error = if tail > 0.25 { normal_from_middle(z) - (tail - 0.5) } else { normal_lower(z) - tail };
        let step = error / normal_density(z);
        z -= step / (1.0 + 0.5 * z * step);
    }
    if p > 0.5 { -z } else { z }
}

/// The x in (low, high) where a rising or falling tail has the value `target`, by Newton's method on the logarithm of
/// the tail, kept in a bracket. `tail` gives value and density, and may take long where a shape is large: NaN once `stop`
/// says so.
fn invert(
    target: f64,
    rising: bool,
    start: f64,
    (mut low, mut high): (f64, f64),
    stop: impl Fn() -> bool,
    tail: impl Fn(f64) -> (f64, f64),
) -> f64 {
    let mut x = start;
    for _ in 0..300 {
        if stop() {
            return f64::NAN;
        }
        let (value, density) = tail(x);
        if value == target || value.is_nan() {
            return if value.is_nan() { value } else { x };
        }
        if (value > target) == rising {
            high = x;
        } else {
            low = x;
        }
        let step = ln(value / target) * value / density;
        let newton = if rising { x - step } else { x + step };
        let next = if newton > low && newton < high { newton } else { between(low, high) };
        if (next - x).abs() <= 2e-16 * next.abs() || next == low || next == high {
            return next;
        }
        x = next;
    }
    x
}

/// A point that halves a bracket of positive numbers by order of magnitude when it spans several.
fn between(low: f64, high: f64) -> f64 {
    if high == f64::INFINITY {
        return low * 2.0 + 1.0;
    }
    if low == 0.0 {
        return high * 1e-3;
    }
    if high / low > 4.0 { (low * high).sqrt() } else { low + (high - low) / 2.0 }
}

/// The x where the gamma distribution with scale 1 has these tails; NaN once `stop` says so.
pub fn gamma_quantile(a: f64, tails: Tails, stop: impl Fn() -> bool) -> f64 {
    let z = normal_quantile(tails.lower.clamp(1e-300, 1.0 - 1e-16));
    let cube = 1.0 - 1.0 / (9.0 * a) + z / (3.0 * a.sqrt());
    let small = pow(tails.lower * tgamma(a.min(100.0) + 1.0), 1.0 / a);
    let start = if a > 0.5 && cube > 0.1 { a * cube * cube * cube } else { small.max(1e-300) };
    let range = (0.0, f64::INFINITY);
    if tails.lower < tails.upper {
        invert(tails.lower, true, start, range, stop, |x| (gamma_tails(a, x).lower, gamma_density(a, x)))
    } else {
        invert(tails.upper, false, start, range, stop, |x| (gamma_tails(a, x).upper, gamma_density(a, x)))
    }
}

/// The x and 1 - x where the beta distribution has these tails; NaN once `stop` says so.
pub fn beta_quantile(a: f64, b: f64, tails: Tails, stop: impl Fn() -> bool) -> (f64, f64) {
    // Solve for the smaller of the two, whose digits the other would hide.
    if beta_tails(a, b, 0.5, 0.5).lower < tails.lower {
        let (y, x) = beta_quantile_small(b, a, tails.swapped(), stop);
        (x, y)
    } else {
        beta_quantile_small(a, b, tails, stop)
    }
}

fn beta_quantile_small(a: f64, b: f64, tails: Tails, stop: impl Fn() -> bool) -> (f64, f64) {
    let density = |x: f64| beta_kernel(a, b, x, 1.0 - x) / (x * (1.0 - x));
    // Below the mean the distribution is close to x^a / (a B(a, b)).
    let power = exp((ln(tails.lower) - ln(density(1e-3) * 1e-3 / a)) / a - 3.0 * LN_2);
    let mean = a / (a + b);
    let start = if power > 0.0 && power < mean { power } else { mean.min(0.25) };
    let x = if tails.lower < tails.upper {
        invert(tails.lower, true, start, (0.0, 0.5), stop, |x| {
            (beta_tails(a, b, x, 1.0 - x).lower, density(x))
        })
    } else {
        invert(tails.upper, false, start, (0.0, 0.5), stop, |x| {
            (beta_tails(a, b, x, 1.0 - x).upper, density(x))
        })
    };
    (x, 1.0 - x)
}

#[cfg(test)]
mod tests;
