//! Operators on texts become calls of functions. A chain of `&` is one call, and calls remember their results for equal
//! texts.

use super::node::{Argument, Op, Term, kinds};
use super::program::Graph;
use execd_calc::kernels;
use execd_calc::kernels::text::infix;
use execd_calc::semantics::function::Function;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::Op2;
use execd_calc::values::value::Value;

impl Graph {
    /// The function that stands for an operator on texts.
    pub fn on_texts(&self, op: BinaryOp, a: Term, b: Term) -> Option<&'static Function> {
        let is_text = |term: Term| term.constant().is_some_and(Value::is_text);
        let known = is_text(a) || is_text(b);
        match op {
            BinaryOp::Concat => kernels::find(infix::JOIN),
            BinaryOp::Eq if known => kernels::find(infix::EQUAL),
            BinaryOp::Ne if known => kernels::find(infix::DIFFERENT),
            _ => None,
        }
    }

    pub fn operator_call(
        &mut self,
        op: BinaryOp,
        function: &'static Function,
        arguments: &[Argument],
    ) -> Term {
        let kinds = if op == BinaryOp::Concat { kinds::TEXT } else { kinds::BOOL };
        self.share(Op::Call(function), arguments, kinds | kinds::ERROR)
    }

    /// `a & b & ...`, from left to right.
    pub fn join(&mut self, terms: &[Term]) -> Term {
        let single = terms.iter().all(|&term| self.kinds(term) & kinds::ARRAY == 0);
        let varies = terms.iter().any(|term| term.constant().is_none());
        match kernels::find(infix::JOIN) {
            Some(join) if single && varies && terms.len() < 255 => {
                let arguments: Vec<Argument> = terms.iter().copied().map(Argument::Term).collect();
                self.operator_call(BinaryOp::Concat, join, &arguments)
            }
            _ => {
                let concat = Op2::Operator(BinaryOp::Concat);
                let joined = terms.iter().copied().reduce(|left, right| self.two(concat, left, right));
                joined.unwrap_or(Term::Const(Value::BLANK))
            }
        }
    }
}
