//! Functions that evaluate only what they choose: IF, IFERROR, IFNA, IFS, SWITCH, CHOOSE.

use crate::compile::graph::{Argument, Term, kinds};
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Choice, Single, constant, error};
use crate::formula::ast::Expr;
use execd_calc::kernels;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op1, Op2};
use execd_calc::values::value::{ErrorCode, Unpacked, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    pub fn if_form(&mut self, condition: &Expr, branches: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &at.unforced();
        let truth = self.truth_of(condition, at)?;
        if let Single::One(Term::Const(value)) = truth {
            return match value.unpack() {
                Unpacked::Bool(true) => self.branch(branches.first(), at),
                Unpacked::Bool(false) => self.branch(branches.get(1), at),
                _ => Ok(constant(value)),
            };
        }
        let yes = self.branch(branches.first(), at)?;
        let no = self.branch(branches.get(1), at)?;
        self.choose_between(&truth, yes, no, at)
    }

    fn truth_of(&mut self, condition: &Expr, at: &At) -> Lowered<Single> {
        let at = &at.for_value();
        let condition = self.lower(condition, at)?;
        let condition = self.single(condition, at)?;
        let truth = self.map_one(Op1::Truth, condition);
        self.single(truth, at)
    }

    /// A missing branch is FALSE. An empty one is 0.
    fn branch(&mut self, branch: Option<&Expr>, at: &At) -> Lowered<Abs> {
        match branch {
            None => Ok(constant(Value::FALSE)),
            Some(Expr::Omitted) => Ok(constant(Value::ZERO)),
            Some(branch) => self.lower(branch, at),
        }
    }

    pub fn choose_between(&mut self, truth: &Single, yes: Abs, no: Abs, at: &At) -> Lowered<Abs> {
        if matches!(yes, Abs::Lambda(_)) || matches!(no, Abs::Lambda(_)) {
            return Err(Failure::unsupported("a LAMBDA that depends on an input"));
        }
        let Single::One(one) = *truth else { return self.choose_by_element(truth, yes, no, at) };
        if self.graph.is_array(one) {
            return self.choose_by_element(truth, yes, no, at);
        }
        if at.wants_range && !(matches!((&yes, &no), (Abs::Term(_), Abs::Term(_)))) {
            return Ok(Abs::Choice(Rc::new(Choice { truth: one, yes, no })));
        }
        let (yes, no) = (self.single(yes, at)?, self.single(no, at)?);
        self.select_whole(one, &yes, &no)
    }

    fn choose_by_element(&mut self, truth: &Single, yes: Abs, no: Abs, at: &At) -> Lowered<Abs> {
        let at = &At { array: at.array || at.wants_range, ..at.clone() };
        let (yes, no) = (self.single(yes, at)?, self.single(no, at)?);
        self.map_select(truth, &yes, &no)
    }

    pub fn if_error_form(&mut self, test: Op1, value: &Expr, otherwise: &Expr, at: &At) -> Lowered<Abs> {
        let value = self.lower(value, at)?;
        let value = match self.single(value, at)? {
            Single::One(term) if self.graph.kinds(term) & kinds::ARRAY == 0 => {
                Single::One(self.graph.one(Op1::CellValue, term))
            }
            single => single,
        };
        let failed = self.map_one(test, value.clone());
        let failed = self.single(failed, at)?;
        if let Single::One(Term::Const(failed)) = failed {
            return if failed.same(Value::TRUE) {
                self.branch(Some(otherwise), at)
            } else {
                Ok(value.into())
            };
        }
        let otherwise = self.branch(Some(otherwise), at)?;
        self.choose_between(&failed, otherwise, value.into(), at)
    }

    pub fn ifs_form(&mut self, pairs: &[Expr], at: &At) -> Lowered<Abs> {
        let [condition, value, rest @ ..] = pairs else { return Ok(error(ErrorCode::NA)) };
        let truth = self.truth_of(condition, at)?;
        if let Single::One(Term::Const(known)) = truth {
            return match known.unpack() {
                Unpacked::Bool(true) => self.branch(Some(value), at),
                Unpacked::Bool(false) => self.ifs_form(rest, at),
                _ => Ok(constant(known)),
            };
        }
        let yes = self.branch(Some(value), at)?;
        let no = self.ifs_form(rest, at)?;
        self.choose_between(&truth, yes, no, at)
    }

    pub fn switch_form(&mut self, subject: &Expr, cases: &[Expr], at: &At) -> Lowered<Abs> {
        let inner = at.for_value();
        let subject = self.lower(subject, &inner)?;
        let subject = self.single(subject, &inner)?;
        self.switch_cases(&subject, cases, at)
    }

    fn switch_cases(&mut self, subject: &Single, cases: &[Expr], at: &At) -> Lowered<Abs> {
        let (candidate, value, rest) = match cases {
            [] => return Ok(error(ErrorCode::NA)),
            [otherwise] => return self.branch(Some(otherwise), at),
            [candidate, value, rest @ ..] => (candidate, value, rest),
        };
        let inner = at.for_value();
        let candidate = self.lower(candidate, &inner)?;
        let candidate = self.single(candidate, &inner)?;
        let equal = self.map(&[subject, &candidate], |graph, terms| match *terms {
            [a, b] => graph.two(Op2::Operator(BinaryOp::Eq), a, b),
            _ => Term::Const(Value::FALSE),
        })?;
        let equal = self.single(equal, &inner)?;
        if let Single::One(Term::Const(known)) = equal {
            return match known.unpack() {
                Unpacked::Bool(true) => self.branch(Some(value), at),
                Unpacked::Bool(false) => self.switch_cases(subject, rest, at),
                _ => Ok(constant(known)),
            };
        }
        let yes = self.branch(Some(value), at)?;
        let no = self.switch_cases(subject, rest, at)?;
        self.choose_between(&equal, yes, no, at)
    }

    pub fn choose_form(&mut self, index: &Expr, choices: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &at.unforced();
        let inner = at.for_value();
        let index = self.lower(index, &inner)?;
        let index = self.single(index, &inner)?;
        let whole = self.map(&[&index], |graph, terms| {
            let truncate = kernels::find("TRUNC");
            match (truncate, terms) {
                (Some(truncate), [term]) => graph.call(truncate, &[Argument::Term(*term)]),
                _ => Term::Const(Value::error(ErrorCode::Value)),
            }
        })?;
        let whole = self.single(whole, &inner)?;
        if let Single::One(Term::Const(known)) = whole {
            return match known.unpack() {
                Unpacked::Number(x) if x >= 1.0 => match choices.get(x as usize - 1) {
                    Some(choice) => self.branch(Some(choice), at),
                    None => Ok(error(ErrorCode::Value)),
                },
                Unpacked::Error(code) => Ok(error(code)),
                _ => Ok(error(ErrorCode::Value)),
            };
        }
        let mut result = error(ErrorCode::Value);
        for (position, choice) in choices.iter().enumerate().rev() {
            let number = Single::One(Term::Const(Value::number(position as f64 + 1.0)));
            let chosen = self.map(&[&whole, &number], |graph, terms| match *terms {
                [a, b] => graph.two(Op2::Operator(BinaryOp::Eq), a, b),
                _ => Term::Const(Value::FALSE),
            })?;
            let chosen = self.single(chosen, &inner)?;
            let choice = self.branch(Some(choice), at)?;
            result = self.choose_between(&chosen, choice, result, at)?;
        }
        Ok(result)
    }
}
