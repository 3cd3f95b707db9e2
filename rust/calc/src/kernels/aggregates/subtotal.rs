//! SUBTOTAL and AGGREGATE: other aggregates by number. The caller leaves out hidden rows and cells that are subtotals
//! themselves; nothing here knows of them.

use crate::kernels::statistical::{ranks, spread};
use crate::kernels::{aggregates::aggregate, sample};
use crate::semantics::coerce::integer;
use crate::semantics::function::{Arg, Cx, Function, Param, nth_arg, shaped};
use crate::semantics::properties::Beyond;
use crate::values::value::{ErrorCode, Unpacked, Value};

pub const TABLE: &[Function] = &[
    shaped("SUBTOTAL", 2, 255, &[Param::Scalar, Param::Reference], subtotal),
    shaped("AGGREGATE", 3, 255, &[Param::Scalar, Param::Scalar, Param::Any], aggregate_by)
        .beyond(Beyond::Sought),
];

type Kernel = fn(&mut Cx<'_>, &[Arg<'_>]) -> Value;

/// By number, from 1. SUBTOTAL has the first 11; those from `WITH_PLACE` on take a place or share as last argument.
const KERNELS: [Kernel; 19] = [
    aggregate::average,
    aggregate::count,
    aggregate::counta,
    aggregate::max,
    aggregate::min,
    aggregate::product,
    spread::stdev_s,
    spread::stdev_p,
    aggregate::sum,
    spread::var_s,
    spread::var_p,
    ranks::median,
    ranks::mode,
    ranks::large,
    ranks::small,
    ranks::percentile_inc,
    ranks::quartile_inc,
    ranks::percentile_exc,
    ranks::quartile_exc,
];
const SUBTOTALS: usize = 11;
const WITH_PLACE: usize = 14;

/// A whole number from 1 to `most` as an index.
fn number_to(most: usize, number: f64) -> Result<usize, ErrorCode> {
    if (1.0..=most as f64).contains(&number) { Ok(number as usize) } else { Err(ErrorCode::Value) }
}

fn subtotal(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let number = integer(cx, nth_arg(args, 0)).and_then(|number| {
        let number = if number > 100.0 { number - 100.0 } else { number };
        number_to(SUBTOTALS, number)
    });
    run(cx, number, args.get(1..).unwrap_or(&[]))
}

fn run(cx: &mut Cx<'_>, number: Result<usize, ErrorCode>, args: &[Arg<'_>]) -> Value {
    match number.map(|number| KERNELS.get(number - 1)) {
        Ok(Some(kernel)) => kernel(cx, args),
        Ok(None) => ErrorCode::Value.into(),
        Err(code) => code.into(),
    }
}

/// Options 2, 3, 6 and 7 pass over errors.
fn aggregate_by(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let number = integer(cx, nth_arg(args, 0)).and_then(|number| number_to(KERNELS.len(), number));
    let option = match integer(cx, nth_arg(args, 1)) {
        Ok(option) if (0.0..=7.0).contains(&option) => option as usize,
        Ok(_) => return ErrorCode::Value.into(),
        Err(code) => return code.into(),
    };
    let rest = args.get(2..).unwrap_or(&[]);
    if [2, 3, 6, 7].contains(&option) {
        return without_errors(cx, number, rest);
    }
    run(cx, number, rest)
}

/// Runs on copies of the ranges in which errors are blank.
fn without_errors(cx: &mut Cx<'_>, number: Result<usize, ErrorCode>, args: &[Arg<'_>]) -> Value {
    let has_place = matches!(number, Ok(number) if number >= WITH_PLACE);
    let mut copies = Vec::with_capacity(args.len());
    for (position, arg) in args.iter().enumerate() {
        if has_place && position == 1 {
            copies.push(*arg);
            continue;
        }
        let grid = cx.grid(arg);
        let (rows, cols) = grid.used();
        let mut cells = match cx.room(rows, cols) {
            Ok(room) => room,
            Err(code) => return code.into(),
        };
        let copied = sample::visit(cx, &grid, |value| {
            cells.push(if value.is_error() { Value::BLANK } else { value });
            Ok(())
        });
        if let Err(code) = copied {
            return code.into();
        }
        let copy = cx.add_array(rows, cols, cells);
        copies.push(Arg::Value(match copy.unpack() {
            // A single cell must stay one: typed in, a text or boolean would count.
            Unpacked::Text(_) | Unpacked::Bool(_) => Value::BLANK,
            _ => copy,
        }));
    }
    run(cx, number, &copies)
}
