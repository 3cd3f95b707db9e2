//! Two samples at once: covariance, correlation and the straight line through them.

use crate::kernels::arguments::ordered;
use crate::kernels::sample::pairs;
use crate::math::elementary;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth, shaped};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &[
    shaped("CORREL", 2, 2, TWO, |cx, args| joint(cx, args, correlation)).with(flags::FORCES_ARRAY),
    shaped("PEARSON", 2, 2, TWO, |cx, args| joint(cx, args, correlation)).with(flags::FORCES_ARRAY),
    shaped("RSQ", 2, 2, TWO, |cx, args| joint(cx, args, |s| Ok(correlation(s)?.powi(2))))
        .with(flags::FORCES_ARRAY),
    shaped("COVAR", 2, 2, TWO, |cx, args| joint(cx, args, |s| s.covariance(0.0))).with(flags::FORCES_ARRAY),
    shaped("COVARIANCE.P", 2, 2, TWO, |cx, args| joint(cx, args, |s| s.covariance(0.0)))
        .with(flags::FORCES_ARRAY),
    shaped("COVARIANCE.S", 2, 2, TWO, |cx, args| joint(cx, args, |s| s.covariance(1.0)))
        .with(flags::FORCES_ARRAY),
    shaped("SLOPE", 2, 2, TWO, |cx, args| joint(cx, args, slope)).with(flags::FORCES_ARRAY),
    shaped("INTERCEPT", 2, 2, TWO, |cx, args| {
        joint(cx, args, |s| Ok(s.first_mean - slope(s)? * s.second_mean))
    })
    .with(flags::FORCES_ARRAY),
    shaped("STEYX", 2, 2, TWO, |cx, args| joint(cx, args, steyx)).with(flags::FORCES_ARRAY),
    shaped("FORECAST", 3, 3, FORECAST, forecast).with(flags::FORCES_ARRAY),
    shaped("FORECAST.LINEAR", 3, 3, FORECAST, forecast).with(flags::FORCES_ARRAY),
    ordered("STANDARDIZE", 3, 3, |cx, args| standardize(cx, args).into()),
    ordered("FISHER", 1, 1, |cx, args| cx.number(nth(args, 0)).map(elementary::atanh).into()),
    ordered("FISHERINV", 1, 1, |cx, args| cx.number(nth(args, 0)).map(elementary::tanh).into()),
];

const TWO: &[Param] = &[Param::Any];
const FORECAST: &[Param] = &[Param::Scalar, Param::Any, Param::Any];

/// Means and sums of products of deviations of two samples.
struct Joint {
    count: f64,
    first_mean: f64,
    second_mean: f64,
    first: f64,
    second: f64,
    both: f64,
}

impl Joint {
    fn new(pairs: &[(f64, f64)]) -> Result<Joint, ErrorCode> {
        if pairs.is_empty() {
            return Err(ErrorCode::Div0);
        }
        let count = pairs.len() as f64;
        let first_mean = pairs.iter().map(|pair| pair.0).sum::<f64>() / count;
        let second_mean = pairs.iter().map(|pair| pair.1).sum::<f64>() / count;
        let mut joint = Joint { count, first_mean, second_mean, first: 0.0, second: 0.0, both: 0.0 };
        for &(x, y) in pairs {
            let (dx, dy) = (x - first_mean, y - second_mean);
            joint.first += dx * dx;
            joint.second += dy * dy;
            joint.both += dx * dy;
        }
        Ok(joint)
    }

    fn covariance(&self, lost: f64) -> Result<f64, ErrorCode> {
        ratio(self.both, self.count - lost)
    }
}

fn ratio(a: f64, b: f64) -> Result<f64, ErrorCode> {
    if b == 0.0 { Err(ErrorCode::Div0) } else { Ok(a / b) }
}

fn joint(cx: &Cx<'_>, args: &[Arg<'_>], of: fn(&Joint) -> Result<f64, ErrorCode>) -> Value {
    let [a, b] = args else { return Value::error(ErrorCode::Value) };
    pairs(cx, a, b).and_then(|pairs| of(&Joint::new(&pairs)?)).into()
}

fn correlation(sample: &Joint) -> Result<f64, ErrorCode> {
    ratio(sample.both, (sample.first * sample.second).sqrt())
}

/// The known ys come first, the xs second.
fn slope(sample: &Joint) -> Result<f64, ErrorCode> {
    ratio(sample.both, sample.second)
}

fn steyx(sample: &Joint) -> Result<f64, ErrorCode> {
    if sample.count < 3.0 {
        return Err(ErrorCode::Div0);
    }
    let explained = ratio(sample.both * sample.both, sample.second)?;
    Ok(((sample.first - explained) / (sample.count - 2.0)).max(0.0).sqrt())
}

fn forecast(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let [x, ys, xs] = args else { return Value::error(ErrorCode::Value) };
    let result = cx.number(x.value()).and_then(|x| {
        let sample = Joint::new(&pairs(cx, ys, xs)?)?;
        Ok(sample.first_mean + slope(&sample)? * (x - sample.second_mean))
    });
    result.into()
}

fn standardize(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (x, mean) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    let deviation = cx.number(nth(args, 2))?;
    if deviation <= 0.0 { Err(ErrorCode::Num) } else { Ok((x - mean) / deviation) }
}
