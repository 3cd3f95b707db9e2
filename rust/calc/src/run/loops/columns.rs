//! The loops that every columnar operation runs in: chunk by chunk, with fallback lanes left to the row-wise form, or
//! without any checks.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes and operands go through several arrays in step"
)]

use super::cpu::{Cpu, Job};
use super::lane::{Lane, LaneFn, LookFn, Loop, PlainFn, across};
use crate::plan::Operand;
use crate::run::state::flags;
use crate::run::state::machine::Machine;
use crate::run::state::slots::Slot;
use crate::semantics::function::Cx;
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::Value;
use std::cell::Cell;

impl<'a, C: Cpu> Machine<'a, C> {
    /// A loop that is still to be given its lane function.
    #[inline(always)]
    pub fn column_loop<const N: usize, S: Fn(&mut Cx<'_>, [Value; N]) -> Value>(
        &mut self,
        operands: [Operand; N],
        out: u32,
        slow: S,
    ) -> ColumnLoop<'_, 'a, C, N, S> {
        ColumnLoop { machine: self, operands, out, slow }
    }
}

/// A loop over the lanes of `N` operands, with the row-wise form of its operation.
pub struct ColumnLoop<'m, 'a, C, const N: usize, S> {
    pub machine: &'m mut Machine<'a, C>,
    pub operands: [Operand; N],
    pub out: u32,
    pub slow: S,
}

impl<C: Cpu, const N: usize, S: Fn(&mut Cx<'_>, [Value; N]) -> Value> ColumnLoop<'_, '_, C, N, S> {
    #[inline(always)]
    pub fn checked(self, f: impl LaneFn<N>) {
        let ColumnLoop { machine, operands, out, slow } = self;
        C::run(machine, Checked { slow, f }, operands, out);
    }
}

impl<C: Cpu, S: Fn(&mut Cx<'_>, [Value; 1]) -> Value> Loop<1> for ColumnLoop<'_, '_, C, 1, S> {
    #[inline(always)]
    fn run(self, f: impl LaneFn<1>) {
        self.checked(f);
    }

    #[inline(always)]
    fn looking(self, f: impl LookFn<1>) {
        if self.machine.plain { self.checked(Looking(f)) } else { self.checked(f) }
    }

    #[inline(always)]
    fn arithmetic(self, f: impl LaneFn<1> + PlainFn<1>) {
        if self.machine.plain {
            C::run(self.machine, Plain { f }, self.operands, self.out);
        } else {
            self.checked(f);
        }
    }
}

impl<C: Cpu, S: Fn(&mut Cx<'_>, [Value; 2]) -> Value> Loop<2> for ColumnLoop<'_, '_, C, 2, S> {
    #[inline(always)]
    fn run(self, f: impl LaneFn<2>) {
        self.checked(f);
    }

    #[inline(always)]
    fn looking(self, f: impl LookFn<2>) {
        if self.machine.plain { self.checked(Looking(f)) } else { self.checked(f) }
    }

    #[inline(always)]
    fn arithmetic(self, f: impl LaneFn<2> + PlainFn<2>) {
        if self.machine.plain {
            C::run(self.machine, Plain { f }, self.operands, self.out);
        } else {
            self.checked(f);
        }
    }
}

impl<C: Cpu, S: Fn(&mut Cx<'_>, [Value; 3]) -> Value> Loop<3> for ColumnLoop<'_, '_, C, 3, S> {
    #[inline(always)]
    fn run(self, f: impl LaneFn<3>) {
        self.checked(f);
    }

    #[inline(always)]
    fn looking(self, f: impl LookFn<3>) {
        if self.machine.plain { self.checked(Looking(f)) } else { self.checked(f) }
    }

    #[inline(always)]
    fn arithmetic(self, f: impl LaneFn<3> + PlainFn<3>) {
        if self.machine.plain {
            C::run(self.machine, Plain { f }, self.operands, self.out);
        } else {
            self.checked(f);
        }
    }
}

/// A loop that checks every lane.
struct Checked<S, F> {
    slow: S,
    f: F,
}

impl<C, const N: usize, S, F> Job<C, N> for Checked<S, F>
where
    C: Cpu,
    S: Fn(&mut Cx<'_>, [Value; N]) -> Value,
    F: LaneFn<N>,
{
    /// Computes a whole chunk before storing it, so `out` may be an operand's slot.
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, operands: [Operand; N], out: u32) {
        let Checked { slow, f } = self;
        let slots = machine.slots;
        let mut sources: [Slot<'_>; N] = [&[]; N];
        for n in 0..N {
            sources[n] = slots.operand(operands[n], n);
        }
        for (chunk, out) in slots.slot(out).iter().enumerate() {
            let mut operands = [out; N];
            for n in 0..N {
                operands[n] = sources[n].get(chunk).unwrap_or(out);
            }
            if F::COSTLY {
                // Written out here, because arrays that a function returns would go through memory.
                let (mut results, mut fallback) = ([Value::ZERO; LANES], 0);
                for lane in 0..LANES {
                    let (result, flag) = f.lane(across(operands, lane));
                    results[lane] = Value::from_lane(result);
                    fallback |= flag;
                }
                if fallback >> 63 == 0 {
                    f.finish(&mut results);
                    out.set(results);
                    continue;
                }
            } else if !any_fallback(operands, &f) {
                out.set(results(operands, &f));
                continue;
            }
            machine.look_at_flags();
            let mask = machine.frame.mask.get(chunk).copied().unwrap_or(0);
            let cx = Cx { heap: &mut machine.frame.heap, env: machine.env, cancel: machine.cancel };
            out.set(redo(cx, mask, operands, results(operands, &f), fallback_lanes(operands, &f), &slow));
            flags::take();
        }
    }
}

/// A loop that checks lanes only for what raises no flags.
struct Looking<F>(F);

impl<const N: usize, F: LookFn<N>> LaneFn<N> for Looking<F> {
    #[inline(always)]
    fn lane(&self, x: [f64; N]) -> Lane {
        self.0.look(x)
    }
}

/// The verdict in a loop of its own: results that wait for it would go through the stack, which costs more than to
/// calculate twice what the two share.
#[inline(always)]
fn any_fallback<const N: usize>(operands: [&Cell<Chunk>; N], f: &impl LaneFn<N>) -> bool {
    let mut fallback = 0;
    for lane in 0..LANES {
        fallback |= f.lane(across(operands, lane)).1;
    }
    fallback >> 63 == 1
}

#[inline(always)]
fn results<const N: usize>(operands: [&Cell<Chunk>; N], f: &impl LaneFn<N>) -> Chunk {
    let mut results = [Value::ZERO; LANES];
    for lane in 0..LANES {
        results[lane] = Value::from_lane(f.lane(across(operands, lane)).0);
    }
    f.finish(&mut results);
    results
}

/// The verdicts on all lanes. Not in `redo`, so that they are calculated with the instructions of the loop.
#[inline(always)]
fn fallback_lanes<const N: usize>(operands: [&Cell<Chunk>; N], f: &impl LaneFn<N>) -> [u64; LANES] {
    let mut flags = [0; LANES];
    for lane in 0..LANES {
        flags[lane] = f.lane(across(operands, lane)).1;
    }
    flags
}

/// Evaluates the fallback lanes of a chunk row-wise. Lanes outside of the mask become 0.
#[cold]
#[inline(never)]
fn redo<const N: usize>(
    mut cx: Cx<'_>,
    mask: u16,
    operands: [&Cell<Chunk>; N],
    mut results: Chunk,
    fallback: [u64; LANES],
    slow: &impl Fn(&mut Cx<'_>, [Value; N]) -> Value,
) -> Chunk {
    for lane in 0..LANES {
        if fallback[lane] >> 63 == 1 {
            let needed = mask >> lane & 1 == 1;
            let values = across(operands, lane).map(|x| Value::from_lane(x).normalised());
            results[lane] = if needed && !cx.cancelled() { slow(&mut cx, values) } else { Value::ZERO };
        }
    }
    results
}

/// A loop without checks.
pub struct Plain<F> {
    pub f: F,
}

impl<C, F: PlainFn<1>> Job<C, 1> for Plain<F> {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a]: [Operand; 1], out: u32) {
        let slots = machine.slots;
        plain_one(slots.operand(a, 0), slots.slot(out), &self.f);
    }
}

impl<C, F: PlainFn<2>> Job<C, 2> for Plain<F> {
    /// A constant stays in a register.
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a, b]: [Operand; 2], out: u32) {
        let (slots, f) = (machine.slots, self.f);
        let out = slots.slot(out);
        match (slots.constant(a), slots.constant(b)) {
            (Some(left), _) => plain_one(slots.operand(b, 0), out, &Left(left.lane(), f)),
            (_, Some(right)) => plain_one(slots.operand(a, 0), out, &Right(f, right.lane())),
            (None, None) => {
                for ((a, b), out) in slots.operand(a, 0).iter().zip(slots.operand(b, 1)).zip(out) {
                    out.set(plain([a, b], &f));
                }
            }
        }
    }
}

impl<C, F: PlainFn<3>> Job<C, 3> for Plain<F> {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a, b, c]: [Operand; 3], out: u32) {
        let slots = machine.slots;
        let (a, b, c) = (slots.operand(a, 0), slots.operand(b, 1), slots.operand(c, 2));
        for (((a, b), c), out) in a.iter().zip(b).zip(c).zip(slots.slot(out)) {
            out.set(plain([a, b, c], &self.f));
        }
    }
}

/// Arithmetic with a constant for its left or right operand.
struct Left<F>(f64, F);
struct Right<F>(F, f64);

impl<F: PlainFn<2>> PlainFn<1> for Left<F> {
    #[inline(always)]
    fn plain(&self, [b]: [f64; 1]) -> f64 {
        self.1.plain([self.0, b])
    }
}

impl<F: PlainFn<2>> PlainFn<1> for Right<F> {
    #[inline(always)]
    fn plain(&self, [a]: [f64; 1]) -> f64 {
        self.0.plain([a, self.1])
    }
}

#[inline(always)]
fn plain_one(a: Slot<'_>, out: Slot<'_>, f: &impl PlainFn<1>) {
    for (a, out) in a.iter().zip(out) {
        out.set(plain([a], f));
    }
}

/// A chunk of results without checks.
#[inline(always)]
fn plain<const N: usize>(operands: [&Cell<Chunk>; N], f: &impl PlainFn<N>) -> Chunk {
    let mut results = [Value::ZERO; LANES];
    for lane in 0..LANES {
        results[lane] = Value::from_lane(f.plain(across(operands, lane)));
    }
    results
}
