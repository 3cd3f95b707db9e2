//! What expressions are lowered to. The types refer to one another.

use crate::compile::graph::Term;
use crate::formula::ast::Expr;
use crate::workbook::Place;
use execd_calc::values::value::{ErrorCode, Value};
use std::cell::OnceCell;
use std::rc::Rc;

/// Arrays of known shape have at most this many cells.
pub const MAX_GRID_CELLS: usize = 1 << 21;

/// The result of lowering an expression.
#[derive(Clone, Debug)]
pub enum Abs {
    Term(Term),
    Grid(Rc<Grid>),
    /// A reference to one or several places.
    Places(Vec<Place>),
    Lambda(Rc<Closure>),
    /// Cells that are not one rectangle: of a union, or what is left of a range.
    Cells(Rc<Grid>),
    /// A choice that depends on a record, with a reference on at least one side.
    Choice(Rc<Choice>),
    Omitted,
}

#[derive(Debug)]
pub struct Choice {
    pub truth: Term,
    pub yes: Abs,
    pub no: Abs,
}

/// An array of known shape.
#[derive(Debug)]
pub struct Grid {
    pub rows: usize,
    pub cols: usize,
    pub terms: Vec<Term>,
    /// The value of every cell beyond the array, if the array stands for whole columns or rows.
    pub beyond: Option<Term>,
    /// The range whose cells these are, if they are those of one.
    pub place: Option<Place>,
    /// The values, once asked for, if all of them are known.
    constants: OnceCell<Option<Box<[Value]>>>,
}

impl Grid {
    pub fn new(rows: usize, cols: usize, terms: Vec<Term>) -> Grid {
        Grid { rows, cols, terms, beyond: None, place: None, constants: OnceCell::new() }
    }

    /// The same with a value for every cell beyond.
    pub fn going_on(self, beyond: Option<Term>) -> Grid {
        Grid { beyond, ..self }
    }

    /// The cells of a range.
    pub fn of(place: Place, rows: usize, cols: usize, terms: Vec<Term>) -> Grid {
        Grid { place: Some(place), ..Grid::new(rows, cols, terms) }
    }

    /// The values, row by row, if all of them are known.
    pub fn constants(&self) -> Option<&[Value]> {
        self.constants.get_or_init(|| self.terms.iter().map(|term| term.constant()).collect()).as_deref()
    }

    /// The element at a position of a larger array that this one is lifted to. Single rows and columns repeat.
    pub fn at(&self, row: usize, col: usize) -> Term {
        let row = if self.rows == 1 { 0 } else { row };
        let col = if self.cols == 1 { 0 } else { col };
        let inside = row < self.rows && col < self.cols;
        let term = if inside { self.terms.get(row * self.cols + col).copied() } else { None };
        let of_range = |place: &Place| row < place.rows() && col < place.cols();
        let term = term.or_else(|| self.beyond.filter(|_| self.place.as_ref().is_some_and(of_range)));
        term.unwrap_or(Term::Const(Value::error(ErrorCode::NA)))
    }
}

/// One value or an array of known shape.
#[derive(Clone, Debug)]
pub enum Single {
    One(Term),
    Many(Rc<Grid>),
}

impl Single {
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Single::One(_) => (1, 1),
            Single::Many(grid) => (grid.rows, grid.cols),
        }
    }

    pub fn at(&self, row: usize, col: usize) -> Term {
        match self {
            Single::One(term) => *term,
            Single::Many(grid) => grid.at(row, col),
        }
    }

    /// The value beyond the cells in use, which is `#N/A` where the array ends.
    pub fn beyond(&self) -> Term {
        match self {
            Single::One(term) => *term,
            Single::Many(grid) if grid.rows == 1 && grid.cols == 1 => grid.at(0, 0),
            Single::Many(grid) => grid.beyond.unwrap_or(Term::Const(Value::error(ErrorCode::NA))),
        }
    }

    pub fn is_constant(&self) -> bool {
        match self {
            Single::One(term) => term.constant().is_some(),
            Single::Many(grid) => grid.constants().is_some(),
        }
    }

    pub fn goes_beyond(&self) -> bool {
        matches!(self, Single::Many(grid) if grid.beyond.is_some())
    }
}

impl From<Single> for Abs {
    fn from(single: Single) -> Abs {
        match single {
            Single::One(term) => Abs::Term(term),
            Single::Many(grid) => Abs::Grid(grid),
        }
    }
}

/// A LAMBDA with the variables around it.
#[derive(Debug)]
pub struct Closure {
    pub parameters: Vec<Box<str>>,
    pub body: Expr,
    pub scope: Scope,
}

/// A variable of LET or LAMBDA, and those around it.
#[derive(Debug)]
pub struct Variable {
    pub name: Box<str>,
    pub value: Abs,
    pub outer: Scope,
}

pub type Scope = Option<Rc<Variable>>;

pub fn constant(value: Value) -> Abs {
    Abs::Term(Term::Const(value))
}

pub fn error(code: ErrorCode) -> Abs {
    constant(Value::error(code))
}
