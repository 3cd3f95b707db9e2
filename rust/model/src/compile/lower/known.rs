//! The cells of ranges: each is lowered once, and ranges that overlap share it.

use super::failure::{Failure, Lowered};
use super::lowerer::Lowerer;
use super::values::{Grid, MAX_GRID_CELLS};
use crate::compile::graph::{RangeArgument, RangeContent, SheetTerms, Term, Window};
use crate::workbook::{CellAddress, Place};
use execd_calc::values::range::Origin;
use execd_calc::values::value::Value;
use std::rc::Rc;

/// Cells between two looks at the budget.
const CHECKED: u32 = 1_024;

impl Lowerer<'_> {
    /// Lowers `rows` times `cols` cells from the corner of a place on.
    pub fn window(&mut self, place: &Place, (rows, cols): (usize, usize)) -> Lowered<Window> {
        let sheet = match self.windows.get(&place.sheet) {
            Some(&sheet) => sheet,
            None => {
                let sheet = self.graph.sheets.len() as u32;
                self.graph.sheets.push(SheetTerms::default());
                self.windows.insert(place.sheet, sheet);
                sheet
            }
        };
        let (row, col) = (place.area.first_row, place.area.first_col);
        let window = Window { sheet, row, col, rows: rows as u32, cols: cols as u32 };
        let rows = window.row_range();
        for col in window.col_range() {
            while let Some(unknown) = self.graph.unknown(sheet, col, &rows) {
                let mut terms = Vec::with_capacity(unknown.len());
                for row in unknown.clone() {
                    terms.push(self.term(CellAddress { sheet: place.sheet, row, col })?);
                    if row % CHECKED == 0 {
                        self.graph.check()?;
                    }
                }
                self.graph.set_cells(sheet, col, unknown.start, &terms);
            }
        }
        self.graph.check()?;
        Ok(window)
    }

    /// The cells of a window, row by row.
    pub fn window_terms(&self, window: &Window) -> Vec<Term> {
        let Some(sheet) = self.graph.sheets.get(window.sheet as usize) else { return Vec::new() };
        let columns: Vec<&[Option<Term>]> =
            window.col_range().map(|col| sheet.slice(col, &window.row_range())).collect();
        let mut terms = Vec::with_capacity(window.rows as usize * window.cols as usize);
        for row in 0..window.rows as usize {
            let cells = columns.iter().map(|column| column.get(row).copied().flatten());
            terms.extend(cells.map(|cell| cell.unwrap_or(Term::Const(Value::BLANK))));
        }
        terms
    }

    /// The range of a place as an argument.
    pub fn range_argument(&mut self, place: &Place) -> Lowered<u32> {
        if let Some(&range) = self.ranges.get(place) {
            return Ok(range);
        }
        let used = self.sheets.used(place);
        let window = self.window(place, used)?;
        let origin =
            Origin { sheet: place.sheet as u32, row: place.area.first_row, col: place.area.first_col };
        // Windows with the same columns share what they take later, those with others do not.
        self.graph.keep_terms(used.1);
        let content = RangeContent::Window(window);
        let range =
            self.graph.add_range(RangeArgument::new((place.rows(), place.cols()), used, origin, content));
        self.ranges.insert(*place, range);
        Ok(range)
    }

    /// The cells of a range as an array; whole columns and rows end with the workbook's contents.
    pub fn place_grid(&mut self, place: &Place) -> Lowered<Rc<Grid>> {
        if let Some(grid) = self.grids.by_place.get(place) {
            return Ok(Rc::clone(grid));
        }
        let (rows, cols) = self.sheets.clipped(place);
        if rows.saturating_mul(cols) > MAX_GRID_CELLS {
            return Err(Failure::unsupported(format!(
                "a range of {rows} x {cols} cells is too large for an array"
            )));
        }
        let window = self.window(place, (rows, cols))?;
        let terms = self.window_terms(&window);
        let clipped = (rows, cols) != (place.rows(), place.cols());
        let beyond = clipped.then_some(Term::Const(Value::BLANK));
        let grid = Rc::new(Grid::of(*place, rows, cols, terms).going_on(beyond));
        self.grids.keep(*place, &grid);
        Ok(grid)
    }
}
