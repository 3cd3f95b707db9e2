//! What kind of value something is. What depends on the place of a formula (ISFORMULA, SHEET, CELL …) is decided when
//! the workbook is compiled.

use crate::numbers::digits;
use crate::semantics::function::flags::{GIVES_ARRAY, PICKS, SEES_ERRORS};
use crate::semantics::function::{Arg, Cx, Function, Param, nth, scalar, shaped};
use crate::semantics::lift;
use crate::semantics::properties::Size;
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Unpacked, Value};

fn is_blank(_: &mut Cx<'_>, args: &[Value]) -> Value {
    nth(args, 0).is_blank().into()
}

fn is_error(_: &mut Cx<'_>, args: &[Value]) -> Value {
    nth(args, 0).is_error().into()
}

fn is_err(_: &mut Cx<'_>, args: &[Value]) -> Value {
    nth(args, 0).as_error().is_some_and(|code| code != ErrorCode::NA).into()
}

fn is_na(_: &mut Cx<'_>, args: &[Value]) -> Value {
    (nth(args, 0).as_error() == Some(ErrorCode::NA)).into()
}

fn is_number(_: &mut Cx<'_>, args: &[Value]) -> Value {
    nth(args, 0).is_number().into()
}

fn is_text(_: &mut Cx<'_>, args: &[Value]) -> Value {
    nth(args, 0).is_text().into()
}

fn is_non_text(_: &mut Cx<'_>, args: &[Value]) -> Value {
    (!nth(args, 0).is_text()).into()
}

fn is_logical(_: &mut Cx<'_>, args: &[Value]) -> Value {
    nth(args, 0).is_bool().into()
}

fn is_reference(_: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    matches!(args.first(), Some(Arg::Range(_))).into()
}

/// Truncated; a truth value does not count as a number here.
fn is_odd_number(cx: &Cx<'_>, args: &[Value]) -> Result<bool, ErrorCode> {
    let value = nth(args, 0);
    if value.is_bool() {
        return Err(ErrorCode::Value);
    }
    Ok(digits::trunc(cx.number(value)?) % 2.0 != 0.0)
}

fn is_even(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    is_odd_number(cx, args).map(|odd| Value::bool(!odd)).into()
}

fn is_odd(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    is_odd_number(cx, args).map(Value::bool).into()
}

/// Numbers, truth values as 0 or 1, errors as they are, 0 for anything else.
fn as_number(value: Value) -> Value {
    match value.unpack() {
        Unpacked::Number(_) | Unpacked::Error(_) => value,
        Unpacked::Bool(truth) => Value::number(f64::from(u8::from(truth))),
        _ => Value::ZERO,
    }
}

/// Of a range only the first cell counts; an array is taken element by element.
fn n(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let Some(arg) = args.first() else { return Value::ZERO };
    match cx.grid(arg) {
        Grid::Single(value) => as_number(value),
        Grid::Range(range) => as_number(range.get(0, 0)),
        Grid::Array(_) => lift::elementwise(cx, arg.value(), |_, value| as_number(value)),
    }
}

fn na(_: &mut Cx<'_>, _: &[Value]) -> Value {
    Value::error(ErrorCode::NA)
}

/// 1 number or blank, 2 text, 4 truth value, 16 error, 64 array or several cells.
fn kind(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let Some(arg) = args.first() else { return Value::error(ErrorCode::Value) };
    let cells = cx.grid(arg);
    if cells.len() != 1 {
        return Value::number(64.0);
    }
    Value::number(match cells.get(0, 0).unpack() {
        Unpacked::Number(_) | Unpacked::Blank | Unpacked::Omitted => 1.0,
        Unpacked::Text(_) => 2.0,
        Unpacked::Bool(_) => 4.0,
        Unpacked::Error(_) => 16.0,
        Unpacked::Array(_) => 64.0,
    })
}

/// Excel's numbers for its errors; those it has not documented are `#N/A`, as is anything that is not an error.
fn error_type(_: &mut Cx<'_>, args: &[Value]) -> Value {
    let number = match nth(args, 0).as_error() {
        Some(ErrorCode::Null) => 1.0,
        Some(ErrorCode::Div0) => 2.0,
        Some(ErrorCode::Value) => 3.0,
        Some(ErrorCode::Ref) => 4.0,
        Some(ErrorCode::Name) => 5.0,
        Some(ErrorCode::Num) => 6.0,
        Some(ErrorCode::NA) => 7.0,
        Some(ErrorCode::GettingData) => 8.0,
        Some(ErrorCode::Spill) => 9.0,
        Some(ErrorCode::Connect) => 10.0,
        Some(ErrorCode::Blocked) => 11.0,
        Some(ErrorCode::Unknown) => 12.0,
        Some(ErrorCode::Field) => 13.0,
        Some(ErrorCode::Calc) => 14.0,
        _ => return Value::error(ErrorCode::NA),
    };
    Value::number(number)
}

pub const TABLE: &[Function] = &[
    scalar("ISBLANK", 1, 1, is_blank).with(SEES_ERRORS),
    scalar("ISERROR", 1, 1, is_error).with(SEES_ERRORS),
    scalar("ISERR", 1, 1, is_err).with(SEES_ERRORS),
    scalar("ISNA", 1, 1, is_na).with(SEES_ERRORS),
    scalar("ISNUMBER", 1, 1, is_number).with(SEES_ERRORS),
    scalar("ISTEXT", 1, 1, is_text).with(SEES_ERRORS),
    scalar("ISNONTEXT", 1, 1, is_non_text).with(SEES_ERRORS),
    scalar("ISLOGICAL", 1, 1, is_logical).with(SEES_ERRORS),
    scalar("ISEVEN", 1, 1, is_even),
    scalar("ISODD", 1, 1, is_odd),
    shaped("ISREF", 1, 1, &[Param::Any], is_reference),
    shaped("N", 1, 1, &[Param::Any], n).with(GIVES_ARRAY | PICKS).sized(Size::Argument(0)),
    scalar("NA", 0, 0, na),
    shaped("TYPE", 1, 1, &[Param::Any], kind),
    scalar("ERROR.TYPE", 1, 1, error_type).with(SEES_ERRORS),
];
