//! Elementary functions of one or two numbers: signs, roots, powers, logarithms. Rounding is in `rounding`, whole
//! numbers in `combinatorics`, angles in `trig`.

use crate::kernels::arguments::{ordered, strict_number};
use crate::math::elementary;
use crate::semantics::function::{Columnar, Cx, Function, giving_numbers, nth, scalar};
use crate::semantics::operator::power;
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    scalar("ABS", 1, 1, abs).columnar(Columnar::Abs),
    scalar("SIGN", 1, 1, sign),
    scalar("SQRT", 1, 1, sqrt).columnar(Columnar::Sqrt),
    scalar("SQRTPI", 1, 1, sqrtpi),
    scalar("EXP", 1, 1, exp).columnar(Columnar::Exp),
    scalar("LN", 1, 1, ln).columnar(Columnar::Ln),
    ordered("LOG", 1, 2, log),
    scalar("LOG10", 1, 1, log10),
    ordered("POWER", 2, 2, pow).columnar(Columnar::Power),
    scalar("PI", 0, 0, pi),
]);

/// A function of one number that is defined everywhere; what it cannot hold becomes `#NUM!`.
pub(super) fn map(cx: &Cx<'_>, args: &[Value], f: fn(f64) -> f64) -> Value {
    cx.number(nth(args, 0)).map(f).into()
}

/// A function of one number that may refuse it.
pub(super) fn try_map(cx: &Cx<'_>, args: &[Value], f: fn(f64) -> Result<f64, ErrorCode>) -> Value {
    cx.number(nth(args, 0)).and_then(f).into()
}

fn abs(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    map(cx, args, f64::abs)
}

fn sign(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    map(cx, args, |x| if x == 0.0 { 0.0 } else { x.signum() })
}

fn sqrt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    map(cx, args, f64::sqrt)
}

fn sqrtpi(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    strict_number(cx, nth(args, 0)).map(|x| (x * std::f64::consts::PI).sqrt()).into()
}

fn exp(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    map(cx, args, elementary::exp)
}

/// The logarithm is of positive numbers only; 0 would give an infinity, which is `#NUM!` as well.
fn ln(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    map(cx, args, elementary::ln)
}

fn log10(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    map(cx, args, elementary::log10)
}

fn log(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    log_of(cx, args).into()
}

fn log_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let x = cx.number(nth(args, 0))?;
    let base = if args.len() < 2 { 10.0 } else { cx.number(nth(args, 1))? };
    if x <= 0.0 || base <= 0.0 {
        return Err(ErrorCode::Num);
    }
    if base == 1.0 {
        return Err(ErrorCode::Div0);
    }
    Ok(if base == 10.0 {
        elementary::log10(x)
    } else if base == 2.0 {
        elementary::log2(x)
    } else {
        elementary::ln(x) / elementary::ln(base)
    })
}

fn pow(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.number(nth(args, 0)).and_then(|x| power(x, cx.number(nth(args, 1))?)).into()
}

fn pi(_: &mut Cx<'_>, _: &[Value]) -> Value {
    Value::number(std::f64::consts::PI)
}
