//! The interpreter: one step after the other over the block's columns.

use super::calls;
use super::loops::columnar;
use super::loops::columns::Plain;
use super::loops::cpu::{Baseline, Cpu};
use super::loops::lane::Normalised;
#[cfg(target_arch = "x86_64")]
use super::native;
use super::state::block::Block;
use super::state::frame::Frame;
use super::state::machine::{Halt, Machine};
use super::state::slots::Slots;
use super::state::{flags, outputs};
#[cfg(target_arch = "x86_64")]
use crate::math::processor::Avx2;
use crate::plan::executable::Places;
use crate::plan::machine_code::Code;
use crate::plan::{Operand, Plan, Step};
use crate::semantics::function::Env;
use crate::values::value::Value;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the steps run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Arithmetic checks every lane.
    Immediate,
    /// Arithmetic checks no lane; the processor's flags tell afterwards whether it should have.
    Deferred,
}

/// What ended a run.
pub enum End {
    Done,
    /// Deferred checks failed: nothing of the block may be used.
    Surprised,
}

/// A set of instructions, and the machine code that there is for it.
pub trait Target: Cpu {
    /// The plan's machine code, for frames of this size; none where making it was stopped.
    fn code<'p>(self, _plan: &'p Plan, _frame: &Frame, _cancel: &AtomicBool) -> Option<&'p Code> {
        None
    }

    /// Runs a segment of that code; false if the steps have to run one by one.
    #[inline(always)]
    fn segment(_machine: &mut Machine<'_, Self>, _code: &Code, _index: usize) -> bool {
        false
    }
}

impl Target for Baseline {}

#[cfg(target_arch = "x86_64")]
impl Target for Avx2 {
    fn code<'p>(self, plan: &'p Plan, frame: &Frame, cancel: &AtomicBool) -> Option<&'p Code> {
        native::code(plan, frame, cancel)
    }

    #[inline(always)]
    fn segment(machine: &mut Machine<'_, Self>, code: &Code, index: usize) -> bool {
        native::run(machine, code, index)
    }
}

/// Runs all steps.
pub fn run(
    plan: &Plan,
    frame: &mut Frame,
    block: Block<'_>,
    env: &Env,
    cancel: &AtomicBool,
    checks: Checks,
) -> Result<End, Halt> {
    frame.begin(block.records);
    #[cfg(target_arch = "x86_64")]
    if let Some(cpu) = Avx2::detect() {
        return run_on(cpu, plan, frame, block, env, cancel, checks);
    }
    run_on(Baseline, plan, frame, block, env, cancel, checks)
}

fn run_on<C: Target>(
    cpu: C,
    plan: &Plan,
    frame: &mut Frame,
    block: Block<'_>,
    env: &Env,
    cancel: &AtomicBool,
    checks: Checks,
) -> Result<End, Halt> {
    let plain = checks == Checks::Deferred;
    let code = if plain { cpu.code(plan, frame, cancel) } else { None };
    let mut data = std::mem::take(&mut frame.data);
    let cells = Cell::from_mut(data.chunks_mut()).as_slice_of_cells();
    let mut table = Slots::table(cells, frame.chunks, frame.used);
    outputs::place(frame, plan, block.columns, &mut table);
    let slots = Slots::new(&table, &plan.constants);
    let places = Places::new(cells, frame.chunks, frame.used, std::mem::take(&mut frame.places));
    let mut machine = Machine {
        cpu,
        plan,
        slots,
        places,
        frame,
        block,
        env,
        cancel,
        deferred: plain,
        plain,
        normalised: true,
        surprised: false,
    };
    machine.load(code);
    flags::take();
    let end = machine.run_steps(code);
    let places = machine.places.into_room();
    drop(table);
    frame.places = places;
    frame.data = data;
    end
}

impl<C: Target> Machine<'_, C> {
    /// The steps one after the other.
    fn run_steps(&mut self, code: Option<&Code>) -> Result<End, Halt> {
        let plan = self.plan;
        let mut segments = code.map_or(&[][..], |code| &code.segments).iter().enumerate().peekable();
        let mut at = 0;
        while let Some(step) = plan.steps.get(at) {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Halt::Stopped);
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
                    if !columnar::call(self, function, (first, count), out) {
                        self.look_at_flags();
                        if self.surprised {
                            return Ok(End::Surprised);
                        }
                        calls::call(self, function, (first, count), out);
                        self.halted()?;
                        flags::take();
                    }
                }
                Step::Pack { first, rows, cols, out } => {
                    calls::pack(self, first, (rows, cols), out);
                    self.halted()?;
                }
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
        self.halted()?;
        self.look_at_flags();
        if self.surprised {
            return Ok(End::Surprised);
        }
        if self.plain {
            self.normalise_outputs(code);
        }
        Ok(End::Done)
    }

    /// Normalises the outputs that machine code has left as they were.
    fn normalise_outputs(&mut self, code: Option<&Code>) {
        let normalised = code.filter(|_| self.normalised).map_or(&[][..], |code| &code.normalised);
        for (index, &output) in self.plan.outputs.iter().enumerate() {
            if let Some(slot) = output.in_slot()
                && normalised.get(index) != Some(&true)
            {
                C::run(self, Plain { f: Normalised }, [output], slot);
            }
        }
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
