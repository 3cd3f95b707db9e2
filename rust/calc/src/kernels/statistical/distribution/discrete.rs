//! Distributions of counts. Counts are truncated.

use super::arguments::{Real, reals, reals_and_flag, require};
use crate::kernels::arguments::ordered;
use crate::math::special::{beta_tails, binomial_term, gamma_tails, normal_quantile, poisson_term};
use crate::numbers::digits::trunc;
use crate::semantics::function::{Cx, Function, giving_numbers, nth};
use crate::values::value::Value;

pub const TABLE: &[Function] = &giving_numbers([
    ordered("BINOM.DIST", 4, 4, |cx, args| binom_dist(cx, args).into()),
    ordered("BINOMDIST", 4, 4, |cx, args| binom_dist(cx, args).into()),
    ordered("BINOM.DIST.RANGE", 3, 4, |cx, args| binom_range(cx, args).into()),
    ordered("BINOM.INV", 3, 3, |cx, args| binom_inv(cx, args).into()),
    ordered("CRITBINOM", 3, 3, |cx, args| binom_inv(cx, args).into()),
    ordered("NEGBINOM.DIST", 4, 4, |cx, args| negbinom_dist(cx, args).into()),
    ordered("NEGBINOMDIST", 3, 3, |cx, args| reals(cx, args).and_then(|x| negative(x, false)).into()),
    ordered("POISSON.DIST", 3, 3, |cx, args| poisson_dist(cx, args).into()),
    ordered("POISSON", 3, 3, |cx, args| poisson_dist(cx, args).into()),
    ordered("HYPGEOM.DIST", 5, 5, |cx, args| hypgeom_dist(cx, args).into()),
    ordered("HYPGEOMDIST", 4, 4, |cx, args| {
        reals(cx, args).and_then(|x| hypergeometric(cx, x, false)).into()
    }),
]);

/// Excel refuses 10^30; where exactly it stops is not documented.
const MOST_TRIALS: f64 = 1e10;

/// Probability of at most `k` successes in `n` trials.
fn binomial_lower(k: f64, n: f64, p: f64) -> f64 {
    if k < 0.0 {
        0.0
    } else if k >= n {
        1.0
    } else {
        beta_tails(n - k, k + 1.0, 1.0 - p, p).lower
    }
}

fn binom_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([k, n, p], cumulative) = reals_and_flag(cx, args)?;
    let (k, n) = (trunc(k), trunc(n));
    require(k >= 0.0 && k <= n && n <= MOST_TRIALS && (0.0..=1.0).contains(&p))?;
    Ok(if cumulative { binomial_lower(k, n, p) } else { binomial_term(k, n, p, 1.0 - p) })
}

/// Up to this many terms are added one by one, which keeps the digits of small results.
const FEW: f64 = 1000.0;

fn binom_range(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [n, p, first] = reals(cx, args)?;
    let last = nth(args, 3);
    let last = if last.is_omitted() { first } else { cx.number(last)? };
    let (n, first, last) = (trunc(n), trunc(first), trunc(last));
    require(n >= 0.0 && (0.0..=1.0).contains(&p) && first >= 0.0 && first <= last && last <= n)?;
    if last - first > FEW {
        return Ok(binomial_lower(last, n, p) - binomial_lower(first - 1.0, n, p));
    }
    let count = (last - first) as u32;
    Ok((0..=count).map(|i| binomial_term(first + f64::from(i), n, p, 1.0 - p)).sum())
}

/// The smallest count whose cumulative probability reaches `alpha`.
fn binom_inv(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [n, p, alpha] = reals(cx, args)?;
    let n = trunc(n);
    require(n >= 0.0 && p > 0.0 && p < 1.0 && alpha > 0.0 && alpha < 1.0)?;
    // Rounding errors of the distribution must not miss a probability that was taken from it.
    let reaches = |k: f64| {
        cx.go_on()?;
        let lower = binomial_lower(k, n, p);
        require(!lower.is_nan()).map(|()| lower >= alpha * (1.0 - 1e-14))
    };
    let guess = n * p + normal_quantile(alpha) * (n * p * (1.0 - p)).sqrt();
    let (mut low, mut high) = (-1.0, n);
    let mut k = guess.floor().clamp(0.0, n);
    let mut step = 1.0;
    // Out from the guess until the answer is in (low, high], then halving.
    while low < k && k < high {
        if reaches(k)? {
            high = k;
            k -= step;
        } else {
            low = k;
            k += step;
        }
        step *= 2.0;
    }
    while high - low > 1.0 {
        let middle = ((low + high) / 2.0).floor();
        // Counts so large have no neighbours one apart.
        if middle <= low || middle >= high {
            break;
        }
        if reaches(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

fn negbinom_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let (numbers, cumulative) = reals_and_flag(cx, args)?;
    negative(numbers, cumulative)
}

/// Failures before the n-th success.
fn negative([failures, successes, p]: [f64; 3], cumulative: bool) -> Real {
    let (failures, successes) = (trunc(failures), trunc(successes));
    require(failures >= 0.0 && successes >= 1.0 && p > 0.0 && p < 1.0)?;
    if cumulative {
        return Ok(beta_tails(successes, failures + 1.0, p, 1.0 - p).lower);
    }
    let trials = failures + successes;
    Ok(successes / trials * binomial_term(successes, trials, p, 1.0 - p))
}

fn poisson_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([k, mean], cumulative) = reals_and_flag(cx, args)?;
    // Excel looks at the sign before it truncates here.
    require(k >= 0.0)?;
    let k = trunc(k);
    require(mean >= 0.0)?;
    Ok(if cumulative { gamma_tails(k + 1.0, mean).upper } else { poisson_term(k, mean) })
}

fn hypgeom_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let (numbers, cumulative) = reals_and_flag(cx, args)?;
    hypergeometric(cx, numbers, cumulative)
}

/// `k` marked ones in a sample of `n` out of a population that holds `marked`.
fn hypergeometric(cx: &Cx<'_>, numbers: [f64; 4], cumulative: bool) -> Real {
    let [k, n, marked, population] = numbers.map(trunc);
    require(k >= 0.0 && n >= 0.0 && marked >= 0.0 && population > 0.0)?;
    require(n <= population && marked <= population && k <= n && k <= marked)?;
    let term = |k: f64| {
        let (p, q) = (n / population, (population - n) / population);
        let rest = population - marked;
        binomial_term(k, marked, p, q) * binomial_term(n - k, rest, p, q) / binomial_term(n, population, p, q)
    };
    let least = (n + marked - population).max(0.0);
    if !cumulative {
        require(k >= least)?;
        return Ok(term(k));
    }
    if k < least {
        return Ok(0.0);
    }
    // Away from the mode the terms only fall, so that the sum may stop when they no longer count.
    let mode = ((n + 1.0) * (marked + 1.0) / (population + 2.0)).floor();
    let spare = population - marked - n;
    if k < mode {
        let down = |k: f64| k * (spare + k) / ((n - k + 1.0) * (marked - k + 1.0));
        falling_sum(cx, term(k), k, -1.0, down)
    } else if k >= n.min(marked) {
        Ok(1.0)
    } else {
        let up = |k: f64| (n - k) * (marked - k) / ((k + 1.0) * (spare + k + 1.0));
        Ok(1.0 - falling_sum(cx, term(k + 1.0), k + 1.0, 1.0, up)?)
    }
}

/// Terms that are added up before it is said that there is no result.
const MOST_TERMS: u32 = 1 << 30;

/// A term and those after it, each the one before times `ratio`.
fn falling_sum(cx: &Cx<'_>, first: f64, at: f64, step: f64, ratio: impl Fn(f64) -> f64) -> Real {
    let (mut term, mut sum, mut k) = (first, first, at);
    let mut rounds = 0u32;
    while term > sum * 1e-17 {
        term *= ratio(k);
        sum += term;
        k += step;
        rounds += 1;
        if rounds.is_multiple_of(4096) {
            cx.go_on()?;
            require(rounds < MOST_TERMS)?;
        }
    }
    Ok(sum)
}
