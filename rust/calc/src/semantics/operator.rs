//! The operators of formulas as row-wise kernels on single values. They are lifted over arrays in `lift`.

use crate::math::elementary;
use crate::numbers::digits::same15;
use crate::semantics::compare;
use crate::semantics::function::Cx;
use crate::values::value::{ErrorCode, Value};
use std::cmp::Ordering;

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

impl BinaryOp {
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
        matches!(self, Eq | Ne | Lt | Le | Gt | Ge)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Plus,
    Minus,
    Percent,
}

/// Excel's result for two single values (no arrays). The left operand's error wins.
pub fn binary(cx: &mut Cx<'_>, op: BinaryOp, left: Value, right: Value) -> Value {
    if let Some(code) = left.as_error().or_else(|| right.as_error()) {
        return Value::error(code);
    }
    match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Pow => {
            arithmetic(cx, op, left, right).into()
        }
        BinaryOp::Concat => concat(cx, left, right).into(),
        BinaryOp::Eq => Value::bool(compare::equal(cx, left, right)),
        BinaryOp::Ne => Value::bool(!compare::equal(cx, left, right)),
        BinaryOp::Lt => Value::bool(compare::compare(cx, left, right) == Ordering::Less),
        BinaryOp::Le => Value::bool(compare::compare(cx, left, right) != Ordering::Greater),
        BinaryOp::Gt => Value::bool(compare::compare(cx, left, right) == Ordering::Greater),
        BinaryOp::Ge => Value::bool(compare::compare(cx, left, right) != Ordering::Less),
    }
}

/// `+x` gives x unchanged whatever it is; `-x` and `x%` are numbers.
pub fn unary(cx: &mut Cx<'_>, op: UnaryOp, operand: Value) -> Value {
    match op {
        UnaryOp::Plus => operand,
        UnaryOp::Minus => cx.number(operand).map(|x| -x).into(),
        UnaryOp::Percent => cx.number(operand).map(|x| x / 100.0).into(),
    }
}

fn arithmetic(cx: &Cx<'_>, op: BinaryOp, left: Value, right: Value) -> Result<f64, ErrorCode> {
    let (a, b) = (cx.number(left)?, cx.number(right)?);
    match op {
        BinaryOp::Add => Ok(a + b),
        BinaryOp::Sub => Ok(a - b),
        BinaryOp::Mul => Ok(a * b),
        BinaryOp::Div if b == 0.0 => Err(ErrorCode::Div0),
        BinaryOp::Div => Ok(a / b),
        _ => power(a, b),
    }
}

/// Addition that gives 0 when the operands cancel at 15 significant digits: what Excel does when + or - is the last
/// operation of a formula, and only then (`-(I47-H47)` keeps the rest that `I47-H47` drops).
#[inline]
pub fn sum(a: f64, b: f64) -> f64 {
    if same15(a, -b) { 0.0 } else { a + b }
}

/// `a ^ b` with Excel's errors. May give an infinity or a subnormal, which `Value::number` replaces.
pub fn power(a: f64, b: f64) -> Result<f64, ErrorCode> {
    if a == 0.0 {
        return match b.total_cmp(&0.0) {
            Ordering::Greater => Ok(0.0),
            Ordering::Equal => Err(ErrorCode::Num),
            Ordering::Less => Err(ErrorCode::Div0),
        };
    }
    Ok(elementary::pow(a, b))
}

fn concat(cx: &mut Cx<'_>, left: Value, right: Value) -> Result<Value, ErrorCode> {
    let joined = {
        let (a, b) = (cx.text(left)?, cx.text(right)?);
        let mut joined = String::with_capacity(a.len() + b.len());
        joined.push_str(&a);
        joined.push_str(&b);
        joined
    };
    Ok(cx.add_text(&joined))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::sync::atomic::AtomicBool;

    fn calc(op: BinaryOp, a: f64, b: f64) -> Value {
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut heap = Heap::empty();
        let mut cx = Cx { heap: &mut heap, env: &env, cancel: &cancel };
        binary(&mut cx, op, Value::number(a), Value::number(b))
    }

    #[test]
    fn arithmetic_of_excel() {
        // Oracle: Microsoft, "Floating-point arithmetic may give inaccurate results in Excel": 1.333+1.225-1.333-1.225
        // is 0 as it stands and -2.22E-16 in parentheses.
        assert_eq!(sum(1.333 + 1.225 - 1.333, -1.225), 0.0);
        assert_eq!(
            calc(BinaryOp::Sub, 1.333 + 1.225 - 1.333, 1.225).as_number(),
            Some(-2.220446049250313e-16)
        );
        assert_eq!(sum(0.5 - 0.4, -0.1), 0.0);
        assert_eq!(calc(BinaryOp::Sub, 1.0, 0.9999999999).as_number(), Some(1.0 - 0.9999999999));
        assert_eq!(calc(BinaryOp::Div, 1.0, 0.0).as_error(), Some(ErrorCode::Div0));
        assert_eq!(calc(BinaryOp::Pow, 0.0, 0.0).as_error(), Some(ErrorCode::Num));
        assert_eq!(calc(BinaryOp::Pow, 0.0, -1.0).as_error(), Some(ErrorCode::Div0));
        assert_eq!(calc(BinaryOp::Pow, -8.0, 1.0 / 3.0).as_error(), Some(ErrorCode::Num));
        assert_eq!(calc(BinaryOp::Pow, -2.0, 3.0).as_number(), Some(-8.0));
        assert_eq!(calc(BinaryOp::Mul, 1e300, 1e300).as_error(), Some(ErrorCode::Num));
        assert!(calc(BinaryOp::Mul, 1e-200, -1e-200).same(Value::ZERO));
        assert_eq!(calc(BinaryOp::Pow, 3.0, 33.0).as_number(), Some(5559060566555523.0));
    }
}
