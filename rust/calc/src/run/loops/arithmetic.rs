//! The lane functions of the primitives, and of worksheet functions that are float arithmetic throughout. Knows no
//! steps and no slots.

use super::lane::{
    Chosen, Compared, Counted, FALSE, Fallback, Finite, Lane, LaneFn, Last, Loop, Of, SIGN, Scaled, TRUE,
    finite, is_zero, not_bool, not_finite, same, scaled,
};
use crate::math::elementary;
use crate::math::special;
use crate::numbers::digits::rounding::round_fast_at;
use crate::semantics::operator::BinaryOp;
use crate::semantics::primitive::{Op1, Op2, Op3};
use crate::values::value::{ErrorCode, Value};

pub struct Exp;

impl LaneFn<1> for Exp {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [a]: [f64; 1]) -> Lane {
        scaled(elementary::exp(a))
    }
}

pub struct Ln;

impl LaneFn<1> for Ln {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [a]: [f64; 1]) -> Lane {
        scaled(elementary::ln(a))
    }
}

/// NORM.S.DIST of its first operand; the second is constant and has been checked.
pub struct Normal;

impl LaneFn<2> for Normal {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [z, _]: [f64; 2]) -> Lane {
        scaled(special::normal_lower(z))
    }
}

pub struct NormalDensity;

impl LaneFn<2> for NormalDensity {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [z, _]: [f64; 2]) -> Lane {
        scaled(special::normal_density(z))
    }
}

/// ROUND to the digits of a power of ten; the second operand is those digits.
pub struct Round {
    pub scale: f64,
}

impl LaneFn<2> for Round {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, [a, _]: [f64; 2]) -> Lane {
        finite(round_fast_at(a, self.scale))
    }
}
/// Runs a one-operand loop.
#[inline(always)]
pub fn one(op: Op1, run: impl Loop<1>) {
    match op {
        Op1::Minus => run.arithmetic(Finite(|a: f64| 0.0 - a)),
        Op1::Percent => run.arithmetic(Scaled(|a: f64| a / 100.0)),
        Op1::CellValue => run.run(Of(|a: f64| finite(a))),
        Op1::Truth => run.run(Of(|a: f64| {
            let number = if is_zero(a) { FALSE.lane() } else { TRUE.lane() };
            (if not_finite(a) & SIGN == 0 { number } else { a }, not_finite(a) & not_bool(a))
        })),
        Op1::IsError | Op1::IsNA => run.run(Of(|a: f64| (FALSE.lane(), not_finite(a)))),
    }
}

/// Runs a two-operand loop.
#[inline(always)]
pub fn two(op: Op2, run: impl Loop<2>) {
    match op {
        Op2::Operator(op) => operator(op, run),
        Op2::LastAdd => run.looking(Last(|a: f64, b: f64| a + b)),
        Op2::LastSub => run.looking(Last(|a: f64, b: f64| a - b)),
        Op2::Sum => run.arithmetic(Finite(|a: f64, b: f64| a + b)),
        Op2::Min => run.arithmetic(Chosen(|a: f64, b: f64| if a < b { a } else { b })),
        Op2::Max => run.arithmetic(Chosen(|a: f64, b: f64| if a > b { a } else { b })),
        Op2::Times => run.arithmetic(Scaled(|a: f64, b: f64| a * b)),
    }
}

#[inline(always)]
fn operator(op: BinaryOp, run: impl Loop<2>) {
    match op {
        BinaryOp::Add => run.arithmetic(Scaled(|a: f64, b: f64| a + b)),
        BinaryOp::Sub => run.arithmetic(Scaled(|a: f64, b: f64| a - b)),
        BinaryOp::Mul => run.arithmetic(Scaled(|a: f64, b: f64| a * b)),
        BinaryOp::Div => run.arithmetic(Scaled(|a: f64, b: f64| a / b)),
        BinaryOp::Eq => run.looking(Compared(|a: f64, b: f64| a == b)),
        BinaryOp::Ne => run.looking(Compared(|a: f64, b: f64| a != b)),
        BinaryOp::Lt => run.looking(Compared(|a: f64, b: f64| a < b)),
        BinaryOp::Le => run.looking(Compared(|a: f64, b: f64| a <= b)),
        BinaryOp::Gt => run.looking(Compared(|a: f64, b: f64| a > b)),
        BinaryOp::Ge => run.looking(Compared(|a: f64, b: f64| a >= b)),
        // Powers have loops of their own.
        BinaryOp::Concat | BinaryOp::Pow => run.run(Fallback),
    }
}

/// Runs a three-operand loop.
#[inline(always)]
pub fn three(op: Op3, run: impl Loop<3>) {
    match op {
        Op3::Select => run.run(Of(|truth: f64, yes: f64, no: f64| {
            (if same(truth, TRUE) { yes } else { no }, not_bool(truth))
        })),
        Op3::SumTimes => run.arithmetic(Finite(|sum: f64, a: f64, b: f64| sum + a * b)),
        Op3::CountIf(op) => count_if(op, run),
        Op3::Found(position) => {
            let position = f64::from(position);
            let open = Value::error(ErrorCode::NA);
            run.run(Of(|found: f64, cell: f64, needle: f64| {
                let here = if cell == needle { position } else { found };
                (if same(found, open) { here } else { found }, 0)
            }));
        }
    }
}

#[inline(always)]
fn count_if(op: BinaryOp, run: impl Loop<3>) {
    match op {
        BinaryOp::Eq => run.looking(Counted(|a: f64, b: f64| a == b)),
        BinaryOp::Ne => run.looking(Counted(|a: f64, b: f64| a != b)),
        BinaryOp::Lt => run.looking(Counted(|a: f64, b: f64| a < b)),
        BinaryOp::Le => run.looking(Counted(|a: f64, b: f64| a <= b)),
        BinaryOp::Gt => run.looking(Counted(|a: f64, b: f64| a > b)),
        _ => run.looking(Counted(|a: f64, b: f64| a >= b)),
    }
}
