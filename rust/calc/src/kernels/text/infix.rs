//! Operators on texts as functions, so that they run as calls: `&` over a whole chain of operands at once, and `=` with
//! a text. For other values the operators are steps of the plan.

use crate::numbers::digits;
use crate::semantics::compare;
use crate::semantics::function::{Cx, Function, MAX_TEXT_UNITS, flags, nth, scalar};
use crate::values::value::{ErrorCode, Unpacked, Value};

/// `a & b & ...`
pub const JOIN: &str = "\u{1}JOIN";
/// `a = b`
pub const EQUAL: &str = "\u{1}EQUAL";
/// `a <> b`
pub const DIFFERENT: &str = "\u{1}DIFFERENT";

pub const TABLE: &[Function] = &[
    scalar(JOIN, 2, 255, join).with(flags::SEES_ERRORS | flags::JOINS_TEXTS),
    scalar(EQUAL, 2, 2, equal).with(flags::CHEAP),
    scalar(DIFFERENT, 2, 2, different).with(flags::CHEAP),
];

/// Gives what joining two operands at a time gives: it ends at the first error, or as soon as the text is too long.
fn join(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    if let Some(joined) = cx.heap.join_texts(args, MAX_TEXT_UNITS) {
        return joined;
    }
    cx.write_text(|cx, out| args.iter().try_for_each(|&value| append(cx, value, out)))
}

fn append(cx: &Cx<'_>, value: Value, out: &mut String) -> Result<(), ErrorCode> {
    match value.unpack() {
        Unpacked::Text(id) => out.push_str(cx.heap.text(id)),
        Unpacked::Number(x) => digits::write_general(out, x),
        _ => out.push_str(&cx.text(value)?),
    }
    let too_long = out.len() > MAX_TEXT_UNITS && out.encode_utf16().count() > MAX_TEXT_UNITS;
    if too_long { Err(ErrorCode::Value) } else { Ok(()) }
}

fn equal(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    Value::bool(compare::equal(cx, nth(args, 0), nth(args, 1)))
}

fn different(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    Value::bool(!compare::equal(cx, nth(args, 0), nth(args, 1)))
}
