//! Loops of powers: of any operands, by a shared logarithm, and from other powers of the same base. The last two pass
//! on what rounding lost, in slots that only they read.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes and operands go through several arrays in step"
)]

use super::cpu::{Cpu, Job};
use super::lane::across;
use crate::math::power::{climb, fast, precise, vectors};
use crate::plan::{Argument, Operand};
use crate::run::state::flags;
use crate::run::state::machine::Machine;
use crate::run::state::slots::Slot;
use crate::semantics::function::Cx;
use crate::semantics::primitive;
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::Value;
use std::cell::Cell;

impl<C: Cpu> Machine<'_, C> {
    #[inline(always)]
    pub fn any_power(
        &mut self,
        [a, b]: [Operand; 2],
        out: u32,
        slow: impl Fn(&mut Cx<'_>, [Value; 2]) -> Value,
    ) {
        let Some(exponent) = self.slots.constant(b).filter(|exponent| exponent.is_number()) else {
            return C::run(self, Any { slow }, [a, b], out);
        };
        match vectors::whole_number(exponent.lane()) {
            Some((digits, negative)) => {
                C::run(self, Known { f: Whole { digits, negative }, exponent, slow }, [a], out);
            }
            None => C::run(self, Known { f: Fraction { y: exponent.lane() }, exponent, slow }, [a], out),
        }
    }

    /// Powers by the logarithm of their base, in two parts.
    #[inline(always)]
    pub fn power(&mut self, operands: [Operand; 4], out: u32) {
        C::run(self, OfLogarithm, operands, out);
    }

    /// The logarithm of a base.
    #[inline(always)]
    pub fn ln(&mut self, a: Operand, [out, rest]: [u32; 2]) {
        C::run(self, Pairs { f: Ln, exponent: Value::ZERO, rest }, [a], out);
    }

    #[inline(always)]
    pub fn first_power(&mut self, [a, b, reach]: [Operand; 3], [out, rest]: [u32; 2]) {
        let [Some(exponent), Some(reach)] = [b, reach].map(|operand| self.slots.constant(operand)) else {
            return;
        };
        C::run(self, First { exponent, reach: reach.lane(), rest }, [a], out);
    }

    #[inline(always)]
    pub fn next_power(&mut self, first: u32, [out, rest]: [u32; 2]) {
        let first = first as usize;
        let Some(&[a, b, from, from_rest, step, step_rest, ln, remainder]) =
            self.plan.arguments.get(first..).and_then(<[_]>::first_chunk)
        else {
            return;
        };
        let operand = |argument| match argument {
            Argument::Operand(operand) => operand,
            Argument::Range(at) => Operand::slot(at),
        };
        let [Some(exponent), Some(remainder)] =
            [b, remainder].map(|argument| self.slots.constant(operand(argument)))
        else {
            return;
        };
        let f = Next { remainder: remainder.lane() };
        let operands = [a, from, from_rest, step, step_rest, ln].map(operand);
        C::run(self, Pairs { f, exponent, rest }, operands, out);
    }
}

/// Powers of any operands.
struct Any<S> {
    slow: S,
}

impl<C: Cpu, S: Fn(&mut Cx<'_>, [Value; 2]) -> Value> Job<C, 2> for Any<S> {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a, b]: [Operand; 2], out: u32) {
        let slots = machine.slots;
        // Squares beyond the last one needed may overflow.
        machine.look_at_flags();
        let sources = slots.operand(a, 0).iter().zip(slots.operand(b, 1));
        for (chunk, ((a, b), out)) in sources.zip(slots.slot(out)).enumerate() {
            let (a, b) = (a.get(), b.get());
            let (powers, fallback) = vectors::pow(numbers(&a), numbers(&b));
            let slow =
                |cx: &mut Cx<'_>, lane: usize| (self.slow)(cx, [a[lane].normalised(), b[lane].normalised()]);
            out.set(machine.finished(chunk, &powers, &fallback, slow));
        }
        flags::take();
    }
}

/// Powers by the logarithm of their base.
struct OfLogarithm;

impl<C: Cpu> Job<C, 4> for OfLogarithm {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a, b, high, low]: [Operand; 4], out: u32) {
        let slots = machine.slots;
        let logarithms = slots.operand(high, 2).iter().zip(slots.operand(low, 3));
        let sources = slots.operand(a, 0).iter().zip(slots.operand(b, 1)).zip(logarithms);
        for (chunk, (((a, b), (high, low)), out)) in sources.zip(slots.slot(out)).enumerate() {
            let (a, b) = (a.get(), b.get());
            let (powers, fallback) =
                vectors::of_logarithm(numbers(&high.get()), numbers(&low.get()), numbers(&b));
            let slow = |cx: &mut Cx<'_>, lane: usize| {
                primitive::power(cx, a[lane].normalised(), b[lane].normalised())
            };
            out.set(machine.finished(chunk, &powers, &fallback, slow));
        }
    }
}

/// Powers with a constant exponent.
struct Known<F, S> {
    f: F,
    exponent: Value,
    slow: S,
}

/// Powers of a chunk, and its fallback lanes.
trait ChunkFn {
    fn powers(&self, x: [f64; LANES]) -> ([f64; LANES], [u64; LANES]);
}

struct Whole {
    digits: u64,
    negative: bool,
}

impl ChunkFn for Whole {
    #[inline(always)]
    fn powers(&self, x: [f64; LANES]) -> ([f64; LANES], [u64; LANES]) {
        vectors::whole(x, self.digits, self.negative)
    }
}

struct Fraction {
    y: f64,
}

impl ChunkFn for Fraction {
    #[inline(always)]
    fn powers(&self, x: [f64; LANES]) -> ([f64; LANES], [u64; LANES]) {
        vectors::rounded(x, [self.y; LANES])
    }
}

impl<C: Cpu, F: ChunkFn, S: Fn(&mut Cx<'_>, [Value; 2]) -> Value> Job<C, 1> for Known<F, S> {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a]: [Operand; 1], out: u32) {
        let slots = machine.slots;
        machine.look_at_flags();
        for (chunk, (a, out)) in slots.operand(a, 0).iter().zip(slots.slot(out)).enumerate() {
            let a = a.get();
            let (powers, fallback) = self.f.powers(numbers(&a));
            let slow = |cx: &mut Cx<'_>, lane: usize| (self.slow)(cx, [a[lane].normalised(), self.exponent]);
            out.set(machine.finished(chunk, &powers, &fallback, slow));
        }
        flags::take();
    }
}

/// Powers with a constant exponent, and their rests.
struct First {
    exponent: Value,
    reach: f64,
    rest: u32,
}

impl<C: Cpu> Job<C, 1> for First {
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, [a]: [Operand; 1], out: u32) {
        let slots = machine.slots;
        let results = slots.slot(out).iter().zip(slots.slot(self.rest));
        for (chunk, (a, (out, rest))) in slots.operand(a, 0).iter().zip(results).enumerate() {
            let bases = a.get();
            let (mut powers, mut rests, fallback) =
                precise::pow(numbers(&bases), self.exponent.lane(), self.reach);
            if any(&fallback) {
                redo(machine, (chunk, self.exponent), bases, fallback, &mut powers, &mut rests);
            }
            out.set(values(&powers));
            rest.set(values(&rests));
        }
    }
}

/// A value, its rest, and a word whose top bit says that it is a fallback lane.
type Lane = (f64, f64, u64);

trait PairFn<const N: usize> {
    fn lane(&self, x: [f64; N]) -> Lane;
}

struct Ln;

impl PairFn<1> for Ln {
    /// No lane falls back: where there is no logarithm, all powers do.
    #[inline(always)]
    fn lane(&self, [x]: [f64; 1]) -> Lane {
        let (high, low) = fast::ln_of_base(x);
        (high, low, 0)
    }
}

struct Next {
    remainder: f64,
}

impl PairFn<6> for Next {
    #[inline(always)]
    fn lane(&self, [_, from, from_rest, step, step_rest, ln]: [f64; 6]) -> Lane {
        let ((value, fallback), rest) =
            climb::climb((from, from_rest), (step, step_rest), ln, self.remainder);
        (value, rest, fallback)
    }
}

/// Powers with a known exponent and their rests; the base is the first operand.
struct Pairs<F> {
    f: F,
    exponent: Value,
    rest: u32,
}

impl<C: Cpu, const N: usize, F: PairFn<N>> Job<C, N> for Pairs<F> {
    /// Computes a whole chunk before storing it, so a result may take an operand's slot.
    #[inline(always)]
    fn go(self, machine: &mut Machine<'_, C>, operands: [Operand; N], out: u32) {
        let slots = machine.slots;
        let mut sources: [Slot<'_>; N] = [&[]; N];
        for n in 0..N {
            sources[n] = slots.slot(operands[n].as_slot() as u32);
        }
        for (chunk, (out, rest)) in slots.slot(out).iter().zip(slots.slot(self.rest)).enumerate() {
            let mut operands = [out; N];
            for n in 0..N {
                operands[n] = sources[n].get(chunk).unwrap_or(out);
            }
            // Copies cannot overlap the results, which the compiler would test for in every chunk.
            let mut copies = [[0.0; LANES]; N];
            for n in 0..N {
                copies[n] = numbers(&operands[n].get());
            }
            // Not in a function: arrays that are returned together go through memory, and so do flags in an array.
            let (mut values, mut rests, mut fallback) = ([Value::ZERO; LANES], [Value::ZERO; LANES], 0);
            for lane in 0..LANES {
                let (value, rest, flag) = self.f.lane(column(&copies, lane));
                values[lane] = Value::from_lane(value);
                rests[lane] = Value::from_lane(rest);
                fallback |= flag;
            }
            if fallback >> 63 == 1 {
                again(machine, (chunk, self.exponent), operands, &self.f, [out, rest]);
            } else {
                out.set(values);
                rest.set(rests);
            }
        }
    }
}

/// The whole chunk again, with the fallback lanes row-wise. Calculated again, because the common case keeps its values
/// in registers.
#[cold]
#[inline(never)]
fn again<C: Cpu, const N: usize>(
    machine: &mut Machine<'_, C>,
    place: (usize, Value),
    operands: [&Cell<Chunk>; N],
    f: &impl PairFn<N>,
    slots: [&Cell<Chunk>; 2],
) {
    let (mut values, mut rests, mut fallback) = ([0.0; LANES], [0.0; LANES], [0; LANES]);
    for lane in 0..LANES {
        (values[lane], rests[lane], fallback[lane]) = f.lane(across(operands, lane));
    }
    redo(machine, place, operands[0].get(), fallback, &mut values, &mut rests);
    slots[0].set(self::values(&values));
    slots[1].set(self::values(&rests));
}

/// The fallback lanes row-wise. Where that gives another double, the rest changes by the difference.
#[cold]
#[inline(never)]
fn redo<C: Cpu>(
    machine: &mut Machine<'_, C>,
    (chunk, exponent): (usize, Value),
    bases: Chunk,
    fallback: [u64; LANES],
    values: &mut [f64; LANES],
    rests: &mut [f64; LANES],
) {
    machine.look_at_flags();
    for lane in 0..LANES {
        if fallback[lane] >> 63 == 1 {
            let base = bases[lane].normalised();
            let power = machine
                .needed(chunk, lane, |cx| primitive::power(cx, base, exponent))
                .unwrap_or(Value::ZERO)
                .lane();
            rests[lane] += values[lane] - power;
            values[lane] = power;
        }
    }
    flags::take();
}

impl<C: Cpu> Machine<'_, C> {
    /// The results with fallback lanes done row-wise.
    #[inline(always)]
    fn finished(
        &mut self,
        chunk: usize,
        powers: &[f64; LANES],
        fallback: &[u64; LANES],
        slow: impl Fn(&mut Cx<'_>, usize) -> Value,
    ) -> Chunk {
        let mut results = values(powers);
        if any(fallback) {
            for lane in 0..LANES {
                if fallback[lane] >> 63 == 1 {
                    results[lane] = self.needed(chunk, lane, |cx| slow(cx, lane)).unwrap_or(Value::ZERO);
                }
            }
        }
        results
    }

    /// The value of a lane, if its record needs any.
    fn needed(
        &mut self,
        chunk: usize,
        lane: usize,
        value: impl FnOnce(&mut Cx<'_>) -> Value,
    ) -> Option<Value> {
        let mask = self.frame.mask.get(chunk).copied().unwrap_or(0);
        let mut cx = Cx { heap: &mut self.frame.heap, env: self.env, cancel: self.cancel };
        (mask >> lane & 1 == 1).then(|| value(&mut cx))
    }
}

#[inline(always)]
fn any(fallback: &[u64; LANES]) -> bool {
    let mut all = 0;
    for lane in 0..LANES {
        all |= fallback[lane];
    }
    all >> 63 == 1
}

#[inline(always)]
fn numbers(chunk: &Chunk) -> [f64; LANES] {
    let mut numbers = [0.0; LANES];
    for lane in 0..LANES {
        numbers[lane] = chunk[lane].lane();
    }
    numbers
}

#[inline(always)]
fn values(numbers: &[f64; LANES]) -> Chunk {
    let mut chunk = [Value::ZERO; LANES];
    for lane in 0..LANES {
        chunk[lane] = Value::from_lane(numbers[lane]);
    }
    chunk
}

#[inline(always)]
fn column<const N: usize>(rows: &[[f64; LANES]; N], lane: usize) -> [f64; N] {
    let mut x = [0.0; N];
    for n in 0..N {
        x[n] = rows[n][lane];
    }
    x
}
