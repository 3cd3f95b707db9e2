//! Functions that are not evaluated like others: lazy forms, forms that give references, and forms that look at
//! where they stand or at the workbook rather than at values.

use super::beyond::refused;
use super::graph::{Term, kinds};
use super::lower::{Abs, At, Choice, Failure, Grid, Lowered, Lowerer, Single, constant};
use super::sheets::Place;
use crate::formula::ast::Expr;
use execd_calc::kernels;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op1, Op2};
use execd_calc::values::value::{ErrorCode, Unpacked, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    /// The result if `name` is one of these functions.
    pub(super) fn special(&mut self, name: &str, args: &[Expr], at: &At) -> Lowered<Option<Abs>> {
        let result = match (name, args) {
            ("IF", [condition, branches @ ..]) if !branches.is_empty() && branches.len() <= 2 => {
                self.if_form(condition, branches, at)
            }
            ("IFERROR", [value, otherwise]) => self.if_error_form(Op1::IsError, value, otherwise, at),
            ("IFNA", [value, otherwise]) => self.if_error_form(Op1::IsNA, value, otherwise, at),
            ("IFS", pairs) if !pairs.is_empty() && pairs.len() % 2 == 0 => self.ifs_form(pairs, at),
            ("SWITCH", [subject, cases @ ..]) if cases.len() >= 2 => self.switch_form(subject, cases, at),
            ("CHOOSE", [index, choices @ ..]) if !choices.is_empty() => self.choose_form(index, choices, at),
            ("LET", args) => self.let_form(args, at),
            ("LAMBDA", args) => self.lambda_form(args, at),
            ("MAP" | "REDUCE" | "SCAN" | "BYROW" | "BYCOL" | "MAKEARRAY", args) => {
                self.higher_order(name, args, at)
            }
            ("ISOMITTED", [arg]) => {
                let omitted = matches!(self.lower(arg, at)?, Abs::Omitted);
                Ok(constant(Value::bool(omitted)))
            }
            ("INDEX", [array, rest @ ..]) if !rest.is_empty() => return self.index_form(array, args, at),
            ("OFFSET", [_, _, _, ..]) => self.offset_form(args, at),
            ("INDIRECT", [_] | [_, _]) => self.indirect_form(args, at),
            ("ROW", args) => return self.row_or_column(args, at, true),
            ("COLUMN", args) => return self.row_or_column(args, at, false),
            ("ROWS" | "COLUMNS", [arg]) => return self.count_form(arg, at, name == "ROWS"),
            ("ISREF", [arg]) => {
                let is_reference = self.lower_places(arg, at)?.is_ok();
                Ok(constant(Value::bool(is_reference)))
            }
            ("AREAS", [arg]) => match self.lower_places(arg, at)? {
                Ok(places) => Ok(constant(Value::number(places.len() as f64))),
                Err(_) => Ok(super::call::error(ErrorCode::Value)),
            },
            ("SHEET" | "SHEETS" | "ISFORMULA" | "FORMULATEXT" | "CELL", args) => {
                return self.about_cells(name, args, at);
            }
            ("SUBTOTAL", [_, _, ..]) => self.subtotal_form(args, at),
            ("AGGREGATE", [_, _, _, ..]) => self.aggregate_form(args, at),
            ("HYPERLINK", [link, rest @ ..]) => self.lower(rest.first().unwrap_or(link), at),
            _ => return Ok(None),
        };
        result.map(Some)
    }

    fn if_form(&mut self, condition: &Expr, branches: &[Expr], at: &At) -> Lowered<Abs> {
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

    /// A branch that is missing is FALSE; one that is left empty is 0.
    fn branch(&mut self, branch: Option<&Expr>, at: &At) -> Lowered<Abs> {
        match branch {
            None => Ok(constant(Value::FALSE)),
            Some(Expr::Omitted) => Ok(constant(Value::ZERO)),
            Some(branch) => self.lower(branch, at),
        }
    }

    pub(super) fn choose_between(&mut self, truth: &Single, yes: Abs, no: Abs, at: &At) -> Lowered<Abs> {
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

    fn if_error_form(&mut self, test: Op1, value: &Expr, otherwise: &Expr, at: &At) -> Lowered<Abs> {
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

    fn ifs_form(&mut self, pairs: &[Expr], at: &At) -> Lowered<Abs> {
        let [condition, value, rest @ ..] = pairs else { return Ok(super::call::error(ErrorCode::NA)) };
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

    fn switch_form(&mut self, subject: &Expr, cases: &[Expr], at: &At) -> Lowered<Abs> {
        let inner = at.for_value();
        let subject = self.lower(subject, &inner)?;
        let subject = self.single(subject, &inner)?;
        self.switch_cases(&subject, cases, at)
    }

    fn switch_cases(&mut self, subject: &Single, cases: &[Expr], at: &At) -> Lowered<Abs> {
        let (candidate, value, rest) = match cases {
            [] => return Ok(super::call::error(ErrorCode::NA)),
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

    fn choose_form(&mut self, index: &Expr, choices: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &at.unforced();
        let inner = at.for_value();
        let index = self.lower(index, &inner)?;
        let index = self.single(index, &inner)?;
        let whole = self.map(&[&index], |graph, terms| {
            let truncate = kernels::find("TRUNC");
            match (truncate, terms) {
                (Some(truncate), [term]) => graph.call(truncate, &[super::graph::Argument::Term(*term)]),
                _ => Term::Const(Value::error(ErrorCode::Value)),
            }
        })?;
        let whole = self.single(whole, &inner)?;
        if let Single::One(Term::Const(known)) = whole {
            return match known.unpack() {
                Unpacked::Number(x) if x >= 1.0 => match choices.get(x as usize - 1) {
                    Some(choice) => self.branch(Some(choice), at),
                    None => Ok(super::call::error(ErrorCode::Value)),
                },
                Unpacked::Error(code) => Ok(super::call::error(code)),
                _ => Ok(super::call::error(ErrorCode::Value)),
            };
        }
        let mut result = super::call::error(ErrorCode::Value);
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

    fn row_or_column(&mut self, args: &[Expr], at: &At, row: bool) -> Lowered<Option<Abs>> {
        let number = |x: u32| Term::Const(Value::number(f64::from(x) + 1.0));
        let place = match args {
            [] => Place::cell(at.cell.sheet, at.cell.row, at.cell.col),
            [arg] => match self.lower_places(arg, &At { array: true, ..at.clone() })? {
                Ok(places) => match *places {
                    [place] => place,
                    _ => return Ok(Some(super::call::error(ErrorCode::Ref))),
                },
                Err(Abs::Term(Term::Const(value))) if value.is_error() => return Ok(Some(constant(value))),
                Err(_) => return Ok(Some(super::call::error(ErrorCode::Value))),
            },
            _ => return Ok(None),
        };
        let (first, count) = if row {
            (place.area.first_row, self.sheets.clipped(&place).0)
        } else {
            (place.area.first_col, self.sheets.clipped(&place).1)
        };
        if !at.array || count == 1 {
            return Ok(Some(Abs::Term(number(first))));
        }
        let terms = (first..first + count as u32).map(number).collect();
        let (rows, cols) = if row { (count, 1) } else { (1, count) };
        Ok(Some(Abs::Grid(Rc::new(Grid::new(rows, cols, terms)))))
    }

    fn count_form(&mut self, arg: &Expr, at: &At, rows: bool) -> Lowered<Option<Abs>> {
        let shape = match self.lower(arg, &At { array: true, ..at.clone() })? {
            Abs::Places(places) => match *places {
                [place] => (place.rows(), place.cols()),
                _ => return Ok(Some(super::call::error(ErrorCode::Ref))),
            },
            other => match self.single(other, at)? {
                Single::Many(grid) if grid.beyond.is_some() => {
                    return Err(refused(if rows { "ROWS" } else { "COLUMNS" }));
                }
                Single::Many(grid) => (grid.rows, grid.cols),
                Single::One(Term::Const(value)) if value.is_error() => return Ok(Some(constant(value))),
                Single::One(Term::Const(_)) => (1, 1),
                Single::One(_) => return Ok(None),
            },
        };
        let count = if rows { shape.0 } else { shape.1 };
        Ok(Some(constant(Value::number(count as f64))))
    }
}
