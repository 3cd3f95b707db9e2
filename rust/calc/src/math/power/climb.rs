//! From one power of a base to the next: b^(p + s + d) = b^p (b^s + b^s d ln b), where b^p and b^s are pairs and d is
//! what the rounding of the exponents lost. Exponents in even steps then cost a product instead of an exponential each.

use super::fast::{Verdict, uncertain};
use super::pair::{Pair, sum, sum_ordered, times_loose};

/// The rest, and the part of it by which a climbed power may be off. Relative to the power, 2^-71 is allowed; each step
/// adds 2^-103, the error of b^s (2^-98 of it) and, for |p ln b| up to 600 and a remainder d of three roundings of p,
/// (d ln b)^2 / 2 < 2^-85: together 2^-73 after `MOST_STEPS`.
pub const MARGIN: f64 = 1.0 + 1.0 / 65536.0;
pub const MOST_STEPS: usize = 4096;

/// The next power and what its rounding lost.
#[inline(always)]
pub fn climb(from: Pair, step: Pair, ln: f64, remainder: f64) -> (Verdict, f64) {
    let step = (step.0, (step.0 * ln).mul_add(remainder, step.1));
    let (high, low) = times_loose(from, step);
    let (value, rest) = sum_ordered(high, low);
    ((value, uncertain(value, rest, MARGIN)), rest)
}

/// The exact difference between `exponent` and `from` + `step`, if it is no more than the rounding errors of the three.
pub fn remainder(exponent: f64, from: f64, step: f64) -> Option<f64> {
    let largest = exponent.abs().max(from.abs()).max(step.abs());
    let (difference, lost) = sum(exponent, -from);
    let remainder = (difference - step) + lost;
    (remainder.abs() <= 1.5 * f64::EPSILON * largest).then_some(remainder)
}
