//! From cells to terms. Each formula cell is lowered once, when it is first needed.

use super::at::At;
use super::failure::{Failure, Lowered};
use super::lowerer::{Lowerer, State};
use super::spill::for_each_cell;
use super::values::{Abs, Single};
use crate::compile::graph::Term;
use crate::error::ErrorKind;
use crate::formula::ast::Expr;
use crate::formula::{parse, shift};
use crate::report::Unsupported;
use crate::workbook::{Area, Cell, CellAddress, CellFormula, CellValue, Place, a1};
use execd_calc::semantics::primitive::Op1;
use execd_calc::values::value::Value;
use std::rc::Rc;

/// Lowering a dynamic reference can begin with another cell in the middle of this one, so the stack grows on the heap.
const RED_ZONE: usize = 256 << 10;
const STACK: usize = 4 << 20;
/// How many cells may be half lowered at a time. Beyond, the workbook is refused before stacks fill the memory.
const MAX_PENDING: usize = 10_000;

impl<'w> Lowerer<'w> {
    pub fn cell(&self, at: CellAddress) -> Option<&'w Cell> {
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
            return Ok(self.graph.input(cell));
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
                        // The array formula gives fewer cells now than when the workbook was saved.
                        _ => Ok(Term::Const(Value::BLANK)),
                    },
                }
            }
            _ => Ok(self.constant(at)),
        }
    }

    /// Gives a cell of an array formula or a data table its value. A cell that is an input keeps the input's value.
    pub fn fill(&mut self, at: CellAddress, term: Term) -> Term {
        let term = match self.inputs.get(&at) {
            Some(&input) => self.graph.input(input),
            None => term,
        };
        self.states.insert(at, State::Done(term));
        term
    }

    /// How many formula cells lowered so far depend on a record.
    pub fn live_cells(&self) -> usize {
        let live = |at: &CellAddress, state: &State| {
            matches!(state, State::Done(Term::Node(_)))
                && !self.inputs.contains_key(at)
                && self.cell(*at).is_some_and(|cell| cell.formula.is_some())
        };
        self.states.iter().filter(|(at, state)| live(at, state)).count()
    }

    /// Makes a cell unknown, so that what needs it cannot be compiled.
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
        Failure {
            kind: ErrorKind::Circular,
            reason: reason.into(),
            origin: None,
            circle: Some(at),
            wanted: None,
        }
    }

    pub fn label(&self, at: CellAddress) -> String {
        let sheet = self.sheets.book.sheets.get(at.sheet).map_or("?", |sheet| sheet.name.as_str());
        format!("{sheet}!{}", a1(at.row, at.col))
    }

    /// The tree of a formula cell.
    pub fn tree(&mut self, at: CellAddress) -> Lowered<Rc<Expr>> {
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
                if (rows, cols) == (0, 0) { tree } else { Rc::new(shift(&tree, rows, cols)) }
            }
            CellFormula::DataTable { .. } => {
                return Err(Failure::unsupported("a data table has no formula of its own"));
            }
        };
        self.trees.insert(at, tree.clone());
        Ok(tree)
    }

    /// Returns what has to be lowered first, if that turns out only now.
    pub fn lower_cell(&mut self, at: CellAddress) -> Option<Vec<Place>> {
        self.lowered_cells += 1;
        self.states.insert(at, State::Pending);
        self.pending.push(at);
        let may_want = std::mem::replace(&mut self.may_want, true);
        let (depth, memo) = (std::mem::take(&mut self.depth), std::mem::take(&mut self.memo));
        let result = if self.pending.len() > MAX_PENDING {
            Err(Failure::unsupported("a chain of dynamic references is too long"))
        } else if matches!(
            self.cell(at).and_then(|cell| cell.formula.as_ref()),
            Some(CellFormula::DataTable { .. })
        ) {
            self.lower_data_table(at)
        } else {
            self.tree(at).and_then(|tree| self.lower_formula(&tree, at))
        };
        (self.depth, self.memo, self.may_want) = (depth, memo, may_want);
        self.pending.pop();
        if let Err(mut failure) = result {
            if let Some(places) = failure.wanted.take() {
                self.states.remove(&at);
                return Some(places);
            }
            // Only the cell where the circle closes is surely circular. This cell may have been lowered too early,
            // because a formula names a range that holds it. It is tried again when its value is needed.
            if failure.circle.is_some_and(|circle| circle != at) {
                self.states.remove(&at);
                self.trees.remove(&at);
                self.provisional = Some((at, failure));
                return None;
            }
            failure.circle = None;
            if failure.origin.is_none() {
                failure.origin = Some(Rc::new(self.describe(at, &failure.reason)));
            }
            self.states.insert(at, State::Failed(failure.clone()));
            if let Some(area) = self.array_area(at) {
                for_each_cell(at.sheet, &area, |cell| {
                    if !self.inputs.contains_key(&cell) {
                        self.states.insert(cell, State::Failed(failure.clone()));
                    }
                });
            }
        }
        self.trees.remove(&at);
        None
    }

    /// Asks for cells to be lowered before the formula at `at`, which is then lowered again: chains of cells can be as
    /// long as the workbook. Asks once; after that each is lowered when its value is taken.
    pub fn want(&mut self, places: &[Place], at: &At) -> Lowered<()> {
        if !self.may_want {
            return Ok(());
        }
        let wanted: Vec<Place> = places
            .iter()
            .copied()
            .filter(|place| self.has_unlowered(place) && self.wanted.insert((at.cell, *place)))
            .collect();
        if wanted.is_empty() { Ok(()) } else { Err(Failure::wanting(wanted)) }
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
                    Ok(tree) => format!("={}", shift(&tree, rows, cols)),
                    Err(_) => format!("={text}"),
                }
            }
            Some(CellFormula::DataTable { .. }) => "{=TABLE()}".to_owned(),
            None => String::new(),
        };
        let sheet = self.sheets.book.sheets.get(at.sheet).map_or(String::new(), |sheet| sheet.name.clone());
        Unsupported { sheet, cell: a1(at.row, at.col), formula, reason: reason.to_owned() }
    }

    pub fn array_area(&self, at: CellAddress) -> Option<Area> {
        self.cell(at)?.formula.as_ref()?.area()
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

    /// The value that an ordinary formula's cell takes.
    fn single_value(&mut self, result: Abs, at: &At) -> Lowered<Term> {
        let term = match self.single(result, at)? {
            Single::One(term) => self.graph.element(term, 0, 0),
            Single::Many(grid) => grid.at(0, 0),
        };
        Ok(self.graph.one(Op1::CellValue, term))
    }
}

fn parse_text(text: &str) -> Lowered<Expr> {
    parse(text).map_err(|error| Failure::unsupported(format!("the formula cannot be read: {error}")))
}
