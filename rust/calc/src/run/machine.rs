//! The interpreter: one step after the other over the block's columns.

use super::Cancelled;
use super::call;
use super::chunk::{self, LANES, Of};
use super::columns::{Columns, Source};
use super::frame::Frame;
use super::lanes;
use crate::function::{Cx, Env};
use crate::lift;
use crate::ops::{self, Op1, Op2, Op3};
use crate::plan::{Operand, Plan, Step};
use crate::value::Value;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs all steps, with AVX2 where the processor has it. The bits are the same either way: nothing is reordered, and
/// multiply-adds are fused only where an algorithm says so.
pub fn run(plan: &Plan, frame: &mut Frame, env: &Env, cancel: &AtomicBool) -> Result<(), Cancelled> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        #[expect(unsafe_code, reason = "the features were detected in the line above")]
        return unsafe { run_avx2(plan, frame, env, cancel) };
    }
    run_steps(plan, frame, env, cancel)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2(plan: &Plan, frame: &mut Frame, env: &Env, cancel: &AtomicBool) -> Result<(), Cancelled> {
    run_steps(plan, frame, env, cancel)
}

#[inline(always)]
fn run_steps(plan: &Plan, frame: &mut Frame, env: &Env, cancel: &AtomicBool) -> Result<(), Cancelled> {
    let mut at = 0;
    while let Some(step) = plan.steps.get(at) {
        if cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        at += 1;
        let mut machine = Machine { plan, frame, env, cancel };
        match *step {
            Step::One { op, a, out } => machine.one(op, a, out),
            Step::Two { op, a, b, out } => machine.two(op, a, b, out),
            Step::Three { op, a, b, c, out } => machine.three(op, [a, b, c], out),
            Step::Power { a, b, high, low, out } => machine.power([a, b, high, low], out),
            Step::Call { function, first, count, out } => {
                if !lanes::call(&mut machine, function, (first, count), out) {
                    call::call(plan, frame, env, cancel, function, (first, count), out);
                }
            }
            Step::Pack { first, rows, cols, out } => call::pack(plan, frame, first, (rows, cols), out),
            Step::Element { a, row, col, out } => machine.element(a, row, col, out),
            Step::Enter { truth, when, end } => {
                if !machine.enter(truth, when) {
                    at = end as usize;
                }
            }
            Step::Leave => {
                if let Some(mask) = frame.outer_masks.pop() {
                    frame.mask = mask;
                }
            }
        }
    }
    if cancel.load(Ordering::Relaxed) { Err(Cancelled) } else { Ok(()) }
}

pub(super) struct Machine<'a> {
    pub plan: &'a Plan,
    pub frame: &'a mut Frame,
    pub env: &'a Env,
    pub cancel: &'a AtomicBool,
}

impl Machine<'_> {
    #[inline(always)]
    pub(super) fn source(&mut self, operand: Operand, scratch: usize) -> Source {
        match operand.as_constant() {
            None => Source { base: operand.as_slot() * self.frame.chunks, stride: 1 },
            Some(at) => {
                let value = self.plan.constants.get(at).copied().unwrap_or(Value::BLANK);
                let base = self.frame.scratch + scratch;
                if let Some(chunk) = self.frame.data.get_mut(base) {
                    *chunk = [value; LANES];
                }
                Source { base, stride: 0 }
            }
        }
    }

    #[inline(always)]
    fn one(&mut self, op: Op1, a: Operand, out: u32) {
        let a = self.source(a, 0);
        let run = Columns {
            frame: self.frame,
            env: self.env,
            cancel: self.cancel,
            sources: [a],
            out,
            slow: |cx: &mut Cx<'_>, [a]: [Value; 1]| ops::one(cx, op, a),
        };
        chunk::one(op, run);
    }

    #[inline(always)]
    fn two(&mut self, op: Op2, a: Operand, b: Operand, out: u32) {
        let sources = [self.source(a, 0), self.source(b, 1)];
        let slow = |cx: &mut Cx<'_>, [a, b]: [Value; 2]| ops::two(cx, op, a, b);
        let run = Columns { frame: &mut *self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
        if !chunk::two(op, run) {
            let mut run =
                Columns { frame: self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
            run.each(Of(|_: f64, _: f64| (0.0, u64::MAX)));
        }
    }

    #[inline(always)]
    fn three(&mut self, op: Op3, [a, b, c]: [Operand; 3], out: u32) {
        let sources = [self.source(a, 0), self.source(b, 1), self.source(c, 2)];
        let slow = |cx: &mut Cx<'_>, [a, b, c]: [Value; 3]| ops::three(cx, op, a, b, c);
        let run = Columns { frame: self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
        chunk::three(op, run);
    }

    #[inline(always)]
    fn power(&mut self, operands: [Operand; 4], out: u32) {
        let [a, b, high, low] = operands;
        let sources = [self.source(a, 0), self.source(b, 1), self.source(high, 2), self.source(low, 3)];
        let slow = |cx: &mut Cx<'_>, [a, b, _, _]: [Value; 4]| ops::power(cx, a, b);
        let mut run =
            Columns { frame: &mut *self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
        run.each(chunk::PowerOf);
    }

    fn element(&mut self, a: Operand, row: u32, col: u32, out: u32) {
        let sources = [self.source(a, 0)];
        let slow = |cx: &mut Cx<'_>, [a]: [Value; 1]| lift::element(cx, a, row as usize, col as usize);
        let mut run = Columns { frame: self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
        run.each(Of(|a: f64| chunk::finite(a)));
    }

    /// Narrows the mask to the records whose condition is `when`; false when there are none.
    fn enter(&mut self, truth: Operand, when: bool) -> bool {
        let source = self.source(truth, 0);
        let wanted = Value::bool(when);
        let frame = &mut *self.frame;
        let mut any = false;
        let mut narrowed = Vec::with_capacity(frame.mask.len());
        for (chunk, &outer) in frame.mask.iter().enumerate() {
            let lanes = frame.data.get(source.base + chunk * source.stride);
            let mut mask = 0;
            for (lane, value) in lanes.into_iter().flatten().enumerate() {
                if value.same(wanted) || value.is_array() {
                    mask |= 1 << lane;
                }
            }
            narrowed.push(outer & mask);
            any |= outer & mask != 0;
        }
        if any {
            frame.outer_masks.push(std::mem::replace(&mut frame.mask, narrowed));
        }
        any
    }
}
