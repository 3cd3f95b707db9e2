//! Which slots are still read after a step.

use crate::plan::{Argument, Operand, Plan, Step};
use std::ops::Range;

/// By slot, what happens to it, in the order of the steps.
pub struct Liveness {
    events: Vec<Vec<(usize, Event)>>,
    outside: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    Read,
    Write,
}

impl Liveness {
    /// None if a step, an input or an output names a slot that the plan does not have.
    pub fn new(plan: &Plan) -> Option<Liveness> {
        let mut liveness = Liveness { events: vec![Vec::new(); plan.slots], outside: false };
        liveness.outside = plan.inputs.iter().any(|input| input.slot as usize >= plan.slots);
        let (mut depth, last_reads) = (0usize, last_reads(plan));
        let mut last_reads = last_reads.iter().peekable();
        for (at, step) in plan.steps.iter().enumerate() {
            reads(plan, step, &mut |slot| liveness.push(slot, at, Event::Read));
            while let Some((_, slot)) = last_reads.next_if(|(step, _)| *step == at) {
                liveness.push(*slot, at, Event::Read);
            }
            match step {
                Step::Enter { .. } => depth += 1,
                Step::Leave => depth = depth.saturating_sub(1),
                // A step in a region replaces the values of some records only.
                _ if depth > 0 => {}
                _ => writes(step, &mut |slot| liveness.push(slot, at, Event::Write)),
            }
        }
        for slot in plan.outputs.iter().filter_map(|output| output.in_slot()) {
            liveness.push(slot, plan.steps.len(), Event::Read);
        }
        (!liveness.outside).then_some(liveness)
    }

    /// Whether what the slot holds before step `at` is read later, by a step or as an output.
    pub fn is_read_after(&self, slot: u32, at: usize) -> bool {
        self.events_from(slot, at).first().is_some_and(|(_, event)| *event == Event::Read)
    }

    /// Whether the slot keeps to the end what it holds before step `at`.
    pub fn is_last(&self, slot: u32, at: usize) -> bool {
        self.events_from(slot, at).iter().all(|(_, event)| *event == Event::Read)
    }

    fn events_from(&self, slot: u32, at: usize) -> &[(usize, Event)] {
        let events = self.events.get(slot as usize).map_or(&[][..], Vec::as_slice);
        events.get(events.partition_point(|(step, _)| *step < at)..).unwrap_or_default()
    }

    fn push(&mut self, slot: u32, at: usize, event: Event) {
        match self.events.get_mut(slot as usize) {
            // Of reads without a write between them only the last one matters.
            Some(events) => match events.last_mut() {
                Some(last) if (last.1, event) == (Event::Read, Event::Read) => last.0 = at,
                _ => events.push((at, event)),
            },
            None => self.outside = true,
        }
    }
}

pub fn writes(step: &Step, write: &mut impl FnMut(u32)) {
    match *step {
        Step::One { out, .. }
        | Step::Two { out, .. }
        | Step::Three { out, .. }
        | Step::Power { out, .. }
        | Step::Call { out, .. }
        | Step::Pack { out, .. }
        | Step::Element { out, .. } => write(out),
        Step::Ln { out, rest, .. }
        | Step::FirstPower { out, rest, .. }
        | Step::NextPower { out, rest, .. } => {
            write(out);
            write(rest);
        }
        Step::Enter { .. } | Step::Leave => {}
    }
}

/// The number of operands that a step of powers takes from `Plan::arguments`.
const NEXT_POWER_OPERANDS: u32 = 8;

/// The slots that a step reads, but for those behind the ranges of a call.
pub fn reads(plan: &Plan, step: &Step, read: &mut impl FnMut(u32)) {
    let mut operands = |operands: &[Operand]| {
        operands.iter().filter_map(|operand| operand.in_slot()).for_each(&mut *read);
    };
    let arguments = |first: u32, count: u32| {
        let end = first as usize + count as usize;
        plan.arguments.get(first as usize..end).unwrap_or(&[]).iter().filter_map(|argument| match argument {
            Argument::Operand(operand) => Some(operand),
            Argument::Range(_) => None,
        })
    };
    match *step {
        Step::One { a, .. } | Step::Ln { a, .. } | Step::Element { a, .. } => operands(&[a]),
        Step::Two { a, b, .. } => operands(&[a, b]),
        Step::Three { a, b, c, .. } => operands(&[a, b, c]),
        Step::Power { a, b, high, low, .. } => operands(&[a, b, high, low]),
        Step::FirstPower { a, b, reach, .. } => operands(&[a, b, reach]),
        Step::Enter { truth, .. } => operands(&[truth]),
        Step::Leave => {}
        Step::NextPower { first, .. } => {
            arguments(first, NEXT_POWER_OPERANDS).for_each(|operand| operands(&[*operand]))
        }
        Step::Call { first, count, .. } => arguments(first, count).for_each(|operand| operands(&[*operand])),
        Step::Pack { first, rows, cols, .. } => {
            arguments(first, rows * cols).for_each(|operand| operands(&[*operand]))
        }
    }
}

/// The computed cells behind the ranges of a call, as places in `Plan::cells`.
fn cell_reads<'p>(plan: &'p Plan, step: &Step) -> impl Iterator<Item = Range<usize>> + use<'p> {
    let arguments = match *step {
        Step::Call { first, count, .. } => first as usize..(first + count) as usize,
        _ => 0..0,
    };
    plan.arguments.get(arguments).unwrap_or(&[]).iter().filter_map(|argument| match argument {
        Argument::Range(range) => plan.ranges.get(*range as usize).map(|range| plan.cells_of(range)),
        Argument::Operand(_) => None,
    })
}

/// The slots behind the ranges of calls, each with the last step that reads it, in the order of the steps.
fn last_reads(plan: &Plan) -> Vec<(usize, u32)> {
    let mut unseen = Unseen::new(plan);
    let mut found = Vec::new();
    for (at, step) in plan.steps.iter().enumerate().rev() {
        unseen.reads(plan, step, &mut |slot| found.push((at, slot)));
    }
    found.reverse();
    found
}

/// The computed cells of ranges that were not met yet. Ranges overlap, and a cell is always in the same slot.
pub struct Unseen {
    /// By place in `Plan::cells`, that place or a later one; the first that was not met is at the end of the way.
    next: Vec<u32>,
}

impl Unseen {
    pub fn new(plan: &Plan) -> Unseen {
        Unseen { next: (0..=plan.cells.len() as u32).collect() }
    }

    /// Calls `read` with the slots behind the ranges of a step, each once for all steps.
    pub fn reads(&mut self, plan: &Plan, step: &Step, read: &mut impl FnMut(u32)) {
        for range in cell_reads(plan, step) {
            let mut at = self.first(range.start);
            while at < range.end {
                plan.cells.get(at).and_then(|cell| cell.in_slot()).into_iter().for_each(&mut *read);
                if let Some(next) = self.next.get_mut(at) {
                    *next += 1;
                }
                at = self.first(at);
            }
        }
    }

    fn first(&mut self, from: usize) -> usize {
        let mut at = from;
        while let Some(&next) = self.next.get(at) {
            if next as usize == at {
                break;
            }
            // Halves the way for those who come later.
            let after = self.next.get(next as usize).copied().unwrap_or(next);
            if let Some(place) = self.next.get_mut(at) {
                *place = after;
            }
            at = after as usize;
        }
        at
    }
}
