//! What arrays need whose size a record decides, besides the functions that formulas name. Arrays of known size are
//! taken apart when a workbook is compiled.

use crate::function::{Arg, Cx, Function, Param, nth, nth_arg, scalar, shaped};
use crate::ops::{self, Op2};
use crate::value::{Unpacked, Value};

/// A cell under a spilled array: `(array, row, column)`, blank beyond the array.
pub const SPILLED: &str = "\u{1}SPILLED";
/// + and - as the last operation of a formula, over arrays.
pub const LAST_ADD: &str = "\u{1}LASTADD";
pub const LAST_SUB: &str = "\u{1}LASTSUB";

fn spilled(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let index = |at: usize| nth_arg(args, at).as_number().unwrap_or(0.0) as usize;
    let (row, col) = (index(1), index(2));
    match nth_arg(args, 0).unpack() {
        Unpacked::Array(id) => cx.heap.array(id).get(row, col).unwrap_or(Value::BLANK),
        _ if (row, col) == (0, 0) => nth_arg(args, 0),
        _ => Value::BLANK,
    }
}

pub const TABLE: &[Function] = &[
    shaped(SPILLED, 3, 3, &[Param::Any], spilled),
    scalar(LAST_ADD, 2, 2, |cx, args| ops::two(cx, Op2::LastAdd, nth(args, 0), nth(args, 1))),
    scalar(LAST_SUB, 2, 2, |cx, args| ops::two(cx, Op2::LastSub, nth(args, 0), nth(args, 1))),
];
