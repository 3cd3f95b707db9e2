//! From expressions to terms of the graph, by partial evaluation: what is known is calculated now.

use super::at::At;
use super::failure::{Failure, Lowered};
use super::lowerer::Lowerer;
use super::values::{Abs, Grid, constant};
use crate::compile::graph::Graph;
use crate::formula::ast::Expr;
use execd_calc::semantics::operator::{BinaryOp, UnaryOp};
use execd_calc::semantics::primitive::Op1;
use execd_calc::values::value::Value;
use std::rc::Rc;

/// Expressions, names and dynamic references nested deeper than this are refused.
const MAX_DEPTH: usize = 200;

impl Lowerer<'_> {
    pub fn lower(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        if self.depth >= MAX_DEPTH {
            return Err(Failure::unsupported("the formula, or what it refers to, is nested too deeply"));
        }
        self.graph.check()?;
        self.depth += 1;
        let result = self.lower_inner(expr, at);
        self.depth -= 1;
        result
    }

    fn lower_inner(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        match expr {
            Expr::Number(x) => Ok(constant(Value::number(*x))),
            Expr::Text(text) => Ok(Abs::Term(self.graph.text(text))),
            Expr::Bool(b) => Ok(constant(Value::bool(*b))),
            Expr::Error(code) => Ok(constant(Value::error(*code))),
            Expr::Omitted => Ok(Abs::Omitted),
            Expr::Array { rows, cols, cells } => {
                let mut terms = Vec::with_capacity(cells.len());
                for cell in cells {
                    match self.lower(cell, at)? {
                        Abs::Term(term) => terms.push(term),
                        _ => {
                            return Err(Failure::unsupported(
                                "an array constant holds something that is not a constant",
                            ));
                        }
                    }
                }
                Ok(Abs::Grid(Rc::new(Grid::new(*rows, *cols, terms))))
            }
            Expr::Unary(op, operand) => {
                let at = &at.for_value();
                let operand = self.lower(operand, at)?;
                if *op == UnaryOp::Plus {
                    return Ok(operand);
                }
                let operand = self.single(operand, at)?;
                let op = if *op == UnaryOp::Minus { Op1::Minus } else { Op1::Percent };
                Ok(self.map_one(op, operand))
            }
            Expr::Binary(BinaryOp::Concat, ..) => self.joined(expr, &at.for_value()),
            Expr::Binary(..) => self.chained(expr, &at.for_value()),
            Expr::Call { name, args } => self.call(name, args, at),
            Expr::Invoke { callee, args } => self.invoke(callee, args, at),
            _ => self.lower_reference(expr, at),
        }
    }

    /// A chain of operators, `a+b+c+…`. A loop walks it, because a long sum would exceed `MAX_DEPTH`.
    fn chained(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        let (mut links, mut first) = (Vec::new(), expr);
        while let Expr::Binary(op, left, right) = first
            && *op != BinaryOp::Concat
        {
            links.push((*op, &**right));
            first = left;
        }
        let mut value = self.lower(first, at)?;
        for (op, right) in links.into_iter().rev() {
            let left = self.single(value, at)?;
            let right = self.lower(right, at)?;
            let right = self.single(right, at)?;
            value = self.map_two(op, &left, &right)?;
        }
        Ok(value)
    }

    /// A chain of `&` as one operation.
    fn joined(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        let (mut parts, mut chain) = (Vec::new(), expr);
        while let Expr::Binary(BinaryOp::Concat, left, right) = chain {
            parts.push(&**right);
            chain = left;
        }
        parts.push(chain);
        let mut operands = Vec::with_capacity(parts.len());
        for part in parts.into_iter().rev() {
            let part = self.lower(part, at)?;
            operands.push(self.single(part, at)?);
        }
        self.map(&operands.iter().collect::<Vec<_>>(), Graph::join)
    }
}
