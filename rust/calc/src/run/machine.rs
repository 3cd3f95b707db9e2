//! The interpreter: one step after the other over the block's columns.

use super::Cancelled;
use super::call;
use super::columns::{Columns, Plain};
use super::cpu::{self, Baseline, Cpu};
use super::flags;
use super::frame::{Frame, Slots};
use super::inputs::Block;
use super::lane::{Loop as _, Odd, Of, Settled, finite};
use super::lanes;
use super::operations;
use super::outputs;
use crate::plan::machine_code::Code;
use crate::plan::{Operand, Plan, Step};
use crate::semantics::function::{Cx, Env};
use crate::semantics::lift;
use crate::semantics::operator::BinaryOp;
use crate::semantics::primitive::{self, Op1, Op2, Op3};
use crate::values::value::Value;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the steps run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Arithmetic looks at every lane.
    Immediate,
    /// Arithmetic looks at none; the processor's flags tell afterwards whether it should have.
    Deferred,
}

/// What ended a run.
pub enum End {
    Done,
    /// Deferred checks failed: nothing of the block may be used.
    Surprised,
}

/// Runs all steps.
pub fn run(
    plan: &Plan,
    frame: &mut Frame,
    block: Block<'_>,
    env: &Env,
    cancel: &AtomicBool,
    checks: Checks,
) -> Result<End, Cancelled> {
    frame.begin(block.records);
    #[cfg(target_arch = "x86_64")]
    if let Some(cpu) = cpu::Avx2::detect() {
        return run_on(cpu, plan, frame, block, env, cancel, checks);
    }
    run_on(Baseline, plan, frame, block, env, cancel, checks)
}

fn run_on<C: Cpu>(
    cpu: C,
    plan: &Plan,
    frame: &mut Frame,
    block: Block<'_>,
    env: &Env,
    cancel: &AtomicBool,
    checks: Checks,
) -> Result<End, Cancelled> {
    let plain = checks == Checks::Deferred;
    let code = if plain { cpu.code(plan, frame, cancel) } else { None };
    let mut data = std::mem::take(&mut frame.data);
    let cells = Cell::from_mut(data.chunks_mut()).as_slice_of_cells();
    let mut table = Slots::table(cells, frame.chunks, frame.used);
    outputs::place(frame, plan, block.columns, &mut table);
    let slots = Slots::new(cells, &table, &plan.constants);
    let mut machine = Machine {
        cpu,
        plan,
        slots,
        frame,
        block,
        env,
        cancel,
        deferred: plain,
        plain,
        settled: true,
        surprised: false,
    };
    machine.load(code);
    flags::take();
    let end = machine.run_steps(code);
    drop(table);
    frame.data = data;
    end
}

pub(super) struct Machine<'a, C> {
    /// Its presence proves that the loops may use its instructions.
    pub cpu: C,
    pub plan: &'a Plan,
    pub slots: Slots<'a>,
    pub frame: &'a mut Frame,
    pub block: Block<'a>,
    pub env: &'a Env,
    pub cancel: &'a AtomicBool,
    /// Arithmetic outside of regions runs without checks.
    pub deferred: bool,
    /// So it does now.
    pub plain: bool,
    /// What machine code was to settle is settled.
    pub settled: bool,
    /// Flags were raised by plain arithmetic.
    pub surprised: bool,
}

impl<'a, C: Cpu> Machine<'a, C> {
    /// The steps one after the other.
    fn run_steps(&mut self, code: Option<&Code>) -> Result<End, Cancelled> {
        let plan = self.plan;
        let mut segments = code.map_or(&[][..], |code| &code.segments).iter().enumerate().peekable();
        let mut at = 0;
        while let Some(step) = plan.steps.get(at) {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Cancelled);
            }
            if let (Some(code), Some((index, segment))) =
                (code, segments.next_if(|(_, segment)| segment.steps.start == at))
                && C::segment(self, code, index)
            {
                at = segment.steps.end;
                continue;
            }
            at += 1;
            if self.arithmetic(step) {
                continue;
            }
            match *step {
                Step::Power { a, b, high, low, out } => self.power([a, b, high, low], out),
                Step::Ln { a, out, rest } => self.ln(a, [out, rest]),
                Step::FirstPower { a, b, reach, out, rest } => self.first_power([a, b, reach], [out, rest]),
                Step::Call { function, first, count, out } => {
                    if !lanes::call(self, function, (first, count), out) {
                        self.look_at_flags();
                        if self.surprised {
                            return Ok(End::Surprised);
                        }
                        call::call(self, function, (first, count), out);
                        flags::take();
                    }
                }
                Step::Pack { first, rows, cols, out } => call::pack(self, first, (rows, cols), out),
                Step::Element { a, row, col, out } => self.element(a, row, col, out),
                Step::Enter { truth, when, end } => {
                    // Records outside the region calculate along, and may raise any flag.
                    self.look_at_flags();
                    if self.enter(truth, when) {
                        self.plain = false;
                    } else {
                        at = end as usize;
                    }
                }
                Step::Leave => {
                    if let Some(mask) = self.frame.outer_masks.pop() {
                        self.frame.mask = mask;
                    }
                    if self.frame.outer_masks.is_empty() {
                        self.look_at_flags();
                        flags::take();
                        self.plain = self.deferred;
                    }
                }
                Step::One { .. } | Step::Two { .. } | Step::Three { .. } | Step::NextPower { .. } => {}
            }
        }
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        self.look_at_flags();
        if self.surprised {
            return Ok(End::Surprised);
        }
        if self.plain {
            self.settle_outputs(code);
        }
        Ok(End::Done)
    }

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

    /// Outputs that machine code has not settled.
    fn settle_outputs(&mut self, code: Option<&Code>) {
        let settled = code.filter(|_| self.settled).map_or(&[][..], |code| &code.settled);
        for (index, &output) in self.plan.outputs.iter().enumerate() {
            if let Some(slot) = output.in_slot()
                && settled.get(index) != Some(&true)
            {
                C::run(self, Plain { f: Settled }, [output], slot);
            }
        }
    }

    /// Before anything that raises flags of its own. In a region only one of them tells something: that a subnormal was
    /// met, which plain arithmetic may have left before in the place of zero.
    #[inline(always)]
    pub fn look_at_flags(&mut self) {
        self.surprised |= self.deferred && if self.plain { flags::take() } else { flags::met_subnormal() };
    }

    /// An operation that is still to be given its lane function.
    #[inline(always)]
    pub fn columns<const N: usize, S: Fn(&mut Cx<'_>, [Value; N]) -> Value>(
        &mut self,
        operands: [Operand; N],
        out: u32,
        slow: S,
    ) -> Columns<'_, 'a, C, N, S> {
        Columns { machine: self, operands, out, slow }
    }

    #[inline(always)]
    fn one(&mut self, op: Op1, a: Operand, out: u32) {
        operations::one(
            op,
            self.columns([a], out, |cx: &mut Cx<'_>, [a]: [Value; 1]| primitive::one(cx, op, a)),
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
            self.columns([a, b], out, |cx: &mut Cx<'_>, [a, b]: [Value; 2]| primitive::two(cx, op, a, b));
        if rowwise { run.run(Odd) } else { operations::two(op, run) }
    }

    /// Whether an operand of the first record is no number; then most probably others are none either, and not worth a
    /// loop over floats.
    #[inline(always)]
    fn holds_boxed(&mut self, operands: [Operand; 2]) -> bool {
        let slots = self.slots;
        operands.into_iter().any(|operand| !slots.value(operand, 0).is_number())
    }

    #[inline(always)]
    fn three(&mut self, op: Op3, operands: [Operand; 3], out: u32) {
        let slow = |cx: &mut Cx<'_>, [a, b, c]: [Value; 3]| primitive::three(cx, op, a, b, c);
        operations::three(op, self.columns(operands, out, slow));
    }

    fn element(&mut self, a: Operand, row: u32, col: u32, out: u32) {
        let slow = |cx: &mut Cx<'_>, [a]: [Value; 1]| lift::element(cx, a, row as usize, col as usize);
        self.columns([a], out, slow).run(Of(|a: f64| finite(a)));
    }

    /// Narrows the mask to the records whose condition is `when`; false when there are none.
    fn enter(&mut self, truth: Operand, when: bool) -> bool {
        let wanted = Value::bool(when);
        let Frame { mask, outer_masks, .. } = &mut *self.frame;
        let truths = self.slots.operand(truth, 0);
        let mut any = false;
        let mut narrowed = Vec::with_capacity(mask.len());
        for (chunk, &outer) in mask.iter().enumerate() {
            let mut inner = 0;
            for (lane, value) in truths.get(chunk).map(Cell::get).iter().flatten().enumerate() {
                if value.same(wanted) || value.is_array() {
                    inner |= 1 << lane;
                }
            }
            narrowed.push(outer & inner);
            any |= outer & inner != 0;
        }
        if any {
            outer_masks.push(std::mem::replace(mask, narrowed));
        }
        any
    }
}
