//! The cells that a dynamic reference (OFFSET, INDIRECT) can reach.

use super::at::At;
use super::failure::{Failure, Lowered};
use super::lowerer::Lowerer;
use super::values::{Abs, MAX_GRID_CELLS};
use crate::compile::graph::{Argument, Op, RangeArgument, RangeContent, Term};
use crate::error::ErrorKind;
use crate::workbook::{Area, MAX_COL, MAX_ROW, Place};
use execd_calc::kernels;
use execd_calc::kernels::lookup_reference::reference;
use execd_calc::values::range::Origin;
use execd_calc::values::value::{ErrorCode, Value};

/// How many cells all dynamic references together may reach.
const MAX_REACHED: usize = 1 << 26;

impl Lowerer<'_> {
    /// The result of a dynamic reference, which a kernel picks: cells for a function that takes ranges, an array in an
    /// array formula, else the value of the cell in the formula's own row or column, which `crossing` picks.
    pub fn picked(
        &mut self,
        [whole, crossing]: [&str; 2],
        mut arguments: Vec<Argument>,
        at: &At,
    ) -> Lowered<Abs> {
        let find =
            |name: &str| kernels::find(name).ok_or_else(|| Failure::unsupported("a dynamic reference"));
        if !at.wants_range && !at.array {
            let own = [at.cell.row, at.cell.col].map(|at| Term::Const(Value::number(f64::from(at))));
            arguments.splice(0..0, own.map(Argument::Term));
            return Ok(Abs::Term(self.graph.call(find(crossing)?, &arguments)));
        }
        let picked = self.graph.call(find(whole)?, &arguments);
        Ok(if at.wants_range { self.as_cells(picked) } else { Abs::Term(picked) })
    }

    /// The value of a dynamic reference as cells, for a function that takes ranges.
    pub fn as_cells(&mut self, value: Term) -> Abs {
        match kernels::find(reference::CELLS) {
            Some(cells) => Abs::Term(self.graph.call(cells, &[Argument::Term(value)])),
            None => Abs::Term(value),
        }
    }

    /// Whether a value is a reference that a record chose.
    pub fn is_chosen_reference(&self, term: Term) -> bool {
        let Term::Node(id) = term else { return false };
        let op = self.graph.node(id).map(|node| node.op);
        matches!(op, Some(Op::Call(function)) if function.name == reference::CELLS)
    }

    /// All used cells of a sheet as a range.
    pub fn everything(&mut self, sheet: usize) -> Lowered<u32> {
        self.reachable(&Place {
            sheet,
            area: Area { first_row: 0, first_col: 0, last_row: MAX_ROW, last_col: MAX_COL },
        })
    }

    /// The cells of a place as a range. A cell that depends on the formula that is being lowered reads as `#REF!`,
    /// because a formula that picked it would refer to itself.
    pub fn reachable(&mut self, place: &Place) -> Lowered<u32> {
        if let Some(&range) = self.reachable.get(place) {
            return Ok(range);
        }
        let (terms, complete) = self.reachable_cells(place)?;
        let (rows, cols) = self.sheets.used(place);
        let content = RangeContent::Terms(terms);
        let origin =
            Origin { sheet: place.sheet as u32, row: place.area.first_row, col: place.area.first_col };
        let size = (place.rows(), place.cols());
        let range = self.graph.add_range(RangeArgument::new(size, (rows, cols), origin, content));
        if complete {
            self.reachable.insert(*place, range);
        }
        Ok(range)
    }

    /// The used cells of a place, row by row, and whether all of them are independent of the formula that is being
    /// lowered.
    pub fn reachable_cells(&mut self, place: &Place) -> Lowered<(Vec<Term>, bool)> {
        let (rows, cols) = self.sheets.used(place);
        let count = rows.saturating_mul(cols);
        self.reached_cells = self.reached_cells.saturating_add(count);
        if count > MAX_GRID_CELLS || self.reached_cells > MAX_REACHED {
            return Err(Failure::unsupported(
                "a reference that depends on an input can reach too many cells",
            ));
        }
        let mut terms = vec![Term::Const(Value::BLANK); count];
        let mut complete = true;
        for cell in self.sheets.held_cells(place) {
            let (row, col) = (cell.row - place.area.first_row, cell.col - place.area.first_col);
            let term = match self.term(cell) {
                Ok(term) => term,
                Err(failure) if failure.kind == ErrorKind::Circular => {
                    complete = false;
                    Term::Const(Value::error(ErrorCode::Ref))
                }
                Err(failure) => return Err(failure),
            };
            if let Some(known) = terms.get_mut(row as usize * cols + col as usize) {
                *known = term;
            }
        }
        Ok((terms, complete))
    }
}
