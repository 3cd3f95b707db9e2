//! Internal rates of return of 16 records in lock step, with the same operations as in `kernels::financial`. Where
//! Newton's method does not converge, the kernel takes over.
#![allow(clippy::needless_range_loop, reason = "loops over lanes go through several arrays in step")]

use super::cpu::{Cpu, Job};
use super::lane::{is_zero, not_finite};
use crate::kernels::financial::solve::{NOISE, NOISE_OF_ROOT, STEPS, WITHIN};
use crate::plan::Operand;
use crate::run::state::flags;
use crate::run::state::machine::Machine;
use crate::run::state::slots::Slot;
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::Value;
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// Calculates IRR of flows that are columns; false, with nothing stored, if a record needs the kernel.
pub fn internal_rates<C: Cpu>(machine: &mut Machine<'_, C>, flows: &[Operand], guess: f64, out: u32) -> bool {
    if flows.iter().any(|flow| flow.as_constant().is_some()) || guess <= -1.0 {
        return false;
    }
    let found = Cell::new(false);
    machine.look_at_flags();
    C::run(machine, Rates { flows, guess, found: &found }, [], out);
    flags::take();
    found.get()
}

struct Rates<'a> {
    flows: &'a [Operand],
    guess: f64,
    found: &'a Cell<bool>,
}

impl<C: Cpu> Job<C, 0> for Rates<'_> {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, []: [Operand; 0], out: u32) {
        let slots = machine.slots;
        let sources: Vec<Slot<'_>> =
            self.flows.iter().map(|flow| slots.slot(flow.as_slot() as u32)).collect();
        let mut flows = vec![[0.0; LANES]; sources.len()];
        let mut results = Vec::with_capacity(machine.frame.mask.len());
        for (chunk, &mask) in machine.frame.mask.iter().enumerate() {
            if machine.cancel.load(Ordering::Relaxed) {
                return;
            }
            let Some(rates) =
                gather(&sources, chunk, mask, &mut flows).then(|| rates(&flows, self.guess, mask))
            else {
                return;
            };
            let Some(rates) = rates else { return };
            results.push(rates);
        }
        for (slot, rates) in slots.slot(out).iter().zip(results) {
            slot.set(rates);
        }
        self.found.set(true);
    }
}

/// Fills the flows of a chunk; false unless every needed record has only numbers, of both signs.
#[inline(always)]
fn gather(sources: &[Slot<'_>], chunk: usize, mask: u16, flows: &mut [[f64; LANES]]) -> bool {
    let (mut fallback, mut paid, mut received) = ([0; LANES], [false; LANES], [false; LANES]);
    for (flows, source) in flows.iter_mut().zip(sources) {
        let Some(lanes) = source.get(chunk) else { return false };
        for lane in 0..LANES {
            let flow = lanes.as_array_of_cells()[lane].get().lane();
            fallback[lane] |= not_finite(flow);
            let flow = if is_zero(flow) { 0.0 } else { flow };
            paid[lane] |= flow < 0.0;
            received[lane] |= flow > 0.0;
            flows[lane] = flow;
        }
    }
    (0..LANES)
        .all(|lane| mask >> lane & 1 == 0 || (fallback[lane] >> 63 == 0 && paid[lane] && received[lane]))
}

/// The rates of the records in the mask, if all are found.
#[inline(always)]
fn rates(flows: &[[f64; LANES]], guess: f64, mask: u16) -> Option<Chunk> {
    let mut results = [Value::ZERO; LANES];
    let (mut rate, mut open, mut near) = ([guess; LANES], mask, 0u16);
    for _ in 0..STEPS {
        let (value, slope) = worth(flows, &rate);
        for lane in 0..LANES {
            let bit = 1 << lane;
            if open & bit == 0 {
                continue;
            }
            let step = value[lane] / slope[lane];
            let arrived = near & bit != 0 && step.abs() <= NOISE_OF_ROOT * (1.0 + rate[lane].abs());
            let next = rate[lane] - step;
            if arrived || value[lane] == 0.0 {
                results[lane] = Value::number(rate[lane]);
                open &= !bit;
                continue;
            }
            if !next.is_finite() {
                return None;
            }
            let next = if next <= -1.0 { (rate[lane] - 1.0) / 2.0 } else { next };
            let moved = (next - rate[lane]).abs();
            let scale = 1.0 + rate[lane].abs();
            if moved <= NOISE * scale {
                results[lane] = Value::number(next);
                open &= !bit;
            }
            near = if moved <= WITHIN * scale { near | bit } else { near & !bit };
            rate[lane] = next;
        }
        if open == 0 {
            return Some(results);
        }
    }
    None
}

/// Present values of the flows and their slopes: `cash_flow::worth` for every lane.
#[inline(always)]
fn worth(flows: &[[f64; LANES]], rate: &[f64; LANES]) -> ([f64; LANES], [f64; LANES]) {
    let mut discount = [0.0; LANES];
    for lane in 0..LANES {
        discount[lane] = 1.0 / (1.0 + rate[lane]);
    }
    let (mut value, mut slope) = ([0.0; LANES], [0.0; LANES]);
    for flow in flows.iter().rev() {
        for lane in 0..LANES {
            slope[lane] = slope[lane] * discount[lane] + value[lane];
            value[lane] = value[lane] * discount[lane] + flow[lane];
        }
    }
    for lane in 0..LANES {
        slope[lane] = -slope[lane] * discount[lane] * discount[lane];
    }
    (value, slope)
}
