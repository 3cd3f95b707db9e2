//! Which slots are still read after a step.

use crate::plan::{Argument, Content, Operand, Plan, Step};

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
        let mut depth = 0usize;
        for (at, step) in plan.steps.iter().enumerate() {
            reads(plan, step, &mut |slot| liveness.push(slot, at, Event::Read));
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
            Some(events) => events.push((at, event)),
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

pub fn reads(plan: &Plan, step: &Step, read: &mut impl FnMut(u32)) {
    let mut operands = |operands: &[Operand]| {
        operands.iter().filter_map(|operand| operand.in_slot()).for_each(&mut *read);
    };
    let arguments = |first: u32, count: u32| {
        let end = first as usize + count as usize;
        plan.arguments
            .get(first as usize..end)
            .unwrap_or(&[])
            .iter()
            .flat_map(|argument| slots_of(plan, argument))
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

fn slots_of<'p>(plan: &'p Plan, argument: &'p Argument) -> &'p [Operand] {
    match argument {
        Argument::Operand(operand) => std::slice::from_ref(operand),
        Argument::Range(range) => match plan.ranges.get(*range as usize).map(|range| &range.content) {
            Some(Content::Operands(cells)) => cells,
            _ => &[],
        },
    }
}
