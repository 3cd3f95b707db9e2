//! Columnar loops: one operation over all lanes of its operands, 16 lanes at a time. A lane that plain float
//! arithmetic cannot settle (an operand that is no number, overflow, cancellation, near equality) is "odd" and is left
//! to the row-wise form. Knows no steps and no slots' meaning.

use crate::branchless;
use crate::operator::BinaryOp;
use crate::ops::{Op1, Op2, Op3};
use crate::value::{ErrorCode, Value};

/// Lanes that are loaded, computed and stored together. Slots are whole chunks, so loops have no tails, and an
/// operation may write the slot it reads.
pub const LANES: usize = 16;

pub type Chunk = [Value; LANES];

/// Results closer to cancelling, and comparisons closer to equality, than this need the 15-digit view.
const NEAR: f64 = 2e-14;

/// A lane's result, and a word whose top bit says that the lane is odd. Whole words and no booleans: flags that stay
/// in 64-bit lanes cost one vector instruction each.
pub type Lane = (f64, u64);

const SIGN: u64 = 1 << 63;
const EXPONENT_ONE: u64 = 1 << 52;

#[inline(always)]
fn magnitude(x: f64) -> u64 {
    x.to_bits() & !SIGN
}

/// Top bit set for NaN and infinities: the exponent overflows into it.
#[inline(always)]
fn not_finite(x: f64) -> u64 {
    magnitude(x).wrapping_add(EXPONENT_ONE)
}

/// Top bit set for any word but 0 with a clear top bit.
#[inline(always)]
fn not_zero(word: u64) -> u64 {
    0u64.wrapping_sub(word)
}

/// Odd when NaN or infinite.
#[inline(always)]
pub fn finite(r: f64) -> Lane {
    (r, not_finite(r))
}

/// Results of arithmetic: no infinity, no subnormal, no -0.
#[inline(always)]
pub fn scaled(r: f64) -> Lane {
    let r = r + 0.0;
    let size = magnitude(r);
    let subnormal = size.wrapping_sub(EXPONENT_ONE) & not_zero(size);
    (r, size.wrapping_add(EXPONENT_ONE) | subnormal)
}

#[inline(always)]
fn added(a: f64, r: f64) -> Lane {
    let cancels = (r.abs() - a.abs() * NEAR).to_bits() & not_zero(magnitude(r));
    (r, not_finite(r) | cancels)
}

/// Powers of numbers above zero; the square of any.
#[inline(always)]
pub fn power(a: f64, b: f64) -> Lane {
    scaled(if b == 2.0 { a * a } else { branchless::pow(a, b) })
}

#[inline(always)]
pub fn exp(a: f64) -> Lane {
    scaled(branchless::exp(a))
}

#[inline(always)]
pub fn ln(a: f64) -> Lane {
    scaled(branchless::ln(a))
}

#[inline(always)]
pub fn normal(z: f64) -> Lane {
    scaled(branchless::normal(z))
}

#[inline(always)]
pub fn normal_density(z: f64) -> Lane {
    scaled(branchless::normal_density(z))
}

/// Whether a comparison of `a` and `b` needs the 15-digit view or the row-wise form.
#[inline(always)]
fn unsure(a: f64, b: f64) -> u64 {
    let difference = (a - b).abs();
    let near = (difference - a.abs() * NEAR).to_bits() & not_zero(difference.to_bits());
    not_finite(difference) | near
}

#[inline(always)]
fn compared(a: f64, b: f64, holds: bool) -> Lane {
    (if holds { Value::TRUE.lane() } else { Value::FALSE.lane() }, unsure(a, b))
}

#[inline(always)]
fn same(a: f64, b: Value) -> bool {
    a.to_bits() == b.bits()
}

/// Top bit set for anything but TRUE and FALSE, which differ in the lowest bit.
#[inline(always)]
fn not_bool(x: f64) -> u64 {
    let other = (x.to_bits() ^ FALSE.bits()) & !1;
    other | not_zero(other)
}

const TRUE: Value = Value::TRUE;
const FALSE: Value = Value::FALSE;

/// Runs a one-operand loop.
#[inline(always)]
pub fn one(op: Op1, mut run: impl Loop1) {
    match op {
        Op1::Minus => run.run(|a| finite(0.0 - a)),
        Op1::Percent => run.run(|a| scaled(a / 100.0)),
        Op1::Settle => run.run(finite),
        Op1::Truth => run.run(|a| {
            let number = if a == 0.0 { FALSE.lane() } else { TRUE.lane() };
            let is_number = a == a;
            (if is_number { number } else { a }, not_finite(a) & not_bool(a))
        }),
        Op1::IsError | Op1::IsNA => run.run(|a| (FALSE.lane(), not_finite(a))),
    }
}

/// Runs a two-operand loop; false if the operation has none.
#[inline(always)]
pub fn two(op: Op2, mut run: impl Loop2) -> bool {
    match op {
        Op2::Operator(op) => return operator(op, run),
        Op2::LastAdd => run.run(|a, b| added(a, a + b)),
        Op2::LastSub => run.run(|a, b| added(a, a - b)),
        Op2::Sum => run.run(|a, b| scaled(a + b)),
        Op2::Min => run.run(|a, b| (if a < b { a } else { b }, not_finite(a) | not_finite(b))),
        Op2::Max => run.run(|a, b| (if a > b { a } else { b }, not_finite(a) | not_finite(b))),
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
        BinaryOp::Eq => run.run(|a, b| compared(a, b, a == b)),
        BinaryOp::Ne => run.run(|a, b| compared(a, b, a != b)),
        BinaryOp::Lt => run.run(|a, b| compared(a, b, a < b)),
        BinaryOp::Le => run.run(|a, b| compared(a, b, a <= b)),
        BinaryOp::Gt => run.run(|a, b| compared(a, b, a > b)),
        BinaryOp::Ge => run.run(|a, b| compared(a, b, a >= b)),
        BinaryOp::Pow => run.run(power),
        BinaryOp::Concat => return false,
    }
    true
}

/// Runs a three-operand loop.
#[inline(always)]
pub fn three(op: Op3, mut run: impl Loop3) {
    match op {
        Op3::Select => run.run(|truth, yes, no| (if same(truth, TRUE) { yes } else { no }, not_bool(truth))),
        Op3::CountIf(op) => count_if(op, run),
        Op3::Found(position) => {
            let position = f64::from(position);
            let open = Value::error(ErrorCode::NA);
            run.run(|found, cell, needle| {
                let here = if cell == needle { position } else { found };
                (if same(found, open) { here } else { found }, 0)
            });
        }
    }
}

#[inline(always)]
fn count_if(op: BinaryOp, mut run: impl Loop3) {
    match op {
        BinaryOp::Eq => run.run(|count, a, b| counted(count, a, b, a == b)),
        BinaryOp::Ne => run.run(|count, a, b| counted(count, a, b, a != b)),
        BinaryOp::Lt => run.run(|count, a, b| counted(count, a, b, a < b)),
        BinaryOp::Le => run.run(|count, a, b| counted(count, a, b, a <= b)),
        BinaryOp::Gt => run.run(|count, a, b| counted(count, a, b, a > b)),
        _ => run.run(|count, a, b| counted(count, a, b, a >= b)),
    }
}

#[inline(always)]
fn counted(count: f64, a: f64, b: f64, holds: bool) -> Lane {
    (count + if holds { 1.0 } else { 0.0 }, unsure(a, b) | not_finite(count))
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
