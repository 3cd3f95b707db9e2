//! A whole formula. Its last operation is special if it is `+` or `-`.

use super::at::At;
use super::failure::Lowered;
use super::lowerer::Lowerer;
use super::values::Abs;
use crate::compile::graph::Term;
use crate::formula::ast::Expr;
use crate::workbook::{CellAddress, CellFormula};
use execd_calc::kernels::arrays::record;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::Op2;
use execd_calc::values::value::{ErrorCode, Value};

impl Lowerer<'_> {
    /// Lowers a whole formula. As its last operation, `+` and `-` give 0 where the operands agree in 15 digits,
    /// unless the formula is in parentheses.
    pub fn lower_root(&mut self, tree: &Expr, at: &At) -> Lowered<Abs> {
        let op = match tree {
            Expr::Binary(BinaryOp::Add, ..) => Op2::LastAdd,
            Expr::Binary(BinaryOp::Sub, ..) => Op2::LastSub,
            _ => return self.lower(tree, at),
        };
        let Expr::Binary(_, left, right) = tree else { return self.lower(tree, at) };
        if self.in_parentheses(at.cell) {
            return self.lower(tree, at);
        }
        let left = self.lower(left, at)?;
        let left = self.single(left, at)?;
        let right = self.lower(right, at)?;
        let right = self.single(right, at)?;
        self.map(&[&left, &right], |graph, terms| match *terms {
            [left, right] if graph.is_array(left) || graph.is_array(right) => {
                graph.call_named(if op == Op2::LastAdd { record::LAST_ADD } else { record::LAST_SUB }, terms)
            }
            [left, right] => graph.two(op, left, right),
            _ => Term::Const(Value::error(ErrorCode::Value)),
        })
    }

    fn in_parentheses(&self, at: CellAddress) -> bool {
        let text: &str = match self.cell(at).and_then(|cell| cell.formula.as_ref()) {
            Some(CellFormula::Normal(text))
            | Some(CellFormula::Array { text, .. })
            | Some(CellFormula::Dynamic { text, .. }) => text,
            Some(CellFormula::Shared { text, .. }) => text,
            _ => return false,
        };
        is_parenthesised(text)
    }
}

/// True for `(A1-B1)`, false for `(A1)-(B1)`.
fn is_parenthesised(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with('(') {
        return false;
    }
    let (mut depth, mut quote) = (0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    false
}
