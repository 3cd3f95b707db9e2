//! Rounding to digits, multiples and whole numbers. All work on the 15-digit view (`digits`).

use crate::kernels::arguments::{ordered, strict_number};
use crate::numbers::digits::{ceil, floor, round_down, round_half_away, round_up, trunc};
use crate::semantics::coerce::integer;
use crate::semantics::function::{Columnar, Cx, Function, giving_numbers, nth, scalar};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    scalar("INT", 1, 1, int),
    ordered("TRUNC", 1, 2, truncate),
    ordered("ROUND", 2, 2, round).columnar(Columnar::Round),
    ordered("ROUNDUP", 2, 2, roundup),
    ordered("ROUNDDOWN", 2, 2, rounddown),
    ordered("MROUND", 2, 2, mround),
    ordered("CEILING", 2, 2, ceiling),
    ordered("FLOOR", 2, 2, floor_to),
    ordered("CEILING.MATH", 1, 3, ceiling_math),
    ordered("FLOOR.MATH", 1, 3, floor_math),
    ordered("CEILING.PRECISE", 1, 2, ceiling_precise),
    ordered("ISO.CEILING", 1, 2, ceiling_precise),
    ordered("FLOOR.PRECISE", 1, 2, floor_precise),
    scalar("EVEN", 1, 1, even),
    scalar("ODD", 1, 1, odd),
    ordered("MOD", 2, 2, modulo),
    ordered("QUOTIENT", 2, 2, quotient),
]);

fn int(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.number(nth(args, 0)).map(floor).into()
}

fn to_digits(cx: &Cx<'_>, args: &[Value], how: fn(f64, i32) -> f64) -> Value {
    let result = cx.number(nth(args, 0)).and_then(|x| Ok(how(x, integer(cx, nth(args, 1))? as i32)));
    result.into()
}

fn round(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_digits(cx, args, round_half_away)
}

fn roundup(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_digits(cx, args, round_up)
}

fn rounddown(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_digits(cx, args, round_down)
}

fn truncate(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    to_digits(cx, args, round_down)
}

fn mround(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    mround_of(cx, args).into()
}

fn mround_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    if nth(args, 0).is_omitted() || nth(args, 1).is_omitted() {
        return Err(ErrorCode::NA);
    }
    let (x, multiple) = (strict_number(cx, nth(args, 0))?, strict_number(cx, nth(args, 1))?);
    if multiple == 0.0 || x == 0.0 {
        return Ok(0.0);
    }
    if (x < 0.0) != (multiple < 0.0) {
        return Err(ErrorCode::Num);
    }
    Ok(to_multiple(x, multiple, |steps| round_half_away(steps, 0)))
}

/// `x` as a whole number of multiples; more of them than a double can hold are `#NUM!`.
fn to_multiple(x: f64, multiple: f64, how: impl Fn(f64) -> f64) -> f64 {
    how(x / multiple) * multiple
}

fn ceiling(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    ceiling_of(cx, args).into()
}

fn ceiling_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (x, step) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    if x == 0.0 || step == 0.0 {
        return Ok(0.0);
    }
    if x > 0.0 && step < 0.0 {
        return Err(ErrorCode::Num);
    }
    Ok(to_multiple(x, step, ceil))
}

fn floor_to(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    floor_of(cx, args).into()
}

fn floor_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (x, step) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    if x == 0.0 {
        return Ok(0.0);
    }
    if step == 0.0 {
        return Err(ErrorCode::Div0);
    }
    if x > 0.0 && step < 0.0 {
        return Err(ErrorCode::Num);
    }
    Ok(to_multiple(x, step, floor))
}

/// Number, step (1 by default, its sign is ignored) and whether negative numbers turn the direction round.
fn math_args(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, f64, bool), ErrorCode> {
    let x = cx.number(nth(args, 0))?;
    let step = if nth(args, 1).is_omitted() { 1.0 } else { cx.number(nth(args, 1))?.abs() };
    let mirrored = cx.number(nth(args, 2))? != 0.0;
    Ok((x, step, mirrored))
}

fn to_step(x: f64, step: f64, how: fn(f64) -> f64) -> f64 {
    if step == 0.0 { 0.0 } else { to_multiple(x, step, how) }
}

fn ceiling_math(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = math_args(cx, args)
        .map(|(x, step, mirrored)| to_step(x, step, if x < 0.0 && mirrored { floor } else { ceil }));
    result.into()
}

fn floor_math(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = math_args(cx, args)
        .map(|(x, step, mirrored)| to_step(x, step, if x < 0.0 && mirrored { ceil } else { floor }));
    result.into()
}

fn ceiling_precise(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    math_args(cx, args).map(|(x, step, _)| to_step(x, step, ceil)).into()
}

fn floor_precise(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    math_args(cx, args).map(|(x, step, _)| to_step(x, step, floor)).into()
}

fn even(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.number(nth(args, 0)).map(|x| (2.0 * ceil(x.abs() / 2.0)).copysign(x)).into()
}

fn odd(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let up = |x: f64| (2.0 * ceil((x.abs() - 1.0) / 2.0) + 1.0).max(1.0);
    cx.number(nth(args, 0)).map(|x| if x < 0.0 { -up(x) } else { up(x) }).into()
}

fn modulo(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    modulo_of(cx, args).into()
}

/// The exact remainder, with the sign of the divisor.
fn modulo_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let (x, divisor) = (cx.number(nth(args, 0))?, cx.number(nth(args, 1))?);
    if divisor == 0.0 {
        return Err(ErrorCode::Div0);
    }
    let rest = x % divisor;
    Ok(if rest != 0.0 && (rest < 0.0) != (divisor < 0.0) { rest + divisor } else { rest })
}

fn quotient(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    quotient_of(cx, args).into()
}

fn quotient_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    if nth(args, 0).is_omitted() || nth(args, 1).is_omitted() {
        return Err(ErrorCode::NA);
    }
    let (x, divisor) = (strict_number(cx, nth(args, 0))?, strict_number(cx, nth(args, 1))?);
    if divisor == 0.0 { Err(ErrorCode::Div0) } else { Ok(trunc(x / divisor)) }
}
