//! Steps of random plans that cannot be machine code or that come in groups: calls, regions, whose values are chosen by
//! their condition, and powers that climb from others of their base.

use super::plans::{Draft, Kind, MOST_HIGH};
use crate::kernels;
use crate::math::power::climb;
use crate::plan::{Argument, Content, Operand, PlanRange, Step};
use crate::semantics::function::Function;
use crate::semantics::operator::BinaryOp;
use crate::semantics::primitive::{Op1, Op2};
use crate::values::range::Origin;
use crate::values::value::Value;

impl Draft<'_> {
    /// A step that ends a segment.
    pub fn other_step(&mut self) {
        let (a, kind) = self.number(true);
        let Kind::Number { high, .. } = kind else { return };
        let out = self.out(&[a]);
        let choice = self.random.below(7);
        match choice {
            0 | 1 => {
                let op = if choice == 0 { Op1::Truth } else { Op1::IsError };
                self.plan.steps.push(Step::One { op, a, out });
                self.made(out, Kind::Truth);
            }
            2 if 2 * high <= MOST_HIGH => {
                let square = self.constant(Value::number(2.0));
                self.two(Op2::Operator(BinaryOp::Pow), a, square, out);
                self.made(out, Kind::Number { high: 2 * high, low: None, normalised: true });
            }
            3 => {
                self.call("ABS", a, out);
                self.made(out, Kind::Number { high, low: None, normalised: true });
            }
            4 => {
                self.call("ISNUMBER", a, out);
                self.made(out, Kind::Truth);
            }
            5 => {
                self.sum_of_range(out);
                self.made(out, Kind::Number { high: MOST_HIGH, low: None, normalised: true });
            }
            _ => {
                let Some((any, _)) = self.slot(|kind| kind == Kind::Any) else { return };
                let op = self.random.pick(&[Op1::Truth, Op1::IsError]);
                self.plan.steps.push(Step::One { op, a: Operand::slot(any), out });
                self.made(out, Kind::Truth);
            }
        }
    }

    fn call(&mut self, name: &str, a: Operand, out: u32) {
        let function: &'static Function = kernels::find(name).unwrap();
        let first = self.arguments(&[a]);
        self.plan.steps.push(Step::Call { function, first, count: 1, out });
    }

    /// SUM of cells that are slots.
    fn sum_of_range(&mut self, out: u32) {
        let cells: Vec<Operand> = (0..3).map(|_| self.number(true).0).collect();
        let (rows, range) = (cells.len(), self.plan.ranges.len() as u32);
        let content = Content::Operands { first: self.plan.cells.len() as u32 };
        self.plan.cells.extend(cells);
        let origin = Origin { sheet: 0, row: 0, col: 0 };
        self.plan.ranges.push(PlanRange { rows, cols: 1, used_rows: rows, used_cols: 1, origin, content });
        let first = self.plan.arguments.len() as u32;
        self.plan.arguments.push(Argument::Range(range));
        let function: &'static Function = kernels::find("SUM").unwrap();
        self.plan.steps.push(Step::Call { function, first, count: 1, out });
    }

    fn arguments(&mut self, operands: &[Operand]) -> u32 {
        let first = self.plan.arguments.len() as u32;
        self.plan.arguments.extend(operands.iter().map(|operand| Argument::Operand(*operand)));
        first
    }

    /// Steps in a region, for the records whose condition asks for them.
    pub fn region(&mut self) {
        let Some((truth, _)) = self.slot(|kind| kind == Kind::Truth) else { return };
        let at = self.plan.steps.len();
        self.plan.steps.push(Step::Enter { truth: Operand::slot(truth), when: true, end: 0 });
        self.kept.push(truth);
        let result = self.free();
        let (mut a, of_a) = self.number(true);
        let mut high = if let Kind::Number { high, .. } = of_a { high } else { 0 };
        for op in [BinaryOp::Mul, BinaryOp::Add, BinaryOp::Sub] {
            let (b, of_b) = self.number(true);
            self.two(Op2::Operator(op), a, b, result);
            high += if let Kind::Number { high, .. } = of_b { high + 1 } else { 0 };
            (a, self.kinds[result as usize]) = (Operand::slot(result), None);
        }
        let kind = Kind::Number { high, low: None, normalised: true };
        self.plan.steps.push(Step::Leave);
        let after = self.plan.steps.len() as u32;
        if let Step::Enter { end, .. } = &mut self.plan.steps[at] {
            *end = after;
        }
        self.kept.clear();
        self.select_by(truth, Some((Operand::slot(result), kind)));
    }

    /// A slot that only certain steps read and write for a while.
    fn keep(&mut self) -> u32 {
        let slot = self.free();
        self.kept.push(slot);
        self.kinds[slot as usize] = None;
        slot
    }

    /// Powers of one base, each from the one before, with other steps in between. The last may take the base's slot.
    pub fn powers(&mut self) {
        let positive =
            |kind| matches!(kind, Kind::Number { high, low: Some(low), .. } if high < 20 && low > -20);
        let Some((base, _)) = self.slot(positive) else { return };
        self.kept.push(base);
        let [ln, ln_rest, by, by_rest, mut from, mut from_rest, mut out, mut rest] =
            [(); 8].map(|()| self.keep());
        let a = Operand::slot(base);
        let step = 0.25 + self.random.unit();
        let mut exponent = self.random.unit();
        let reach = self.constant(Value::number(8.0));
        self.plan.steps.push(Step::Ln { a, out: ln, rest: ln_rest });
        for (x, out, rest) in [(step, by, by_rest), (exponent, from, from_rest)] {
            let b = self.constant(Value::number(x));
            self.plan.steps.push(Step::FirstPower { a, b, reach, out, rest });
        }
        for left in (0..3).rev() {
            let next = exponent + step;
            let Some(remainder) = climb::remainder(next, exponent, step) else { break };
            let [b, remainder] = [next, remainder].map(|x| self.constant(Value::number(x)));
            let pairs = [from, from_rest, by, by_rest, ln].map(Operand::slot);
            let first = self.arguments(&[a, b, pairs[0], pairs[1], pairs[2], pairs[3], pairs[4], remainder]);
            let to = if left == 0 && self.random.percent(70) { base } else { out };
            self.plan.steps.push(Step::NextPower { first, out: to, rest });
            self.made(to, Kind::Number { high: 100, low: Some(-100), normalised: true });
            ((from, out), (from_rest, rest), exponent) = ((to, from), (rest, from_rest), next);
            for _ in 0..self.random.below(3) {
                self.step();
            }
            self.kinds[from as usize] = None;
        }
        self.kept.clear();
        self.made(from, Kind::Number { high: 100, low: Some(-100), normalised: true });
    }
}
