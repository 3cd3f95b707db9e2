//! Formula trees to terms of the graph: partial evaluation of expressions. Cells are in `cell`. Ordinary calls are in `call`,
//! functions that are not evaluated like others in `special`, references in `resolve`.

use super::cell::State;
use super::graph::{Graph, Term};
use super::sheets::{Place, Sheets};
use crate::error::ErrorKind;
use crate::formula::ast::Expr;
use crate::report::Unsupported;
use crate::workbook::CellAddress;
use execd_calc::semantics::operator::{BinaryOp, UnaryOp};
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::values::value::{ErrorCode, Unpacked, Value};
use hashbrown::{HashMap, HashSet};
use std::rc::Rc;

/// Nested demands (dynamic references, names in names) deeper than this are refused.
const MAX_DEPTH: usize = 200;
/// Static arrays and ranges are expanded up to this many cells.
pub const MAX_GRID_CELLS: usize = 1 << 21;

/// What an expression stands for.
#[derive(Clone, Debug)]
pub enum Abs {
    Term(Term),
    Grid(Rc<Grid>),
    /// References, one or several (a union).
    Places(Vec<Place>),
    Lambda(Rc<super::lambda::Closure>),
    /// Cells that form no one place: a union, or what is left of a range.
    Cells(Rc<Grid>),
    /// A record decides between two things of which at least one is a reference.
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
    /// What every cell beyond has, of an array that stands for whole columns or rows.
    pub beyond: Option<Term>,
}

impl Grid {
    pub fn new(rows: usize, cols: usize, terms: Vec<Term>) -> Grid {
        Grid { rows, cols, terms, beyond: None }
    }

    /// The element at a position of a lifted result: single rows and columns repeat.
    pub fn at(&self, row: usize, col: usize) -> Term {
        let row = if self.rows == 1 { 0 } else { row };
        let col = if self.cols == 1 { 0 } else { col };
        let inside = row < self.rows && col < self.cols;
        let term = if inside { self.terms.get(row * self.cols + col).copied() } else { None };
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
}

impl From<Single> for Abs {
    fn from(single: Single) -> Abs {
        match single {
            Single::One(term) => Abs::Term(term),
            Single::Many(grid) => Abs::Grid(grid),
        }
    }
}

/// Why something cannot be compiled; the place is filled in where the cell is known.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: ErrorKind,
    pub reason: Rc<str>,
    pub origin: Option<Rc<Unsupported>>,
    /// The cell that was found to need itself.
    pub circle: Option<CellAddress>,
}

impl Failure {
    pub fn unsupported(reason: impl Into<String>) -> Failure {
        Failure { kind: ErrorKind::Unsupported, reason: reason.into().into(), origin: None, circle: None }
    }
}

pub type Lowered<T> = Result<T, Failure>;

/// LET and LAMBDA variables, innermost first.
#[derive(Debug)]
pub struct Variable {
    pub name: Box<str>,
    pub value: Abs,
    pub outer: Scope,
}

pub type Scope = Option<Rc<Variable>>;

/// Where an expression is evaluated.
#[derive(Clone, Debug)]
pub struct At {
    pub cell: CellAddress,
    /// Ranges in places of single values are arrays (array formulas) instead of being intersected with the cell's
    /// row or column (ordinary formulas).
    pub array: bool,
    /// `array` holds only because a function around takes arrays (SUMPRODUCT); IF and CHOOSE do not pass that on.
    pub forced: bool,
    /// The result goes where a whole range is welcome (SUM's arguments): lazy forms pass ranges on.
    pub wants_range: bool,
    pub scope: Scope,
}

impl At {
    /// The same place, where one value is wanted.
    pub fn for_value(&self) -> At {
        At { wants_range: false, ..self.clone() }
    }

    /// The same place where a function takes arrays whatever the formula is.
    pub fn forced(&self) -> At {
        At { array: true, forced: self.forced || !self.array, ..self.clone() }
    }

    /// The same place inside a function that passes array evaluation on only where the whole formula has it.
    pub fn unforced(&self) -> At {
        At { array: self.array && !self.forced, forced: false, ..self.clone() }
    }
}

pub struct Lowerer<'w> {
    pub sheets: Sheets<'w>,
    pub graph: Graph,
    pub(super) inputs: HashMap<CellAddress, u32>,
    pub(super) states: HashMap<CellAddress, State>,
    pub(super) trees: HashMap<CellAddress, Rc<Expr>>,
    pub(super) shared_trees: HashMap<(usize, u32, u32), Lowered<Rc<Expr>>>,
    pub(super) name_trees: HashMap<(usize, String), Lowered<Rc<Expr>>>,
    /// Results of array formulas by their first cell.
    pub(super) arrays: HashMap<CellAddress, Abs>,
    pub(super) ranges: HashMap<Place, u32>,
    /// Ranges that a record chooses from, where no cell depends on the formula that chooses.
    pub(super) reachable: HashMap<Place, u32>,
    pub(super) reached_cells: usize,
    pub(super) settled: HashSet<Place>,
    /// Cells that met a circle when they were lowered before anyone needed them.
    pub(super) postponed: HashSet<CellAddress>,
    pub(super) depth: usize,
    /// Data tables being evaluated inside one another, and the cells lowered for them.
    pub(super) suppositions: usize,
    pub(super) supposed_cells: usize,
    /// The last failure that was not written down, for whoever asked for its cell.
    pub(super) provisional: Option<(CellAddress, Failure)>,
    pub(super) pending: usize,
    /// Formula cells lowered so far.
    pub lowered_cells: usize,
    /// What the author of the workbook may want to know.
    pub warnings: Vec<String>,
}

impl<'w> Lowerer<'w> {
    pub fn new(sheets: Sheets<'w>, graph: Graph, inputs: HashMap<CellAddress, u32>) -> Lowerer<'w> {
        Lowerer {
            sheets,
            graph,
            inputs,
            states: HashMap::new(),
            trees: HashMap::new(),
            shared_trees: HashMap::new(),
            name_trees: HashMap::new(),
            arrays: HashMap::new(),
            ranges: HashMap::new(),
            reachable: HashMap::new(),
            reached_cells: 0,
            settled: HashSet::new(),
            postponed: HashSet::new(),
            depth: 0,
            suppositions: 0,
            supposed_cells: 0,
            provisional: None,
            pending: 0,
            lowered_cells: 0,
            warnings: Vec::new(),
        }
    }

    pub fn lower(&mut self, expr: &Expr, at: &At) -> Lowered<Abs> {
        if self.depth >= MAX_DEPTH {
            return Err(Failure::unsupported("the formula, or what it refers to, is nested too deeply"));
        }
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
                                "an array constant holds something else than constants",
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

    /// Operators along their left operands, of which a sum may have more than fit the depth.
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

    /// A chain of `&` at once.
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

    pub fn map_one(&mut self, op: Op1, operand: Single) -> Abs {
        match operand {
            Single::One(term) => Abs::Term(self.graph.one(op, term)),
            Single::Many(grid) => {
                let terms = grid.terms.iter().map(|&term| self.graph.one(op, term)).collect();
                let beyond = grid.beyond.map(|term| self.graph.one(op, term));
                Abs::Grid(Rc::new(Grid { beyond, ..Grid::new(grid.rows, grid.cols, terms) }))
            }
        }
    }

    fn map_two(&mut self, op: BinaryOp, left: &Single, right: &Single) -> Lowered<Abs> {
        self.map(&[left, right], |graph, terms| match *terms {
            [left, right] => graph.two(Op2::Operator(op), left, right),
            _ => Term::Const(Value::error(ErrorCode::Value)),
        })
    }

    pub fn map_select(&mut self, truth: &Single, yes: &Single, no: &Single) -> Lowered<Abs> {
        self.map(&[truth, yes, no], |graph, terms| match *terms {
            [truth, yes, no] => graph.three(Op3::Select, truth, yes, no),
            _ => Term::Const(Value::error(ErrorCode::Value)),
        })
    }

    /// One of two things as a whole: unlike a condition for each element, it leaves each its own size.
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
        let mut terms: Vec<Term> = Vec::with_capacity(operands.len());
        let mut results = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            for col in 0..cols {
                terms.clear();
                terms.extend(operands.iter().map(|operand| operand.at(row, col)));
                results.push(f(&mut self.graph, &terms));
            }
        }
        let beyond = operands.iter().any(|operand| operand.goes_beyond()).then(|| {
            let terms: Vec<Term> = operands.iter().map(|operand| operand.beyond()).collect();
            f(&mut self.graph, &terms)
        });
        Ok(Abs::Grid(Rc::new(Grid { beyond, ..Grid::new(rows, cols, results) })))
    }

    /// An array whose size a record decides is lifted over row-wise, and what meets it has to be one value too.
    pub(super) fn is_sized_by_record(&self, single: &Single) -> bool {
        matches!(single, Single::One(term) if self.graph.is_array(*term))
    }

    /// One term for one value or a whole array.
    pub(super) fn whole(&mut self, single: &Single) -> Term {
        match single {
            Single::One(term) => *term,
            Single::Many(grid) => self.graph.pack(grid.rows, grid.cols, &grid.terms),
        }
    }

    /// What a place for a single value makes of an expression's result.
    pub fn single(&mut self, abs: Abs, at: &At) -> Lowered<Single> {
        match abs {
            Abs::Term(Term::Const(value)) if value.is_array() => {
                Ok(Single::Many(Rc::new(self.grid_of(value))))
            }
            Abs::Term(term) => Ok(Single::One(term)),
            Abs::Grid(grid) | Abs::Cells(grid) => Ok(Single::Many(grid)),
            Abs::Omitted => Ok(Single::One(Term::Const(Value::OMITTED))),
            Abs::Lambda(_) => Ok(Single::One(Term::Const(Value::error(ErrorCode::Calc)))),
            Abs::Choice(choice) => {
                let yes = self.single(choice.yes.clone(), at)?;
                let no = self.single(choice.no.clone(), at)?;
                let chosen = self.select_whole(choice.truth, &yes, &no)?;
                self.single(chosen, at)
            }
            Abs::Places(places) => match *places {
                [place] if place.is_cell() => {
                    let cell = CellAddress {
                        sheet: place.sheet,
                        row: place.area.first_row,
                        col: place.area.first_col,
                    };
                    Ok(Single::One(self.term(cell)?))
                }
                [place] if at.array => Ok(Single::Many(self.place_grid(&place)?)),
                [place] => Ok(Single::One(self.intersect(&place, at)?)),
                _ => Ok(Single::One(Term::Const(Value::error(ErrorCode::Value)))),
            },
        }
    }

    fn grid_of(&self, value: Value) -> Grid {
        match value.unpack() {
            Unpacked::Array(id) => {
                let array = self.graph.heap.array(id);
                let terms = array.cells.iter().map(|&cell| Term::Const(cell)).collect();
                Grid::new(array.rows, array.cols, terms)
            }
            _ => Grid::new(1, 1, vec![Term::Const(value)]),
        }
    }

    /// Implicit intersection: the cell of the range in the formula's own row or column.
    pub fn intersect(&mut self, place: &Place, at: &At) -> Lowered<Term> {
        let (row, col) = self.crossing(place, at.cell);
        if place.contains(row, col) {
            self.term(CellAddress { sheet: place.sheet, row, col })
        } else {
            Ok(Term::Const(Value::error(ErrorCode::Value)))
        }
    }

    /// Where the formula's own row or column would cross a range.
    pub(super) fn crossing(&self, place: &Place, at: CellAddress) -> (u32, u32) {
        let area = &place.area;
        match (place.rows(), place.cols()) {
            (1, 1) => (area.first_row, area.first_col),
            (_, 1) => (at.row, area.first_col),
            (1, _) => (area.first_row, at.col),
            _ => (at.row, at.col),
        }
    }

    /// The cells of a range as an array; whole columns and rows end with the workbook's contents.
    pub fn place_grid(&mut self, place: &Place) -> Lowered<Rc<Grid>> {
        let (rows, cols) = self.sheets.clipped(place);
        if rows.saturating_mul(cols) > MAX_GRID_CELLS {
            return Err(Failure::unsupported(format!(
                "a range of {rows} x {cols} cells is too large for an array"
            )));
        }
        let mut terms = Vec::with_capacity(rows * cols);
        for row in 0..rows as u32 {
            for col in 0..cols as u32 {
                let (row, col) = (place.area.first_row + row, place.area.first_col + col);
                terms.push(self.term(CellAddress { sheet: place.sheet, row, col })?);
            }
        }
        let clipped = (rows, cols) != (place.rows(), place.cols());
        let beyond = clipped.then_some(Term::Const(Value::BLANK));
        Ok(Rc::new(Grid { beyond, ..Grid::new(rows, cols, terms) }))
    }
}

pub fn constant(value: Value) -> Abs {
    Abs::Term(Term::Const(value))
}
