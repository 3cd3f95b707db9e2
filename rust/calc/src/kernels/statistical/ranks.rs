//! Order statistics: what stands where in a sorted sample.

use crate::kernels::sample::{Cells, numbers};
use crate::kernels::sorting;
use crate::numbers::digits::round_down;
use crate::semantics::coerce::integer;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth_arg, shaped};
use crate::values::value::{ErrorCode, Value};
use std::collections::HashMap;

pub const TABLE: &[Function] = &[
    shaped("MEDIAN", 1, 255, &[Param::Any], median),
    shaped("MODE", 1, 255, &[Param::Any], mode).with(flags::FORCES_ARRAY),
    shaped("MODE.SNGL", 1, 255, &[Param::Any], mode).with(flags::FORCES_ARRAY),
    shaped("MODE.MULT", 1, 255, &[Param::Any], modes).with(flags::GIVES_ARRAY | flags::FORCES_ARRAY),
    shaped("LARGE", 2, 2, PLACE, large).with(flags::TAKES_UNION),
    shaped("SMALL", 2, 2, PLACE, small).with(flags::TAKES_UNION),
    shaped("PERCENTILE", 2, 2, PLACE, percentile_inc),
    shaped("PERCENTILE.INC", 2, 2, PLACE, percentile_inc),
    shaped("PERCENTILE.EXC", 2, 2, PLACE, percentile_exc),
    shaped("QUARTILE", 2, 2, PLACE, quartile_inc),
    shaped("QUARTILE.INC", 2, 2, PLACE, quartile_inc),
    shaped("QUARTILE.EXC", 2, 2, PLACE, quartile_exc),
    shaped("PERCENTRANK", 2, 3, RANKED, percentrank_inc),
    shaped("PERCENTRANK.INC", 2, 3, RANKED, percentrank_inc),
    shaped("PERCENTRANK.EXC", 2, 3, RANKED, percentrank_exc),
    shaped("TRIMMEAN", 2, 2, PLACE, trimmean),
    shaped("RANK", 2, 3, RANK, rank).with(flags::TAKES_UNION),
    shaped("RANK.EQ", 2, 3, RANK, rank).with(flags::TAKES_UNION),
    shaped("RANK.AVG", 2, 3, RANK, rank_avg).with(flags::TAKES_UNION),
];

const PLACE: &[Param] = &[Param::Any, Param::Scalar];
const RANKED: &[Param] = &[Param::Any, Param::Scalar, Param::Scalar];
const RANK: &[Param] = &[Param::Scalar, Param::Reference, Param::Scalar];

fn sorted(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<f64>, ErrorCode> {
    sorting::numbers(cx, numbers(cx, args, Cells::Numbers)?)
}

/// The first argument's numbers in order; it is an error if there are none.
fn sorted_first(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<f64>, ErrorCode> {
    let sample = sorted(cx, args.get(..1).unwrap_or(args))?;
    if sample.is_empty() { Err(ErrorCode::Num) } else { Ok(sample) }
}

pub fn median(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    sorted(cx, args).and_then(|sample| at(&sample, (sample.len() as f64 - 1.0) / 2.0)).into()
}

/// The value at a fractional position, linear between neighbours.
fn at(sample: &[f64], position: f64) -> Result<f64, ErrorCode> {
    let below = position.floor();
    let low = *sample.get(below as usize).filter(|_| position >= 0.0).ok_or(ErrorCode::Num)?;
    if position == below {
        return Ok(low);
    }
    let high = *sample.get(below as usize + 1).ok_or(ErrorCode::Num)?;
    Ok(low + (position - below) * (high - low))
}

/// The numbers that occur most often, at least twice, in order of first appearance. A text typed in is an error even
/// when it reads as a number.
fn most_frequent(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<f64>, ErrorCode> {
    if args.iter().any(|arg| matches!(arg, Arg::Value(value) if value.is_text())) {
        return Err(ErrorCode::Value);
    }
    let sample = numbers(cx, args, Cells::Numbers)?;
    // A table is at most half empty, and has two words for each number.
    cx.ask(sample.len().saturating_mul(4 * size_of::<u64>()))?;
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for (round, x) in sample.iter().enumerate() {
        if round % 4096 == 0 {
            cx.go_on()?;
        }
        *counts.entry((x + 0.0).to_bits()).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    if most < 2 {
        return Err(ErrorCode::NA);
    }
    let mut found = Vec::new();
    for (round, x) in sample.into_iter().enumerate() {
        if round % 4096 == 0 {
            cx.go_on()?;
        }
        if counts.remove(&(x + 0.0).to_bits()) == Some(most) {
            found.push(x);
        }
    }
    Ok(found)
}

pub fn mode(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    most_frequent(cx, args).and_then(|found| found.first().copied().ok_or(ErrorCode::NA)).into()
}

fn modes(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match most_frequent(cx, args) {
        Ok(found) => cx.add_array(found.len(), 1, found.into_iter().map(Value::number).collect()),
        Err(code) => code.into(),
    }
}

/// The k-th of a sorted sample, counted from one end.
fn kth(cx: &Cx<'_>, args: &[Arg<'_>], from_top: bool) -> Result<f64, ErrorCode> {
    let mut sample = numbers(cx, args.get(..1).unwrap_or(args), Cells::Numbers)?;
    let k = integer(cx, nth_arg(args, 1))?;
    if k < 1.0 || k > sample.len() as f64 {
        return Err(ErrorCode::Num);
    }
    let place = if from_top { sample.len() - k as usize } else { k as usize - 1 };
    Ok(*sample.select_nth_unstable_by(place, f64::total_cmp).1)
}

pub fn large(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    kth(cx, args, true).into()
}

pub fn small(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    kth(cx, args, false).into()
}

fn inclusive(sample: &[f64], k: f64) -> Result<f64, ErrorCode> {
    if (0.0..=1.0).contains(&k) { at(sample, k * (sample.len() as f64 - 1.0)) } else { Err(ErrorCode::Num) }
}

fn exclusive(sample: &[f64], k: f64) -> Result<f64, ErrorCode> {
    if k > 0.0 && k < 1.0 { at(sample, k * (sample.len() as f64 + 1.0) - 1.0) } else { Err(ErrorCode::Num) }
}

type Percentile = fn(&[f64], f64) -> Result<f64, ErrorCode>;

fn percentile(cx: &Cx<'_>, args: &[Arg<'_>], of: Percentile) -> Value {
    sorted_first(cx, args).and_then(|sample| of(&sample, cx.number(nth_arg(args, 1))?)).into()
}

pub fn percentile_inc(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    percentile(cx, args, inclusive)
}

pub fn percentile_exc(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    percentile(cx, args, exclusive)
}

fn quartile(cx: &Cx<'_>, args: &[Arg<'_>], of: Percentile) -> Value {
    sorted_first(cx, args).and_then(|sample| of(&sample, integer(cx, nth_arg(args, 1))? / 4.0)).into()
}

pub fn quartile_inc(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    quartile(cx, args, inclusive)
}

pub fn quartile_exc(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    quartile(cx, args, exclusive)
}

/// Where `x` stands in the sample, from 0, fractional between two numbers.
fn position(sample: &[f64], x: f64) -> Result<f64, ErrorCode> {
    let below = sample.partition_point(|&y| y < x);
    let next = *sample.get(below).ok_or(ErrorCode::NA)?;
    if next == x {
        return Ok(below as f64);
    }
    let previous = *below.checked_sub(1).and_then(|i| sample.get(i)).ok_or(ErrorCode::NA)?;
    Ok(below as f64 - 1.0 + (x - previous) / (next - previous))
}

/// The share, truncated to a number of digits (3 by default).
fn percentrank(cx: &Cx<'_>, args: &[Arg<'_>], share: fn(f64, f64) -> f64) -> Result<f64, ErrorCode> {
    let sample = sorted_first(cx, args)?;
    let x = cx.number(nth_arg(args, 1))?;
    let digits = nth_arg(args, 2);
    let digits = if digits.is_omitted() { 3.0 } else { integer(cx, digits)? };
    if digits < 1.0 {
        return Err(ErrorCode::Num);
    }
    Ok(round_down(share(position(&sample, x)?, sample.len() as f64), digits as i32))
}

fn percentrank_inc(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    percentrank(cx, args, |place, n| if n == 1.0 { 1.0 } else { place / (n - 1.0) }).into()
}

fn percentrank_exc(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    percentrank(cx, args, |place, n| (place + 1.0) / (n + 1.0)).into()
}

fn trimmean(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let result = sorted_first(cx, args).and_then(|sample| {
        let share = cx.number(nth_arg(args, 1))?;
        if !(0.0..1.0).contains(&share) {
            return Err(ErrorCode::Num);
        }
        let cut = (sample.len() as f64 * share / 2.0) as usize;
        Ok(super::spread::mean(sample.get(cut..sample.len() - cut).unwrap_or(&sample)))
    });
    result.into()
}

/// How many numbers come before `x`, and how many are equal to it.
fn standing(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<(f64, f64), ErrorCode> {
    let [x, reference, ..] = args else { return Err(ErrorCode::Value) };
    let x = cx.number(x.value())?;
    let ascending = cx.number(nth_arg(args, 2))? != 0.0;
    let sample = numbers(cx, std::slice::from_ref(reference), Cells::Numbers)?;
    let before = sample.iter().filter(|&&y| if ascending { y < x } else { y > x }).count();
    let equal = sample.iter().filter(|&&y| y == x).count();
    if equal == 0 { Err(ErrorCode::NA) } else { Ok((before as f64, equal as f64)) }
}

fn rank(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    standing(cx, args).map(|(before, _)| before + 1.0).into()
}

fn rank_avg(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    standing(cx, args).map(|(before, equal)| before + (equal + 1.0) / 2.0).into()
}
