//! Columnar loops: one operation over all lanes of its operands, 16 lanes at a time. A lane that plain float
//! arithmetic cannot settle (an operand that is no number, overflow, cancellation, near equality) is "odd" and is left
//! to the row-wise form. Knows no steps and no slots' meaning.

use crate::operator::BinaryOp;
use crate::ops::{Op1, Op2, Op3};
use crate::value::{ErrorCode, Value};

/// Lanes that are loaded, computed and stored together. Slots are whole chunks, so loops have no tails, and an
/// operation may write the slot it reads.
pub const LANES: usize = 16;

pub type Chunk = [Value; LANES];

/// Results closer to cancelling, and comparisons closer to equality, than this need the 15-digit view.
const NEAR: f64 = 2e-14;

/// A lane's result and whether it is odd.
pub type Lane = (f64, bool);

#[inline(always)]
fn finite(r: f64) -> Lane {
    (r, !(r.abs() <= f64::MAX))
}

/// Results of arithmetic: no infinity, no subnormal, no -0.
#[inline(always)]
fn scaled(r: f64) -> Lane {
    let r = r + 0.0;
    (r, !(r.abs() <= f64::MAX) | ((r.abs() < f64::MIN_POSITIVE) & (r != 0.0)))
}

#[inline(always)]
fn added(a: f64, r: f64) -> Lane {
    let near = (a.abs() * NEAR).max(f64::MIN_POSITIVE);
    (r, !(r.abs() <= f64::MAX) | ((r.abs() < near) & (r != 0.0)))
}

#[inline(always)]
fn compared(a: f64, b: f64, holds: bool) -> Lane {
    let r = if holds { Value::TRUE.lane() } else { Value::FALSE.lane() };
    let difference = (a - b).abs();
    (r, (difference.is_nan()) | ((difference <= a.abs() * NEAR) & (a != b)))
}

#[inline(always)]
fn holds(op: BinaryOp, a: f64, b: f64) -> bool {
    match op {
        BinaryOp::Eq => a == b,
        BinaryOp::Ne => a != b,
        BinaryOp::Lt => a < b,
        BinaryOp::Le => a <= b,
        BinaryOp::Gt => a > b,
        _ => a >= b,
    }
}

#[inline(always)]
fn same(a: f64, b: Value) -> bool {
    a.to_bits() == b.bits()
}

const TRUE: Value = Value::TRUE;
const FALSE: Value = Value::FALSE;

/// Runs a one-operand loop if the operation has one.
#[inline(always)]
pub fn one(op: Op1, mut run: impl Loop1) -> bool {
    match op {
        Op1::Minus => run.run(|a| (0.0 - a, a.is_nan())),
        Op1::Percent => run.run(|a| scaled(a / 100.0)),
        Op1::Settle => run.run(|a| (a, a.is_nan())),
        Op1::Truth => run.run(|a| {
            let known = same(a, TRUE) | same(a, FALSE);
            let number = if a == 0.0 { FALSE.lane() } else { TRUE.lane() };
            (if known { a } else { number }, a.is_nan() & !known)
        }),
        Op1::IsError | Op1::IsNA => run.run(|a| (FALSE.lane(), a.is_nan())),
    }
    true
}

/// Runs a two-operand loop if the operation has one.
#[inline(always)]
pub fn two(op: Op2, mut run: impl Loop2) -> bool {
    match op {
        Op2::Operator(op) => return operator(op, run),
        Op2::LastAdd => run.run(|a, b| added(a, a + b)),
        Op2::LastSub => run.run(|a, b| added(a, a - b)),
        Op2::Sum => run.run(|a, b| finite(a + b)),
        Op2::Min => run.run(|a, b| (if a < b { a } else { b }, a.is_nan() | b.is_nan())),
        Op2::Max => run.run(|a, b| (if a > b { a } else { b }, a.is_nan() | b.is_nan())),
        Op2::Times => run.run(|a, b| scaled(a * b)),
    }
    true
}

#[inline(always)]
fn operator(op: BinaryOp, mut run: impl Loop2) -> bool {
    match op {
        BinaryOp::Add => run.run(|a, b| scaled(a + b)),
        BinaryOp::Sub => run.run(|a, b| scaled(a - b)),
        BinaryOp::Mul => run.run(|a, b| scaled(a * b)),
        BinaryOp::Div => run.run(|a, b| scaled(a / b)),
        BinaryOp::Eq => run.run(|a, b| compared(a, b, holds(BinaryOp::Eq, a, b))),
        BinaryOp::Ne => run.run(|a, b| compared(a, b, holds(BinaryOp::Ne, a, b))),
        BinaryOp::Lt => run.run(|a, b| compared(a, b, holds(BinaryOp::Lt, a, b))),
        BinaryOp::Le => run.run(|a, b| compared(a, b, holds(BinaryOp::Le, a, b))),
        BinaryOp::Gt => run.run(|a, b| compared(a, b, holds(BinaryOp::Gt, a, b))),
        BinaryOp::Ge => run.run(|a, b| compared(a, b, holds(BinaryOp::Ge, a, b))),
        BinaryOp::Pow | BinaryOp::Concat => return false,
    }
    true
}

/// Runs a three-operand loop if the operation has one.
#[inline(always)]
pub fn three(op: Op3, mut run: impl Loop3) -> bool {
    match op {
        Op3::Select => run.run(|truth, yes, no| {
            let (is_true, is_false) = (same(truth, TRUE), same(truth, FALSE));
            (if is_true { yes } else { no }, !(is_true | is_false))
        }),
        Op3::CountIf(op) => count_if(op, run),
        Op3::Found(position) => {
            let position = f64::from(position);
            let open = Value::error(ErrorCode::NA);
            run.run(|found, cell, needle| {
                (if same(found, open) & (cell == needle) { position } else { found }, false)
            });
        }
    }
    true
}

#[inline(always)]
fn count_if(op: BinaryOp, mut run: impl Loop3) {
    let mut count = |holds: fn(f64, f64) -> bool| {
        run.run(|count, a, b| {
            let step = if holds(a, b) { 1.0 } else { 0.0 };
            (count + step, compared(a, b, false).1 | count.is_nan())
        });
    };
    match op {
        BinaryOp::Eq => count(|a, b| a == b),
        BinaryOp::Ne => count(|a, b| a != b),
        BinaryOp::Lt => count(|a, b| a < b),
        BinaryOp::Le => count(|a, b| a <= b),
        BinaryOp::Gt => count(|a, b| a > b),
        _ => count(|a, b| a >= b),
    }
}

/// Applies a lane function to every lane of its operands; odd lanes are redone row-wise.
pub trait Loop1 {
    fn run(&mut self, f: impl Fn(f64) -> Lane);
}

pub trait Loop2 {
    fn run(&mut self, f: impl Fn(f64, f64) -> Lane);
}

pub trait Loop3 {
    fn run(&mut self, f: impl Fn(f64, f64, f64) -> Lane);
}
