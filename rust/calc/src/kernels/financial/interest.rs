//! Rates without payments, and prices quoted in fractions: EFFECT, NOMINAL, RRI, PDURATION, FVSCHEDULE, DOLLARDE,
//! DOLLARFR.

use super::arguments::{num_unless, numbers, toolpak};
use crate::math::elementary::{expm1, ln, log1p, pow};
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth_arg, scalar, shaped};
use crate::values::value::{ErrorCode, Unpacked, Value};

pub const TABLE: &[Function] = &[
    scalar("EFFECT", 2, 2, effect).with(flags::GIVES_NUMBER),
    scalar("NOMINAL", 2, 2, nominal).with(flags::GIVES_NUMBER),
    scalar("RRI", 3, 3, rri).with(flags::GIVES_NUMBER),
    scalar("PDURATION", 3, 3, pduration).with(flags::GIVES_NUMBER),
    shaped("FVSCHEDULE", 2, 2, &[Param::Scalar, Param::Any], fvschedule).with(flags::GIVES_NUMBER),
    scalar("DOLLARDE", 2, 2, dollarde).with(flags::GIVES_NUMBER),
    scalar("DOLLARFR", 2, 2, dollarfr).with(flags::GIVES_NUMBER),
];

fn effect(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    toolpak(cx, args, [0.0; 2])
        .and_then(|[rate, periods]| {
            let periods = periods.trunc();
            num_unless(rate > 0.0 && periods >= 1.0)?;
            Ok(expm1(periods * log1p(rate / periods)))
        })
        .into()
}

fn nominal(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    toolpak(cx, args, [0.0; 2])
        .and_then(|[rate, periods]| {
            let periods = periods.trunc();
            num_unless(rate > 0.0 && periods >= 1.0)?;
            Ok(periods * expm1(log1p(rate) / periods))
        })
        .into()
}

fn rri(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 3])
        .and_then(|[periods, present, future]| {
            num_unless(periods > 0.0 && present != 0.0)?;
            Ok(pow(future / present, 1.0 / periods) - 1.0)
        })
        .into()
}

fn pduration(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 3])
        .and_then(|[rate, present, future]| {
            num_unless(rate > 0.0 && present > 0.0 && future > 0.0)?;
            Ok((ln(future) - ln(present)) / log1p(rate))
        })
        .into()
}

fn fvschedule(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    scheduled(cx, args).into()
}

fn scheduled(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<f64, ErrorCode> {
    let principal = cx.number(nth_arg(args, 0))?;
    let Some(schedule) = args.get(1) else { return Err(ErrorCode::Value) };
    cx.grid(schedule).iter().try_fold(principal, |value, rate| match rate.unpack() {
        Unpacked::Number(rate) => Ok(value * (1.0 + rate)),
        Unpacked::Blank | Unpacked::Omitted => Ok(value),
        Unpacked::Error(code) => Err(code),
        _ => Err(ErrorCode::Value),
    })
}

/// The part of a price before the point, and the part after it as counted in the other notation.
fn dollar(cx: &Cx<'_>, args: &[Value], part: fn(f64, f64, f64) -> f64) -> Result<f64, ErrorCode> {
    let [price, fraction] = toolpak(cx, args, [0.0; 2])?;
    num_unless(fraction >= 0.0)?;
    let fraction = fraction.trunc();
    if fraction < 1.0 {
        return Err(ErrorCode::Div0);
    }
    let whole = price.trunc();
    let scale = pow(10.0, crate::math::elementary::log10(fraction).ceil());
    Ok(whole + part(price - whole, fraction, scale))
}

fn dollarde(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    dollar(cx, args, |part, fraction, scale| part * scale / fraction).into()
}

fn dollarfr(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    dollar(cx, args, |part, fraction, scale| part * fraction / scale).into()
}
