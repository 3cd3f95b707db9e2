//! INDEX: a reference or an element if its positions are known, else a call.

use super::table::Form;
use crate::compile::graph::Term;
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Grid, Single, error};
use crate::formula::ast::Expr;
use execd_calc::kernels;
use execd_calc::kernels::arrays::record;
use execd_calc::kernels::lookup_reference::lookup;
use execd_calc::numbers::digits;
use execd_calc::semantics::lift;
use execd_calc::values::value::ErrorCode;
use std::rc::Rc;

impl Lowerer<'_> {
    pub fn index_form(&mut self, array: &Expr, args: &[Expr], at: &At) -> Lowered<Option<Abs>> {
        let wide = At { wants_range: true, ..at.forced() };
        let array = self.lower(array, &wide)?;
        self.index_of(array, args, at)
    }

    fn index_of(&mut self, array: Abs, args: &[Expr], at: &At) -> Lowered<Option<Abs>> {
        let array = match array {
            Abs::Places(places) => Abs::Places(places),
            Abs::Choice(choice) => {
                let yes = self.index_of(choice.yes.clone(), args, at)?;
                let no = self.index_of(choice.no.clone(), args, at)?;
                let (Some(yes), Some(no)) = (yes, no) else { return Ok(None) };
                return self.choose_between(&Single::One(choice.truth), yes, no, at).map(Some);
            }
            other => Abs::from(self.single(other, &At { array: true, ..at.for_value() })?),
        };
        let mut positions = Vec::new();
        for position in 1..args.len().min(4) {
            match self.single_argument(args, position, &at.for_value())? {
                Some(Single::One(Term::Const(value))) => match self.graph.cx().number(value) {
                    Ok(x) => positions.push(digits::trunc(x)),
                    Err(_) => return self.index_call(array, args, at),
                },
                _ => return self.index_call(array, args, at),
            }
        }
        let single = matches!(array, Abs::Term(_));
        if !single && positions.iter().any(|&position| position < 0.0) {
            return Ok(Some(error(ErrorCode::Value)));
        }
        let area = positions.get(2).copied().filter(|&area| area != 0.0).unwrap_or(1.0);
        let (rows, cols) = match &array {
            Abs::Places(places) => {
                let Some(place) = places.get((area - 1.0) as usize) else {
                    return Ok(Some(error(ErrorCode::Ref)));
                };
                (place.rows(), place.cols())
            }
            Abs::Grid(_) if area != 1.0 => return Ok(Some(error(ErrorCode::Ref))),
            Abs::Grid(grid) => (grid.rows, grid.cols),
            _ => return self.index_call(array, args, at),
        };
        let (row, col) = match *positions.as_slice() {
            [only] if rows == 1 && cols > 1 => (0.0, only),
            [only] => (only, 0.0),
            [row, col, ..] => (row, col),
            [] => (0.0, 0.0),
        };
        if row as usize > rows || col as usize > cols {
            return Ok(Some(error(ErrorCode::Ref)));
        }
        let span = |position: f64, count: usize| match position as usize {
            0 => (0, count - 1),
            n => (n - 1, n - 1),
        };
        let ((first_row, last_row), (first_col, last_col)) = (span(row, rows), span(col, cols));
        Ok(Some(match array {
            Abs::Places(places) => {
                let Some(place) = places.get((area - 1.0) as usize) else {
                    return Ok(Some(error(ErrorCode::Ref)));
                };
                let mut part = *place;
                part.area.last_row = part.area.first_row + last_row as u32;
                part.area.first_row += first_row as u32;
                part.area.last_col = part.area.first_col + last_col as u32;
                part.area.first_col += first_col as u32;
                Abs::Places(vec![part])
            }
            Abs::Grid(grid) => {
                let rows = first_row..=last_row;
                let terms: Vec<Term> = rows
                    .flat_map(|row| (first_col..=last_col).map(move |col| (row, col)))
                    .map(|(row, col)| grid.at(row, col))
                    .collect();
                match *terms.as_slice() {
                    [term] => Abs::Term(term),
                    _ => {
                        let (rows, cols) = (last_row - first_row + 1, last_col - first_col + 1);
                        let beyond = grid.beyond.filter(|_| (rows, cols) == (grid.rows, grid.cols));
                        Abs::Grid(Rc::new(Grid::new(rows, cols, terms).going_on(beyond)))
                    }
                }
            }
            other => other,
        }))
    }

    fn index_call(&mut self, array: Abs, args: &[Expr], at: &At) -> Lowered<Option<Abs>> {
        let place = match &array {
            Abs::Places(places) => match *places.as_slice() {
                [place] => Some(place),
                _ => return Err(Failure::unsupported("INDEX into several areas that depends on an input")),
            },
            _ => None,
        };
        let name = if place.is_some() && at.wants_range { lookup::INDEX_CELLS } else { Form::Index.name() };
        let Some(function) = kernels::find(name) else { return Ok(None) };
        let chosen = matches!(&array, Abs::Term(term) if self.is_chosen_reference(*term));
        let mut results = vec![array];
        for arg in args.iter().skip(1) {
            results.push(self.lower(arg, &at.for_value())?);
        }
        let is_zero = |abs: &Abs| match abs {
            Abs::Term(Term::Const(value)) => value.as_number() == Some(0.0) || value.is_omitted(),
            Abs::Omitted => true,
            _ => false,
        };
        let whole = results.iter().skip(1).any(is_zero);
        let result = self.call_with(function, results, at)?;
        let Abs::Term(term @ Term::Node(_)) = result else { return Ok(Some(result)) };
        Ok(Some(match place {
            Some(_) if at.wants_range => self.as_cells(term),
            _ if at.array || at.wants_range => Abs::Term(term),
            // Where its row or column crosses that of the formula is not known.
            None if chosen => Abs::Term(self.graph.call_named(record::ONLY, &[term])),
            // A whole row or column of an array stays one.
            None if whole => Abs::Term(term),
            None => Abs::Term(self.graph.element(term, 0, 0)),
            Some(place) => {
                // Of a whole row or column, the formula gets the value in its own column or row.
                let (row, col) = self.crossing(&place, at.cell);
                let area = &place.area;
                let offset = |index: u32, first: u32, last: u32| {
                    if (first..=last).contains(&index) { index - first } else { lift::NOWHERE as u32 }
                };
                let row = offset(row, area.first_row, area.last_row);
                let col = offset(col, area.first_col, area.last_col);
                Abs::Term(self.graph.element(term, row, col))
            }
        }))
    }
}
