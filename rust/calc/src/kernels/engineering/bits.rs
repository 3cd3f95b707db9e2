//! DELTA and GESTEP, bits, and the error function. Number systems are in `radix`, units in `units`, Bessel functions
//! in `bessel`, complex numbers in `complex`.

use crate::kernels::arguments::strict_number;
use crate::math::elementary;
use crate::numbers::digits;
use crate::semantics::function::flags::GIVES_NUMBER;
use crate::semantics::function::{Cx, Function, nth, scalar};
use crate::values::value::{ErrorCode, Value};

fn delta(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    two_numbers(cx, args).map(|(a, b)| f64::from(u8::from(a == b))).into()
}

fn gestep(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    two_numbers(cx, args).map(|(a, b)| f64::from(u8::from(a >= b))).into()
}

fn two_numbers(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, f64), ErrorCode> {
    Ok((strict_number(cx, nth(args, 0))?, strict_number(cx, nth(args, 1))?))
}

/// Bits have 48 places.
const BITS_END: f64 = 281_474_976_710_656.0;

fn bits(cx: &Cx<'_>, value: Value) -> Result<u64, ErrorCode> {
    let x = cx.number(value)?;
    if (0.0..BITS_END).contains(&x) && x.fract() == 0.0 { Ok(x as u64) } else { Err(ErrorCode::Num) }
}

fn combine(cx: &Cx<'_>, args: &[Value], operation: fn(u64, u64) -> u64) -> Value {
    let combined = || Ok(operation(bits(cx, nth(args, 0))?, bits(cx, nth(args, 1))?) as f64);
    combined().into()
}

fn bit_and(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    combine(cx, args, |a, b| a & b)
}

fn bit_or(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    combine(cx, args, |a, b| a | b)
}

fn bit_xor(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    combine(cx, args, |a, b| a ^ b)
}

/// Shifts by up to 53 places, to the left if positive.
fn shifted(cx: &Cx<'_>, args: &[Value], sign: f64) -> Result<f64, ErrorCode> {
    let number = bits(cx, nth(args, 0))?;
    let places = sign * digits::trunc(cx.number(nth(args, 1))?);
    if places.abs() > 53.0 {
        return Err(ErrorCode::Num);
    }
    let wide = u128::from(number);
    let result = if places < 0.0 { wide >> (-places) as u32 } else { wide << places as u32 } as f64;
    if result < BITS_END { Ok(result) } else { Err(ErrorCode::Num) }
}

fn bit_left(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    shifted(cx, args, 1.0).into()
}

fn bit_right(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    shifted(cx, args, -1.0).into()
}

/// From 0 to the first limit, or from the first to the second.
fn erf(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let between = |cx: &Cx<'_>| {
        let first = strict_number(cx, nth(args, 0))?;
        if nth(args, 1).is_omitted() {
            return Ok(elementary::erf(first));
        }
        let second = strict_number(cx, nth(args, 1))?;
        // Where both are close to 1 or to -1, their complements lose nothing.
        Ok(if first > 1.0 && second > 1.0 {
            elementary::erfc(first) - elementary::erfc(second)
        } else if first < -1.0 && second < -1.0 {
            elementary::erfc(-second) - elementary::erfc(-first)
        } else {
            elementary::erf(second) - elementary::erf(first)
        })
    };
    between(cx).into()
}

fn erf_precise(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    strict_number(cx, nth(args, 0)).map(elementary::erf).into()
}

fn erfc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    strict_number(cx, nth(args, 0)).map(elementary::erfc).into()
}

pub const TABLE: &[Function] = &[
    scalar("DELTA", 1, 2, delta).with(GIVES_NUMBER),
    scalar("GESTEP", 1, 2, gestep).with(GIVES_NUMBER),
    scalar("BITAND", 2, 2, bit_and).with(GIVES_NUMBER),
    scalar("BITOR", 2, 2, bit_or).with(GIVES_NUMBER),
    scalar("BITXOR", 2, 2, bit_xor).with(GIVES_NUMBER),
    scalar("BITLSHIFT", 2, 2, bit_left).with(GIVES_NUMBER),
    scalar("BITRSHIFT", 2, 2, bit_right).with(GIVES_NUMBER),
    scalar("ERF", 1, 2, erf).with(GIVES_NUMBER),
    scalar("ERF.PRECISE", 1, 1, erf_precise).with(GIVES_NUMBER),
    scalar("ERFC", 1, 1, erfc).with(GIVES_NUMBER),
    scalar("ERFC.PRECISE", 1, 1, erfc).with(GIVES_NUMBER),
];
