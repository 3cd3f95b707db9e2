//! Cells to terms: each formula cell is lowered once, on demand, and an array formula is laid over its area. What an
//! expression means is in `lower`.

use super::graph::{Argument, Term, kinds};
use super::lower::{Abs, At, Failure, Grid, Lowered, Lowerer, Single, constant};
use crate::error::ErrorKind;
use crate::formula::ast::Expr;
use crate::formula::{parse, shift};
use crate::report::Unsupported;
use crate::workbook::{Area, Cell, CellAddress, CellFormula, CellValue, a1};
use execd_calc::kernels::{self, arrays::record};
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op1, Op2};
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

/// Dynamic references can demand a cell in the middle of another: the stack grows with them.
const RED_ZONE: usize = 256 << 10;
const STACK: usize = 4 << 20;
/// Cells in the middle of being lowered; beyond it a workbook is refused rather than memory filled with stacks.
const MAX_PENDING: usize = 10_000;

#[derive(Clone, Debug)]
pub(super) enum State {
    Pending,
    Done(Term),
    Failed(Failure),
}

impl<'w> Lowerer<'w> {
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

    /// Formula cells so far whose values depend on a record.
    pub fn live_cells(&self) -> usize {
        let live = |at: &CellAddress, state: &State| {
            matches!(state, State::Done(Term::Node(_)))
                && !self.inputs.contains_key(at)
                && self.cell(*at).is_some_and(|cell| cell.formula.is_some())
        };
        self.states.iter().filter(|(at, state)| live(at, state)).count()
    }

    /// Makes a cell unknown: what needs it cannot be compiled.
    pub fn refuse(&mut self, at: CellAddress, reason: &str) {
        let mut failure = Failure::unsupported(reason);
        failure.origin = Some(Rc::new(self.describe(at, reason)));
        self.states.insert(at, State::Failed(failure));
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
        let at = At { cell, array: array_area.is_some(), forced: false, wants_range: false, scope: None };
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
    pub(super) fn lower_root(&mut self, tree: &Expr, at: &At) -> Lowered<Abs> {
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

    /// The value that an ordinary formula's cell takes.
    fn single_value(&mut self, result: Abs, at: &At) -> Lowered<Term> {
        let term = match self.single(result, at)? {
            Single::One(term) => self.graph.element(term, 0, 0),
            Single::Many(grid) => grid.at(0, 0),
        };
        Ok(self.graph.one(Op1::CellValue, term))
    }

    /// Lays an array formula's result over its area. A dynamic one takes the size it has now.
    fn spread(&mut self, result: Abs, at: &At, area: Area, dynamic: bool) -> Lowered<()> {
        let mut single = self.single(result, at)?;
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
        } else if dynamic {
            // Its size is only known per record: it may take all cells that are kept free for it.
            self.sheets.owned_area(at.cell, area)
        } else {
            area
        };
        if dynamic && self.is_blocked(at.cell, &area) {
            self.states.insert(at.cell, State::Done(Term::Const(Value::error(ErrorCode::Spill))));
            return Ok(());
        }
        if let Single::One(term) = &mut single
            && dynamic
            && !sized
        {
            *term = self.within(*term, (area.rows() as usize, area.cols() as usize));
        }
        let mut terms = Vec::new();
        for row in area.first_row..=area.last_row {
            for col in area.first_col..=area.last_col {
                let (r, c) = ((row - area.first_row) as usize, (col - area.first_col) as usize);
                let term = match &single {
                    Single::One(term) if dynamic && !sized => self.spilled_cell(*term, r, c),
                    Single::One(term) => self.graph.element(*term, r as u32, c as u32),
                    Single::Many(grid) => grid.at(r, c),
                };
                let term = if dynamic && !sized { term } else { self.graph.one(Op1::CellValue, term) };
                terms.push(term);
                self.states.insert(CellAddress { sheet: at.cell.sheet, row, col }, State::Done(term));
            }
        }
        let (rows, cols) =
            ((area.last_row - area.first_row) as usize + 1, (area.last_col - area.first_col) as usize + 1);
        let whole = match single {
            Single::One(term) if dynamic && !sized => Abs::Term(term),
            _ => Abs::Cells(Rc::new(Grid::new(rows, cols, terms))),
        };
        self.arrays.insert(at.cell, whole);
        Ok(())
    }

    /// A cell under a spilled array whose size is known per record: blank beyond the array.
    fn spilled_cell(&mut self, array: Term, row: usize, col: usize) -> Term {
        let index = |n: usize| Argument::Term(Term::Const(Value::number(n as f64)));
        match kernels::find(record::SPILLED) {
            Some(spilled) => self.graph.call(spilled, &[Argument::Term(array), index(row), index(col)]),
            None => self.graph.element(array, row as u32, col as u32),
        }
    }

    /// True when a spilled result would cover cells that hold something.
    fn is_blocked(&self, anchor: CellAddress, area: &Area) -> bool {
        let mut blocked = false;
        for_each_cell(anchor.sheet, area, |cell| {
            let own = cell == anchor || self.sheets.owner(cell) == Some((anchor.row, anchor.col));
            blocked |= !own
                && self
                    .sheets
                    .book
                    .sheets
                    .get(cell.sheet)
                    .is_some_and(|sheet| sheet.holds(cell.row, cell.col));
        });
        blocked
    }

    /// The cells of an array formula by its first cell, for `A1#`.
    pub fn spilled(&mut self, at: CellAddress) -> Lowered<Abs> {
        self.term(at)?;
        let array = self.arrays.get(&at).cloned();
        Ok(array.unwrap_or(constant(Value::error(ErrorCode::Ref))))
    }
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
