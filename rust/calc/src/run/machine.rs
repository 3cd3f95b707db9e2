//! The interpreter: one step after the other over the block's columns.

use super::Cancelled;
use super::call;
use super::chunk::{self, Chunk, LANES, Lane, Loop1, Loop2, Loop3};
use super::frame::Frame;
use crate::function::{Cx, Env};
use crate::lift;
use crate::ops::{self, Op1, Op2, Op3};
use crate::plan::{Operand, Plan, Step};
use crate::value::Value;
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs all steps, with the widest vectors that this processor has. The bits are the same either way: no loop uses
/// fused or reordered arithmetic.
pub fn run(plan: &Plan, frame: &mut Frame, env: &Env, cancel: &AtomicBool) -> Result<(), Cancelled> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the feature was detected in the line above")]
        return unsafe { run_avx2(plan, frame, env, cancel) };
    }
    run_steps(plan, frame, env, cancel)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
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
            Step::Call { function, first, count, out } => {
                call::call(plan, frame, env, cancel, function, (first, count), out)
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

struct Machine<'a> {
    plan: &'a Plan,
    frame: &'a mut Frame,
    env: &'a Env,
    cancel: &'a AtomicBool,
}

/// First chunk and stride of an operand: a constant is one chunk, read again and again.
#[derive(Clone, Copy)]
struct Source {
    base: usize,
    stride: usize,
}

impl Machine<'_> {
    #[inline(always)]
    fn source(&mut self, operand: Operand, scratch: usize) -> Source {
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
            run.each(|_| (0.0, true));
        }
    }

    #[inline(always)]
    fn three(&mut self, op: Op3, [a, b, c]: [Operand; 3], out: u32) {
        let sources = [self.source(a, 0), self.source(b, 1), self.source(c, 2)];
        let slow = |cx: &mut Cx<'_>, [a, b, c]: [Value; 3]| ops::three(cx, op, a, b, c);
        let run = Columns { frame: self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
        chunk::three(op, run);
    }

    fn element(&mut self, a: Operand, row: u32, col: u32, out: u32) {
        let sources = [self.source(a, 0)];
        let slow = |cx: &mut Cx<'_>, [a]: [Value; 1]| lift::element(cx, a, row as usize, col as usize);
        let mut run = Columns { frame: self.frame, env: self.env, cancel: self.cancel, sources, out, slow };
        run.each(|[a]| (a, a.is_nan()));
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

/// A loop over the lanes of `N` operands with its row-wise form.
struct Columns<'a, const N: usize, S> {
    frame: &'a mut Frame,
    env: &'a Env,
    cancel: &'a AtomicBool,
    sources: [Source; N],
    out: u32,
    slow: S,
}

impl<const N: usize, S: Fn(&mut Cx<'_>, [Value; N]) -> Value> Columns<'_, N, S> {
    /// Loads whole chunks before it stores one, so `out` may be an operand's slot.
    #[inline(always)]
    fn each(&mut self, f: impl Fn([f64; N]) -> Lane) {
        let out = self.out as usize * self.frame.chunks;
        for chunk in 0..self.frame.used {
            let mut operands = [[Value::ZERO; LANES]; N];
            for (operand, source) in operands.iter_mut().zip(&self.sources) {
                match self.frame.data.get(source.base + chunk * source.stride) {
                    Some(lanes) => *operand = *lanes,
                    None => return,
                }
            }
            let mut results = [Value::ZERO; LANES];
            let mut odd = 0u64;
            for lane in 0..LANES {
                let (result, is_odd) = f(std::array::from_fn(|n| operands[n][lane].lane()));
                results[lane] = Value::from_lane(result);
                odd |= u64::from(is_odd);
            }
            if odd != 0 {
                self.redo(chunk, &operands, &mut results, &f);
            }
            if let Some(slot) = self.frame.data.get_mut(out + chunk) {
                *slot = results;
            }
        }
    }

    /// Evaluates the odd lanes of a chunk row-wise. Lanes that nobody needs become 0.
    #[cold]
    #[inline(never)]
    fn redo(
        &mut self,
        chunk: usize,
        operands: &[Chunk; N],
        results: &mut Chunk,
        f: &impl Fn([f64; N]) -> Lane,
    ) {
        let mask = self.frame.mask.get(chunk).copied().unwrap_or(0);
        let mut cx = Cx { heap: &mut self.frame.heap, env: self.env, cancel: self.cancel };
        for lane in 0..LANES {
            let values: [Value; N] = std::array::from_fn(|n| operands[n][lane]);
            if f(values.map(Value::lane)).1 {
                results[lane] =
                    if mask >> lane & 1 == 1 { (self.slow)(&mut cx, values) } else { Value::ZERO };
            }
        }
    }
}

impl<S: Fn(&mut Cx<'_>, [Value; 1]) -> Value> Loop1 for Columns<'_, 1, S> {
    #[inline(always)]
    fn run(&mut self, f: impl Fn(f64) -> Lane) {
        self.each(|[a]| f(a));
    }
}

impl<S: Fn(&mut Cx<'_>, [Value; 2]) -> Value> Loop2 for Columns<'_, 2, S> {
    #[inline(always)]
    fn run(&mut self, f: impl Fn(f64, f64) -> Lane) {
        self.each(|[a, b]| f(a, b));
    }
}

impl<S: Fn(&mut Cx<'_>, [Value; 3]) -> Value> Loop3 for Columns<'_, 3, S> {
    #[inline(always)]
    fn run(&mut self, f: impl Fn(f64, f64, f64) -> Lane) {
        self.each(|[a, b, c]| f(a, b, c));
    }
}
