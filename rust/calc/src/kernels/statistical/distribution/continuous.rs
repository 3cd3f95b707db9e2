//! Continuous distributions over the incomplete gamma and beta functions, and the simple ones beside them.

use super::arguments::{Real, freedom, reals, reals_and_flag, require};
use crate::kernels::arguments::ordered;
use crate::math::elementary::{exp, expm1, lgamma, pow, tgamma};
use crate::math::special::{
    Tails, beta_kernel, beta_quantile, beta_tails, gamma_density, gamma_quantile, gamma_tails,
};
use crate::numbers::digits::trunc;
use crate::semantics::function::{Cx, Function, giving_numbers, nth};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    ordered("GAMMA", 1, 1, |cx, args| gamma(cx, args).into()),
    ordered("GAMMALN", 1, 1, |cx, args| gammaln(cx, args).into()),
    ordered("GAMMALN.PRECISE", 1, 1, |cx, args| gammaln(cx, args).into()),
    ordered("GAMMA.DIST", 4, 4, |cx, args| gamma_dist(cx, args).into()),
    ordered("GAMMADIST", 4, 4, |cx, args| gamma_dist(cx, args).into()),
    ordered("GAMMA.INV", 3, 3, |cx, args| gamma_inv(cx, args).into()),
    ordered("GAMMAINV", 3, 3, |cx, args| gamma_inv(cx, args).into()),
    ordered("CHISQ.DIST", 3, 3, |cx, args| chisq_dist(cx, args).into()),
    ordered("CHISQ.DIST.RT", 2, 2, |cx, args| chisq_right(cx, args).into()),
    ordered("CHIDIST", 2, 2, |cx, args| chisq_right(cx, args).into()),
    ordered("CHISQ.INV", 2, 2, |cx, args| chisq_inv(cx, args, lower).into()),
    ordered("CHISQ.INV.RT", 2, 2, |cx, args| chisq_inv(cx, args, upper).into()),
    ordered("CHIINV", 2, 2, |cx, args| chisq_inv(cx, args, upper).into()),
    ordered("BETA.DIST", 4, 6, |cx, args| beta_dist(cx, args).into()),
    ordered("BETADIST", 3, 5, |cx, args| beta_dist_old(cx, args).into()),
    ordered("BETA.INV", 3, 5, |cx, args| beta_inv(cx, args).into()),
    ordered("BETAINV", 3, 5, |cx, args| beta_inv(cx, args).into()),
    ordered("F.DIST", 4, 4, |cx, args| f_dist(cx, args).into()),
    ordered("F.DIST.RT", 3, 3, |cx, args| f_right(cx, args).into()),
    ordered("FDIST", 3, 3, |cx, args| f_right(cx, args).into()),
    ordered("F.INV", 3, 3, |cx, args| f_inv(cx, args, lower).into()),
    ordered("F.INV.RT", 3, 3, |cx, args| f_inv(cx, args, upper).into()),
    ordered("FINV", 3, 3, |cx, args| f_inv(cx, args, upper).into()),
    ordered("T.DIST", 3, 3, |cx, args| t_dist(cx, args).into()),
    ordered("T.DIST.RT", 2, 2, |cx, args| t_right(cx, args).into()),
    ordered("T.DIST.2T", 2, 2, |cx, args| t_both(cx, args).into()),
    ordered("TDIST", 3, 3, |cx, args| t_dist_old(cx, args).into()),
    ordered("T.INV", 2, 2, |cx, args| t_inv(cx, args).into()),
    ordered("T.INV.2T", 2, 2, |cx, args| t_inv_both(cx, args).into()),
    ordered("TINV", 2, 2, |cx, args| t_inv_both(cx, args).into()),
    ordered("EXPON.DIST", 3, 3, |cx, args| expon_dist(cx, args).into()),
    ordered("EXPONDIST", 3, 3, |cx, args| expon_dist(cx, args).into()),
    ordered("WEIBULL.DIST", 4, 4, |cx, args| weibull_dist(cx, args).into()),
    ordered("WEIBULL", 4, 4, |cx, args| weibull_dist(cx, args).into()),
]);

/// A probability as a lower tail.
fn lower(p: f64) -> Tails {
    Tails { lower: p, upper: 1.0 - p }
}

/// A probability as an upper tail.
fn upper(p: f64) -> Tails {
    Tails { lower: 1.0 - p, upper: p }
}

fn gamma(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x] = reals(cx, args)?;
    require(x > 0.0 || x.fract() != 0.0)?;
    Ok(tgamma(x))
}

fn gammaln(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x] = reals(cx, args)?;
    require(x > 0.0)?;
    Ok(lgamma(x))
}

fn gamma_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, shape, scale], cumulative) = reals_and_flag(cx, args)?;
    require(x >= 0.0 && shape > 0.0 && scale > 0.0)?;
    let x = x / scale;
    Ok(if cumulative { gamma_tails(shape, x).lower } else { gamma_density(shape, x) / scale })
}

/// The x with these tails; 0 and infinity at the ends.
fn gamma_at(cx: &Cx<'_>, shape: f64, tails: Tails) -> f64 {
    if tails.lower <= 0.0 {
        0.0
    } else if tails.upper <= 0.0 {
        f64::INFINITY
    } else {
        gamma_quantile(shape, tails, || cx.cancelled())
    }
}

fn gamma_inv(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [p, shape, scale] = reals(cx, args)?;
    require((0.0..1.0).contains(&p) && shape > 0.0 && scale > 0.0)?;
    Ok(gamma_at(cx, shape, lower(p)) * scale)
}

fn chisq_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, df], cumulative) = reals_and_flag(cx, args)?;
    let shape = freedom(df)? / 2.0;
    require(x >= 0.0)?;
    Ok(if cumulative { gamma_tails(shape, x / 2.0).lower } else { gamma_density(shape, x / 2.0) / 2.0 })
}

fn chisq_right(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x, df] = reals(cx, args)?;
    let shape = freedom(df)? / 2.0;
    require(x >= 0.0)?;
    Ok(gamma_tails(shape, x / 2.0).upper)
}

fn chisq_inv(cx: &Cx<'_>, args: &[Value], side: fn(f64) -> Tails) -> Real {
    let [p, df] = reals(cx, args)?;
    require((0.0..=1.0).contains(&p))?;
    Ok(2.0 * gamma_at(cx, freedom(df)? / 2.0, side(p)))
}

/// Bounds of the interval, 0 and 1 by default.
fn bounds(cx: &Cx<'_>, args: &[Value], first: usize) -> Result<(f64, f64), ErrorCode> {
    let low = cx.number(nth(args, first))?;
    let high = nth(args, first + 1);
    let high = if high.is_omitted() { 1.0 } else { cx.number(high)? };
    require(low < high)?;
    Ok((low, high))
}

fn beta(x: f64, a: f64, b: f64, (low, high): (f64, f64), cumulative: bool) -> Real {
    require(a > 0.0 && b > 0.0 && (low..=high).contains(&x))?;
    let (part, rest) = ((x - low) / (high - low), (high - x) / (high - low));
    if cumulative {
        return Ok(beta_tails(a, b, part, rest).lower);
    }
    Ok(beta_density(a, b, part, rest) / (high - low))
}

/// x^(a - 1) y^(b - 1) / B(a, b); infinite at an end with a shape below 1.
fn beta_density(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let at_end = |own: f64, other: f64| match own {
        1.0 => other,
        _ if own < 1.0 => f64::INFINITY,
        _ => 0.0,
    };
    if x == 0.0 {
        at_end(a, b)
    } else if y == 0.0 {
        at_end(b, a)
    } else {
        beta_kernel(a, b, x, y) / (x * y)
    }
}

fn beta_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, a, b], cumulative) = reals_and_flag(cx, args)?;
    beta(x, a, b, bounds(cx, args, 4)?, cumulative)
}

fn beta_dist_old(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x, a, b] = reals(cx, args)?;
    beta(x, a, b, bounds(cx, args, 3)?, true)
}

fn beta_inv(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [p, a, b] = reals(cx, args)?;
    let (low, high) = bounds(cx, args, 3)?;
    require(p > 0.0 && p < 1.0 && a > 0.0 && b > 0.0)?;
    let (part, rest) = beta_quantile(a, b, lower(p), || cx.cancelled());
    Ok(if part < rest { low + part * (high - low) } else { high - rest * (high - low) })
}

/// Both degrees of freedom, halved.
fn halves(first: f64, second: f64) -> Result<(f64, f64), ErrorCode> {
    Ok((freedom(first)? / 2.0, freedom(second)? / 2.0))
}

/// The beta argument of an F value and its complement.
fn f_parts(x: f64, a: f64, b: f64) -> (f64, f64) {
    let total = a * x + b;
    (a * x / total, b / total)
}

fn f_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, first, second], cumulative) = reals_and_flag(cx, args)?;
    let (a, b) = halves(first, second)?;
    require(x >= 0.0)?;
    let (part, rest) = f_parts(x, a, b);
    if cumulative {
        return Ok(beta_tails(a, b, part, rest).lower);
    }
    // dz/dx of the beta argument z is rest² a / b.
    Ok(beta_density(a, b, part, rest) * rest * rest * a / b)
}

fn f_right(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x, first, second] = reals(cx, args)?;
    let (a, b) = halves(first, second)?;
    require(x >= 0.0)?;
    let (part, rest) = f_parts(x, a, b);
    Ok(beta_tails(a, b, part, rest).upper)
}

fn f_inv(cx: &Cx<'_>, args: &[Value], side: fn(f64) -> Tails) -> Real {
    let [p, first, second] = reals(cx, args)?;
    require((0.0..=1.0).contains(&p))?;
    let (a, b) = halves(first, second)?;
    let tails = side(p);
    if tails.lower <= 0.0 {
        return Ok(0.0);
    }
    require(tails.upper > 0.0)?;
    let (part, rest) = beta_quantile(a, b, tails, || cx.cancelled());
    Ok(part / rest * (b / a))
}

/// Probability beyond |x| on both sides.
pub(super) fn t_two_sided(x: f64, df: f64) -> f64 {
    let square = x * x;
    if square.is_infinite() {
        return 0.0;
    }
    beta_tails(df / 2.0, 0.5, df / (df + square), square / (df + square)).lower
}

fn t_density(x: f64, df: f64) -> f64 {
    // The beta kernel holds a factor |x|; so near to 0 the density is flat.
    let x = x.abs().max(1e-9);
    let square = x * x;
    beta_kernel(df / 2.0, 0.5, df / (df + square), square / (df + square)) / x
}

/// Probability of at most `x`.
fn t_lower(x: f64, df: f64) -> f64 {
    let tail = t_two_sided(x, df) / 2.0;
    if x > 0.0 { 1.0 - tail } else { tail }
}

fn t_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, df], cumulative) = reals_and_flag(cx, args)?;
    let df = freedom(df)?;
    Ok(if cumulative { t_lower(x, df) } else { t_density(x, df) })
}

fn t_right(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x, df] = reals(cx, args)?;
    Ok(t_lower(-x, freedom(df)?))
}

fn t_both(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x, df] = reals(cx, args)?;
    require(x >= 0.0)?;
    Ok(t_two_sided(x, freedom(df)?))
}

fn t_dist_old(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [x, df, tails] = reals(cx, args)?;
    let (df, tails) = (freedom(df)?, trunc(tails));
    require(x >= 0.0 && (tails == 1.0 || tails == 2.0))?;
    Ok(t_two_sided(x, df) * tails / 2.0)
}

/// The x >= 0 with this probability beyond it on both sides, 0 < p <= 1.
pub(super) fn t_quantile_two_sided(cx: &Cx<'_>, p: f64, df: f64) -> f64 {
    if p >= 1.0 {
        return 0.0;
    }
    let (part, rest) = beta_quantile(df / 2.0, 0.5, lower(p), || cx.cancelled());
    (df * rest / part).sqrt()
}

fn t_inv(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [p, df] = reals(cx, args)?;
    let df = freedom(df)?;
    require(p > 0.0 && p < 1.0)?;
    let x = t_quantile_two_sided(cx, 2.0 * p.min(1.0 - p), df);
    Ok(if p < 0.5 { -x } else { x })
}

fn t_inv_both(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [p, df] = reals(cx, args)?;
    let df = freedom(df)?;
    require(p > 0.0 && p <= 1.0)?;
    Ok(t_quantile_two_sided(cx, p, df))
}

fn expon_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, rate], cumulative) = reals_and_flag(cx, args)?;
    require(x >= 0.0 && rate > 0.0)?;
    Ok(if cumulative { -expm1(-rate * x) } else { rate * exp(-rate * x) })
}

fn weibull_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, shape, scale], cumulative) = reals_and_flag(cx, args)?;
    require(x >= 0.0 && shape > 0.0 && scale > 0.0)?;
    let power = pow(x / scale, shape);
    if cumulative {
        return Ok(-expm1(-power));
    }
    Ok(shape / scale * pow(x / scale, shape - 1.0) * exp(-power))
}
