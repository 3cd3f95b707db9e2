//! LET, LAMBDA and the functions that apply one. They are expanded: each use is lowered for itself.

use super::table::Form;
use crate::compile::graph::Term;
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::memo::Use;
use crate::compile::lower::values::{
    Abs, Closure, Grid, MAX_GRID_CELLS, Scope, Single, Variable, constant, error,
};
use crate::formula::ast::{Expr, TableReference};
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    pub fn let_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let Some((body, bindings)) = args.split_last() else { return Err(wrong(Form::Let)) };
        let mut inner = at.clone();
        for pair in bindings.chunks(2) {
            let [Expr::Name { name, .. }, value] = pair else { return Err(wrong(Form::Let)) };
            let value = self.lower(value, &inner)?;
            inner.scope = bind(inner.scope, name, value);
        }
        self.lower(body, &inner)
    }

    pub fn lambda_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let Some((body, parameters)) = args.split_last() else { return Err(wrong(Form::Lambda)) };
        let mut names = Vec::new();
        for parameter in parameters {
            names.push(match parameter {
                Expr::Name { name, .. } => name.strip_prefix("_xlop.").unwrap_or(name).into(),
                // An optional parameter, `[y]`, parses as a column of the table around the formula.
                Expr::Table(TableReference { table: None, columns: Some((name, last)), .. })
                    if name == last =>
                {
                    name.clone()
                }
                _ => return Err(wrong(Form::Lambda)),
            });
        }
        Ok(Abs::Lambda(Rc::new(Closure { parameters: names, body: body.clone(), scope: at.scope.clone() })))
    }

    pub fn invoke(&mut self, callee: &Expr, args: &[Expr], at: &At) -> Lowered<Abs> {
        match self.lower(callee, at)? {
            Abs::Lambda(closure) => self.apply(&closure, args, at),
            Abs::Choice(_) | Abs::Term(Term::Node(_)) => {
                Err(Failure::unsupported("a call of something that depends on an input"))
            }
            _ => Ok(error(ErrorCode::Ref)),
        }
    }

    pub fn apply(&mut self, closure: &Rc<Closure>, args: &[Expr], at: &At) -> Lowered<Abs> {
        let mut values = Vec::with_capacity(args.len());
        for arg in args {
            values.push(self.lower(arg, at)?);
        }
        self.apply_values(closure, values, at)
    }

    /// Lowers the body with values for the parameters. A missing value is an omitted argument.
    pub fn apply_values(&mut self, closure: &Rc<Closure>, values: Vec<Abs>, at: &At) -> Lowered<Abs> {
        if values.len() > closure.parameters.len() {
            return Ok(error(ErrorCode::Value));
        }
        let this = Use::new(closure, &values, at);
        if let Some(known) = self.memo.applied(&this) {
            return Ok(known);
        }
        self.graph.keep_use();
        let mut values = values.into_iter();
        let mut scope = closure.scope.clone();
        for name in &closure.parameters {
            scope = bind(scope, name, values.next().unwrap_or(Abs::Omitted));
        }
        let inner = At { scope, ..at.clone() };
        let result = self.lower(&closure.body, &inner)?;
        self.memo.add_applied(this, &result);
        Ok(result)
    }

    /// MAP over arrays of known shape, or of a size that a record decides.
    pub fn map_call(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &At { array: true, ..at.clone() };
        let Some((closure, operands)) = self.applied(Form::Map, args, at)? else {
            return Ok(error(ErrorCode::Value));
        };
        if operands.iter().any(|operand| self.is_sized_by_record(operand)) {
            return self.map_by_record(&closure, &operands, at);
        }
        match operands.is_empty() {
            true => Err(wrong(Form::Map)),
            false => self.map_form(&closure, &operands, at),
        }
    }

    /// REDUCE and SCAN. They give values, also where the LAMBDA gives a reference: which one a record chooses is lost.
    pub fn fold_call(&mut self, form: Form, args: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &At { array: true, ..at.clone() };
        let Some((closure, operands)) = self.applied(form, args, at)? else {
            return Ok(error(ErrorCode::Value));
        };
        let folded = match operands.as_slice() {
            [start, Single::One(array)] if self.graph.is_array(*array) => {
                self.fold_by_record(form, &closure, start, *array, at)?
            }
            [start, array] => self.fold_form(form == Form::Scan, &closure, start, array, at)?,
            _ => return Err(wrong(form)),
        };
        match folded {
            Abs::Places(_) | Abs::Cells(_) | Abs::Choice(_) => self.single(folded, at).map(Abs::from),
            value => Ok(value),
        }
    }

    /// BYROW and BYCOL.
    pub fn slices_call(&mut self, form: Form, args: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &At { array: true, ..at.clone() };
        let Some((closure, operands)) = self.applied(form, args, at)? else {
            return Ok(error(ErrorCode::Value));
        };
        match operands.as_slice() {
            [Single::One(array)] if self.graph.is_array(*array) => {
                self.slices_by_record(form, &closure, *array, at)
            }
            [array] => self.slices_form(form == Form::ByRow, &closure, array, at),
            _ => Err(wrong(form)),
        }
    }

    pub fn make_array_call(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let at = &At { array: true, ..at.clone() };
        let Some((closure, operands)) = self.applied(Form::MakeArray, args, at)? else {
            return Ok(error(ErrorCode::Value));
        };
        let [Single::One(rows), Single::One(cols)] = operands.as_slice() else {
            return Err(wrong(Form::MakeArray));
        };
        let size = |term: &Term| term.constant().and_then(Value::as_number);
        match (size(rows), size(cols)) {
            (Some(rows), Some(cols)) => self.make_array(&closure, rows as usize, cols as usize, at),
            _ => Err(Failure::unsupported("MAKEARRAY with a size that depends on an input")),
        }
    }

    /// The LAMBDA that comes last and the arguments before it. None if the last argument is no LAMBDA.
    fn applied(&mut self, form: Form, args: &[Expr], at: &At) -> Lowered<Option<(Rc<Closure>, Vec<Single>)>> {
        let Some((last, front)) = args.split_last() else { return Err(wrong(form)) };
        let Abs::Lambda(closure) = self.lower_function_value(last, at)? else { return Ok(None) };
        let mut operands = Vec::new();
        for arg in front {
            let abs = self.lower(arg, at)?;
            operands.push(self.single(abs, at)?);
        }
        Ok(Some((closure, operands)))
    }

    /// A LAMBDA, or the name of a function that is used as one.
    fn lower_function_value(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        if let Expr::Name { name, .. } = expr
            && let Some(function) = execd_calc::kernels::find(&name.to_uppercase())
        {
            let count = usize::from(function.arity.0).max(1);
            let parameters: Vec<Box<str>> = (0..count).map(|at| format!("\u{0}{at}").into()).collect();
            let args = parameters.iter().map(|name| Expr::Name { scope: None, name: name.clone() }).collect();
            let body = Expr::Call { name: function.name.into(), args };
            return Ok(Abs::Lambda(Rc::new(Closure { parameters, body, scope: None })));
        }
        self.lower(expr, at)
    }

    fn map_form(&mut self, closure: &Rc<Closure>, operands: &[Single], at: &At) -> Lowered<Abs> {
        let rows = operands.iter().map(|operand| operand.shape().0).max().unwrap_or(1);
        let cols = operands.iter().map(|operand| operand.shape().1).max().unwrap_or(1);
        let mut terms = Vec::new();
        for row in 0..rows {
            for col in 0..cols {
                let values = operands.iter().map(|operand| Abs::Term(operand.at(row, col))).collect();
                terms.push(self.applied_term(closure, values, at)?);
            }
        }
        Ok(results(rows, cols, terms))
    }

    fn fold_form(
        &mut self,
        scan: bool,
        closure: &Rc<Closure>,
        start: &Single,
        array: &Single,
        at: &At,
    ) -> Lowered<Abs> {
        let (rows, cols) = array.shape();
        let mut total = Abs::from(start.clone());
        let mut terms = Vec::new();
        for position in 0..rows * cols {
            let element = Abs::Term(array.at(position / cols, position % cols));
            total = self.apply_values(closure, vec![total, element], at)?;
            if scan {
                terms.push(self.one_value(total.clone(), at)?);
            }
        }
        Ok(if scan { results(rows, cols, terms) } else { total })
    }

    fn slices_form(&mut self, by_row: bool, closure: &Rc<Closure>, array: &Single, at: &At) -> Lowered<Abs> {
        let (rows, cols) = array.shape();
        let (count, length) = if by_row { (rows, cols) } else { (cols, rows) };
        let mut terms = Vec::new();
        for slice in 0..count {
            let cells = (0..length)
                .map(|at| if by_row { array.at(slice, at) } else { array.at(at, slice) })
                .collect();
            let (rows, cols) = if by_row { (1, length) } else { (length, 1) };
            let grid = Abs::Grid(Rc::new(Grid::new(rows, cols, cells)));
            terms.push(self.applied_term(closure, vec![grid], at)?);
        }
        let (rows, cols) = if by_row { (count, 1) } else { (1, count) };
        Ok(results(rows, cols, terms))
    }

    fn make_array(&mut self, closure: &Rc<Closure>, rows: usize, cols: usize, at: &At) -> Lowered<Abs> {
        if rows == 0 || cols == 0 || rows.saturating_mul(cols) > MAX_GRID_CELLS {
            return Ok(error(ErrorCode::Value));
        }
        let mut terms = Vec::new();
        for row in 0..rows {
            for col in 0..cols {
                let values = [row, col].map(|index| constant(Value::number(index as f64 + 1.0))).to_vec();
                terms.push(self.applied_term(closure, values, at)?);
            }
        }
        Ok(results(rows, cols, terms))
    }

    pub fn applied_term(&mut self, closure: &Rc<Closure>, values: Vec<Abs>, at: &At) -> Lowered<Term> {
        let result = self.apply_values(closure, values, at)?;
        self.one_value(result, at)
    }
}

/// An array of one value is that value.
fn results(rows: usize, cols: usize, terms: Vec<Term>) -> Abs {
    match *terms.as_slice() {
        [term] => Abs::Term(term),
        _ => Abs::Grid(Rc::new(Grid::new(rows, cols, terms))),
    }
}

fn bind(outer: Scope, name: &str, value: Abs) -> Scope {
    Some(Rc::new(Variable { name: name.into(), value, outer }))
}

fn wrong(form: Form) -> Failure {
    let name = form.name();
    Failure::unsupported(format!("{name} has arguments of the wrong form"))
}
