//! Tests of hypotheses on samples: probabilities that differences are chance. And PROB.

use super::arguments::{Real, require};
use super::continuous::t_two_sided;
use crate::kernels::sample::{Cells, numbers, pairs};
use crate::kernels::statistical::spread::{mean, variance};
use crate::math::special::{beta_tails, gamma_tails, normal_tails};
use crate::semantics::coerce::integer;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, giving_numbers, nth_arg, shaped};
use crate::values::value::ErrorCode;

pub const TABLE: &[Function] = &giving_numbers([
    shaped("Z.TEST", 2, 3, Z, |cx, args| z_test(cx, args).into()),
    shaped("ZTEST", 2, 3, Z, |cx, args| z_test(cx, args).into()),
    shaped("T.TEST", 4, 4, T, |cx, args| t_test(cx, args).into()).with(flags::FORCES_ARRAY),
    shaped("TTEST", 4, 4, T, |cx, args| t_test(cx, args).into()).with(flags::FORCES_ARRAY),
    shaped("F.TEST", 2, 2, TWO, |cx, args| f_test(cx, args).into()).with(flags::FORCES_ARRAY),
    shaped("FTEST", 2, 2, TWO, |cx, args| f_test(cx, args).into()).with(flags::FORCES_ARRAY),
    shaped("CHISQ.TEST", 2, 2, TWO, |cx, args| chisq_test(cx, args).into()).with(flags::FORCES_ARRAY),
    shaped("CHITEST", 2, 2, TWO, |cx, args| chisq_test(cx, args).into()).with(flags::FORCES_ARRAY),
    shaped("PROB", 3, 4, PROB, |cx, args| prob(cx, args).into()).with(flags::FORCES_ARRAY),
]);

const TWO: &[Param] = &[Param::Any];
const Z: &[Param] = &[Param::Any, Param::Scalar, Param::Scalar];
const T: &[Param] = &[Param::Any, Param::Any, Param::Scalar, Param::Scalar];
const PROB: &[Param] = &[Param::Any, Param::Any, Param::Scalar, Param::Scalar];

fn sample(cx: &Cx<'_>, args: &[Arg<'_>], position: usize) -> Result<Vec<f64>, ErrorCode> {
    numbers(cx, args.get(position..position + 1).unwrap_or(&[]), Cells::Numbers)
}

fn z_test(cx: &Cx<'_>, args: &[Arg<'_>]) -> Real {
    let sample = sample(cx, args, 0)?;
    let x = cx.number(nth_arg(args, 1))?;
    if sample.is_empty() {
        return Err(ErrorCode::NA);
    }
    let deviation = match nth_arg(args, 2) {
        given if !given.is_omitted() => cx.number(given)?,
        _ => variance(&sample, 1.0)?.sqrt(),
    };
    if deviation == 0.0 {
        return Err(ErrorCode::Div0);
    }
    require(deviation > 0.0)?;
    Ok(normal_tails((mean(&sample) - x) / (deviation / (sample.len() as f64).sqrt())).upper)
}

fn t_test(cx: &Cx<'_>, args: &[Arg<'_>]) -> Real {
    let [first, second, ..] = args else { return Err(ErrorCode::Value) };
    let (tails, kind) = (integer(cx, nth_arg(args, 2))?, integer(cx, nth_arg(args, 3))?);
    require((1.0..=2.0).contains(&tails) && (1.0..=3.0).contains(&kind))?;
    let (t, df) = if kind == 1.0 {
        paired(&pairs(cx, first, second)?)?
    } else {
        unpaired(&sample(cx, args, 0)?, &sample(cx, args, 1)?, kind == 2.0)?
    };
    Ok(t_two_sided(t, df) * tails / 2.0)
}

fn ratio(a: f64, b: f64) -> Real {
    if b == 0.0 { Err(ErrorCode::Div0) } else { Ok(a / b) }
}

fn paired(pairs: &[(f64, f64)]) -> Result<(f64, f64), ErrorCode> {
    let differences: Vec<f64> = pairs.iter().map(|(x, y)| x - y).collect();
    let error = (variance(&differences, 1.0)? / pairs.len() as f64).sqrt();
    Ok((ratio(mean(&differences), error)?, pairs.len() as f64 - 1.0))
}

/// With one common variance, or after Welch with two.
fn unpaired(first: &[f64], second: &[f64], common: bool) -> Result<(f64, f64), ErrorCode> {
    let (n, m) = (first.len() as f64, second.len() as f64);
    let (v, w) = (variance(first, 1.0)?, variance(second, 1.0)?);
    let difference = mean(first) - mean(second);
    if common {
        let pooled = ((n - 1.0) * v + (m - 1.0) * w) / (n + m - 2.0);
        return Ok((ratio(difference, (pooled * (1.0 / n + 1.0 / m)).sqrt())?, n + m - 2.0));
    }
    let (a, b) = (v / n, w / m);
    let df = ratio((a + b) * (a + b), a * a / (n - 1.0) + b * b / (m - 1.0))?;
    Ok((ratio(difference, (a + b).sqrt())?, df))
}

fn f_test(cx: &Cx<'_>, args: &[Arg<'_>]) -> Real {
    let (first, second) = (sample(cx, args, 0)?, sample(cx, args, 1)?);
    let (v, w) = (variance(&first, 1.0)?, variance(&second, 1.0)?);
    if v == 0.0 || w == 0.0 {
        return Err(ErrorCode::Div0);
    }
    let (a, b) = ((first.len() as f64 - 1.0) / 2.0, (second.len() as f64 - 1.0) / 2.0);
    let total = a * v + b * w;
    let tails = beta_tails(a, b, a * v / total, b * w / total);
    Ok(2.0 * tails.lower.min(tails.upper))
}

fn chisq_test(cx: &Cx<'_>, args: &[Arg<'_>]) -> Real {
    let [actual, expected] = args else { return Err(ErrorCode::Value) };
    let (rows, cols) = (cx.grid(actual).rows() as f64, cx.grid(actual).cols() as f64);
    if (rows, cols) != (cx.grid(expected).rows() as f64, cx.grid(expected).cols() as f64) || rows * cols < 2.0
    {
        return Err(ErrorCode::NA);
    }
    let mut sum = 0.0;
    for (actual, expected) in pairs(cx, actual, expected)? {
        require(expected >= 0.0)?;
        sum += ratio((actual - expected) * (actual - expected), expected)?;
    }
    let df = if rows > 1.0 && cols > 1.0 { (rows - 1.0) * (cols - 1.0) } else { rows * cols - 1.0 };
    Ok(gamma_tails(df / 2.0, sum / 2.0).upper)
}

/// Probability that a value lies between two limits, or equals the one given.
fn prob(cx: &Cx<'_>, args: &[Arg<'_>]) -> Real {
    let [values, chances, ..] = args else { return Err(ErrorCode::Value) };
    let pairs = pairs(cx, values, chances)?;
    let low = cx.number(nth_arg(args, 2))?;
    let high = match nth_arg(args, 3) {
        given if !given.is_omitted() => cx.number(given)?,
        _ => low,
    };
    if pairs.is_empty() {
        return Err(ErrorCode::Div0);
    }
    require(pairs.iter().all(|&(_, chance)| (0.0..=1.0).contains(&chance)))?;
    let total: f64 = pairs.iter().map(|pair| pair.1).sum();
    require((total - 1.0).abs() < 1e-9)?;
    Ok(pairs.iter().filter(|(value, _)| (low..=high).contains(value)).map(|pair| pair.1).sum())
}
