//! Machine code for runs of plain arithmetic: which steps become a segment, and running it. Intermediate values then
//! stay in registers, where the interpreter stores and loads a column for each.
//!
//! Code is made for frames of one size, when the first of them runs. It only takes the place of loops without checks:
//! the flags at the end of a block tell whether they were allowed. Its fallback lanes go to the interpreter.

mod instructions;
mod liveness;
mod lower;
mod program;
mod registers;

use super::state::flags;
use super::state::frame::{Frame, SCRATCH};
use super::state::machine::{Halt, Machine};
use super::state::slots::Slots;
use super::state::trust::Trust;
use crate::math::processor::Avx2;
use crate::plan::executable::{Executable, Memory, Places, Reach, VECTOR, VECTORS, Vector};
use crate::plan::machine_code::{Code, Segment};
use crate::plan::{Operand, Plan, Step};
use crate::values::chunk::LANES;
use crate::values::value::Value;
use instructions::Assembler;
use liveness::{Liveness, Unseen};
use program::Pool;
use registers::Homes;
use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem::take;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Instructions of a segment: enough that what it reads and writes hardly counts, and few enough that its code stays in
/// the processor's first caches. Measured from 48 to 800.
const MOST_INSTRUCTIONS: usize = 320;
/// A single step is as fast in its loop.
const LEAST_STEPS: usize = 2;
/// Chunks of a slot in the frame for a few records: one, and a spare one.
const FEW_CHUNKS: usize = 2;
/// Distances in memory are signed 32-bit numbers.
pub const MOST_BYTES: usize = 1 << 30;

/// The plan's code for frames of this size, made at its first use unless the execution is stopped meanwhile. None where
/// it does not fit: the frame may be another plan's, or the plan may have been changed since.
pub fn code<'p>(plan: &'p Plan, frame: &Frame, cancel: &AtomicBool) -> Option<&'p Code> {
    let code = plan.code.get(usize::from(frame.chunks > FEW_CHUNKS))?;
    let code = match code.get() {
        Some(code) => code,
        None => {
            let made = compile(plan, frame.chunks * LANES, cancel).ok()?;
            code.get_or_init(|| made)
        }
    };
    let code = code.as_ref()?;
    let reach = code.executable.reach();
    let fits = reach.stride == frame.chunks * LANES
        && reach.slots * frame.chunks <= frame.data.chunks().len()
        && reach.inputs == plan.inputs.len();
    fits.then_some(code)
}

/// Runs a segment; false if its steps have to run one by one.
pub fn run(machine: &mut Machine<'_, Avx2>, code: &Code, index: usize) -> bool {
    let Some(segment) = code.segments.get(index) else { return false };
    let Some(any) = run_loop(machine, code, segment, index) else {
        machine.normalised = false;
        machine.load_rest(&segment.inputs);
        return false;
    };
    if any {
        redo(machine, segment);
    }
    true
}

/// Runs the code of a segment; whether there are fallback lanes, or None where it may not or cannot run.
fn run_loop(machine: &mut Machine<'_, Avx2>, code: &Code, segment: &Segment, index: usize) -> Option<bool> {
    let Machine { cpu, slots, places, frame, .. } = machine;
    let Frame { segment_trust, fallback, spills, used, .. } = &mut **frame;
    segment_trust.resize_with(code.segments.len(), Trust::default);
    let trust = segment_trust.get_mut(index)?;
    let of_numbers = segment.compared.iter().all(|slot| slots.value(Operand::slot(*slot), 0).is_number());
    if !of_numbers || !trust.next_block() {
        return None;
    }
    fallback.resize(*used * VECTORS, 0);
    spills.resize(code.executable.reach().spills, Vector([0.0; VECTOR]));
    let any = code.executable.run(*cpu, index, Memory { places, fallback, spills })?;
    if any {
        trust.broken()
    } else {
        trust.kept()
    }
    Some(any)
}

/// Runs the steps again over copies of the chunks with fallback lanes, and takes over the vectors that the code left.
/// The flags of these runs are not checked, so the copies are normalised first. The slots of inputs that were read in
/// place may hold results by now, so those inputs go to the copies only.
#[cold]
fn redo(machine: &mut Machine<'_, Avx2>, segment: &Segment) {
    machine.look_at_flags();
    machine.normalised = false;
    let (mut copies, fallback) = (take(&mut machine.frame.copies), take(&mut machine.frame.fallback));
    copies.resize(machine.plan.slots + SCRATCH, [Value::ZERO; LANES]);
    let cells = Cell::from_mut(copies.as_mut_slice()).as_slice_of_cells();
    let table = Slots::table(cells, 1, 1);
    let slots = Slots::new(&table, &machine.plan.constants);
    for (chunk, vectors) in fallback.chunks(VECTORS).enumerate() {
        let whole = |lanes: u8| if lanes == 0 { 0 } else { 0b1111 };
        let left = vectors.iter().rev().fold(0u16, |mask, lanes| mask << VECTOR | whole(*lanes));
        if left != 0 {
            redo_chunk(machine, segment, slots, chunk, left);
        }
    }
    drop(table);
    (machine.frame.copies, machine.frame.fallback) = (copies, fallback);
    flags::take();
}

fn redo_chunk(
    machine: &mut Machine<'_, Avx2>,
    segment: &Segment,
    copies: Slots<'_>,
    chunk: usize,
    left: u16,
) {
    let (plan, slots) = (machine.plan, machine.slots);
    let place = |slot: u32| copies.slot(slot).first().zip(slots.slot(slot).get(chunk));
    for (copy, original) in segment.read.iter().filter_map(|slot| place(*slot)) {
        copy.set(original.get().map(Value::normalised));
    }
    for (slot, values) in machine.in_place(&segment.inputs, chunk) {
        copies.slot(slot).iter().for_each(|copy| copy.set(values));
    }
    let needed = left & machine.frame.mask.get(chunk).copied().unwrap_or(0);
    let masks = std::mem::replace(&mut machine.frame.mask, vec![needed]);
    let mut copy = Machine {
        cpu: machine.cpu,
        plan,
        slots: copies,
        places: Places::new(&[], 0, 0, Vec::new()),
        frame: &mut *machine.frame,
        block: machine.block,
        env: machine.env,
        cancel: machine.cancel,
        deferred: false,
        plain: false,
        normalised: false,
        surprised: false,
    };
    for step in plan.steps.get(segment.steps.clone()).unwrap_or(&[]) {
        copy.arithmetic(step);
    }
    machine.frame.mask = masks;
    for (copy, original) in segment.written.iter().filter_map(|slot| place(*slot)) {
        let (copy, mut values) = (copy.get(), original.get());
        for lane in (0..LANES).filter(|lane| left >> lane & 1 == 1) {
            values[lane] = copy[lane];
        }
        original.set(values);
    }
}

/// The code of all segments of a plan, for frames with `stride` values from one slot to the next; None if it has none.
pub fn compile(plan: &Plan, stride: usize, cancel: &AtomicBool) -> Result<Option<Code>, Halt> {
    let stride_bytes = stride * size_of::<f64>();
    let fits = plan.slots.checked_mul(stride_bytes).is_some_and(|bytes| bytes <= MOST_BYTES);
    let Some(liveness) = Liveness::new(plan).filter(|_| fits) else { return Ok(None) };
    let outputs: BTreeSet<u32> = plan.outputs.iter().filter_map(|output| output.in_slot()).collect();
    let mut writer = Writer {
        plan,
        liveness,
        unseen: Unseen::new(plan),
        inputs: plan.inputs.iter().enumerate().map(|(index, input)| (input.slot, index)).collect(),
        only_code: vec![true; plan.inputs.len()],
        outputs: outputs.iter().enumerate().map(|(number, slot)| (*slot, number)).collect(),
        normalised: HashSet::new(),
        pool: Pool::default(),
        assembler: Assembler::default(),
        stride: stride_bytes as i32,
        spills: 0,
        entries: Vec::new(),
    };
    let segments = writer.segments(cancel)?;
    let Writer { pool, assembler, spills, only_code, normalised, entries, .. } = writer;
    if segments.is_empty() || pool.vectors.len() > MOST_BYTES / 32 {
        return Ok(None);
    }
    let normalised = plan
        .outputs
        .iter()
        .map(|output| output.in_slot().is_some_and(|slot| normalised.contains(&slot)))
        .collect();
    let outputs: Vec<u32> = outputs.into_iter().collect();
    let (inputs, constants) = (plan.inputs.len(), pool.vectors);
    let reach = Reach { slots: plan.slots, stride, spills, inputs, outputs: outputs.len() };
    // SAFETY: `registers` has written one function for each segment, by instructions of `Assembler`, and only with
    // places of slots that `Liveness` has seen to be the plan's, of constants in the pool, of spills that it counted,
    // and of the numbered inputs and outputs.
    #[expect(unsafe_code, reason = "machine code")]
    let executable = unsafe { Executable::new(&assembler.bytes, entries, constants, reach) };
    Ok(executable.map(|executable| Code { executable, segments, only_code, normalised, outputs }))
}

struct Writer<'p> {
    plan: &'p Plan,
    liveness: Liveness,
    unseen: Unseen,
    /// By slot, the input that it still holds.
    inputs: HashMap<u32, usize>,
    only_code: Vec<bool>,
    /// Slots of outputs, numbered.
    outputs: HashMap<u32, usize>,
    /// Those of them that are normalised where they are made.
    normalised: HashSet<u32>,
    pool: Pool,
    assembler: Assembler,
    stride: i32,
    spills: usize,
    /// Where the code of each segment begins.
    entries: Vec<usize>,
}

impl Writer<'_> {
    /// Regions are left out: records outside of them calculate along, and no flag tells whether that did harm.
    fn segments(&mut self, cancel: &AtomicBool) -> Result<Vec<Segment>, Halt> {
        let (mut segments, mut depth, mut at) = (Vec::new(), 0usize, 0);
        while let Some(step) = self.plan.steps.get(at) {
            if cancel.load(Ordering::Relaxed) {
                return Err(Halt::Stopped);
            }
            match step {
                Step::Enter { .. } => depth += 1,
                Step::Leave => depth = depth.saturating_sub(1),
                _ if depth == 0 => {
                    if let Some(segment) = self.segment(at) {
                        at = segment.steps.end;
                        for step in self.plan.steps.get(segment.steps.clone()).unwrap_or_default() {
                            liveness::writes(step, &mut |slot| _ = self.inputs.remove(&slot));
                        }
                        segments.push(segment);
                        continue;
                    }
                }
                _ => {}
            }
            self.interpreted(step);
            at += 1;
        }
        for slot in self.plan.outputs.iter().filter_map(|output| output.in_slot()) {
            reads(&self.inputs, &mut self.only_code, slot);
        }
        Ok(segments)
    }

    /// Accounts for a step that is not in a segment.
    fn interpreted(&mut self, step: &Step) {
        let Writer { plan, inputs, only_code, unseen, .. } = self;
        let mut read = |slot: u32| reads(inputs, only_code, slot);
        liveness::reads(plan, step, &mut read);
        unseen.reads(plan, step, &mut read);
        liveness::writes(step, &mut |slot| _ = self.inputs.remove(&slot));
    }

    /// The longest segment from a step on.
    fn segment(&mut self, first: usize) -> Option<Segment> {
        let mut lowered = lower::Segment::new(self.plan, &mut self.pool, &self.inputs);
        let mut end = first;
        while let Some(step) = self.plan.steps.get(end) {
            if lowered.program.instructions.len() >= MOST_INSTRUCTIONS || lowered.add(step).is_none() {
                break;
            }
            end += 1;
        }
        if end - first < LEAST_STEPS {
            return None;
        }
        let steps: Range<usize> = first..end;
        let mut read = BTreeSet::new();
        for step in self.plan.steps.get(steps.clone()).unwrap_or_default() {
            liveness::reads(self.plan, step, &mut |slot| _ = read.insert(slot));
        }
        for slot in lowered.written() {
            let last = self.outputs.contains_key(&slot) && self.liveness.is_last(slot, end);
            if last && lowered.normalise(slot) {
                self.normalised.insert(slot);
            }
        }
        let results = lowered.results(|slot| self.liveness.is_read_after(slot, end));
        let zero = lowered.zero();
        self.entries.push(self.assembler.here());
        let homes = Homes { stride: self.stride, inputs: self.plan.inputs.len(), outputs: &self.outputs };
        let spills = registers::write(&lowered, &results, zero, &homes, &mut self.assembler);
        self.spills = self.spills.max(spills);
        let compared = std::mem::take(&mut lowered.compared);
        let inputs = lowered.inputs();
        let written = results.iter().map(|(slot, _)| *slot).collect();
        Some(Segment { steps, compared, inputs, read: read.into_iter().collect(), written })
    }
}

/// Something other than a segment reads a slot.
fn reads(inputs: &HashMap<u32, usize>, only_code: &mut [bool], slot: u32) {
    let input = inputs.get(&slot).and_then(|index| only_code.get_mut(*index));
    input.into_iter().for_each(|only_code| *only_code = false);
}

#[cfg(test)]
mod encoding_tests;
