//! Angles: circular and hyperbolic functions, their inverses, degrees and radians.

use crate::kernels::arguments::ordered;
use crate::kernels::math_trig::math::{map, try_map};
use crate::math::elementary as e;
use crate::semantics::function::{Cx, Function, giving_numbers, nth, scalar};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    scalar("SIN", 1, 1, |cx, args| try_map(cx, args, |x| Ok(sin(small(x)?)))),
    scalar("COS", 1, 1, |cx, args| try_map(cx, args, |x| Ok(cos(small(x)?)))),
    scalar("TAN", 1, 1, |cx, args| try_map(cx, args, |x| Ok(tan(small(x)?)))),
    scalar("COT", 1, 1, |cx, args| try_map(cx, args, |x| inverse(tan(small(x)?)))),
    scalar("SEC", 1, 1, |cx, args| try_map(cx, args, |x| inverse(cos(small(x)?)))),
    scalar("CSC", 1, 1, |cx, args| try_map(cx, args, |x| inverse(sin(small(x)?)))),
    scalar("SINH", 1, 1, |cx, args| map(cx, args, e::sinh)),
    scalar("COSH", 1, 1, |cx, args| map(cx, args, e::cosh)),
    scalar("TANH", 1, 1, |cx, args| map(cx, args, e::tanh)),
    scalar("COTH", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::tanh(x)))),
    scalar("SECH", 1, 1, |cx, args| try_map(cx, args, |x| Ok(1.0 / e::cosh(x)))),
    scalar("CSCH", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::sinh(x)))),
    scalar("ASIN", 1, 1, |cx, args| map(cx, args, e::asin)),
    scalar("ACOS", 1, 1, |cx, args| map(cx, args, e::acos)),
    scalar("ATAN", 1, 1, |cx, args| map(cx, args, e::atan)),
    ordered("ATAN2", 2, 2, atan2),
    scalar("ACOT", 1, 1, |cx, args| map(cx, args, |x| e::atan2(1.0, x))),
    scalar("ASINH", 1, 1, |cx, args| map(cx, args, e::asinh)),
    scalar("ACOSH", 1, 1, |cx, args| map(cx, args, e::acosh)),
    scalar("ATANH", 1, 1, |cx, args| map(cx, args, e::atanh)),
    scalar("ACOTH", 1, 1, |cx, args| map(cx, args, |x| e::atanh(1.0 / x))),
    scalar("DEGREES", 1, 1, |cx, args| map(cx, args, |x| x / std::f64::consts::PI * 180.0)),
    scalar("RADIANS", 1, 1, |cx, args| map(cx, args, |x| x / 180.0 * std::f64::consts::PI)),
]);

/// Excel refuses angles of 2^27 and more.
fn small(x: f64) -> Result<f64, ErrorCode> {
    if x.abs() < 134_217_728.0 { Ok(x) } else { Err(ErrorCode::Num) }
}

/// Pi/2 as Excel reduces angles by it: rounded to 64 bits, in parts of at most 26 bits each, so that their products
/// with a count of quarter turns are exact. Its SIN(PI()) is therefore 1.22514845490862E-16.
const QUARTER: [f64; 3] = [1.570_796_310_901_641_8, 1.589_325_471_229_585_7e-8, 6.125_742_274_543_1e-17];

/// Quarter turns in `x` (modulo 4) and what is left, at most an eighth of a turn.
fn reduce(x: f64) -> (u8, f64) {
    if x.abs() <= std::f64::consts::FRAC_PI_4 {
        return (0, x);
    }
    let turns = (x * std::f64::consts::FRAC_2_PI).round();
    let rest = QUARTER.iter().fold(x, |rest, part| rest - turns * part);
    (turns.rem_euclid(4.0) as u8, rest)
}

fn sin(x: f64) -> f64 {
    match reduce(x) {
        (0, rest) => e::sin(rest),
        (1, rest) => e::cos(rest),
        (2, rest) => -e::sin(rest),
        (_, rest) => -e::cos(rest),
    }
}

fn cos(x: f64) -> f64 {
    match reduce(x) {
        (0, rest) => e::cos(rest),
        (1, rest) => -e::sin(rest),
        (2, rest) => -e::cos(rest),
        (_, rest) => e::sin(rest),
    }
}

fn tan(x: f64) -> f64 {
    match reduce(x) {
        (0 | 2, rest) => e::tan(rest),
        (_, rest) => -1.0 / e::tan(rest),
    }
}

fn inverse(x: f64) -> Result<f64, ErrorCode> {
    if x == 0.0 { Err(ErrorCode::Div0) } else { Ok(1.0 / x) }
}

/// Excel gives x first.
fn atan2(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    atan2_of(cx, args).into()
}

fn atan2_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (x, y) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    if x == 0.0 && y == 0.0 { Err(ErrorCode::Div0) } else { Ok(e::atan2(y, x)) }
}
