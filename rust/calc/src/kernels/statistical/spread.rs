//! Means, variances and higher moments of a sample.

use crate::kernels::sample::{Cells, numbers};
use crate::math::elementary;
use crate::semantics::function::{Arg, Cx, Function, Param, giving_numbers, shaped};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    shaped("STDEV", 1, 255, ANY, stdev_s),
    shaped("STDEV.S", 1, 255, ANY, stdev_s),
    shaped("STDEVA", 1, 255, ANY, |cx, args| moment(cx, args, Cells::All, |s| Ok(variance(s, 1.0)?.sqrt()))),
    shaped("STDEVP", 1, 255, ANY, stdev_p),
    shaped("STDEV.P", 1, 255, ANY, stdev_p),
    shaped("STDEVPA", 1, 255, ANY, |cx, args| moment(cx, args, Cells::All, |s| Ok(variance(s, 0.0)?.sqrt()))),
    shaped("VAR", 1, 255, ANY, var_s),
    shaped("VAR.S", 1, 255, ANY, var_s),
    shaped("VARA", 1, 255, ANY, |cx, args| moment(cx, args, Cells::All, |s| variance(s, 1.0))),
    shaped("VARP", 1, 255, ANY, var_p),
    shaped("VAR.P", 1, 255, ANY, var_p),
    shaped("VARPA", 1, 255, ANY, |cx, args| moment(cx, args, Cells::All, |s| variance(s, 0.0))),
    shaped("DEVSQ", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, devsq)),
    shaped("AVEDEV", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, avedev)),
    shaped("GEOMEAN", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, geomean)),
    shaped("HARMEAN", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, harmean)),
    shaped("SKEW", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, skew)),
    shaped("SKEW.P", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, skew_p)),
    shaped("KURT", 1, 255, ANY, |cx, args| moment(cx, args, Cells::Numbers, kurt)),
]);

const ANY: &[Param] = &[Param::Any];

type Moment = fn(&[f64]) -> Result<f64, ErrorCode>;

fn moment(cx: &Cx<'_>, args: &[Arg<'_>], cells: Cells, of: Moment) -> Value {
    numbers(cx, args, cells).and_then(|sample| of(&sample)).into()
}

pub fn stdev_s(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    moment(cx, args, Cells::Numbers, |s| Ok(variance(s, 1.0)?.sqrt()))
}

pub fn stdev_p(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    moment(cx, args, Cells::Numbers, |s| Ok(variance(s, 0.0)?.sqrt()))
}

pub fn var_s(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    moment(cx, args, Cells::Numbers, |s| variance(s, 1.0))
}

pub fn var_p(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    moment(cx, args, Cells::Numbers, |s| variance(s, 0.0))
}

pub fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / sample.len() as f64
}

/// Sum of a power of the deviations from the mean.
fn deviations(sample: &[f64], power: i32) -> f64 {
    let mean = mean(sample);
    sample.iter().map(|x| (x - mean).powi(power)).sum()
}

/// Squared deviations over the count less `lost` degrees of freedom.
pub fn variance(sample: &[f64], lost: f64) -> Result<f64, ErrorCode> {
    let freedom = sample.len() as f64 - lost;
    if freedom <= 0.0 { Err(ErrorCode::Div0) } else { Ok(deviations(sample, 2) / freedom) }
}

fn not_empty(sample: &[f64]) -> Result<(), ErrorCode> {
    if sample.is_empty() { Err(ErrorCode::Num) } else { Ok(()) }
}

fn devsq(sample: &[f64]) -> Result<f64, ErrorCode> {
    not_empty(sample)?;
    Ok(deviations(sample, 2))
}

fn avedev(sample: &[f64]) -> Result<f64, ErrorCode> {
    not_empty(sample)?;
    let mean = mean(sample);
    Ok(sample.iter().map(|x| (x - mean).abs()).sum::<f64>() / sample.len() as f64)
}

/// Positive numbers only, as the harmonic mean.
fn positive(sample: &[f64]) -> Result<(), ErrorCode> {
    not_empty(sample)?;
    if sample.iter().any(|&x| x <= 0.0) { Err(ErrorCode::Num) } else { Ok(()) }
}

fn geomean(sample: &[f64]) -> Result<f64, ErrorCode> {
    positive(sample)?;
    let logs: f64 = sample.iter().map(|&x| elementary::ln(x)).sum();
    Ok(elementary::exp(logs / sample.len() as f64))
}

fn harmean(sample: &[f64]) -> Result<f64, ErrorCode> {
    positive(sample)?;
    Ok(sample.len() as f64 / sample.iter().map(|x| 1.0 / x).sum::<f64>())
}

/// The count and the standard deviation, when there are at least `least` numbers and they differ.
fn spread(sample: &[f64], least: usize, lost: f64) -> Result<(f64, f64), ErrorCode> {
    if sample.len() < least {
        return Err(ErrorCode::Div0);
    }
    let deviation = variance(sample, lost)?.sqrt();
    if deviation == 0.0 { Err(ErrorCode::Div0) } else { Ok((sample.len() as f64, deviation)) }
}

fn skew(sample: &[f64]) -> Result<f64, ErrorCode> {
    let (n, deviation) = spread(sample, 3, 1.0)?;
    Ok(n / ((n - 1.0) * (n - 2.0)) * deviations(sample, 3) / deviation.powi(3))
}

fn skew_p(sample: &[f64]) -> Result<f64, ErrorCode> {
    let (n, deviation) = spread(sample, 3, 0.0)?;
    Ok(deviations(sample, 3) / n / deviation.powi(3))
}

fn kurt(sample: &[f64]) -> Result<f64, ErrorCode> {
    let (n, deviation) = spread(sample, 4, 1.0)?;
    let raw = n * (n + 1.0) / ((n - 1.0) * (n - 2.0) * (n - 3.0));
    let normal = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
    Ok(raw * deviations(sample, 4) / deviation.powi(4) - normal)
}
