//! Depreciation: SLN, SYD, DB, DDB, VDB.

use super::arguments::{num_unless, numbers, quotient};
use crate::math::elementary::pow;
use crate::semantics::function::{Cx, Function, flags, nth, scalar};
use crate::values::value::{ErrorCode, Value};

/// Longest life that VDB and AMORDEGRC go through year by year.
pub const MAX_LIFE: f64 = 100_000.0;

pub const TABLE: &[Function] = &[
    scalar("SLN", 3, 3, sln).with(flags::GIVES_NUMBER),
    scalar("SYD", 4, 4, syd).with(flags::GIVES_NUMBER),
    scalar("DB", 4, 5, db).with(flags::GIVES_NUMBER),
    scalar("DDB", 4, 5, ddb).with(flags::GIVES_NUMBER),
    scalar("VDB", 5, 7, vdb).with(flags::GIVES_NUMBER),
];

fn sln(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 3]).and_then(|[cost, salvage, life]| quotient(cost - salvage, life)).into()
}

fn syd(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 4])
        .and_then(|[cost, salvage, life, period]| {
            num_unless(life > 0.0 && period > 0.0 && period <= life)?;
            Ok((cost - salvage) * (life - period + 1.0) * 2.0 / (life * (life + 1.0)))
        })
        .into()
}

fn db(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0, 0.0, 0.0, 0.0, 12.0]).and_then(fixed_declining).into()
}

/// DB: the rate is rounded to three decimals; the first and last year are `month` and 12 - `month` months long.
fn fixed_declining([cost, salvage, life, period, month]: [f64; 5]) -> Result<f64, ErrorCode> {
    let (period, month) = (period.trunc(), month.trunc());
    num_unless(cost >= 0.0 && salvage >= 0.0 && life > 0.0 && period >= 1.0)?;
    num_unless((1.0..=12.0).contains(&month))?;
    num_unless(period <= if month < 12.0 { life + 1.0 } else { life })?;
    if cost == 0.0 {
        return Ok(0.0);
    }
    let rate = ((1.0 - pow(salvage / cost, 1.0 / life)) * 1000.0).round() / 1000.0;
    let first = cost * rate * month / 12.0;
    if period == 1.0 {
        return Ok(first);
    }
    let year = (cost - first) * pow(1.0 - rate, period - 2.0) * rate;
    Ok(if period > life { year * (12.0 - month) / 12.0 } else { year })
}

fn ddb(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0, 0.0, 0.0, 0.0, 2.0]).and_then(double_declining).into()
}

fn double_declining([cost, salvage, life, period, factor]: [f64; 5]) -> Result<f64, ErrorCode> {
    num_unless(cost >= 0.0 && salvage >= 0.0 && life > 0.0)?;
    num_unless(period > 0.0 && period <= life && factor > 0.0)?;
    let rate = (factor / life).min(1.0);
    // A period below 1 counts as the first.
    let before = cost * pow(1.0 - rate, (period - 1.0).max(0.0));
    let after = cost * pow(1.0 - rate, period.max(1.0));
    Ok((before - after.max(salvage)).max(0.0))
}

fn vdb(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    variable_declining(cx, args).into()
}

fn variable_declining(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let [cost, salvage, life, start, end, factor] =
        numbers(cx, args.get(..6).unwrap_or(args), [0.0, 0.0, 0.0, 0.0, 0.0, 2.0])?;
    let may_switch = args.len() < 7 || !cx.boolean(nth(args, 6))?;
    num_unless(cost >= 0.0 && salvage >= 0.0 && life > 0.0 && life <= MAX_LIFE && factor >= 0.0)?;
    num_unless(start >= 0.0 && start <= end && end <= life)?;
    Ok(depreciation_between(cost, salvage, life, (start, end), factor, may_switch))
}

/// VDB: goes through the years, which begin at `start`: the first step is the part of a year before it. Once the
/// straight line over what is left of the life gives more than the declining balance, it is taken.
fn depreciation_between(
    cost: f64,
    salvage: f64,
    life: f64,
    (start, end): (f64, f64),
    factor: f64,
    may_switch: bool,
) -> f64 {
    let rate = (factor / life).min(1.0);
    let (mut book, mut total, mut time) = (cost, 0.0, 0.0);
    let mut step = if start.fract() > 0.0 { start.fract() } else { 1.0 };
    while time < end {
        let left = (book - salvage).max(0.0);
        let declining = (book * rate * step).min(left);
        let straight = left / (life - time) * step;
        let amount = if may_switch && straight > declining { straight } else { declining };
        if time >= start {
            total += amount * (end - time).min(1.0);
        }
        book -= amount;
        time += step;
        step = 1.0;
    }
    total
}
