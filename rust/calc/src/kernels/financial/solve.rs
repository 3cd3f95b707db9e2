//! The rate at which a balance is zero, for RATE, IRR and XIRR. Knows nothing of cash flows.

use crate::math::elementary::{expm1, log1p};
use crate::semantics::function::Cx;

/// Newton steps before the search changes over to brackets.
pub const STEPS: usize = 60;
/// A step below this part of 1 + rate is rounding noise.
pub const NOISE: f64 = 1e-15;
/// A step below this part may have come down to noise: then the next one must be below `NOISE_OF_ROOT`.
pub const WITHIN: f64 = 1e-11;
pub const NOISE_OF_ROOT: f64 = 1e-13;

/// A root above -1 of `f`, which gives value and slope; near `guess` where there are several. NaN if none is found.
pub fn root(guess: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    if guess.is_nan() || guess <= -1.0 {
        return f64::NAN;
    }
    let mut rate = guess;
    for _ in 0..STEPS {
        let (value, slope) = f(rate);
        if value == 0.0 {
            return rate;
        }
        let next = rate - value / slope;
        if !next.is_finite() {
            break;
        }
        // A step over -1 has no meaning: go half the way.
        let next = if next <= -1.0 { (rate - 1.0) / 2.0 } else { next };
        if (next - rate).abs() <= NOISE * (1.0 + rate.abs()) || converged(rate, next, &f) {
            return next;
        }
        rate = next;
    }
    bracketed(guess, |rate| f(rate).0)
}

/// `f` until the execution is to stop; NaN from then on, which ends every search.
pub fn stoppable(cx: &Cx<'_>, f: impl Fn(f64) -> (f64, f64)) -> impl Fn(f64) -> (f64, f64) {
    move |rate| if cx.cancelled() { (f64::NAN, f64::NAN) } else { f(rate) }
}

/// Newton's method alone, as RATE has it: NaN when it leaves the rates above -1 or does not converge.
pub fn newton(guess: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut rate = guess;
    for _ in 0..STEPS {
        if !(rate > -1.0 && rate.is_finite()) {
            break;
        }
        let (value, slope) = f(rate);
        if value == 0.0 {
            return rate;
        }
        let next = rate - value / slope;
        if converged(rate, next, &f) {
            // Payments in advance are worth nothing at -1 whatever they are: no solution.
            return if next > -1.0 + 1e-9 { next } else { f64::NAN };
        }
        rate = next;
    }
    f64::NAN
}

/// True when steps have come down to rounding noise.
fn converged(rate: f64, next: f64, f: &impl Fn(f64) -> (f64, f64)) -> bool {
    (next - rate).abs() <= WITHIN * (1.0 + rate.abs()) && {
        let (value, slope) = f(next);
        (value / slope).abs() <= NOISE_OF_ROOT * (1.0 + next.abs())
    }
}

/// Looks for a change of sign outwards from the guess on the scale of ln(1 + rate), then halves.
fn bracketed(guess: f64, f: impl Fn(f64) -> f64) -> f64 {
    const WIDTH: f64 = 0.05;
    let at = |step: f64| expm1(log1p(guess) + WIDTH * step);
    let start = f(guess);
    let (mut up, mut down) = (start, start);
    for step in 1..600 {
        let step = f64::from(step);
        let (above, below) = (f(at(step)), f(at(-step)));
        if changes(up, above) {
            return halved(at(step - 1.0), at(step), up, f);
        }
        if changes(down, below) {
            return halved(at(1.0 - step), at(-step), down, f);
        }
        (up, down) = (above, below);
    }
    f64::NAN
}

fn changes(a: f64, b: f64) -> bool {
    a.is_finite() && b.is_finite() && (a > 0.0) != (b > 0.0)
}

/// Bisection: `value` is that of `f` at `low`, with the other sign at `high`.
fn halved(mut low: f64, mut high: f64, value: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle == low || middle == high {
            break;
        }
        if (f(middle) > 0.0) == (value > 0.0) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_search_ends_when_the_execution_does() {
        let mut heap = Heap::empty();
        let (env, cancel, calls) = (Env::default(), AtomicBool::new(false), Cell::new(0));
        let cx = Cx { heap: &mut heap, env: &env, cancel: &cancel };
        // Never zero, so that the whole search is gone through.
        let f = |x: f64| {
            calls.set(calls.get() + 1);
            cancel.store(calls.get() == 3, Ordering::Relaxed);
            (x * x + 1.0, 2.0 * x)
        };
        assert!(root(0.1, stoppable(&cx, f)).is_nan());
        assert_eq!(calls.get(), 3);
    }

    #[test]
    fn finds_roots_that_newton_misses() {
        // (rate - 3)(rate + 0.9): two roots, both above -1.
        let f = |x: f64| ((x - 3.0) * (x + 0.9), 2.0 * x - 2.1);
        assert!((root(0.1, f) + 0.9).abs() < 1e-12 || (root(0.1, f) - 3.0).abs() < 1e-12);
        // The slope points away from the only root.
        let g = |x: f64| ((x - 1.0).cbrt(), 1.0 / (3.0 * (x - 1.0).cbrt().powi(2)));
        assert!((root(0.1, g) - 1.0).abs() < 1e-9);
        assert!(root(0.1, |x| (x * x + 1.0, 2.0 * x)).is_nan());
        assert!(root(-1.0, f).is_nan() && root(f64::NAN, f).is_nan());
    }
}
