//! MAP, REDUCE, SCAN, BYROW and BYCOL over arrays whose size depends on a record. They are expanded to the largest
//! size that the array can have, and the result is cut to the size that it has.

use super::table::Form;
use crate::compile::graph::Term;
use crate::compile::graph::array_bounds::{self, Bounds};
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Closure, Single};
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

/// How many elements a LAMBDA may be repeated for. Each repetition is a copy of its body.
const MAX_ELEMENTS: usize = 10_000;
impl Lowerer<'_> {
    pub fn map_by_record(&mut self, closure: &Rc<Closure>, operands: &[Single], at: &At) -> Lowered<Abs> {
        let whole: Vec<Term> = operands.iter().map(|operand| self.whole(operand)).collect();
        let mut most = (1, 1);
        for &term in &whole {
            most = array_bounds::union(most, self.known_bounds(Form::Map, term)?);
        }
        let mut results = Vec::new();
        for row in 0..most.0 as u32 {
            for col in 0..most.1 as u32 {
                let values =
                    whole.iter().map(|&term| Abs::Term(self.graph.element(term, row, col))).collect();
                results.push(self.applied_term(closure, values, at)?);
            }
        }
        let packed = self.graph.pack(most.0, most.1, &results);
        let rows = self.longest("ROWS", &whole);
        let cols = self.longest("COLUMNS", &whole);
        Ok(Abs::Term(self.graph.call_named("TAKE", &[packed, rows, cols])))
    }

    pub fn fold_by_record(
        &mut self,
        form: Form,
        closure: &Rc<Closure>,
        start: &Single,
        array: Term,
        at: &At,
    ) -> Lowered<Abs> {
        let (rows, cols) = self.known_bounds(form, array)?;
        let scan = form == Form::Scan;
        let line = self.graph.call_named("TOROW", &[array]);
        let length = self.side("COLUMNS", line);
        let at = &At { array: true, ..at.for_value() };
        let (mut total, mut results) = (Abs::from(start.clone()), Vec::new());
        for position in 0..rows * cols {
            let element = Abs::Term(self.graph.element(line, 0, position as u32));
            let applied = self.apply_values(closure, vec![total.clone(), element], at)?;
            if scan {
                results.push(self.one_value(applied.clone(), at)?);
            }
            // The first element needs no condition: an array has at least one.
            total = if position == 0 {
                applied
            } else {
                let position = Term::Const(Value::number(position as f64));
                let inside = self.graph.two(Op2::Operator(BinaryOp::Gt), length, position);
                self.choose_between(&Single::One(inside), applied, total, at)?
            };
        }
        if !scan {
            return Ok(total);
        }
        let packed = self.graph.pack(1, results.len(), &results);
        let one = Term::Const(Value::number(1.0));
        let used = self.graph.call_named("TAKE", &[packed, one, length]);
        let width = self.side("COLUMNS", array);
        Ok(Abs::Term(self.graph.call_named("WRAPROWS", &[used, width])))
    }

    pub fn slices_by_record(
        &mut self,
        form: Form,
        closure: &Rc<Closure>,
        array: Term,
        at: &At,
    ) -> Lowered<Abs> {
        let (rows, cols) = self.known_bounds(form, array)?;
        let by_row = form == Form::ByRow;
        let (count, slice, side) =
            if by_row { (rows, "CHOOSEROWS", "ROWS") } else { (cols, "CHOOSECOLS", "COLUMNS") };
        let mut results = Vec::new();
        for position in 0..count {
            let number = Term::Const(Value::number(position as f64 + 1.0));
            let slice = self.graph.call_named(slice, &[array, number]);
            results.push(self.applied_term(closure, vec![Abs::Term(slice)], at)?);
        }
        let length = self.side(side, array);
        let one = Term::Const(Value::number(1.0));
        let (packed, rows, cols) = if by_row {
            (self.graph.pack(count, 1, &results), length, one)
        } else {
            (self.graph.pack(1, count, &results), one, length)
        };
        Ok(Abs::Term(self.graph.call_named("TAKE", &[packed, rows, cols])))
    }

    /// The result of a LAMBDA for one element. An array of several values is `#CALC!`.
    pub fn one_value(&mut self, result: Abs, at: &At) -> Lowered<Term> {
        let nested = Term::Const(Value::error(ErrorCode::Calc));
        let term = match self.single(result, at)? {
            Single::Many(grid) if grid.terms.len() == 1 => return Ok(grid.at(0, 0)),
            Single::Many(_) => return Ok(nested),
            Single::One(term) if !self.graph.is_array(term) => return Ok(term),
            Single::One(term) => term,
        };
        let sides = [self.side("ROWS", term), self.side("COLUMNS", term)];
        let count = self.graph.two(Op2::Operator(BinaryOp::Mul), sides[0], sides[1]);
        let one = Term::Const(Value::number(1.0));
        let several = self.graph.two(Op2::Operator(BinaryOp::Gt), count, one);
        let first = self.graph.element(term, 0, 0);
        Ok(self.graph.three(Op3::Select, several, nested, first))
    }

    /// The array, or `#SPILL!` if a record makes it larger than the cells kept free for it.
    pub fn within(&mut self, array: Term, (rows, cols): Bounds) -> Term {
        let most = array_bounds::of(&self.graph, array);
        let spill = Term::Const(Value::error(ErrorCode::Spill));
        let mut result = array;
        for (function, side, most) in
            [("ROWS", rows, most.map(|most| most.0)), ("COLUMNS", cols, most.map(|most| most.1))]
        {
            if most.is_some_and(|most| most <= side) {
                continue;
            }
            let limit = Term::Const(Value::number(side as f64));
            let length = self.side(function, array);
            let beyond = self.graph.two(Op2::Operator(BinaryOp::Gt), length, limit);
            result = self.graph.three(Op3::Select, beyond, spill, result);
        }
        result
    }

    /// How many rows or columns an array has. An error is one value.
    fn side(&mut self, function: &str, array: Term) -> Term {
        let side = self.graph.call_named(function, &[array]);
        let failed = self.graph.one(Op1::IsError, side);
        self.graph.three(Op3::Select, failed, Term::Const(Value::number(1.0)), side)
    }

    fn longest(&mut self, function: &str, arrays: &[Term]) -> Term {
        let mut longest = Term::Const(Value::number(1.0));
        for &array in arrays {
            let side = self.side(function, array);
            longest = self.graph.two(Op2::Max, longest, side);
        }
        longest
    }

    fn known_bounds(&mut self, form: Form, array: Term) -> Lowered<Bounds> {
        let name = form.name();
        match array_bounds::of(&self.graph, array) {
            Some((rows, cols)) if rows.saturating_mul(cols) <= MAX_ELEMENTS => Ok((rows, cols)),
            Some((rows, cols)) => Err(Failure::unsupported(format!(
                "{name} over an array whose size depends on an input, up to {rows} x {cols}, more than \
                 {MAX_ELEMENTS} elements"
            ))),
            None => Err(Failure::unsupported(format!(
                "{name} over an array whose size depends on an input, without a known limit"
            ))),
        }
    }
}
