//! The normal distribution and those derived from it by a formula: lognormal, confidence intervals.

use super::arguments::{Real, reals, reals_and_flag, require};
use crate::kernels::arguments::ordered;
use crate::kernels::statistical::distribution::continuous::t_quantile_two_sided;
use crate::math::elementary::{exp, ln};
use crate::math::special::{normal_density, normal_from_middle, normal_lower, normal_quantile};
use crate::numbers::digits::trunc;
use crate::semantics::function::{Columnar, Cx, Function, giving_numbers};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    ordered("NORM.DIST", 4, 4, |cx, args| norm_dist(cx, args).into()),
    ordered("NORMDIST", 4, 4, |cx, args| norm_dist(cx, args).into()),
    ordered("NORM.INV", 3, 3, |cx, args| norm_inv(cx, args).into()),
    ordered("NORMINV", 3, 3, |cx, args| norm_inv(cx, args).into()),
    ordered("NORM.S.DIST", 2, 2, |cx, args| norm_s_dist(cx, args).into()).columnar(Columnar::Normal),
    ordered("NORMSDIST", 1, 1, |cx, args| reals(cx, args).map(|[z]| normal_lower(z)).into()),
    ordered("NORM.S.INV", 1, 1, |cx, args| reals(cx, args).and_then(|[p]| quantile(p)).into()),
    ordered("NORMSINV", 1, 1, |cx, args| reals(cx, args).and_then(|[p]| quantile(p)).into()),
    ordered("GAUSS", 1, 1, |cx, args| reals(cx, args).map(|[z]| normal_from_middle(z)).into()),
    ordered("PHI", 1, 1, |cx, args| reals(cx, args).map(|[z]| normal_density(z)).into()),
    ordered("LOGNORM.DIST", 4, 4, |cx, args| lognorm_dist(cx, args).into()),
    ordered("LOGNORMDIST", 3, 3, |cx, args| reals(cx, args).and_then(|x| lognormal(x, true)).into()),
    ordered("LOGNORM.INV", 3, 3, |cx, args| norm_inv(cx, args).map(exp).into()),
    ordered("LOGINV", 3, 3, |cx, args| norm_inv(cx, args).map(exp).into()),
    ordered("CONFIDENCE", 3, 3, |cx, args| confidence(cx, args).into()),
    ordered("CONFIDENCE.NORM", 3, 3, |cx, args| confidence(cx, args).into()),
    ordered("CONFIDENCE.T", 3, 3, |cx, args| confidence_t(cx, args).into()),
]);

fn norm_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([x, mean, deviation], cumulative) = reals_and_flag(cx, args)?;
    require(deviation > 0.0)?;
    let z = (x - mean) / deviation;
    Ok(if cumulative { normal_lower(z) } else { normal_density(z) / deviation })
}

fn norm_s_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let ([z], cumulative) = reals_and_flag(cx, args)?;
    Ok(if cumulative { normal_lower(z) } else { normal_density(z) })
}

fn quantile(p: f64) -> Real {
    require(p > 0.0 && p < 1.0)?;
    Ok(normal_quantile(p))
}

fn norm_inv(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [p, mean, deviation] = reals(cx, args)?;
    require(deviation > 0.0)?;
    Ok(mean + deviation * quantile(p)?)
}

fn lognorm_dist(cx: &Cx<'_>, args: &[Value]) -> Real {
    let (numbers, cumulative) = reals_and_flag(cx, args)?;
    lognormal(numbers, cumulative)
}

fn lognormal([x, mean, deviation]: [f64; 3], cumulative: bool) -> Real {
    require(x > 0.0 && deviation > 0.0)?;
    let z = (ln(x) - mean) / deviation;
    Ok(if cumulative { normal_lower(z) } else { normal_density(z) / (deviation * x) })
}

/// Significance, standard deviation and sample size.
fn interval(cx: &Cx<'_>, args: &[Value]) -> Result<[f64; 3], ErrorCode> {
    let [alpha, deviation, size] = reals(cx, args)?;
    require(alpha > 0.0 && alpha < 1.0 && deviation > 0.0 && size >= 1.0)?;
    Ok([alpha, deviation, trunc(size)])
}

fn confidence(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [alpha, deviation, size] = interval(cx, args)?;
    Ok(-normal_quantile(alpha / 2.0) * deviation / size.sqrt())
}

fn confidence_t(cx: &Cx<'_>, args: &[Value]) -> Real {
    let [alpha, deviation, size] = interval(cx, args)?;
    if size == 1.0 {
        return Err(ErrorCode::Div0);
    }
    Ok(t_quantile_two_sided(cx, alpha, size - 1.0) * deviation / size.sqrt())
}
