//! What becomes of a result in a place for a single value, and of a range as an array.

use super::at::At;
use super::failure::Lowered;
use super::lowerer::Lowerer;
use super::values::{Abs, Grid, Single};
use crate::compile::graph::Term;
use crate::workbook::{CellAddress, Place};
use execd_calc::values::value::{ErrorCode, Unpacked, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    /// The result of an expression in a place for a single value.
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
                let places = (0..array.rows).flat_map(|row| (0..array.cols).map(move |col| (row, col)));
                let terms = places.filter_map(|(row, col)| array.get(row, col)).map(Term::Const).collect();
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

    /// The cell where the row or column of a formula crosses a range. It may be outside the range.
    pub fn crossing(&self, place: &Place, at: CellAddress) -> (u32, u32) {
        let area = &place.area;
        match (place.rows(), place.cols()) {
            (1, 1) => (area.first_row, area.first_col),
            (_, 1) => (at.row, area.first_col),
            (1, _) => (area.first_row, at.col),
            _ => (at.row, at.col),
        }
    }
}
