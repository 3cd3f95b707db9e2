//! Lowers the cells that a formula needs in any case before the formula itself, in a loop instead of by recursion, so
//! that chains of cells can be as long as the workbook. Cells that are missed here are lowered when they are needed.

use super::forms::{Form, Needs};
use super::lowerer::Lowerer;
use crate::formula::ast::Expr;
use crate::workbook::{CellAddress, Place};
use execd_calc::kernels;
use execd_calc::semantics::function::{Param, flags};
use hashbrown::HashSet;

/// How deep names are followed into names.
const MAX_NAMES: usize = 8;

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

impl Lowerer<'_> {
    pub fn lower_with_precedents(&mut self, root: CellAddress) {
        let mut stack = vec![(root, false)];
        let mut open: HashSet<CellAddress> = HashSet::new();
        while let Some((at, expanded)) = stack.pop() {
            if self.states.contains_key(&at) {
                continue;
            }
            if expanded {
                self.lower_cell(at);
                if at != root && !self.states.contains_key(&at) {
                    self.postponed.insert(at);
                }
                continue;
            }
            if !open.insert(at) {
                continue;
            }
            stack.push((at, true));
            if let Ok(tree) = self.tree(at) {
                let array = self.array_area(at).is_some();
                let mut found = Vec::new();
                self.precedents(&tree, Position { cell: at, whole: array, array, names: 0 }, &mut found);
                stack.extend(found.into_iter().filter(|next| !open.contains(next)).map(|next| (next, false)));
            }
        }
    }

    /// Collects the formula cells that an expression needs and that are not lowered yet.
    fn precedents(&mut self, expr: &Expr, at: Position, found: &mut Vec<CellAddress>) {
        let value = Position { whole: at.array, ..at };
        match expr {
            Expr::Reference(reference) => {
                for place in self.reference(reference, at.cell).unwrap_or_default() {
                    self.unlowered(&place, at, found);
                }
            }
            Expr::Table(reference) => {
                if let Ok(Ok(place)) = self.table_reference(reference, at.cell) {
                    self.unlowered(&place, at, found);
                }
            }
            Expr::Name { name, .. } if at.names < MAX_NAMES => {
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

    fn call_precedents(&mut self, name: &str, args: &[Expr], at: Position, found: &mut Vec<CellAddress>) {
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
                for (position, arg) in args.iter().enumerate() {
                    let whole = array || function.param(position) != Param::Scalar;
                    self.precedents(arg, Position { whole, array, ..at }, found);
                }
            }
        }
    }

    fn unlowered(&mut self, place: &Place, at: Position, found: &mut Vec<CellAddress>) {
        if at.whole || place.is_cell() {
            return self.unlowered_cells(place, found);
        }
        let (row, col) = self.crossing(place, at.cell);
        if place.contains(row, col) {
            self.unlowered_cells(&Place::cell(place.sheet, row, col), found);
        }
    }

    fn unlowered_cells(&mut self, place: &Place, found: &mut Vec<CellAddress>) {
        if self.lowered_ranges.contains(place) {
            return;
        }
        let before = found.len();
        let (states, inputs, postponed) = (&self.states, &self.inputs, &self.postponed);
        let sheets = &self.sheets;
        sheets.each_formula(place, |at| {
            if !states.contains_key(&at) && !inputs.contains_key(&at) {
                let owner = sheets.owner(at).map_or(at, |(row, col)| CellAddress { row, col, ..at });
                if !postponed.contains(&owner) {
                    found.push(owner);
                }
            }
        });
        if found.len() == before && !place.is_cell() {
            self.lowered_ranges.insert(*place);
        }
    }
}
