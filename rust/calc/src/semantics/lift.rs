//! Calls row-wise kernels: propagates errors in scalar arguments, lifts functions and operators over arrays.
//! Knows no function.

use crate::semantics::function::{Arg, Cx, Function, Kernel, MAX_ARRAY_CELLS, Param, flags};
use crate::semantics::operator::{self, BinaryOp, UnaryOp};
use crate::values::budget::Refusal;
use crate::values::value::{ErrorCode, Unpacked, Value};

/// Up to this many arguments of a scalar kernel stay on the stack.
const FEW: usize = 8;

/// The result of `function` for one record. The number of arguments was checked at compile time.
pub fn call(cx: &mut Cx<'_>, function: &Function, args: &[Arg<'_>]) -> Value {
    let simple = args.iter().all(|arg| match arg {
        Arg::Value(value) => !value.is_array() && !value.is_error(),
        Arg::Range(_) => false,
    });
    if !simple {
        if let Some(shape) = lifted_shape(cx, function, args) {
            return call_lifted(cx, function, args, shape);
        }
        if let Some(code) = first_error(function, args) {
            return Value::error(code);
        }
    }
    match function.kernel {
        Kernel::Args(kernel) => kernel(cx, args),
        Kernel::Scalar(kernel) => {
            let mut values = [Value::OMITTED; FEW];
            match values.get_mut(..args.len()) {
                Some(few) => {
                    for (value, arg) in few.iter_mut().zip(args) {
                        *value = arg.value();
                    }
                    kernel(cx, few)
                }
                None => {
                    let many: Vec<Value> = args.iter().map(Arg::value).collect();
                    kernel(cx, &many)
                }
            }
        }
    }
}

/// The error that a scalar argument passes on.
fn first_error(function: &Function, args: &[Arg<'_>]) -> Option<ErrorCode> {
    if function.has(flags::SEES_ERRORS) {
        return None;
    }
    let mut scalars =
        args.iter().enumerate().filter(|(position, _)| function.param(*position) == Param::Scalar);
    scalars.find_map(|(_, arg)| arg.value().as_error())
}

/// Rows and columns of the result when a scalar argument is an array.
fn lifted_shape(cx: &Cx<'_>, function: &Function, args: &[Arg<'_>]) -> Option<(usize, usize)> {
    let mut shape = None;
    for (position, arg) in args.iter().enumerate() {
        if let Arg::Value(value) = arg
            && value.is_array()
            && function.param(position) == Param::Scalar
        {
            shape = Some(union(shape, cx, *value));
        }
    }
    shape
}

fn union(shape: Option<(usize, usize)>, cx: &Cx<'_>, value: Value) -> (usize, usize) {
    let grid = cx.grid(&Arg::Value(value));
    let (rows, cols) = shape.unwrap_or((1, 1));
    (rows.max(grid.rows()), cols.max(grid.cols()))
}

/// Room for a lifted result. What is too large, as of a whole sheet, refuses the record: an error value could be caught.
fn room(cx: &Cx<'_>, rows: usize, cols: usize) -> Result<Vec<Value>, ErrorCode> {
    if rows.saturating_mul(cols) > MAX_ARRAY_CELLS {
        cx.heap.refuse(Refusal::Execution);
        return Err(ErrorCode::Timeout);
    }
    cx.room(rows, cols)
}

fn call_lifted(
    cx: &mut Cx<'_>,
    function: &Function,
    args: &[Arg<'_>],
    (rows, cols): (usize, usize),
) -> Value {
    let mut cells = match room(cx, rows, cols) {
        Ok(room) => room,
        Err(code) => return code.into(),
    };
    let mut single = args.to_vec();
    for row in 0..rows {
        for col in 0..cols {
            for (position, arg) in args.iter().enumerate() {
                if let Arg::Value(value) = *arg
                    && value.is_array()
                    && function.param(position) == Param::Scalar
                    && let Some(place) = single.get_mut(position)
                {
                    *place = Arg::Value(element(cx, value, row, col));
                }
            }
            if cx.cancelled() {
                return Value::error(ErrorCode::Timeout);
            }
            let value = call(cx, function, &single);
            cells.push(top_left(cx, value));
        }
    }
    cx.add_array(rows, cols, cells)
}

/// A row or column in which the array has no cell.
pub const NOWHERE: usize = u32::MAX as usize;

/// The element of `value` at a position of a lifted result. A single row, column or value repeats. Beyond the array it
/// is `#N/A`, at `NOWHERE` `#VALUE!`.
pub fn element(cx: &Cx<'_>, value: Value, row: usize, col: usize) -> Value {
    let Unpacked::Array(id) = value.unpack() else { return value };
    let array = cx.heap.array(id);
    let row = if array.rows == 1 { 0 } else { row };
    let col = if array.cols == 1 { 0 } else { col };
    let beyond = if row == NOWHERE || col == NOWHERE { ErrorCode::Value } else { ErrorCode::NA };
    array.get(row, col).unwrap_or(Value::error(beyond))
}

/// An array inside an array is its first value.
fn top_left(cx: &Cx<'_>, value: Value) -> Value {
    match value.unpack() {
        Unpacked::Array(id) => cx.heap.array(id).get(0, 0).unwrap_or(Value::error(ErrorCode::Calc)),
        _ => value,
    }
}

/// `operator::binary`, lifted over arrays.
pub fn binary(cx: &mut Cx<'_>, op: BinaryOp, left: Value, right: Value) -> Value {
    if !left.is_array() && !right.is_array() {
        return operator::binary(cx, op, left, right);
    }
    let shape = union(Some(union(None, cx, left)), cx, right);
    map(cx, shape, |cx, row, col| {
        let (left, right) = (element(cx, left, row, col), element(cx, right, row, col));
        operator::binary(cx, op, left, right)
    })
}

/// `operator::unary`, lifted over arrays.
pub fn unary(cx: &mut Cx<'_>, op: UnaryOp, operand: Value) -> Value {
    if !operand.is_array() {
        return operator::unary(cx, op, operand);
    }
    let shape = union(None, cx, operand);
    map(cx, shape, |cx, row, col| {
        let value = element(cx, operand, row, col);
        operator::unary(cx, op, value)
    })
}

/// `yes` where `truth` is TRUE, `no` where it is FALSE, else the error.
pub fn select(cx: &mut Cx<'_>, truth: Value, yes: Value, no: Value) -> Value {
    match truth.unpack() {
        Unpacked::Bool(true) => yes,
        Unpacked::Bool(false) => no,
        Unpacked::Array(_) => {
            let shape = [yes, no].iter().fold(union(None, cx, truth), |shape, &v| union(Some(shape), cx, v));
            map(cx, shape, |cx, row, col| {
                let truth = element(cx, truth, row, col);
                match truth.unpack() {
                    Unpacked::Bool(true) => element(cx, yes, row, col),
                    Unpacked::Bool(false) => element(cx, no, row, col),
                    _ => truth,
                }
            })
        }
        _ => truth,
    }
}

/// A condition as TRUE, FALSE or an error.
pub fn truth(cx: &mut Cx<'_>, value: Value) -> Value {
    elementwise(cx, value, |cx, value| cx.boolean(value).map_or_else(Value::error, Value::bool))
}

/// `f` on a value, or on each element of an array.
pub fn elementwise(cx: &mut Cx<'_>, value: Value, f: impl Fn(&mut Cx<'_>, Value) -> Value) -> Value {
    if !value.is_array() {
        return f(cx, value);
    }
    let shape = union(None, cx, value);
    map(cx, shape, |cx, row, col| {
        let value = element(cx, value, row, col);
        f(cx, value)
    })
}

fn map(
    cx: &mut Cx<'_>,
    (rows, cols): (usize, usize),
    f: impl Fn(&mut Cx<'_>, usize, usize) -> Value,
) -> Value {
    let mut cells = match room(cx, rows, cols) {
        Ok(room) => room,
        Err(code) => return code.into(),
    };
    for at in 0..rows * cols {
        // A look for each element would cost as much as its arithmetic.
        if at % FEW == 0 && cx.cancelled() {
            return Value::error(ErrorCode::Timeout);
        }
        cells.push(f(cx, at / cols, at % cols));
    }
    cx.add_array(rows, cols, cells)
}
