//! Random plans of steps that can be machine code, within the rules that the compiler keeps: aggregates end in `+ 0`.
//! All other steps are in `breaks`.

use super::Random;
use crate::plan::{InputSlot, Operand, Plan, Step};
use crate::semantics::operator::BinaryOp;
use crate::semantics::primitive::{Op1, Op2, Op3};
use crate::values::value::{ErrorCode, Value};

/// What a slot holds in ordinary records.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Below 2^high in size and, if known, above 2^low; not normalised where a subnormal may be left.
    Number {
        high: i32,
        low: Option<i32>,
        normalised: bool,
    },
    Truth,
    Any,
}

impl Kind {
    const INPUT: Kind = Kind::Number { high: 10, low: None, normalised: true };
    const POSITIVE: Kind = Kind::Number { high: 10, low: Some(-1), normalised: true };

    /// Inputs above 0 come in pairs that may nearly be equal.
    pub fn is_twin(self) -> bool {
        self == Kind::POSITIVE
    }

    fn is_number(self) -> bool {
        matches!(self, Kind::Number { .. })
    }
}

/// Exponents beyond leave the range of ordinary results.
pub const MOST_HIGH: i32 = 300;
const COMPARISONS: [BinaryOp; 6] =
    [BinaryOp::Eq, BinaryOp::Ne, BinaryOp::Lt, BinaryOp::Le, BinaryOp::Gt, BinaryOp::Ge];
const CONSTANTS: [f64; 10] = [0.0, 1.0, -1.0, 0.5, 1.0 / 3.0, 12.75, 100.0, 250.0, 1e-3, 999.0];

#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub slots: usize,
    pub steps: usize,
    /// How many steps in a hundred cannot be machine code.
    pub breaks: usize,
}

pub(super) struct Draft<'r> {
    pub plan: Plan,
    /// Kinds of the inputs.
    pub inputs: Vec<Kind>,
    pub random: &'r mut Random,
    /// By slot, what it holds; None before it is written, or when only some steps may read it.
    pub kinds: Vec<Option<Kind>>,
    /// Slots that may not be written now.
    pub kept: Vec<u32>,
}

/// A plan, and the kinds of its inputs.
pub fn plan(random: &mut Random, size: Size) -> (Plan, Vec<Kind>) {
    let mut draft = Draft::new(random, size.slots);
    while draft.plan.steps.len() < size.steps {
        match draft.random.below(100) {
            roll if roll < size.breaks => draft.other_step(),
            roll if roll < size.breaks + 1 => draft.region(),
            roll if roll < size.breaks + 3 => draft.powers(),
            _ => draft.step(),
        }
    }
    draft.finish()
}

impl<'r> Draft<'r> {
    fn new(random: &'r mut Random, slots: usize) -> Draft<'r> {
        let plan = Plan { slots, ..Plan::default() };
        let mut draft =
            Draft { plan, inputs: Vec::new(), random, kinds: vec![None; slots], kept: Vec::new() };
        for slot in 0..slots.min(12) {
            let kind = match slot {
                0..=4 => Kind::POSITIVE,
                5..=8 => Kind::INPUT,
                9..=10 => Kind::Truth,
                _ => Kind::Any,
            };
            let input = InputSlot { cell: slot, slot: slot as u32, default: Value::ZERO };
            draft.plan.inputs.push(input);
            draft.inputs.push(kind);
            draft.kinds[slot] = Some(kind);
        }
        draft.plan.input_cells = draft.inputs.len();
        draft
    }

    /// Some of the slots become outputs, so others are read for the last time anywhere.
    fn finish(mut self) -> (Plan, Vec<Kind>) {
        for slot in 0..self.plan.slots as u32 {
            let Some(kind) = self.kinds[slot as usize].filter(|_| self.random.percent(50)) else { continue };
            if let Kind::Number { normalised: false, .. } = kind {
                let zero = self.constant(Value::ZERO);
                self.two(Op2::Operator(BinaryOp::Add), Operand::slot(slot), zero, slot);
            }
            self.plan.outputs.push(Operand::slot(slot));
        }
        self.plan.output_cells = self.plan.outputs.len();
        (self.plan, self.inputs)
    }

    pub fn constant(&mut self, value: Value) -> Operand {
        self.plan.constants.push(value);
        Operand::constant(self.plan.constants.len() as u32 - 1)
    }

    fn slots(&self, fits: impl Fn(Kind) -> bool) -> Vec<u32> {
        let all = 0..self.kinds.len() as u32;
        all.filter(|slot| self.kinds[*slot as usize].is_some_and(&fits)).collect()
    }

    pub fn slot(&mut self, fits: impl Fn(Kind) -> bool) -> Option<(u32, Kind)> {
        let slots = self.slots(fits);
        let slot = *slots.get(self.random.below(slots.len().max(1)))?;
        Some((slot, self.kinds[slot as usize]?))
    }

    /// A slot to write: any, and often one of the operands'.
    pub fn out(&mut self, operands: &[Operand]) -> u32 {
        let reused = self.random.percent(25).then(|| self.random.pick(operands));
        let any = self.random.below(self.plan.slots) as u32;
        let out =
            reused.filter(|slot| slot.as_constant().is_none()).map_or(any, |slot| slot.as_slot() as u32);
        if self.kept.contains(&out) { self.free() } else { out }
    }

    pub fn free(&mut self) -> u32 {
        loop {
            let slot = self.random.below(self.plan.slots) as u32;
            if !self.kept.contains(&slot) {
                return slot;
            }
        }
    }

    /// A number, sometimes constant.
    pub fn number(&mut self, normalised_only: bool) -> (Operand, Kind) {
        let fits = |kind| matches!(kind, Kind::Number { normalised, .. } if normalised || !normalised_only);
        if let Some((slot, kind)) = self.slot(fits).filter(|_| self.random.percent(85)) {
            return (Operand::slot(slot), kind);
        }
        let x = self.random.pick(&CONSTANTS);
        let low = (x > 0.0).then(|| x.log2().floor() as i32);
        (self.constant(Value::number(x)), Kind::Number { high: 10, low, normalised: true })
    }

    /// Two numbers, often of a pair of inputs that may nearly be equal.
    fn pair(&mut self) -> [(Operand, Kind); 2] {
        let at = self.random.below(4);
        match [self.kinds[at], self.kinds[at + 1]] {
            [Some(a), Some(b)] if a.is_number() && b.is_number() && self.random.percent(35) => {
                [(Operand::slot(at as u32), a), (Operand::slot(at as u32 + 1), b)]
            }
            _ => [self.number(false), self.number(false)],
        }
    }

    pub fn two(&mut self, op: Op2, a: Operand, b: Operand, out: u32) {
        self.plan.steps.push(Step::Two { op, a, b, out });
    }

    pub fn made(&mut self, out: u32, kind: Kind) {
        self.kinds[out as usize] = Some(kind);
    }

    /// A step that can be machine code.
    pub fn step(&mut self) {
        match self.random.below(20) {
            0..=9 => self.sum_or_product(),
            10..=11 => self.comparison(),
            12..=13 => self.select(),
            14 => self.count_if(),
            15..=16 => self.sum_times(),
            17 => self.power(),
            _ => self.one(),
        }
    }

    fn one(&mut self) {
        let op = self.random.pick(&[Op1::Minus, Op1::Percent, Op1::CellValue]);
        let (a, Kind::Number { high, low, normalised }) = self.number(op == Op1::CellValue) else { return };
        let out = self.out(&[a]);
        self.plan.steps.push(Step::One { op, a, out });
        let low = low.filter(|_| op != Op1::Minus).map(|low| low - if op == Op1::Percent { 7 } else { 0 });
        self.made(out, Kind::Number { high, low, normalised: normalised || op == Op1::Percent });
    }

    fn power(&mut self) {
        let exponent = self.random.pick(&[1, 2, 3, 4, 5, 7, 16, 31, -1, -2, -6]);
        let (a, Kind::Number { high, low, .. }) = self.number(false) else { return };
        let (high, low) = match low {
            Some(low) if exponent < 0 => (exponent * low, Some(exponent * high)),
            None if exponent < 0 => return,
            low => (exponent * high, low.map(|low| exponent * low)),
        };
        if high > MOST_HIGH || low.is_some_and(|low| low < -MOST_HIGH) {
            return;
        }
        let (exponent, out) = (self.constant(Value::number(exponent.into())), self.out(&[a]));
        self.two(Op2::Operator(BinaryOp::Pow), a, exponent, out);
        self.made(out, Kind::Number { high, low, normalised: false });
    }

    fn sum_or_product(&mut self) {
        use BinaryOp::{Add, Div, Mul, Sub};
        let ops = [
            Op2::Operator(Add),
            Op2::Operator(Sub),
            Op2::Operator(Mul),
            Op2::Operator(Div),
            Op2::LastAdd,
            Op2::LastSub,
            Op2::LastSub,
            Op2::Sum,
            Op2::Min,
            Op2::Max,
            Op2::Times,
        ];
        let op = self.random.pick(&ops);
        let [(a, of_a), (b, of_b)] = self.pair();
        let (Kind::Number { high: x, low: x_low, .. }, Kind::Number { high: y, low: y_low, .. }) =
            (of_a, of_b)
        else {
            return;
        };
        let both = x_low.zip(y_low);
        let (high, low) = match op {
            Op2::Operator(Mul) | Op2::Times => (x + y, both.map(|(x, y)| x + y)),
            Op2::Operator(Div) => match y_low {
                Some(y_low) => (x - y_low, x_low.map(|x_low| x_low - y)),
                None => return,
            },
            Op2::Operator(Sub) | Op2::LastSub => (x.max(y) + 1, None),
            _ => (x.max(y) + 1, both.map(|(x, y)| x.min(y))),
        };
        if high > MOST_HIGH || low.is_some_and(|low| low < -MOST_HIGH) {
            return;
        }
        let out = self.out(&[a, b]);
        self.two(op, a, b, out);
        self.made(out, Kind::Number { high, low, normalised: !matches!(op, Op2::Sum | Op2::Min | Op2::Max) });
    }

    fn comparison(&mut self) {
        let op = self.random.pick(&COMPARISONS);
        let [(a, _), (b, _)] = self.pair();
        let out = self.out(&[a, b]);
        self.two(Op2::Operator(op), a, b, out);
        self.made(out, Kind::Truth);
    }

    fn count_if(&mut self) {
        let op = self.random.pick(&COMPARISONS);
        let ((count, Kind::Number { high, .. }), [(cell, _), (number, _)]) = (self.number(true), self.pair())
        else {
            return;
        };
        if high < MOST_HIGH {
            let out = self.out(&[count, cell]);
            self.plan.steps.push(Step::Three { op: Op3::CountIf(op), a: count, b: cell, c: number, out });
            self.made(out, Kind::Number { high: high + 1, low: None, normalised: true });
        }
    }

    fn sum_times(&mut self) {
        let ((sum, of_sum), [(a, of_a), (b, of_b)]) = (self.number(false), self.pair());
        let [Kind::Number { high, .. }, Kind::Number { high: x, .. }, Kind::Number { high: y, .. }] =
            [of_sum, of_a, of_b]
        else {
            return;
        };
        let high = high.max(x + y) + 1;
        if high <= MOST_HIGH {
            let out = self.out(&[sum, a, b]);
            self.plan.steps.push(Step::Three { op: Op3::SumTimes, a: sum, b: a, c: b, out });
            self.made(out, Kind::Number { high, low: None, normalised: false });
        }
    }

    fn select(&mut self) {
        let Some((truth, _)) = self.slot(|kind| kind == Kind::Truth) else { return };
        self.select_by(truth, None);
    }

    /// A choice, of a given slot if the condition is TRUE.
    pub fn select_by(&mut self, truth: u32, yes: Option<(Operand, Kind)>) {
        let (yes, of_yes) = yes.unwrap_or_else(|| self.choice());
        let (no, of_no) = self.choice();
        let kind = match (of_yes, of_no) {
            (Kind::Number { high: x, .. }, Kind::Number { high: y, .. }) => {
                Kind::Number { high: x.max(y), low: None, normalised: true }
            }
            _ => Kind::Any,
        };
        let truth = Operand::slot(truth);
        let out = self.out(&[truth, yes, no]);
        self.plan.steps.push(Step::Three { op: Op3::Select, a: truth, b: yes, c: no, out });
        self.made(out, kind);
    }

    fn choice(&mut self) -> (Operand, Kind) {
        match (self.random.below(12), self.slot(|kind| kind == Kind::Any)) {
            (0, _) => (self.constant(Value::error(ErrorCode::NA)), Kind::Any),
            (1..=2, Some((slot, kind))) => (Operand::slot(slot), kind),
            _ => self.number(true),
        }
    }
}
