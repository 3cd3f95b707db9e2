//! Rounding to decimal digits on the 15-digit view: exact, and a fast path for columns that says when it is unsure.

use super::decimal::{TENS, decimal, from_parts};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    HalfAway,
    Up,
    Down,
}

/// Rounds the view of `x` to `digits` decimals, half away from zero. A number that has no more decimals than that
/// on its view comes back unchanged.
pub fn round_half_away(x: f64, digits: i32) -> f64 {
    let fast = round_fast(x, digits);
    if fast.is_nan() { round(x, digits, Mode::HalfAway) } else { fast }
}

/// Rounds the view of `x` away from zero.
pub fn round_up(x: f64, digits: i32) -> f64 {
    round(x, digits, Mode::Up)
}

/// Rounds the view of `x` toward zero.
pub fn round_down(x: f64, digits: i32) -> f64 {
    round(x, digits, Mode::Down)
}

/// `round_half_away` without its fast path: slower, and right for every input.
pub fn round_exact(x: f64, digits: i32) -> f64 {
    round(x, digits, Mode::HalfAway)
}

fn round(x: f64, digits: i32, mode: Mode) -> f64 {
    if !x.is_finite() {
        return x;
    }
    let digits = digits.clamp(-400, 400);
    let view = decimal(x);
    let cut = -digits - view.exponent;
    if cut <= 0 || view.digits == 0 {
        return x + 0.0;
    }
    let (quotient, rest, unit) = match 10u64.checked_pow(cut.unsigned_abs()) {
        Some(unit) => (view.digits / unit, view.digits % unit, unit),
        None => (0, view.digits, u64::MAX),
    };
    let away = match mode {
        Mode::HalfAway => rest >= unit - unit / 2,
        Mode::Up => rest > 0,
        Mode::Down => false,
    };
    from_parts(view.negative, quotient + u64::from(away), -digits)
}

/// Adding and subtracting it rounds a number below 2^51 to a whole one, without a call and in every vector unit.
const MAGIC: f64 = 6_755_399_441_055_744.0;
/// A number that is nearer to a tie than this part of itself has the tie as its view. This allows for a few rounding
/// errors; half a unit of the 15th digit is 5.0e-16 at least.
const ON_TIE: f64 = 3.6e-16;
/// Farther from a tie than this, the view is on the same side as the number.
const OFF_TIE: f64 = 5.3e-15;
/// Above this the bands overlap.
const FAST_LIMIT: f64 = 5e13;

/// `round_half_away` in plain float arithmetic, or NaN where that may be wrong (then use `round_half_away`). Free of
/// branches on `x`, so that a loop over a column with fixed `digits` vectorises.
#[inline(always)]
pub fn round_fast(x: f64, digits: i32) -> f64 {
    let Some(&scale) = TENS.get(digits.unsigned_abs() as usize) else { return f64::NAN };
    if digits >= 0 { round_fast_at(x, scale) } else { round_fast_tens(x, scale) }
}

/// `round_fast` with the power of ten worked out: `scale` = 10^digits, digits in 0..=22.
#[inline(always)]
pub fn round_fast_at(x: f64, scale: f64) -> f64 {
    (nearest_or_nan(x.abs() * scale) / scale).copysign(x) + 0.0
}

/// `round_fast` left of the decimal point: `scale` = 10^-digits, digits in -22..=0.
#[inline(always)]
pub fn round_fast_tens(x: f64, scale: f64) -> f64 {
    (nearest_or_nan(x.abs() / scale) * scale).copysign(x) + 0.0
}

/// `x` >= 0 times 10^power, rounded half away from zero on the view of `x`, where plain float arithmetic is certain to
/// be right.
#[inline]
pub fn scaled_fast(x: f64, power: i32) -> Option<u64> {
    let scale = usize::try_from(power).ok().and_then(|power| TENS.get(power))?;
    let nearest = nearest_or_nan(x * scale);
    (!nearest.is_nan()).then_some(nearest as u64)
}

/// The whole number nearest to `p` >= 0, ties up, or NaN in the band where the 15-digit view decides.
#[inline(always)]
fn nearest_or_nan(p: f64) -> f64 {
    let nearest = (p + MAGIC) - MAGIC;
    let rest = p - nearest;
    let from_tie = 0.5 - rest.abs();
    let tie_up = if rest > 0.0 { nearest + 1.0 } else { nearest };
    let tied = if from_tie <= ON_TIE * p { tie_up } else { f64::NAN };
    let rounded = if from_tie > OFF_TIE * p { nearest } else { tied };
    if p < FAST_LIMIT { rounded } else { f64::NAN }
}
