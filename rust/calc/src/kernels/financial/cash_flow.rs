//! Series of payments: NPV, IRR, MIRR at even periods, XNPV and XIRR at dates.

use super::arguments::num_unless;
use super::solve::{root, stoppable};
use crate::kernels::sample::{Cells, each_number};
use crate::math::elementary::{exp, log1p, pow};
use crate::semantics::function::MAX_ARRAY_CELLS;
use crate::semantics::function::{Arg, Columnar, Cx, Function, Param, flags, nth_arg, shaped};
use crate::semantics::properties::Chain;
use crate::values::value::{ErrorCode, Unpacked, Value};

const NPV: &[Param] = &[Param::Scalar, Param::Any];
const IRR: &[Param] = &[Param::Any, Param::Scalar];
const XIRR: &[Param] = &[Param::Any, Param::Any, Param::Scalar];
const XNPV: &[Param] = &[Param::Scalar, Param::Any, Param::Any];

pub const TABLE: &[Function] = &[
    shaped("NPV", 2, 255, NPV, npv).with(flags::GIVES_NUMBER).chained(Chain::PresentValue),
    shaped("IRR", 1, 2, IRR, irr)
        .with(flags::GIVES_NUMBER | flags::TAKES_UNION | flags::FORCES_ARRAY)
        .columnar(Columnar::Irr),
    shaped("MIRR", 3, 3, IRR, mirr).with(flags::GIVES_NUMBER | flags::FORCES_ARRAY),
    shaped("XNPV", 3, 3, XNPV, xnpv).with(flags::GIVES_NUMBER),
    shaped("XIRR", 2, 3, XIRR, xirr).with(flags::GIVES_NUMBER),
];

fn npv(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    discounted(cx, args).into()
}

fn discounted(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<f64, ErrorCode> {
    let rate = cx.number(nth_arg(args, 0))?;
    let (mut total, mut divisor) = (0.0, 1.0);
    for arg in args.iter().skip(1) {
        each_number(cx, arg, Cells::Numbers, &mut |payment| {
            divisor = Value::number(divisor * (1.0 + rate)).lane();
            total += payment / divisor;
        })?;
    }
    if divisor == 0.0 { Err(ErrorCode::Div0) } else { Ok(total) }
}

fn irr(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    internal_rate(cx, args).into()
}

fn internal_rate(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<f64, ErrorCode> {
    let guess = if args.len() > 1 { cx.number(nth_arg(args, 1))? } else { 0.1 };
    let mut flows = Vec::new();
    if let Some(arg) = args.first() {
        each_number(cx, arg, Cells::Numbers, &mut |payment| flows.push(payment))?;
    }
    if guess <= -1.0 {
        return Err(ErrorCode::Value);
    }
    let rate = irr_core(cx, &flows, guess);
    if rate.is_nan() { Err(ErrorCode::Num) } else { Ok(rate) }
}

/// The rate at which the flows are worth nothing; NaN if there is none or none is found.
fn irr_core(cx: &Cx<'_>, flows: &[f64], guess: f64) -> f64 {
    let paid_and_received = flows.iter().any(|&x| x > 0.0) && flows.iter().any(|&x| x < 0.0);
    if paid_and_received { root(guess, stoppable(cx, |rate| worth(flows, rate))) } else { f64::NAN }
}

/// Present value of the flows and its slope, by Horner's rule in 1/(1+rate).
fn worth(flows: &[f64], rate: f64) -> (f64, f64) {
    let discount = 1.0 / (1.0 + rate);
    let (mut value, mut slope) = (0.0, 0.0);
    for &flow in flows.iter().rev() {
        slope = slope * discount + value;
        value = value * discount + flow;
    }
    (value, -slope * discount * discount)
}

fn mirr(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    modified_rate(cx, args).into()
}

fn modified_rate(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<f64, ErrorCode> {
    let finance = cx.number(nth_arg(args, 1))?;
    let reinvest = cx.number(nth_arg(args, 2))?;
    let mut flows = Vec::new();
    if let Some(arg) = args.first() {
        each_number(cx, arg, Cells::Numbers, &mut |payment| flows.push(payment))?;
    }
    let last = flows.len() as f64 - 1.0;
    let (mut paid, mut received) = (0.0, 0.0);
    for (period, &flow) in flows.iter().enumerate() {
        if period % FLOWS == 0 {
            cx.go_on()?;
        }
        let period = period as f64;
        if flow < 0.0 {
            paid -= flow / pow(1.0 + finance, period);
        } else if flow > 0.0 {
            received += flow * pow(1.0 + reinvest, last - period);
        }
    }
    if paid == 0.0 || last <= 0.0 {
        return Err(ErrorCode::Div0);
    }
    Ok(pow(received / paid, 1.0 / last) - 1.0)
}

/// Payments with the days since the first one.
fn dated(values: Vec<f64>, dates: Vec<f64>) -> Result<Vec<(f64, f64)>, ErrorCode> {
    num_unless(values.len() == dates.len())?;
    let first = dates.first().map_or(0.0, |day| day.trunc());
    num_unless(first >= 0.0 && dates.iter().all(|day| day.trunc() >= first))?;
    Ok(values.into_iter().zip(dates).map(|(value, day)| (value, day.trunc() - first)).collect())
}

/// Every cell as a number; a blank is 0, anything else `#VALUE!`.
fn all_numbers(cx: &Cx<'_>, arg: &Arg<'_>) -> Result<Vec<f64>, ErrorCode> {
    let grid = cx.grid(arg);
    num_unless(grid.len() <= MAX_ARRAY_CELLS)?;
    cx.ask(grid.len() * size_of::<f64>())?;
    let mut numbers = vec![0.0; grid.len()];
    let (rows, cols) = grid.used();
    for row in 0..rows {
        let cells = numbers.iter_mut().skip(row * grid.cols()).take(cols);
        for (col, number) in cells.enumerate() {
            *number = match grid.get(row, col).unpack() {
                Unpacked::Number(x) => x,
                Unpacked::Blank | Unpacked::Omitted => 0.0,
                Unpacked::Error(code) => return Err(code),
                _ => return Err(ErrorCode::Value),
            };
        }
    }
    Ok(numbers)
}

/// The numbers among the cells; errors end it.
fn only_numbers(cx: &Cx<'_>, arg: &Arg<'_>) -> Result<Vec<f64>, ErrorCode> {
    let mut numbers = Vec::new();
    each_number(cx, arg, Cells::Numbers, &mut |x| numbers.push(x))?;
    Ok(numbers)
}

const YEAR: f64 = 365.0;

/// Payments between two looks at the stop flag.
const FLOWS: usize = 4096;

fn xnpv(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let rate = cx.number(nth_arg(args, 0));
    let [_, values, dates, ..] = args else { return Value::error(ErrorCode::Value) };
    rate.and_then(|rate| {
        let flows = dated(only_numbers(cx, values)?, only_numbers(cx, dates)?)?;
        num_unless(rate >= 0.0)?;
        let worth = dated_worth(cx, &flows, rate).0;
        cx.go_on().map(|()| worth)
    })
    .into()
}

fn xirr(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    dated_rate(cx, args).into()
}

fn dated_rate(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<f64, ErrorCode> {
    let guess = if args.len() > 2 { cx.number(nth_arg(args, 2))? } else { 0.1 };
    let [values, dates, ..] = args else { return Err(ErrorCode::Value) };
    let flows = dated(all_numbers(cx, values)?, all_numbers(cx, dates)?)?;
    num_unless(guess > -1.0)?;
    num_unless(flows.iter().any(|flow| flow.0 > 0.0) && flows.iter().any(|flow| flow.0 < 0.0))?;
    let rate = halving(cx, &flows, guess);
    if rate.is_nan() { Err(ErrorCode::Num) } else { Ok(rate) }
}

/// XIRR's own search, whose answer is good to eight digits only: from an interval around 0 outwards, doubling the
/// rate upwards and halving the distance to -1 downwards, until the worth changes sign; then bisection. Where it
/// stops was found from values that Excel stored.
fn halving(cx: &Cx<'_>, flows: &[(f64, f64)], guess: f64) -> f64 {
    const NEAR: f64 = 0.8e-8;
    let worth_and_slope = stoppable(cx, |rate| dated_worth(cx, flows, rate));
    let scale: f64 = flows.iter().map(|flow| flow.0.abs()).sum();
    if guess <= 0.0 || guess >= 1.0 {
        return root(guess, worth_and_slope);
    }
    let worth = |rate: f64| worth_and_slope(rate).0;
    let Some((mut low, mut high)) = interval(guess, worth) else { return f64::NAN };
    let sign = worth(low) > 0.0;
    loop {
        let middle = (low + high) / 2.0;
        let value = worth(middle);
        if middle == low || middle == high {
            return middle;
        }
        let near = (high - low) / 2.0 < NEAR * (1.0 + middle.abs());
        if value == 0.0 || near && value.abs() < 1.5e-8 * scale {
            return middle;
        }
        if (value > 0.0) == sign { low = middle } else { high = middle }
    }
}

fn interval(guess: f64, worth: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
    let crosses = |a: f64, b: f64| (worth(a) > 0.0) != (worth(b) > 0.0);
    let (mut high, mut low) = (guess, -guess);
    if crosses(low, high) {
        return Some((low, high));
    }
    for _ in 0..40 {
        if crosses(high, high * 2.0) {
            return Some((high, high * 2.0));
        }
        if crosses((low - 1.0) / 2.0, low) {
            return Some(((low - 1.0) / 2.0, low));
        }
        (high, low) = (high * 2.0, (low - 1.0) / 2.0);
    }
    None
}

fn dated_worth(cx: &Cx<'_>, flows: &[(f64, f64)], rate: f64) -> (f64, f64) {
    let log = log1p(rate);
    let (mut value, mut slope) = (0.0, 0.0);
    for part in flows.chunks(FLOWS).take_while(|_| !cx.cancelled()) {
        for &(flow, days) in part {
            let years = days / YEAR;
            let worth = flow * exp(-years * log);
            value += worth;
            slope -= years * worth;
        }
    }
    (value, slope / (1.0 + rate))
}
