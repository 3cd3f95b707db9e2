//! From steps to instructions over values that have no registers yet. A segment ends at a step that has no instructions
//! here, or whose operands may not suit them.
//!
//! Results have the same bits as those of the loops in `columns`, except in fallback lanes, which the verdicts find.

use super::instructions::{
    ADD, AND, DIV, EQ, Fused, GE, GT, LE, LT, MAX, MIN, MUL, NE, OR, Operation, SAME, SUB, XOR,
};
use super::program::{Instruction, Pool, Program, Source, ValueId};
use crate::math::power::{climb, vectors};
use crate::plan::{Argument, Operand, Plan, Step};
use crate::run::loops::lane::{FALSE, NEAR, SIGN, TRUE};
use crate::semantics::operator::BinaryOp;
use crate::semantics::primitive::{Op1, Op2, Op3};
use crate::values::value::Value;
use std::collections::{BTreeMap, HashMap};

/// Whole exponents up to here are multiplied out.
const MOST_EXPONENT: u64 = 1 << 12;

/// Multiplied by this, a sum below `NEAR` of a number moves the number by less than half of its last digit.
const PART: f64 = 1.0 / 512.0;
const _: () = assert!(NEAR * PART <= f64::EPSILON / 4.0);

/// The value of a slot within a segment.
#[derive(Clone, Copy)]
enum Held {
    /// The processor's flags tell if it is not a number.
    Number(ValueId),
    /// Any word.
    Word(ValueId),
    /// Lanes of ones for TRUE and zeros for FALSE.
    Truth(ValueId),
}

/// Steps as instructions.
pub struct Segment<'p> {
    plan: &'p Plan,
    pub program: Program<'p>,
    /// By slot, the input that it still holds before the segment.
    slot_inputs: &'p HashMap<u32, usize>,
    held: BTreeMap<u32, Held>,
    /// Slots that are compared as they were before the segment.
    pub compared: Vec<u32>,
    /// A word with any bit but the sign set in fallback lanes; once the segment has ended, the sign is clear.
    pub verdict: Option<ValueId>,
}

impl<'p> Segment<'p> {
    pub fn new(plan: &'p Plan, pool: &'p mut Pool, slot_inputs: &'p HashMap<u32, usize>) -> Segment<'p> {
        Segment {
            plan,
            program: Program::new(pool),
            slot_inputs,
            held: BTreeMap::new(),
            compared: Vec::new(),
            verdict: None,
        }
    }

    /// Adds a step; None if it cannot be a part of this segment.
    pub fn add(&mut self, step: &Step) -> Option<()> {
        let (out, held) = match *step {
            Step::One { op, a, out } => (out, self.one(op, a)?),
            Step::Two { op, a, b, out } => (out, self.two(op, a, b)?),
            Step::Three { op, a, b, c, out } => (out, self.three(op, [a, b, c])?),
            Step::NextPower { first, out, rest } => {
                let (power, lost) = self.next_power(first)?;
                self.held.insert(rest, Held::Number(lost));
                (out, Held::Number(power))
            }
            _ => return None,
        };
        self.held.insert(out, held);
        Some(())
    }

    pub fn written(&self) -> Vec<u32> {
        self.held.keys().copied().collect()
    }

    /// The inputs that are read.
    pub fn inputs(&self) -> Vec<usize> {
        let input =
            |source: &Source| if let Source::Input { index, .. } = source { Some(*index) } else { None };
        self.program.values.iter().filter_map(input).collect()
    }

    /// Normalises the number in a slot; false if it may hold other words.
    pub fn normalise(&mut self, slot: u32) -> bool {
        let Some(&Held::Number(value)) = self.held.get(&slot) else { return false };
        let zero = self.zero();
        let normalised = self.program.operate(ADD, value, zero);
        self.held.insert(slot, Held::Number(normalised));
        true
    }

    /// Ends the segment: the slots that were written and are read later, with their last values as words.
    pub fn results(&mut self, is_read: impl Fn(u32) -> bool) -> Vec<(u32, ValueId)> {
        // Sums of exactly nothing may have a sign.
        if let Some(verdict) = self.verdict {
            let magnitude = self.program.bits(!SIGN);
            self.verdict = Some(self.program.operate(AND, verdict, magnitude));
        }
        let held = std::mem::take(&mut self.held);
        let result = |(slot, held)| match held {
            Held::Number(value) | Held::Word(value) => (slot, value),
            Held::Truth(mask) => {
                let (yes, no) = (self.program.bits(TRUE.bits()), self.program.bits(FALSE.bits()));
                (slot, self.program.push(Instruction::Blend { mask, yes, no }))
            }
        };
        held.into_iter().filter(|(slot, _)| is_read(*slot)).map(result).collect()
    }

    pub fn zero(&mut self) -> ValueId {
        self.program.bits(0)
    }

    fn one(&mut self, op: Op1, a: Operand) -> Option<Held> {
        match op {
            Op1::Minus => {
                let (zero, a) = (self.program.bits(0), self.number(a)?);
                Some(Held::Number(self.program.operate(SUB, zero, a)))
            }
            Op1::Percent => {
                let (a, hundred) = (self.number(a)?, self.program.bits(100f64.to_bits()));
                Some(Held::Number(self.program.operate(DIV, a, hundred)))
            }
            Op1::CellValue => match self.held.get(&(a.as_slot() as u32)) {
                Some(&number @ Held::Number(_)) if a.as_constant().is_none() => Some(number),
                _ => None,
            },
            Op1::Truth | Op1::IsError | Op1::IsNA => None,
        }
    }

    fn two(&mut self, op: Op2, a: Operand, b: Operand) -> Option<Held> {
        let operation = match op {
            Op2::Operator(BinaryOp::Add) | Op2::Sum => ADD,
            Op2::Operator(BinaryOp::Sub) => SUB,
            Op2::Operator(BinaryOp::Mul) | Op2::Times => MUL,
            Op2::Operator(BinaryOp::Div) => DIV,
            Op2::Min => MIN,
            Op2::Max => MAX,
            Op2::LastAdd => return self.last_sum(ADD, a, b),
            Op2::LastSub => return self.last_sum(SUB, a, b),
            Op2::Operator(BinaryOp::Pow) => return self.whole_power(a, b),
            Op2::Operator(op) => {
                let (operation, a, b) = (comparison(op)?, self.compared(a)?, self.compared(b)?);
                return Some(Held::Truth(self.compare(operation, a, b)));
            }
        };
        let (a, b) = (self.number(a)?, self.number(b)?);
        Some(Held::Number(self.program.operate(operation, a, b)))
    }

    /// `power::pow` with a known whole exponent. 0^0 is an error, and x^1 would not make a new value.
    fn whole_power(&mut self, base: Operand, exponent: Operand) -> Option<Held> {
        let exponent = self.constant(exponent)?.as_number()?;
        let (mut digits, negative) = vectors::whole_number(exponent)?;
        if !(1..=MOST_EXPONENT).contains(&digits) || exponent == 1.0 {
            return None;
        }
        let (mut square, mut product) = (self.number(base)?, None);
        loop {
            if digits & 1 == 1 {
                product = Some(product.map_or(square, |product| self.program.operate(MUL, product, square)));
            }
            digits >>= 1;
            if digits == 0 {
                break;
            }
            square = self.program.operate(MUL, square, square);
        }
        let (product, one) = (product?, self.program.bits(1f64.to_bits()));
        Some(Held::Number(if negative { self.program.operate(DIV, one, product) } else { product }))
    }

    fn three(&mut self, op: Op3, [a, b, c]: [Operand; 3]) -> Option<Held> {
        match op {
            Op3::SumTimes => {
                let (sum, a, b) = (self.number(a)?, self.number(b)?, self.number(c)?);
                let product = self.program.operate(MUL, a, b);
                Some(Held::Number(self.program.operate(ADD, sum, product)))
            }
            Op3::CountIf(op) => {
                let (operation, count) = (comparison(op)?, self.number(a)?);
                let (a, b) = (self.compared(b)?, self.compared(c)?);
                let (mask, one) = (self.compare(operation, a, b), self.program.bits(1f64.to_bits()));
                let more = self.program.operate(AND, mask, one);
                Some(Held::Number(self.program.operate(ADD, count, more)))
            }
            Op3::Select => self.select(a, b, c),
            Op3::Found(_) => None,
        }
    }

    fn select(&mut self, truth: Operand, yes: Operand, no: Operand) -> Option<Held> {
        let ((yes, yes_number), (no, no_number)) = (self.word(yes)?, self.word(no)?);
        let mask = match self.held.get(&(truth.as_slot() as u32)) {
            _ if truth.as_constant().is_some() => return None,
            Some(Held::Truth(mask)) => *mask,
            Some(_) => return None,
            None => self.truth_of(truth.as_slot() as u32),
        };
        let chosen = self.program.push(Instruction::Blend { mask, yes, no });
        Some(if yes_number && no_number { Held::Number(chosen) } else { Held::Word(chosen) })
    }

    /// A mask of what a slot held before the segment; anything but TRUE and FALSE, which differ in one bit, falls back.
    fn truth_of(&mut self, slot: u32) -> ValueId {
        let word = self.slot(slot);
        let (yes, no, others) =
            (self.program.bits(TRUE.bits()), self.program.bits(FALSE.bits()), self.program.bits(!1));
        let difference = self.program.operate(XOR, word, no);
        let other = self.program.operate(AND, difference, others);
        self.fall_back(other);
        self.program.operate(SAME, word, yes)
    }

    /// A sum that is the last operation of a formula.
    fn last_sum(&mut self, operation: Operation, a: Operand, b: Operand) -> Option<Held> {
        let (a, b) = (self.number(a)?, self.number(b)?);
        let sum = self.program.operate(operation, a, b);
        self.fall_back_where_near(a, sum);
        Some(Held::Number(sum))
    }

    fn compare(&mut self, operation: Operation, a: ValueId, b: ValueId) -> ValueId {
        let difference = self.program.operate(SUB, a, b);
        self.fall_back_where_near(a, difference);
        self.program.operate(operation, a, b)
    }

    /// Falls back where a sum is not 0 but nearly cancels its first operand: a part of the sum is then too small to
    /// change `a`.
    fn fall_back_where_near(&mut self, a: ValueId, sum: ValueId) {
        let part = self.program.bits(PART.to_bits());
        let moved = self.program.fuse(Fused::Add, sum, part, a);
        let near = self.program.operate(EQ, moved, a);
        let fallback = self.program.operate(AND, near, sum);
        self.fall_back(fallback);
    }

    /// `power::climb` in vectors.
    fn next_power(&mut self, first: u32) -> Option<(ValueId, ValueId)> {
        let arguments = self.plan.arguments.get(first as usize..)?.first_chunk::<8>()?;
        let &[base, _, from, from_rest, step, step_rest, ln, remainder] = arguments;
        let mut value = |argument| match argument {
            Argument::Operand(operand) => self.number(operand),
            Argument::Range(_) => None,
        };
        // Only fallback lanes need the base. As a source of the segment it is kept for them.
        value(base)?;
        let (from, from_rest) = (value(from)?, value(from_rest)?);
        let (step, step_rest) = (value(step)?, value(step_rest)?);
        let (ln, remainder) = (value(ln)?, value(remainder)?);
        let margin = self.program.bits(climb::MARGIN.to_bits());
        let high = self.program.operate(MUL, from, step);
        let low = self.program.fuse(Fused::Subtract, from, step, high);
        let slope = self.program.operate(MUL, step, ln);
        let step_rest = self.program.fuse(Fused::Add, slope, remainder, step_rest);
        let low = self.program.fuse(Fused::Add, from, step_rest, low);
        let low = self.program.fuse(Fused::Add, from_rest, step, low);
        let power = self.program.operate(ADD, high, low);
        let lost = self.program.operate(SUB, high, power);
        let rest = self.program.operate(ADD, lost, low);
        let moved = self.program.fuse(Fused::Add, rest, margin, power);
        let uncertain = self.program.operate(SUB, moved, power);
        self.fall_back(uncertain);
        Some((power, rest))
    }

    /// Lanes with any bit but the sign set fall back.
    fn fall_back(&mut self, lanes: ValueId) {
        self.verdict = Some(match self.verdict {
            Some(verdict) => self.program.operate(OR, verdict, lanes),
            None => lanes,
        });
    }

    /// An operand of arithmetic.
    fn number(&mut self, operand: Operand) -> Option<ValueId> {
        match self.constant(operand) {
            Some(constant) => constant.is_number().then(|| self.program.bits(constant.bits())),
            None => match self.held.get(&(operand.as_slot() as u32)) {
                Some(&(Held::Number(value) | Held::Word(value))) => Some(value),
                Some(Held::Truth(_)) => None,
                None => Some(self.slot(operand.as_slot() as u32)),
            },
        }
    }

    /// An operand of a comparison: a number, or a slot that has to be looked at before the segment runs.
    fn compared(&mut self, operand: Operand) -> Option<ValueId> {
        let slot = operand.as_slot() as u32;
        match (self.constant(operand), self.held.get(&slot)) {
            (Some(_), _) | (None, Some(Held::Number(_))) => self.number(operand),
            (None, Some(_)) => None,
            (None, None) => {
                if !self.compared.contains(&slot) {
                    self.compared.push(slot);
                }
                self.number(operand)
            }
        }
    }

    /// Any operand, and whether it is known to be a number.
    fn word(&mut self, operand: Operand) -> Option<(ValueId, bool)> {
        match self.constant(operand) {
            Some(constant) => Some((self.program.bits(constant.bits()), constant.is_number())),
            None => match self.held.get(&(operand.as_slot() as u32)) {
                Some(&Held::Number(value)) => Some((value, true)),
                Some(&Held::Word(value)) => Some((value, false)),
                Some(Held::Truth(_)) => None,
                None => Some((self.slot(operand.as_slot() as u32), false)),
            },
        }
    }

    fn constant(&self, operand: Operand) -> Option<Value> {
        operand.as_constant().map(|at| self.plan.constants.get(at).copied().unwrap_or(Value::BLANK))
    }

    /// What a slot held before the segment.
    fn slot(&mut self, slot: u32) -> ValueId {
        let source = match self.slot_inputs.get(&slot) {
            Some(&index) => Source::Input { index, slot },
            None => Source::Slot(slot),
        };
        self.program.source(source)
    }
}

fn comparison(op: BinaryOp) -> Option<Operation> {
    match op {
        BinaryOp::Eq => Some(EQ),
        BinaryOp::Ne => Some(NE),
        BinaryOp::Lt => Some(LT),
        BinaryOp::Le => Some(LE),
        BinaryOp::Gt => Some(GT),
        BinaryOp::Ge => Some(GE),
        _ => None,
    }
}
