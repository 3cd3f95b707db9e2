//! Lowers the cells that a formula needs in any case before the formula itself, in a loop instead of by recursion, so
//! that chains of cells can be as long as the workbook. Cells that are missed here are lowered when they are needed.

use super::failure::Failure;
use super::forms::{Form, Needs};
use super::lowerer::{Lowerer, State};
use super::sheets::Sheets;
use crate::formula::ast::Expr;
use crate::workbook::{Area, CellAddress, Place};
use execd_calc::kernels;
use execd_calc::semantics::function::{Param, flags};
use execd_calc::semantics::properties::Chain;
use hashbrown::HashSet;
use std::rc::Rc;

/// How deep names are followed into names.
const MAX_NAMES: usize = 8;

/// Ranges with so many columns are remembered as a whole.
const WIDE: usize = 32;

/// A set with more cells is not used again: to empty it would cost more than a new one.
const MOST_SPARE: usize = 16;

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Position {
    cell: CellAddress,
    /// All cells of a range are needed, not only the one in the row or column of the formula.
    whole: bool,
    /// In an array formula, or inside a function that takes arrays.
    array: bool,
    names: usize,
}

/// What a formula needs.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    /// Names that were followed: once each, although names may name one another often.
    names: Vec<(Box<str>, bool, bool)>,
}

impl Found {
    fn is_new(&mut self, name: &str, at: Position) -> bool {
        let known =
            self.names.iter().any(|known| &*known.0 == name && (known.1, known.2) == (at.whole, at.array));
        if !known {
            self.names.push((name.into(), at.whole, at.array));
        }
        !known
    }
}

/// A formula cell whose precedents are being lowered.
struct Open {
    cell: CellAddress,
    /// Where its precedents are. They are looked through from the last one on.
    places: std::vec::IntoIter<Place>,
    /// What is left of the place that is looked through.
    current: Option<Scan>,
}

/// The formula cells of a place, from the last one of its last column in use to the first of the first.
struct Scan {
    place: Place,
    /// The row after the next one to look at, the column after that, and the one after the last in use.
    row: u32,
    col: u32,
    end: u32,
    /// Every cell of this column so far is lowered, or is to be lowered when it is needed; and of the columns before.
    settled: bool,
    all_settled: bool,
}

impl Lowerer<'_> {
    /// Lowers a cell after the cells that it needs. Ends early when compiling is to stop, which the cell then tells.
    pub fn lower_with_precedents(&mut self, root: CellAddress) {
        if self.states.contains_key(&root) {
            return;
        }
        let mut open = self.spare_set.take().unwrap_or_default();
        let mut stack = vec![self.opened(root)];
        open.insert(root);
        while let Some(top) = stack.last_mut() {
            if self.graph.is_stopped() {
                let at = top.cell;
                self.stop(root, at);
                break;
            }
            if let Some(next) = self.next_precedent(top, &open) {
                open.insert(next);
                let opened = self.opened(next);
                stack.push(opened);
                continue;
            }
            let at = top.cell;
            if !self.states.contains_key(&at) {
                match self.lower_cell(at) {
                    // Cells that only now turned out to be needed.
                    Some(places) => {
                        top.places = places.into_iter();
                        continue;
                    }
                    None if at != root && !self.states.contains_key(&at) => {
                        self.postponed.insert(at);
                    }
                    None => {}
                }
            }
            stack.pop();
        }
        if open.len() <= MOST_SPARE {
            open.clear();
            self.spare_set = Some(open);
        }
    }

    /// Fails `root` at the cell that is being lowered: thousands of others may be left.
    fn stop(&mut self, root: CellAddress, at: CellAddress) {
        if let Err(error) = self.graph.check() {
            let mut failure = Failure::from(error);
            failure.origin = Some(Rc::new(self.describe(at, &failure.reason)));
            self.states.insert(root, State::Failed(failure));
        }
    }

    fn opened(&mut self, cell: CellAddress) -> Open {
        let mut found = Found::default();
        if let Ok(tree) = self.tree(cell) {
            let array = self.array_area(cell).is_some();
            self.precedents(&tree, Position { cell, whole: array, array, names: 0 }, &mut found);
        }
        Open { cell, places: found.places.into_iter(), current: None }
    }

    /// The next formula cell to lower before `of`. Cells that are open already are passed over.
    fn next_precedent(&mut self, of: &mut Open, open: &HashSet<CellAddress>) -> Option<CellAddress> {
        loop {
            let scan = match &mut of.current {
                Some(scan) => scan,
                None => of.current.insert(Scan::new(of.places.next_back()?, &self.sheets)),
            };
            if let Some(found) = self.scan(scan, open) {
                return Some(found);
            }
            of.current = None;
        }
    }

    fn scan(&mut self, scan: &mut Scan, open: &HashSet<CellAddress>) -> Option<CellAddress> {
        let (sheet, area) = (scan.place.sheet, scan.place.area);
        if scan.place.is_cell() {
            let (row, col) = (area.first_row, area.first_col);
            let formulas = self.sheets.formula_rows(sheet, col)?;
            formulas.binary_search(&row).ok()?;
            return self.open_precedent(CellAddress { sheet, row, col }, open).ok().flatten();
        }
        let rows = area.first_row..area.last_row + 1;
        let (tall, wide) = (scan.place.rows() > 1, scan.place.cols() >= WIDE);
        // A range that goes on from a wide one is looked at down to there.
        let start = Place { sheet, area: Area { last_col: area.first_col, ..area } };
        let known = if wide { self.settled_columns.get(&start).copied() } else { None };
        let first = known.unwrap_or(area.first_col);
        while scan.col > first {
            let col = scan.col - 1;
            if let Some(formulas) = self.sheets.formula_rows(sheet, col) {
                let column = (sheet as u32, col);
                // One cell is found as fast as the rows that are settled.
                let rests = if tall { self.settled.rest(column, &rows) } else { [0..0, rows.clone()] };
                for rest in rests.into_iter().rev() {
                    let end = formulas.partition_point(|&row| row < rest.end.min(scan.row));
                    let before = formulas.get(..end).unwrap_or(&[]).iter().rev();
                    for &row in before.take_while(|row| **row >= rest.start) {
                        match self.open_precedent(CellAddress { sheet, row, col }, open) {
                            Ok(None) => {}
                            Ok(owner) => {
                                // It is looked at again: what its formula gives need not reach this cell.
                                scan.row = row + 1;
                                return owner;
                            }
                            Err(()) => scan.settled = false,
                        }
                    }
                }
                if scan.settled && tall {
                    self.settled.add(column, &rows);
                }
            }
            scan.all_settled &= scan.settled;
            scan.settled = true;
            scan.row = rows.end;
            scan.col = col;
        }
        if scan.all_settled && wide {
            let known = self.settled_columns.entry(start).or_insert(scan.end);
            *known = scan.end.max(*known);
        }
        None
    }

    pub fn has_unlowered(&mut self, place: &Place) -> bool {
        self.scan(&mut Scan::new(*place, &self.sheets), &HashSet::new()).is_some()
    }

    /// The formula cell to lower for a cell that belongs to a formula: none if it is lowered, or is to be lowered when it is needed. An error if
    /// it is open.
    fn open_precedent(
        &self,
        at: CellAddress,
        open: &HashSet<CellAddress>,
    ) -> Result<Option<CellAddress>, ()> {
        if self.states.contains_key(&at) || self.inputs.contains_key(&at) {
            return Ok(None);
        }
        let owner = self.sheets.owner(at).map_or(at, |(row, col)| CellAddress { row, col, ..at });
        if self.postponed.contains(&owner) {
            return Ok(None);
        }
        if open.contains(&owner) { Err(()) } else { Ok(Some(owner)) }
    }

    /// Collects the places whose cells an expression needs.
    fn precedents(&mut self, expr: &Expr, at: Position, found: &mut Found) {
        let value = Position { whole: at.array, ..at };
        match expr {
            Expr::Reference(reference) => {
                for place in self.reference(reference, at.cell).unwrap_or_default() {
                    self.needed(&place, at, found);
                }
            }
            Expr::Table(reference) => {
                if let Ok(Ok(place)) = self.table_reference(reference, at.cell) {
                    self.needed(&place, at, found);
                }
            }
            Expr::Name { name, .. } if at.names < MAX_NAMES && found.is_new(name, at) => {
                if let Ok(Some(tree)) = self.name_tree(name, at.cell) {
                    // The formula of a name is an array formula, unless it is a bare reference.
                    let bare = matches!(*tree, Expr::Reference(_) | Expr::Table(_));
                    let inner = Position { names: at.names + 1, array: at.array || !bare, ..at };
                    self.precedents(&tree, inner, found);
                }
            }
            Expr::Unary(_, a) => self.precedents(a, value, found),
            Expr::Binary(_, a, b) => {
                self.precedents(a, value, found);
                self.precedents(b, value, found);
            }
            Expr::Call { name, args } => self.call_precedents(name, args, at, found),
            _ => {}
        }
    }

    fn call_precedents(&mut self, name: &str, args: &[Expr], at: Position, found: &mut Found) {
        let value = Position { whole: at.array, ..at };
        match Form::find(name).map_or(Needs::AsFunction, Form::needs) {
            Needs::None => {}
            Needs::First => {
                if let Some(first) = args.first() {
                    self.precedents(first, value, found);
                }
            }
            Needs::AllButFirst => {
                for position in args.iter().skip(1) {
                    self.precedents(position, value, found);
                }
            }
            Needs::AsFunction => {
                let Some(function) = kernels::find(name) else { return };
                let array = at.array || function.has(flags::FORCES_ARRAY);
                let chosen = function.chain.and_then(Chain::chosen);
                for (position, arg) in
                    args.iter().enumerate().filter(|(position, _)| Some(*position) != chosen)
                {
                    let whole = array || function.param(position) != Param::Scalar;
                    self.precedents(arg, Position { whole, array, ..at }, found);
                }
            }
        }
    }

    fn needed(&self, place: &Place, at: Position, found: &mut Found) {
        if at.whole || place.is_cell() {
            return found.places.push(*place);
        }
        let (row, col) = self.crossing(place, at.cell);
        if place.contains(row, col) {
            found.places.push(Place::cell(place.sheet, row, col));
        }
    }
}

impl Scan {
    fn new(place: Place, sheets: &Sheets<'_>) -> Scan {
        let end = place.area.first_col + sheets.used(&place).1 as u32;
        Scan { place, row: place.area.last_row + 1, col: end, end, settled: true, all_settled: true }
    }
}
