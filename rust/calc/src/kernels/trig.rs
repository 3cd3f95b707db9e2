//! Angles: circular and hyperbolic functions, their inverses, degrees and radians.

use crate::elementary as e;
use crate::function::{Cx, Function, nth, scalar};
use crate::kernels::math::{map, try_map};
use crate::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &[
    scalar("SIN", 1, 1, |cx, args| try_map(cx, args, |x| Ok(e::sin(small(x)?)))),
    scalar("COS", 1, 1, |cx, args| try_map(cx, args, |x| Ok(e::cos(small(x)?)))),
    scalar("TAN", 1, 1, |cx, args| try_map(cx, args, |x| Ok(e::tan(small(x)?)))),
    scalar("COT", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::tan(small(x)?)))),
    scalar("SEC", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::cos(small(x)?)))),
    scalar("CSC", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::sin(small(x)?)))),
    scalar("SINH", 1, 1, |cx, args| map(cx, args, e::sinh)),
    scalar("COSH", 1, 1, |cx, args| map(cx, args, e::cosh)),
    scalar("TANH", 1, 1, |cx, args| map(cx, args, e::tanh)),
    scalar("COTH", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::tanh(x)))),
    scalar("SECH", 1, 1, |cx, args| try_map(cx, args, |x| Ok(1.0 / e::cosh(x)))),
    scalar("CSCH", 1, 1, |cx, args| try_map(cx, args, |x| inverse(e::sinh(x)))),
    scalar("ASIN", 1, 1, |cx, args| map(cx, args, e::asin)),
    scalar("ACOS", 1, 1, |cx, args| map(cx, args, e::acos)),
    scalar("ATAN", 1, 1, |cx, args| map(cx, args, e::atan)),
    scalar("ATAN2", 2, 2, atan2),
    scalar("ACOT", 1, 1, |cx, args| map(cx, args, |x| e::atan2(1.0, x))),
    scalar("ASINH", 1, 1, |cx, args| map(cx, args, e::asinh)),
    scalar("ACOSH", 1, 1, |cx, args| map(cx, args, e::acosh)),
    scalar("ATANH", 1, 1, |cx, args| map(cx, args, e::atanh)),
    scalar("ACOTH", 1, 1, |cx, args| map(cx, args, |x| e::atanh(1.0 / x))),
    scalar("DEGREES", 1, 1, |cx, args| map(cx, args, |x| x / std::f64::consts::PI * 180.0)),
    scalar("RADIANS", 1, 1, |cx, args| map(cx, args, |x| x / 180.0 * std::f64::consts::PI)),
];

/// Excel refuses angles of 2^27 and more.
fn small(x: f64) -> Result<f64, ErrorCode> {
    if x.abs() < 134_217_728.0 { Ok(x) } else { Err(ErrorCode::Num) }
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
