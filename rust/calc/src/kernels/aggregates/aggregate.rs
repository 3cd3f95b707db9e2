//! Functions that make one value of many: sums, counts, extremes. Conditional ones are in `conditional`, those that
//! need a sorted or squared sample in `statistical`.

use crate::kernels::sample::{Cells, each_number, numbers, visit, wider};
use crate::semantics::coerce;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, giving_numbers, shaped};
use crate::semantics::properties::{Beyond, Chain, Limit};
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Unpacked, Value};

pub const TABLE: &[Function] = &giving_numbers([
    shaped("SUM", 1, 255, ANY, sum).chained(Chain::Sum).beyond(Beyond::Added),
    shaped("SUMSQ", 1, 255, ANY, sumsq).beyond(Beyond::Added),
    shaped("PRODUCT", 1, 255, ANY, product),
    shaped("COUNT", 1, 255, ANY, count).chained(Chain::Count).beyond(Beyond::Counted),
    shaped("COUNTA", 1, 255, ANY, counta).chained(Chain::CountAll).beyond(Beyond::All),
    shaped("COUNTBLANK", 1, 1, &[Param::Reference], countblank),
    shaped("AVERAGE", 1, 255, ANY, average).chained(Chain::Mean),
    shaped("AVERAGEA", 1, 255, ANY, averagea),
    shaped("MIN", 1, 255, ANY, min).chained(Chain::Min).limited(Limit::Least).beyond(Beyond::One),
    shaped("MINA", 1, 255, ANY, mina),
    shaped("MAX", 1, 255, ANY, max).chained(Chain::Max).beyond(Beyond::One),
    shaped("MAXA", 1, 255, ANY, maxa),
    shaped("SUMPRODUCT", 1, 255, ANY, sumproduct)
        .with(flags::FORCES_ARRAY)
        .chained(Chain::SumOfProducts)
        .beyond(Beyond::Added),
    shaped("SUMX2MY2", 2, 2, ANY, sumx2my2).with(flags::FORCES_ARRAY),
    shaped("SUMX2PY2", 2, 2, ANY, sumx2py2).with(flags::FORCES_ARRAY),
    shaped("SUMXMY2", 2, 2, ANY, sumxmy2).with(flags::FORCES_ARRAY),
]);

const ANY: &[Param] = &[Param::Any];

/// One pass over the numbers of all arguments.
fn fold(
    cx: &Cx<'_>,
    args: &[Arg<'_>],
    cells: Cells,
    start: f64,
    step: fn(f64, f64) -> f64,
) -> Result<(f64, usize), ErrorCode> {
    let (mut total, mut count) = (start, 0);
    for arg in args {
        each_number(cx, arg, cells, &mut |x| {
            total = step(total, x);
            count += 1;
        })?;
    }
    Ok((total, count))
}

/// Plain addition from left to right.
pub fn sum(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    fold(cx, args, Cells::Numbers, 0.0, |total, x| total + x).map(|(total, _)| total).into()
}

fn sumsq(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    fold(cx, args, Cells::Numbers, 0.0, |total, x| total + x * x).map(|(total, _)| total).into()
}

/// 0 when there is no number.
pub fn product(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let result = fold(cx, args, Cells::Numbers, 1.0, |total, x| total * x);
    result.map(|(total, count)| if count == 0 { 0.0 } else { total }).into()
}

pub fn count(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let mut total = 0u32;
    for arg in args {
        match *arg {
            Arg::Value(value) if !value.is_array() => {
                let counts = !value.is_blank() && coerce::number(cx, value).is_ok();
                total += u32::from(counts);
            }
            _ => {
                let counted = visit(cx, &cx.grid(arg), |value| {
                    total += u32::from(value.is_number());
                    Ok(())
                });
                if let Err(code) = counted {
                    return Value::error(code);
                }
            }
        }
    }
    Value::number(f64::from(total))
}

/// Everything that is not blank, errors and empty texts included.
pub fn counta(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let mut total = 0u32;
    for arg in args {
        let counted = visit(cx, &cx.grid(arg), |value| {
            total += u32::from(!value.is_blank());
            Ok(())
        });
        if let Err(code) = counted {
            return Value::error(code);
        }
    }
    Value::number(f64::from(total))
}

/// Blank cells and empty texts.
fn countblank(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let Some(arg) = args.first() else { return Value::error(ErrorCode::Value) };
    let grid = cx.grid(arg);
    let mut filled = 0;
    let counted = visit(cx, &grid, |value| {
        filled += usize::from(!value.is_blank() && cx.text_of(value) != Some(""));
        Ok(())
    });
    counted.map(|()| (grid.len() - filled) as f64).into()
}

fn mean(cx: &Cx<'_>, args: &[Arg<'_>], cells: Cells) -> Result<f64, ErrorCode> {
    match fold(cx, args, cells, 0.0, |total, x| total + x)? {
        (_, 0) => Err(ErrorCode::Div0),
        (total, count) => Ok(total / count as f64),
    }
}

pub fn average(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    mean(cx, args, Cells::Numbers).into()
}

fn averagea(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    mean(cx, args, Cells::All).into()
}

/// The smallest or largest number, 0 when there is none.
fn extreme(cx: &Cx<'_>, args: &[Arg<'_>], cells: Cells, start: f64, step: fn(f64, f64) -> f64) -> Value {
    let result = fold(cx, args, cells, start, step);
    result.map(|(best, count)| if count == 0 { 0.0 } else { best }).into()
}

pub fn min(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    extreme(cx, args, Cells::Numbers, f64::INFINITY, f64::min)
}

fn mina(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    extreme(cx, args, Cells::All, f64::INFINITY, f64::min)
}

pub fn max(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    extreme(cx, args, Cells::Numbers, f64::NEG_INFINITY, f64::max)
}

fn maxa(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    extreme(cx, args, Cells::All, f64::NEG_INFINITY, f64::max)
}

/// Columns between two looks at how much was done.
const PIECE: usize = 1024;

/// Products at the same place, added up. Whatever is not a number counts as 0, except a text that is a whole argument.
fn sumproduct(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let grids: Vec<Grid<'_>> = args.iter().map(|arg| cx.grid(arg)).collect();
    let Some(first) = grids.first() else { return Value::error(ErrorCode::Value) };
    if let Some(code) =
        grids.iter().find_map(|grid| if let Grid::Single(v) = grid { v.as_error() } else { None })
    {
        return Value::error(code);
    }
    if grids.iter().any(|grid| (grid.rows(), grid.cols()) != (first.rows(), first.cols())) {
        return Value::error(ErrorCode::Value);
    }
    if first.len() == 1 && grids.iter().any(|grid| grid.get(0, 0).is_text()) {
        return Value::error(ErrorCode::Value);
    }
    let (rows, cols) = grids.iter().fold((0, 0), |size, grid| wider(size, grid.used()));
    let dense: Option<Vec<&[Value]>> =
        grids.iter().map(|grid| grid.dense().filter(|_| grid.used() == (rows, cols))).collect();
    let (mut total, mut work) = (0.0, 0);
    for (row, part) in (0..rows).flat_map(|row| (0..cols).step_by(PIECE).map(move |part| (row, part))) {
        let part = part..cols.min(part + PIECE);
        work += part.len() * grids.len();
        if work > 16 * PIECE {
            if cx.cancelled() {
                return Value::error(ErrorCode::Timeout);
            }
            work = 0;
        }
        for col in part {
            let product = match &dense {
                Some(slices) => {
                    let place = row * cols + col;
                    times(slices.iter().map(|cells| cells.get(place).copied().unwrap_or(Value::BLANK)))
                }
                None => times(grids.iter().map(|grid| grid.get(row, col))),
            };
            match product {
                Ok(product) => total += product,
                Err(code) => return Value::error(code),
            }
        }
    }
    Value::number(total)
}

/// Whatever is not a number counts as 0; the first error wins.
#[inline]
fn times(factors: impl Iterator<Item = Value>) -> Result<f64, ErrorCode> {
    let mut product = 1.0;
    for factor in factors {
        product *= match factor.unpack() {
            Unpacked::Number(x) => x,
            Unpacked::Error(code) => return Err(code),
            _ => 0.0,
        };
    }
    Ok(product)
}

fn paired(cx: &Cx<'_>, args: &[Arg<'_>], term: fn(f64, f64) -> f64) -> Value {
    let [a, b] = args else { return Value::error(ErrorCode::Value) };
    crate::kernels::sample::pairs(cx, a, b)
        .and_then(|pairs| match pairs.is_empty() {
            true => Err(ErrorCode::Div0),
            false => Ok(pairs.iter().map(|&(x, y)| term(x, y)).sum::<f64>()),
        })
        .into()
}

fn sumx2my2(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    paired(cx, args, |x, y| x * x - y * y)
}

fn sumx2py2(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    paired(cx, args, |x, y| x * x + y * y)
}

fn sumxmy2(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    paired(cx, args, |x, y| (x - y) * (x - y))
}

/// The numbers of all arguments, for families that work on a whole sample.
pub fn sample(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<f64>, ErrorCode> {
    numbers(cx, args, Cells::Numbers)
}
