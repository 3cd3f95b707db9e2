//! The steps of plain arithmetic, each in its loop.

use super::arithmetic;
use super::cpu::Cpu;
use super::lane::{Fallback, Loop as _, Of, finite};
use crate::plan::{Operand, Step};
use crate::run::state::machine::Machine;
use crate::semantics::function::Cx;
use crate::semantics::lift;
use crate::semantics::operator::BinaryOp;
use crate::semantics::primitive::{self, Op1, Op2, Op3};
use crate::values::value::Value;

impl<C: Cpu> Machine<'_, C> {
    /// Runs what may be a step of a segment; false for other steps.
    #[inline(always)]
    pub fn arithmetic(&mut self, step: &Step) -> bool {
        match *step {
            Step::One { op, a, out } => self.one(op, a, out),
            Step::Two { op, a, b, out } => self.two(op, a, b, out),
            Step::Three { op, a, b, c, out } => self.three(op, [a, b, c], out),
            Step::NextPower { first, out, rest } => self.next_power(first, [out, rest]),
            _ => return false,
        }
        true
    }

    #[inline(always)]
    fn one(&mut self, op: Op1, a: Operand, out: u32) {
        arithmetic::one(
            op,
            self.column_loop([a], out, |cx: &mut Cx<'_>, [a]: [Value; 1]| primitive::one(cx, op, a)),
        );
    }

    #[inline(always)]
    fn two(&mut self, op: Op2, a: Operand, b: Operand, out: u32) {
        if op == Op2::Operator(BinaryOp::Pow) {
            return self
                .any_power([a, b], out, |cx: &mut Cx<'_>, [a, b]: [Value; 2]| primitive::power(cx, a, b));
        }
        let rowwise = matches!(op, Op2::Operator(op) if op.is_comparison()) && self.holds_boxed([a, b]);
        let run =
            self.column_loop([a, b], out, |cx: &mut Cx<'_>, [a, b]: [Value; 2]| primitive::two(cx, op, a, b));
        if rowwise { run.run(Fallback) } else { arithmetic::two(op, run) }
    }

    /// Whether an operand of the first record is not a number. Then most others are probably not numbers either, and a
    /// loop over floats is not worth it.
    #[inline(always)]
    fn holds_boxed(&mut self, operands: [Operand; 2]) -> bool {
        let slots = self.slots;
        operands.into_iter().any(|operand| !slots.value(operand, 0).is_number())
    }

    #[inline(always)]
    fn three(&mut self, op: Op3, operands: [Operand; 3], out: u32) {
        let slow = |cx: &mut Cx<'_>, [a, b, c]: [Value; 3]| primitive::three(cx, op, a, b, c);
        arithmetic::three(op, self.column_loop(operands, out, slow));
    }

    pub fn element(&mut self, a: Operand, row: u32, col: u32, out: u32) {
        let slow = |cx: &mut Cx<'_>, [a]: [Value; 1]| lift::element(cx, a, row as usize, col as usize);
        self.column_loop([a], out, slow).run(Of(|a: f64| finite(a)));
    }
}
