//! Calls of ordinary functions. Arguments are prepared as the function's row says, and calls are lifted over arrays of
//! known shape.

use super::at::At;
use super::beyond::with_beyond;
use super::failure::{Failure, Lowered};
use super::forms::Form;
use super::lowerer::Lowerer;
use super::values::{Abs, Grid, MAX_GRID_CELLS, Single, error};
use crate::compile::graph::{Argument, RangeArgument, RangeContent, Term, kinds};
use crate::formula::ast::Expr;
use crate::report::Remark;
use crate::workbook::Place;
use execd_calc::kernels;
use execd_calc::numbers::format::{self, Format};
use execd_calc::semantics::function::{Function, Param, flags};
use execd_calc::semantics::primitive::Op1;
use execd_calc::semantics::properties::Chain;
use execd_calc::values::range::Origin;
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

/// A call is repeated for at most this many combinations of references that a record can choose.
const MAX_CHOICES: usize = 64;

/// An argument before lifting.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// In a place for one value.
    Single(Single),
    /// A whole range, array or value.
    Whole(Argument),
    /// A whole array that is not one value yet.
    Array(Rc<Grid>),
}

impl Prepared {
    /// The argument, with `f` of what stands in a place for one value. Arrays are values by now.
    fn with(&self, f: impl FnOnce(&Single) -> Term) -> Argument {
        match self {
            Prepared::Single(single) => Argument::Term(f(single)),
            Prepared::Whole(argument) => *argument,
            Prepared::Array(_) => Argument::Term(Term::Const(Value::OMITTED)),
        }
    }
}

impl Lowerer<'_> {
    pub fn call(&mut self, name: &str, args: &[Expr], at: &At) -> Lowered<Abs> {
        if let Some(form) = Form::find(name)
            && let Some(result) = self.form(form, args, at)?
        {
            return Ok(result);
        }
        let Some(function) = kernels::find(name) else {
            return self.call_of_unknown(name, args, at);
        };
        if let [_, Expr::Text(code)] = args
            && function.has(flags::TAKES_FORMAT)
        {
            self.look_at_format(code, at);
        }
        self.call_function(function, args, at)
    }

    /// Warns of a number format that was written for Excel in another language, or that Excel refuses.
    fn look_at_format(&mut self, code: &str, at: &At) {
        let strange = format::strange_letters(code);
        let message = if Format::parse(code).is_none() {
            format!("TEXT gives #VALUE!, as Excel refuses the format {code:?}")
        } else if strange.is_empty() {
            return;
        } else {
            format!(
                "TEXT shows {strange:?} of the format {code:?} as it is, as Excel in English does; in another \
                 language it may be a part of a date"
            )
        };
        let warning = Remark::new(message).at(self.sheets.book, at.cell);
        if self.told.insert(warning.clone()) {
            self.warnings.push(warning);
        }
    }

    /// A call of a name that is not a function: the name of a LAMBDA, or unknown.
    fn call_of_unknown(&mut self, name: &str, args: &[Expr], at: &At) -> Lowered<Abs> {
        let callee = Expr::Name { scope: None, name: name.into() };
        match self.lower(&callee, at)? {
            Abs::Lambda(closure) => self.apply(&closure, args, at),
            _ => Err(Failure::unsupported(&*self.unknown.reason(name))),
        }
    }

    pub fn call_function(&mut self, function: &'static Function, args: &[Expr], at: &At) -> Lowered<Abs> {
        let (least, most) = function.arity;
        if args.len() < usize::from(least) || (most < 255 && args.len() > usize::from(most)) {
            return Err(Failure::unsupported(format!(
                "{} does not take {} arguments",
                function.name,
                args.len()
            )));
        }
        let mut results = Vec::with_capacity(args.len());
        for (position, arg) in args.iter().enumerate() {
            let wants_range = function.param(position) != Param::Scalar;
            let forces = wants_range && function.has(flags::FORCES_ARRAY);
            let inner = if forces { at.forced() } else { at.clone() };
            results.push(self.lower(arg, &At { wants_range, ..inner })?);
        }
        self.call_with(function, results, &at.for_value())
    }

    /// A call with arguments that are lowered already.
    pub fn call_with(&mut self, function: &'static Function, args: Vec<Abs>, at: &At) -> Lowered<Abs> {
        if let Some(position) = args.iter().position(|arg| matches!(arg, Abs::Choice(_))) {
            return self.call_with_choice(function, args, position, at);
        }
        let args = with_beyond(function, args)?;
        if let Some(chain) = function.chain
            && let Some(result) = self.decompose(chain, &args, at)?
        {
            return Ok(result);
        }
        if let Some(Abs::Places(places)) =
            function.chain.and_then(Chain::chosen).and_then(|position| args.get(position))
        {
            self.want(&places.clone(), at)?;
        }
        let args = if function.has(flags::VALUES_FOLLOW_RANGE) { self.sized_as_range(args)? } else { args };
        let args = self.sized_as_arrays(args);
        let mut prepared = Vec::with_capacity(args.len());
        for arg in args {
            self.prepare(function, arg, at, &mut prepared)?;
        }
        self.lift(function, prepared)
    }

    /// Makes whole columns and rows end where the arrays made from other whole columns and rows end.
    fn sized_as_arrays(&self, mut args: Vec<Abs>) -> Vec<Abs> {
        let shapes: Vec<(usize, usize)> = args
            .iter()
            .filter_map(|arg| if let Abs::Grid(grid) = arg { Some((grid.rows, grid.cols)) } else { None })
            .collect();
        for arg in args.iter_mut() {
            let Abs::Places(places) = arg else { continue };
            let [place] = places.as_mut_slice() else { continue };
            let (rows, cols) = self.sheets.clipped(place);
            if rows < place.rows() && shapes.iter().any(|shape| shape.0 == rows) {
                place.area.last_row = place.area.first_row + rows as u32 - 1;
            }
            if cols < place.cols() && shapes.iter().any(|shape| shape.1 == cols) {
                place.area.last_col = place.area.first_col + cols as u32 - 1;
            }
        }
        args
    }

    /// A call whose argument at `position` is a reference that a record chooses. It becomes one call per choice,
    /// because a function may treat cells differently from values, and the choices may have different sizes.
    fn call_with_choice(
        &mut self,
        function: &'static Function,
        mut args: Vec<Abs>,
        position: usize,
        at: &At,
    ) -> Lowered<Abs> {
        let Some(Abs::Choice(choice)) = args.get(position).cloned() else {
            return Err(Failure::unsupported("a choice of references"));
        };
        let too_many = args.iter().map(choices).product::<usize>() > MAX_CHOICES;
        if too_many || function.param(position) == Param::Scalar {
            let whole = At { array: at.array || function.param(position) != Param::Scalar, ..at.clone() };
            args[position] = self.single(Abs::Choice(choice), &whole)?.into();
            return self.call_with(function, args, at);
        }
        let mut call = |lowerer: &mut Self, arg: Abs| {
            args[position] = arg;
            lowerer.call_with(function, args.clone(), at)
        };
        let yes = call(self, choice.yes.clone())?;
        let no = call(self, choice.no.clone())?;
        let truth = Single::One(choice.truth);
        let chosen = self.choose_between(&truth, yes, no, at)?;
        if self.graph.kinds(choice.truth) & kinds::ERROR == 0 {
            return Ok(chosen);
        }
        // If the condition is an error, the function gets the error. COUNT, for one, does not give it back.
        let of_error = call(self, Abs::Term(choice.truth))?;
        let failed = Single::One(self.graph.one(Op1::IsError, choice.truth));
        self.choose_between(&failed, of_error, chosen, at)
    }

    fn prepare(
        &mut self,
        function: &'static Function,
        arg: Abs,
        at: &At,
        prepared: &mut Vec<Prepared>,
    ) -> Lowered<()> {
        let param = function.param(prepared.len());
        match (param, arg) {
            (Param::Scalar, arg) => prepared.push(Prepared::Single(self.single(arg, at)?)),
            (_, Abs::Places(places)) => {
                let many = places.len() > 1;
                if many && (usize::from(function.repeat) != 1 || function.arity.1 != 255) {
                    let whole = if function.has(flags::TAKES_UNION) {
                        self.union_cells(&places)?
                    } else {
                        error(ErrorCode::Value)
                    };
                    return self.prepare(function, whole, at, prepared);
                }
                for place in places {
                    let range = self.range_argument(&place)?;
                    prepared.push(Prepared::Whole(Argument::Range(range)));
                }
            }
            (_, Abs::Cells(grid)) => {
                let content = RangeContent::Terms(grid.terms.clone());
                let (size, origin) = ((grid.rows, grid.cols), Origin { sheet: 0, row: 0, col: 0 });
                let range = self.graph.add_range(RangeArgument::new(size, size, origin, content));
                prepared.push(Prepared::Whole(Argument::Range(range)));
            }
            (_, Abs::Grid(grid)) => {
                prepared.push(Prepared::Array(grid));
            }
            (_, Abs::Term(term)) => prepared.push(Prepared::Whole(Argument::Term(term))),
            (_, Abs::Omitted) => prepared.push(Prepared::Whole(Argument::Term(Term::Const(Value::OMITTED)))),
            (_, choice @ Abs::Choice(_)) => {
                let abs = Abs::from(self.single(choice, &At { array: true, ..at.clone() })?);
                return self.prepare(function, abs, at, prepared);
            }
            (_, Abs::Lambda(_)) => {
                return Err(Failure::unsupported(format!("a LAMBDA as an argument of {}", function.name)));
            }
        }
        Ok(())
    }

    /// The cells of several places, one below the other.
    fn union_cells(&mut self, places: &[Place]) -> Lowered<Abs> {
        let mut terms = Vec::new();
        for place in places {
            terms.extend_from_slice(&self.place_grid(place)?.terms);
        }
        Ok(Abs::Cells(Rc::new(Grid::new(terms.len(), 1, terms))))
    }

    /// The call, with arrays as values. If the result is a single value, nobody needs them any more.
    fn lift(&mut self, function: &'static Function, mut prepared: Vec<Prepared>) -> Lowered<Abs> {
        let mark = self.graph.mark();
        let mut packed = false;
        for argument in &mut prepared {
            if let Prepared::Array(grid) = argument {
                packed = true;
                let term = match *grid.terms {
                    // One cell counts as a cell, not as a value that was typed in.
                    [Term::Const(value)] if !value.is_array() => Term::Const(self.graph.heap.add_cell(value)),
                    _ => self.graph.pack(grid.rows, grid.cols, &grid.terms),
                };
                *argument = Prepared::Whole(Argument::Term(term));
            }
        }
        let result = self.lift_packed(function, &prepared)?;
        if packed && matches!(result, Abs::Term(Term::Const(value)) if !value.is_array()) {
            self.graph.release(mark);
        }
        Ok(result)
    }

    fn lift_packed(&mut self, function: &'static Function, prepared: &[Prepared]) -> Lowered<Abs> {
        let (mut rows, mut cols, mut many) = (1, 1, false);
        for argument in prepared {
            if let Prepared::Single(single) = argument {
                let shape = single.shape();
                (rows, cols) = (rows.max(shape.0), cols.max(shape.1));
                many |= matches!(single, Single::Many(_));
            }
        }
        let arguments_at = |row, col| -> Vec<Argument> {
            prepared.iter().map(|argument| argument.with(|single| single.at(row, col))).collect()
        };
        if !many {
            let arguments = arguments_at(0, 0);
            return Ok(Abs::Term(self.graph.call(function, &arguments)));
        }
        let by_record = prepared
            .iter()
            .any(|argument| matches!(argument, Prepared::Single(single) if self.is_sized_by_record(single)));
        if by_record {
            let arguments: Vec<Argument> =
                prepared.iter().map(|argument| argument.with(|single| self.whole(single))).collect();
            return Ok(Abs::Term(self.graph.call(function, &arguments)));
        }
        if rows.saturating_mul(cols) > MAX_GRID_CELLS {
            return Err(Failure::unsupported(format!("an array of {rows} x {cols} cells is too large")));
        }
        let mut terms = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            self.graph.check()?;
            for col in 0..cols {
                let arguments = arguments_at(row, col);
                let term = self.graph.call(function, &arguments);
                terms.push(self.graph.element(term, 0, 0));
            }
        }
        let beyond = prepared
            .iter()
            .any(|argument| matches!(argument, Prepared::Single(single) if single.goes_beyond()))
            .then(|| {
                let arguments: Vec<Argument> =
                    prepared.iter().map(|argument| argument.with(Single::beyond)).collect();
                let term = self.graph.call(function, &arguments);
                self.graph.element(term, 0, 0)
            });
        Ok(Abs::Grid(Rc::new(Grid::new(rows, cols, terms).going_on(beyond))))
    }

    /// The argument at `position` as a single value. None if the call is shorter.
    pub fn single_argument(&mut self, args: &[Expr], position: usize, at: &At) -> Lowered<Option<Single>> {
        match args.get(position) {
            None => Ok(None),
            Some(arg) => {
                let abs = self.lower(arg, at)?;
                self.single(abs, at).map(Some)
            }
        }
    }

    /// The argument at `position` if it is one constant.
    pub fn known(&mut self, args: &[Expr], position: usize, at: &At) -> Lowered<Option<Value>> {
        Ok(match self.single_argument(args, position, at)? {
            Some(Single::One(Term::Const(value))) => Some(value),
            _ => None,
        })
    }
}

/// How many references an argument can be.
fn choices(arg: &Abs) -> usize {
    match arg {
        Abs::Choice(choice) => choices(&choice.yes) + choices(&choice.no),
        _ => 1,
    }
}
