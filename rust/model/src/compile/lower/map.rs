//! Operators over arrays, element by element.

use super::failure::{Failure, Lowered};
use super::lowerer::Lowerer;
use super::values::{Abs, Grid, MAX_GRID_CELLS, Single};
use crate::compile::graph::{Argument, Graph, Term};
use execd_calc::kernels;
use execd_calc::kernels::arrays::record;
use execd_calc::semantics::operator::{self, BinaryOp};
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

/// Smaller arrays of constants are not worth a loop of their own.
const LEAST_CONSTANTS: usize = 64;

/// One line of an array that is lifted to a wider one.
struct Line<'a> {
    cells: &'a [Value],
    /// All columns are the first one.
    repeats: bool,
}

impl<'a> Line<'a> {
    /// Row `row` of an array: a single row repeats, and beyond the last one there is none.
    fn new(cells: &'a [Value], (rows, cols): (usize, usize), row: usize) -> Line<'a> {
        let row = if rows == 1 { 0 } else { row };
        Line { cells: cells.get(row * cols..(row + 1) * cols).unwrap_or(&[]), repeats: cols == 1 }
    }

    fn at(&self, col: usize) -> Value {
        let cell = self.cells.get(if self.repeats { 0 } else { col });
        cell.copied().unwrap_or(Value::error(ErrorCode::NA))
    }
}

/// The values of one value or of an array, if all are known.
fn constants(single: &Single) -> Option<&[Value]> {
    match single {
        Single::One(Term::Const(value)) => Some(std::slice::from_ref(value)),
        Single::One(Term::Node(_)) => None,
        Single::Many(grid) => grid.constants(),
    }
}

impl Lowerer<'_> {
    pub fn map_one(&mut self, op: Op1, operand: Single) -> Abs {
        match operand {
            Single::One(term) => Abs::Term(self.graph.one(op, term)),
            Single::Many(grid) => {
                if grid.constants().is_none() {
                    self.chained_steps += grid.terms.len();
                }
                let terms = grid.terms.iter().map(|&term| self.graph.one(op, term)).collect();
                let beyond = grid.beyond.map(|term| self.graph.one(op, term));
                Abs::Grid(Rc::new(Grid::new(grid.rows, grid.cols, terms).going_on(beyond)))
            }
        }
    }

    pub fn map_two(&mut self, op: BinaryOp, left: &Single, right: &Single) -> Lowered<Abs> {
        if let Some(grid) = self.map_constants(op, left, right)? {
            return Ok(Abs::Grid(Rc::new(grid)));
        }
        self.map(&[left, right], |graph, terms| match *terms {
            [left, right] => graph.two(Op2::Operator(op), left, right),
            _ => Term::Const(Value::error(ErrorCode::Value)),
        })
    }

    /// An operator on arrays of which all values are known. None if they are not, or if the result may change with the
    /// year.
    fn map_constants(&mut self, op: BinaryOp, left: &Single, right: &Single) -> Lowered<Option<Grid>> {
        let (shapes, beyond) = ([left.shape(), right.shape()], left.goes_beyond() || right.goes_beyond());
        let (rows, cols) = (shapes[0].0.max(shapes[1].0), shapes[0].1.max(shapes[1].1));
        let (Some(left), Some(right)) = (constants(left), constants(right)) else { return Ok(None) };
        if rows * cols < LEAST_CONSTANTS || rows.saturating_mul(cols) > MAX_GRID_CELLS || beyond {
            return Ok(None);
        }
        let mut terms = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            self.graph.check()?;
            let lines =
                [(left, shapes[0]), (right, shapes[1])].map(|(cells, shape)| Line::new(cells, shape, row));
            let mut cx = self.graph.cx();
            let values =
                (0..cols).map(|col| operator::binary(&mut cx, op, lines[0].at(col), lines[1].at(col)));
            terms.extend(values.map(Term::Const));
        }
        Ok(self.graph.is_lasting().then(|| Grid::new(rows, cols, terms)))
    }

    pub fn map_select(&mut self, truth: &Single, yes: &Single, no: &Single) -> Lowered<Abs> {
        self.map(&[truth, yes, no], |graph, terms| match *terms {
            [truth, yes, no] => graph.three(Op3::Select, truth, yes, no),
            _ => Term::Const(Value::error(ErrorCode::Value)),
        })
    }

    /// One of two values or arrays as a whole. Each keeps its size, unlike with a condition for each element.
    pub fn select_whole(&mut self, truth: Term, yes: &Single, no: &Single) -> Lowered<Abs> {
        if yes.shape() == no.shape() {
            return self.map_select(&Single::One(truth), yes, no);
        }
        let (yes, no) = (self.whole(yes), self.whole(no));
        Ok(Abs::Term(self.graph.three(Op3::Select, truth, yes, no)))
    }

    /// Applies `f` to each position of the operands' common shape.
    pub fn map(&mut self, operands: &[&Single], f: impl Fn(&mut Graph, &[Term]) -> Term) -> Lowered<Abs> {
        let (mut rows, mut cols, mut many) = (1, 1, false);
        for operand in operands {
            let shape = operand.shape();
            (rows, cols) = (rows.max(shape.0), cols.max(shape.1));
            many |= matches!(operand, Single::Many(_));
        }
        if !many || operands.iter().any(|operand| self.is_sized_by_record(operand)) {
            let terms: Vec<Term> = operands.iter().map(|operand| self.whole(operand)).collect();
            return Ok(Abs::Term(f(&mut self.graph, &terms)));
        }
        if rows.saturating_mul(cols) > MAX_GRID_CELLS {
            return Err(Failure::unsupported(format!("an array of {rows} x {cols} cells is too large")));
        }
        let beyond = operands.iter().any(|operand| operand.goes_beyond());
        if !beyond && !operands.iter().all(|operand| operand.is_constant()) && !self.may_chain(rows * cols) {
            let mut terms = Vec::with_capacity(operands.len());
            for operand in operands {
                terms.push(self.whole_array(operand)?);
            }
            return Ok(Abs::Term(f(&mut self.graph, &terms)));
        }
        let mut terms: Vec<Term> = Vec::with_capacity(operands.len());
        let mut results = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            self.graph.check()?;
            for col in 0..cols {
                terms.clear();
                terms.extend(operands.iter().map(|operand| operand.at(row, col)));
                results.push(f(&mut self.graph, &terms));
            }
        }
        let beyond = beyond.then(|| {
            let terms: Vec<Term> = operands.iter().map(|operand| operand.beyond()).collect();
            f(&mut self.graph, &terms)
        });
        Ok(Abs::Grid(Rc::new(Grid::new(rows, cols, results).going_on(beyond))))
    }

    /// True for an array whose size depends on a record. It is one value to the graph, so an array of known shape
    /// beside it has to become one value, too.
    pub fn is_sized_by_record(&self, single: &Single) -> bool {
        matches!(single, Single::One(term) if self.graph.is_array(*term))
    }

    /// The same, without an argument for each cell of a range.
    fn whole_array(&mut self, single: &Single) -> Lowered<Term> {
        let place = match single {
            Single::Many(grid) if grid.constants().is_none() => grid.place,
            _ => None,
        };
        match (place, kernels::find(record::VALUES)) {
            (Some(place), Some(values)) => {
                let range = self.range_argument(&place)?;
                Ok(self.graph.call(values, &[Argument::Range(range)]))
            }
            _ => Ok(self.whole(single)),
        }
    }

    /// One value or a whole array as one term.
    pub fn whole(&mut self, single: &Single) -> Term {
        match single {
            Single::One(term) => *term,
            Single::Many(grid) => self.graph.pack(grid.rows, grid.cols, &grid.terms),
        }
    }
}
