//! Array formulas: their results go to the cells of their areas.

use super::at::At;
use super::failure::Lowered;
use super::lowerer::Lowerer;
use super::values::{Abs, Grid, Single, constant};
use crate::compile::graph::{Argument, Term, kinds};
use crate::workbook::{Area, CellAddress};
use execd_calc::kernels;
use execd_calc::kernels::arrays::record;
use execd_calc::semantics::primitive::Op1;
use execd_calc::values::value::{ErrorCode, Value};
use std::rc::Rc;

impl Lowerer<'_> {
    /// Writes the result of an array formula to the cells of its area. A dynamic array has the size of the result.
    pub fn spread(&mut self, result: Abs, at: &At, area: Area, dynamic: bool) -> Lowered<()> {
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
            // The size depends on a record, so the array gets all cells that are kept free for it.
            self.sheets.owned_area(at.cell, area)
        } else {
            area
        };
        if dynamic && self.is_blocked(at.cell, &area) {
            self.fill(at.cell, Term::Const(Value::error(ErrorCode::Spill)));
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
                terms.push(self.fill(CellAddress { sheet: at.cell.sheet, row, col }, term));
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

    /// One cell of a spilled array whose size depends on a record. Outside the array it is blank.
    fn spilled_cell(&mut self, array: Term, row: usize, col: usize) -> Term {
        let index = |n: usize| Argument::Term(Term::Const(Value::number(n as f64)));
        match kernels::find(record::SPILLED) {
            Some(spilled) => self.graph.call(spilled, &[Argument::Term(array), index(row), index(col)]),
            None => self.graph.element(array, row as u32, col as u32),
        }
    }

    /// True if a spilled result would cover cells that hold something.
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

    /// The cells of the array formula in a cell, for `A1#`.
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
