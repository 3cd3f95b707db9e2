//! Formula trees to terms of the graph: partial evaluation, cell by cell, on demand. Ordinary calls are in `call`,
//! functions that are not evaluated like others in `special`, references in `resolve`.

use super::graph::{Graph, Term, kinds};
use super::sheets::{Place, Sheets};
use crate::error::ErrorKind;
use crate::formula::ast::Expr;
use crate::formula::{parse, shift};
use crate::report::Unsupported;
use crate::workbook::{Area, Cell, CellAddress, CellFormula, CellValue, a1};
use execd_calc::operator::{BinaryOp, UnaryOp};
use execd_calc::ops::{Op1, Op2, Op3};
use execd_calc::value::{ErrorCode, Unpacked, Value};
use hashbrown::{HashMap, HashSet};
use std::rc::Rc;

/// Nested demands (dynamic references, names in names) deeper than this are refused.
const MAX_DEPTH: usize = 200;
/// Dynamic references can demand a cell in the middle of another: the stack grows with them.
const RED_ZONE: usize = 256 << 10;
const STACK: usize = 4 << 20;
/// Cells in the middle of being lowered; beyond it a workbook is refused rather than memory filled with stacks.
const MAX_PENDING: usize = 10_000;
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
}

impl Grid {
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
    /// The result goes where a whole range is welcome (SUM's arguments): lazy forms pass ranges on.
    pub wants_range: bool,
    pub scope: Scope,
}

impl At {
    /// The same place, where one value is wanted.
    pub fn for_value(&self) -> At {
        At { wants_range: false, ..self.clone() }
    }
}

#[derive(Clone, Debug)]
pub(super) enum State {
    Pending,
    Done(Term),
    Failed(Failure),
}

pub struct Lowerer<'w> {
    pub sheets: Sheets<'w>,
    pub graph: Graph,
    pub(super) inputs: HashMap<CellAddress, u32>,
    pub(super) states: HashMap<CellAddress, State>,
    trees: HashMap<CellAddress, Rc<Expr>>,
    shared_trees: HashMap<(usize, u32, u32), Lowered<Rc<Expr>>>,
    pub(super) name_trees: HashMap<(usize, String), Lowered<Rc<Expr>>>,
    /// Results of array formulas by their first cell.
    pub(super) arrays: HashMap<CellAddress, Rc<Grid>>,
    pub(super) ranges: HashMap<Place, u32>,
    pub(super) settled: HashSet<Place>,
    /// Cells that met a circle when they were lowered before anyone needed them.
    pub(super) postponed: HashSet<CellAddress>,
    pub(super) depth: usize,
    /// Data tables being evaluated inside one another, and the cells lowered for them.
    pub(super) suppositions: usize,
    pub(super) supposed_cells: usize,
    /// The last failure that was not written down, for whoever asked for its cell.
    provisional: Option<(CellAddress, Failure)>,
    pending: usize,
    /// Formula cells lowered so far.
    pub lowered_cells: usize,
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
            settled: HashSet::new(),
            postponed: HashSet::new(),
            depth: 0,
            suppositions: 0,
            supposed_cells: 0,
            provisional: None,
            pending: 0,
            lowered_cells: 0,
        }
    }

    pub(super) fn cell(&self, at: CellAddress) -> Option<&'w Cell> {
        let book: &'w crate::workbook::Workbook = self.sheets.book;
        book.sheets.get(at.sheet)?.cells.get(&(at.row, at.col))
    }

    /// The value of a cell.
    pub fn term(&mut self, at: CellAddress) -> Lowered<Term> {
        if let Some(state) = self.states.get(&at) {
            return match state {
                State::Done(term) => Ok(*term),
                State::Failed(failure) => Err(failure.clone()),
                State::Pending => Err(self.circular(at)),
            };
        }
        if let Some(&cell) = self.inputs.get(&at) {
            let term = self.graph.input(cell);
            self.states.insert(at, State::Done(term));
            return Ok(term);
        }
        let owner = self.sheets.owner(at).map(|(row, col)| CellAddress { row, col, ..at });
        let formula_at = owner.unwrap_or(at);
        match self.cell(formula_at) {
            Some(cell) if cell.formula.is_some() => {
                stacker::maybe_grow(RED_ZONE, STACK, || self.lower_with_precedents(formula_at));
                match self.states.get(&at) {
                    Some(State::Done(term)) => Ok(*term),
                    Some(State::Failed(failure)) => Err(failure.clone()),
                    Some(State::Pending) => Err(self.circular(at)),
                    None => match self.provisional.take() {
                        Some((failed, failure)) if failed == formula_at => Err(failure),
                        // An array formula that gave fewer cells than its area held when saved.
                        _ => Ok(Term::Const(Value::BLANK)),
                    },
                }
            }
            _ => Ok(self.constant(at)),
        }
    }

    fn constant(&mut self, at: CellAddress) -> Term {
        let Some(cell) = self.cell(at) else { return Term::Const(Value::BLANK) };
        let value = match &cell.value {
            CellValue::Blank => Value::BLANK,
            CellValue::Number(x) => Value::number(*x),
            CellValue::Bool(b) => Value::bool(*b),
            CellValue::Error(code) => Value::error(*code),
            CellValue::Text(text) => self.graph.heap.add_text(text),
        };
        self.states.insert(at, State::Done(Term::Const(value)));
        Term::Const(value)
    }

    fn circular(&self, at: CellAddress) -> Failure {
        let reason = format!("circular reference through {}", self.label(at));
        Failure { kind: ErrorKind::Circular, reason: reason.into(), origin: None, circle: Some(at) }
    }

    pub fn label(&self, at: CellAddress) -> String {
        let sheet = self.sheets.book.sheets.get(at.sheet).map_or("?", |sheet| sheet.name.as_str());
        format!("{sheet}!{}", a1(at.row, at.col))
    }

    /// The tree of a formula cell.
    pub(super) fn tree(&mut self, at: CellAddress) -> Lowered<Rc<Expr>> {
        if let Some(tree) = self.trees.get(&at) {
            return Ok(tree.clone());
        }
        let Some(formula) = self.cell(at).and_then(|cell| cell.formula.as_ref()) else {
            return Err(Failure::unsupported("no formula"));
        };
        let tree = match formula {
            CellFormula::Normal(text)
            | CellFormula::Array { text, .. }
            | CellFormula::Dynamic { text, .. } => Rc::new(parse_text(text)?),
            CellFormula::Shared { anchor, text } => {
                let key = (at.sheet, anchor.0, anchor.1);
                let tree = match self.shared_trees.get(&key) {
                    Some(tree) => tree.clone(),
                    None => {
                        let tree = parse_text(text).map(Rc::new);
                        self.shared_trees.insert(key, tree.clone());
                        tree
                    }
                }?;
                let rows = i64::from(at.row) - i64::from(anchor.0);
                let cols = i64::from(at.col) - i64::from(anchor.1);
                if (rows, cols) == (0, 0) { tree } else { Rc::new(shift::shift(&tree, rows, cols)) }
            }
            CellFormula::DataTable { .. } => {
                return Err(Failure::unsupported("a data table has no formula of its own"));
            }
        };
        self.trees.insert(at, tree.clone());
        Ok(tree)
    }

    pub(super) fn lower_cell(&mut self, at: CellAddress) {
        self.lowered_cells += 1;
        self.states.insert(at, State::Pending);
        self.pending += 1;
        let depth = std::mem::take(&mut self.depth);
        let result = if self.pending > MAX_PENDING {
            Err(Failure::unsupported("a chain of dynamic references is too long"))
        } else if matches!(
            self.cell(at).and_then(|cell| cell.formula.as_ref()),
            Some(CellFormula::DataTable { .. })
        ) {
            self.lower_data_table(at)
        } else {
            self.tree(at).and_then(|tree| self.lower_formula(&tree, at))
        };
        self.depth = depth;
        self.pending -= 1;
        self.trees.remove(&at);
        if let Err(mut failure) = result {
            // Only the cell that the circle closes on is known to be circular: this one may have been tried
            // before its turn, because a range that holds it is named somewhere.
            if failure.circle.is_some_and(|circle| circle != at) {
                self.states.remove(&at);
                self.trees.remove(&at);
                self.provisional = Some((at, failure));
                return;
            }
            failure.circle = None;
            if failure.origin.is_none() {
                failure.origin = Some(Rc::new(self.describe(at, &failure.reason)));
            }
            self.states.insert(at, State::Failed(failure.clone()));
            if let Some(area) = self.array_area(at) {
                for_each_cell(at.sheet, &area, |cell| {
                    self.states.insert(cell, State::Failed(failure.clone()));
                });
            }
        }
    }

    pub fn describe(&self, at: CellAddress, reason: &str) -> Unsupported {
        let formula = match self.cell(at).and_then(|cell| cell.formula.as_ref()) {
            Some(CellFormula::Normal(text))
            | Some(CellFormula::Array { text, .. })
            | Some(CellFormula::Dynamic { text, .. }) => format!("={text}"),
            Some(CellFormula::Shared { anchor, text }) => {
                let (rows, cols) =
                    (i64::from(at.row) - i64::from(anchor.0), i64::from(at.col) - i64::from(anchor.1));
                match parse_text(text) {
                    Ok(tree) => format!("={}", shift::shift(&tree, rows, cols)),
                    Err(_) => format!("={text}"),
                }
            }
            Some(CellFormula::DataTable { .. }) => "{=TABLE()}".to_owned(),
            None => String::new(),
        };
        let sheet = self.sheets.book.sheets.get(at.sheet).map_or(String::new(), |sheet| sheet.name.clone());
        Unsupported { sheet, cell: a1(at.row, at.col), formula, reason: reason.to_owned() }
    }

    pub(super) fn array_area(&self, at: CellAddress) -> Option<Area> {
        match self.cell(at)?.formula.as_ref()? {
            CellFormula::Array { area, .. }
            | CellFormula::Dynamic { area, .. }
            | CellFormula::DataTable { area, .. } => Some(*area),
            _ => None,
        }
    }

    fn lower_formula(&mut self, tree: &Expr, cell: CellAddress) -> Lowered<()> {
        let array_area = self.array_area(cell);
        let at = At { cell, array: array_area.is_some(), wants_range: false, scope: None };
        let result = self.lower_root(tree, &at)?;
        let Some(area) = array_area else {
            let term = self.single_value(result, &at)?;
            self.states.insert(cell, State::Done(term));
            return Ok(());
        };
        let dynamic = matches!(
            self.cell(cell).and_then(|cell| cell.formula.as_ref()),
            Some(CellFormula::Dynamic { .. })
        );
        self.spread(result, &at, area, dynamic)
    }

    /// A whole formula: + and - as its last operation drop what lies beyond 15 digits, unless in parentheses.
    fn lower_root(&mut self, tree: &Expr, at: &At) -> Lowered<Abs> {
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

    /// The value that an ordinary formula's cell takes.
    fn single_value(&mut self, result: Abs, at: &At) -> Lowered<Term> {
        let term = match self.single(result, at)? {
            Single::One(term) => term,
            Single::Many(grid) => grid.at(0, 0),
        };
        Ok(self.graph.one(Op1::Settle, term))
    }

    /// Lays an array formula's result over its area. A dynamic one takes the size it has now.
    fn spread(&mut self, result: Abs, at: &At, area: Area, dynamic: bool) -> Lowered<()> {
        let single = self.single(result, at)?;
        let (rows, cols) = single.shape();
        let sized = match single {
            Single::Many(_) => true,
            Single::One(term) => self.graph.kinds(term) & kinds::ARRAY == 0,
        };
        let area = if dynamic && sized {
            Area {
                last_row: area.first_row + rows as u32 - 1,
                last_col: area.first_col + cols as u32 - 1,
                ..area
            }
        } else {
            area
        };
        if dynamic && self.is_blocked(at.cell, &area) {
            self.states.insert(at.cell, State::Done(Term::Const(Value::error(ErrorCode::Spill))));
            return Ok(());
        }
        let mut terms = Vec::new();
        for row in area.first_row..=area.last_row {
            for col in area.first_col..=area.last_col {
                let (r, c) = ((row - area.first_row) as usize, (col - area.first_col) as usize);
                let term = match &single {
                    Single::One(term) => self.graph.element(*term, r as u32, c as u32),
                    Single::Many(grid) => grid.at(r, c),
                };
                let term = self.graph.one(Op1::Settle, term);
                terms.push(term);
                self.states.insert(CellAddress { sheet: at.cell.sheet, row, col }, State::Done(term));
            }
        }
        let (rows, cols) =
            ((area.last_row - area.first_row) as usize + 1, (area.last_col - area.first_col) as usize + 1);
        self.arrays.insert(at.cell, Rc::new(Grid { rows, cols, terms }));
        Ok(())
    }

    /// True when a spilled result would cover cells that hold something.
    fn is_blocked(&self, anchor: CellAddress, area: &Area) -> bool {
        let mut blocked = false;
        for_each_cell(anchor.sheet, area, |cell| {
            let own = cell == anchor || self.sheets.owner(cell) == Some((anchor.row, anchor.col));
            blocked |= !own
                && self
                    .cell(cell)
                    .is_some_and(|cell| cell.formula.is_some() || cell.value != CellValue::Blank);
        });
        blocked
    }

    /// The cells of an array formula by its first cell, for `A1#`.
    pub fn spilled(&mut self, at: CellAddress) -> Lowered<Abs> {
        self.term(at)?;
        let array = self.arrays.get(&at).cloned();
        Ok(array.map_or(constant(Value::error(ErrorCode::Ref)), Abs::Cells))
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
                Ok(Abs::Grid(Rc::new(Grid { rows: *rows, cols: *cols, terms })))
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
            Expr::Binary(op, left, right) => {
                let at = &at.for_value();
                let left = self.lower(left, at)?;
                let left = self.single(left, at)?;
                let right = self.lower(right, at)?;
                let right = self.single(right, at)?;
                self.map_two(*op, &left, &right)
            }
            Expr::Call { name, args } => self.call(name, args, at),
            Expr::Invoke { callee, args } => self.invoke(callee, args, at),
            _ => self.lower_reference(expr, at),
        }
    }

    pub fn map_one(&mut self, op: Op1, operand: Single) -> Abs {
        match operand {
            Single::One(term) => Abs::Term(self.graph.one(op, term)),
            Single::Many(grid) => {
                let terms = grid.terms.iter().map(|&term| self.graph.one(op, term)).collect();
                Abs::Grid(Rc::new(Grid { rows: grid.rows, cols: grid.cols, terms }))
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

    /// Applies `f` to each position of the operands' common shape.
    pub fn map(&mut self, operands: &[&Single], f: impl Fn(&mut Graph, &[Term]) -> Term) -> Lowered<Abs> {
        let (mut rows, mut cols, mut many) = (1, 1, false);
        for operand in operands {
            let shape = operand.shape();
            (rows, cols) = (rows.max(shape.0), cols.max(shape.1));
            many |= matches!(operand, Single::Many(_));
        }
        let mut terms: Vec<Term> = operands.iter().map(|operand| operand.at(0, 0)).collect();
        if !many {
            return Ok(Abs::Term(f(&mut self.graph, &terms)));
        }
        if rows.saturating_mul(cols) > MAX_GRID_CELLS {
            return Err(Failure::unsupported(format!("an array of {rows} x {cols} cells is too large")));
        }
        let mut results = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            for col in 0..cols {
                terms.clear();
                terms.extend(operands.iter().map(|operand| operand.at(row, col)));
                results.push(f(&mut self.graph, &terms));
            }
        }
        Ok(Abs::Grid(Rc::new(Grid { rows, cols, terms: results })))
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
                let chosen = self.map_select(&Single::One(choice.truth), &yes, &no)?;
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
                Grid { rows: array.rows, cols: array.cols, terms }
            }
            _ => Grid { rows: 1, cols: 1, terms: vec![Term::Const(value)] },
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
        Ok(Rc::new(Grid { rows, cols, terms }))
    }
}

pub fn constant(value: Value) -> Abs {
    Abs::Term(Term::Const(value))
}

pub fn for_each_cell(sheet: usize, area: &Area, mut f: impl FnMut(CellAddress)) {
    for row in area.first_row..=area.last_row {
        for col in area.first_col..=area.last_col {
            f(CellAddress { sheet, row, col });
        }
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

fn parse_text(text: &str) -> Lowered<Expr> {
    parse::parse(text).map_err(|error| Failure::unsupported(format!("the formula cannot be read: {error}")))
}
