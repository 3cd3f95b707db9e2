//! The small operations that plans have besides functions, in their row-wise form: one value at a time. Their loops are
//! in `run::loops`, and both must give the same bits.

use crate::semantics::compare;
use crate::semantics::function::Cx;
use crate::semantics::lift;
use crate::semantics::operator::{self, BinaryOp, UnaryOp};
use crate::values::value::{ErrorCode, Unpacked, Value};

/// One operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op1 {
    Minus,
    Percent,
    /// What a cell holds when its formula gives `a`: 0 for a blank, the first value of an array.
    CellValue,
    /// A condition as TRUE, FALSE or an error.
    Truth,
    IsError,
    IsNA,
}

/// Two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op2 {
    Operator(BinaryOp),
    /// + and - as the last operation of a formula: 0 when the operands cancel at 15 significant digits.
    LastAdd,
    LastSub,
    /// Running aggregates over the cells of a range: `a` is the running value, `b` the next cell. Text, booleans and
    /// blanks of a cell do not count; the first error stays. The last step is followed by `+ 0`, which flushes
    /// subnormals.
    Sum,
    Min,
    Max,
    /// Product of two cells for SUMPRODUCT: whatever is not a number counts as 0.
    Times,
}

/// Three operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op3 {
    /// `a` TRUE gives `b`, FALSE gives `c`, an error itself.
    Select,
    /// Running count of cells that compare with a constant number: count `a`, cell `b`, number `c`. Cells that are not
    /// numbers never count.
    CountIf(BinaryOp),
    /// Running exact search for a number: `a` the position found so far or `#N/A`, `b` the cell at this position,
    /// `c` the number.
    Found(u32),
    /// Running sum of products for SUMPRODUCT: sum `a`, factors `b` and `c`. Whatever is not a number counts as 0.
    SumTimes,
}

/// `a ^ b`, however its column is calculated.
pub fn power(cx: &mut Cx<'_>, a: Value, b: Value) -> Value {
    lift::binary(cx, BinaryOp::Pow, a, b)
}

pub fn one(cx: &mut Cx<'_>, op: Op1, a: Value) -> Value {
    match op {
        Op1::Minus => lift::unary(cx, UnaryOp::Minus, a),
        Op1::Percent => lift::unary(cx, UnaryOp::Percent, a),
        Op1::CellValue => match a.unpack() {
            Unpacked::Blank | Unpacked::Omitted => Value::ZERO,
            Unpacked::Array(id) => {
                one(cx, Op1::CellValue, cx.heap.array(id).get(0, 0).unwrap_or(Value::ZERO))
            }
            _ => a,
        },
        Op1::Truth => lift::truth(cx, a),
        Op1::IsError => lift::elementwise(cx, a, |_, a| Value::bool(a.is_error())),
        Op1::IsNA => lift::elementwise(cx, a, |_, a| Value::bool(a.as_error() == Some(ErrorCode::NA))),
    }
}

pub fn two(cx: &mut Cx<'_>, op: Op2, a: Value, b: Value) -> Value {
    match op {
        Op2::Operator(op) => lift::binary(cx, op, a, b),
        Op2::LastAdd => last_sum(cx, a, b, BinaryOp::Add),
        Op2::LastSub => last_sum(cx, a, b, BinaryOp::Sub),
        Op2::Sum => running(cx, a, b, |a, b| a + b),
        Op2::Min => running(cx, a, b, f64::min),
        Op2::Max => running(cx, a, b, f64::max),
        Op2::Times => times(a, b),
    }
}

pub fn three(cx: &mut Cx<'_>, op: Op3, a: Value, b: Value, c: Value) -> Value {
    match op {
        Op3::Select => lift::select(cx, a, b, c),
        Op3::CountIf(op) => {
            let (Some(count), Some(x), Some(y)) = (a.as_number(), b.as_number(), c.as_number()) else {
                return a;
            };
            let ordering = compare::numbers(x, y);
            Value::number(count + f64::from(u8::from(holds(op, ordering))))
        }
        Op3::SumTimes => match (a.as_number(), b.as_number(), c.as_number()) {
            (Some(sum), Some(x), Some(y)) => unflushed(sum + x * y),
            (None, ..) => a,
            _ => {
                let product = times(b, c);
                running(cx, a, product, |a, b| a + b)
            }
        },
        Op3::Found(position) => {
            let open = a.as_error() == Some(ErrorCode::NA);
            let equal = b.is_number() && c.is_number() && b.lane() == c.lane();
            if open && equal { Value::number(f64::from(position)) } else { a }
        }
    }
}

fn holds(op: BinaryOp, ordering: std::cmp::Ordering) -> bool {
    match op {
        BinaryOp::Eq => ordering.is_eq(),
        BinaryOp::Ne => ordering.is_ne(),
        BinaryOp::Lt => ordering.is_lt(),
        BinaryOp::Le => ordering.is_le(),
        BinaryOp::Gt => ordering.is_gt(),
        _ => ordering.is_ge(),
    }
}

fn running(cx: &Cx<'_>, a: Value, b: Value, f: impl Fn(f64, f64) -> f64) -> Value {
    let Some(mut total) = a.as_number() else { return a };
    match b.unpack() {
        Unpacked::Number(x) => unflushed(f(total, x)),
        Unpacked::Error(_) => b,
        Unpacked::Array(id) => {
            for &cell in &cx.heap.array(id).cells {
                match cell.unpack() {
                    Unpacked::Number(x) => total = f(total, x),
                    Unpacked::Error(_) => return cell,
                    _ => {}
                }
            }
            unflushed(total)
        }
        _ => a,
    }
}

/// A running value between steps. It may be subnormal; only the end result of an aggregate may not.
fn unflushed(x: f64) -> Value {
    if x.is_finite() { Value::from_lane(x) } else { Value::error(ErrorCode::Num) }
}

fn last_sum(cx: &mut Cx<'_>, a: Value, b: Value, op: BinaryOp) -> Value {
    let plain = lift::binary(cx, op, a, b);
    match (plain.as_number(), cx.number(a), cx.number(b)) {
        (Some(_), Ok(a), Ok(b)) => Value::number(operator::sum(a, if op == BinaryOp::Sub { -b } else { b })),
        _ => plain,
    }
}

fn times(a: Value, b: Value) -> Value {
    match (a.unpack(), b.unpack()) {
        (Unpacked::Error(_), _) => a,
        (_, Unpacked::Error(_)) => b,
        (Unpacked::Number(x), Unpacked::Number(y)) => Value::number(x * y),
        _ => Value::ZERO,
    }
}
