//! ROW, COLUMN, ROWS and COLUMNS.

use super::table::Form;
use crate::compile::graph::Term;
use crate::compile::lower::at::At;
use crate::compile::lower::beyond::refused;
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Grid, Single, constant, error};
use crate::formula::ast::Expr;
use crate::workbook::Place;
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    pub fn row_or_column(&mut self, args: &[Expr], at: &At, row: bool) -> Lowered<Option<Abs>> {
        let number = |x: u32| Term::Const(Value::number(f64::from(x) + 1.0));
        let place = match args {
            [] => Place::cell(at.cell.sheet, at.cell.row, at.cell.col),
            [arg] => match self.lower_places(arg, &At { array: true, ..at.clone() })? {
                Ok(places) => match *places {
                    [place] => place,
                    _ => return Ok(Some(error(ErrorCode::Ref))),
                },
                Err(Abs::Term(Term::Const(value))) if value.is_error() => return Ok(Some(constant(value))),
                Err(_) => return Ok(Some(error(ErrorCode::Value))),
            },
            _ => return Ok(None),
        };
        let (first, count) = if row {
            (place.area.first_row, self.sheets.clipped(&place).0)
        } else {
            (place.area.first_col, self.sheets.clipped(&place).1)
        };
        if !at.array || count == 1 {
            return Ok(Some(Abs::Term(number(first))));
        }
        let terms = (first..first + count as u32).map(number).collect();
        let (rows, cols) = if row { (count, 1) } else { (1, count) };
        Ok(Some(Abs::Grid(Rc::new(Grid::new(rows, cols, terms)))))
    }

    pub fn count_form(&mut self, form: Form, arg: &Expr, at: &At) -> Lowered<Option<Abs>> {
        let shape = match self.lower(arg, &At { array: true, wants_range: true, ..at.clone() })? {
            Abs::Places(places) => match *places {
                [place] => (place.rows(), place.cols()),
                _ => return Ok(Some(error(ErrorCode::Ref))),
            },
            other => match self.single(other, &At { array: true, ..at.for_value() })? {
                Single::Many(grid) if grid.beyond.is_some() => {
                    return Err(refused(form.name()));
                }
                Single::Many(grid) => (grid.rows, grid.cols),
                Single::One(term) => {
                    let term = self.graph.call_named(form.name(), &[term]);
                    return Ok(Some(Abs::Term(term)));
                }
            },
        };
        let count = if form == Form::Rows { shape.0 } else { shape.1 };
        Ok(Some(constant(Value::number(count as f64))))
    }
}
