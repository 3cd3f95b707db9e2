//! Arrays of ranges, for formulas that name the same range.

use super::values::Grid;
use crate::workbook::Place;
use hashbrown::HashMap;
use std::rc::Rc;

/// Cells of all arrays that are kept for formulas that name the same range.
const MOST_KEPT: usize = 1 << 21;

/// Arrays of ranges by their places.
#[derive(Debug, Default)]
pub struct Grids {
    pub by_place: HashMap<Place, Rc<Grid>>,
    cells: usize,
}

impl Grids {
    pub fn keep(&mut self, place: Place, grid: &Rc<Grid>) {
        self.cells += grid.terms.len();
        if self.cells > MOST_KEPT {
            *self = Grids { cells: grid.terms.len(), ..Grids::default() };
        }
        self.by_place.insert(place, Rc::clone(grid));
    }
}
