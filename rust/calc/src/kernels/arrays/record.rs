//! Functions for arrays whose size depends on the record, besides those that formulas name. Arrays of known size are
//! taken apart when a workbook is compiled.

use crate::semantics::function::MAX_ARRAY_CELLS;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth, nth_arg, scalar, shaped};
use crate::semantics::primitive::{self, Op1, Op2};
use crate::semantics::properties::Size;
use crate::values::value::{ErrorCode, Unpacked, Value};

/// A cell under a spilled array: `(array, row, column)`. A blank of the array is 0 in a cell; beyond it is blank.
pub const SPILLED: &str = "\u{1}SPILLED";
/// The cells of a range as an array.
pub const VALUES: &str = "\u{1}VALUES";
/// A chosen reference where one value is wanted: its cell, if it has only one.
pub const ONLY: &str = "\u{1}ONLY";
/// + and - as the last operation of a formula, over arrays.
pub const LAST_ADD: &str = "\u{1}LASTADD";
pub const LAST_SUB: &str = "\u{1}LASTSUB";

fn spilled(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let index = |at: usize| nth_arg(args, at).as_number().unwrap_or(0.0) as usize;
    let (row, col) = (index(1), index(2));
    let inside = match nth_arg(args, 0).unpack() {
        Unpacked::Array(id) => cx.heap.array(id).get(row, col),
        _ if (row, col) == (0, 0) => Some(nth_arg(args, 0)),
        _ => None,
    };
    inside.map_or(Value::BLANK, |value| primitive::one(cx, Op1::CellValue, value))
}

fn values(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match args.first() {
        Some(Arg::Range(range)) => {
            let (rows, cols) = (range.rows, range.cols);
            if rows.saturating_mul(cols) > MAX_ARRAY_CELLS {
                return Value::error(ErrorCode::Num);
            }
            let cells = (0..rows * cols).map(|at| range.get(at / cols, at % cols)).collect();
            cx.add_array(rows, cols, cells)
        }
        _ => nth_arg(args, 0),
    }
}

fn only(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let value = nth_arg(args, 0);
    match value.unpack() {
        Unpacked::Array(id) if cx.grid(&Arg::Value(value)).len() == 1 => {
            cx.heap.array(id).get(0, 0).unwrap_or(Value::BLANK)
        }
        Unpacked::Array(_) => Value::error(ErrorCode::Value),
        _ => value,
    }
}

pub const TABLE: &[Function] = &[
    shaped(ONLY, 1, 1, &[Param::Any], only),
    shaped(SPILLED, 3, 3, &[Param::Any], spilled),
    shaped(VALUES, 1, 1, &[Param::Any], values).with(flags::GIVES_ARRAY).sized(Size::Argument(0)),
    scalar(LAST_ADD, 2, 2, |cx, args| primitive::two(cx, Op2::LastAdd, nth(args, 0), nth(args, 1))),
    scalar(LAST_SUB, 2, 2, |cx, args| primitive::two(cx, Op2::LastSub, nth(args, 0), nth(args, 1))),
];
