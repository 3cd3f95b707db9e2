//! The operators of formulas as row-wise kernels on single values. Lifting over arrays is `lift`'s.

use crate::function::Cx;
use crate::value::{ErrorCode, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Concat,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Plus,
    Minus,
    Percent,
}

/// Excel's result for two single values (no arrays). The left operand's error wins.
pub fn binary(cx: &mut Cx<'_>, op: BinaryOp, left: Value, right: Value) -> Value {
    let _ = (cx, op, left, right);
    Value::error(ErrorCode::Value)
}

/// `+x` gives x unchanged whatever it is; `-x` and `x%` are numbers.
pub fn unary(cx: &mut Cx<'_>, op: UnaryOp, operand: Value) -> Value {
    let _ = (cx, op);
    operand
}
