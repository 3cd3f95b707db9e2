//! A rectangle on a sheet.

use crate::workbook::Area;
use std::hash::Hash;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub sheet: usize,
    pub area: Area,
}

impl Place {
    pub fn cell(sheet: usize, row: u32, col: u32) -> Place {
        Place { sheet, area: Area::cell(row, col) }
    }

    pub fn rows(&self) -> usize {
        self.area.rows() as usize
    }

    pub fn cols(&self) -> usize {
        self.area.cols() as usize
    }

    pub fn is_cell(&self) -> bool {
        self.rows() == 1 && self.cols() == 1
    }

    pub fn contains(&self, row: u32, col: u32) -> bool {
        self.area.contains(row, col)
    }

    /// The common part of two rectangles of one sheet.
    pub fn intersection(&self, other: &Place) -> Option<Place> {
        let (a, b) = (&self.area, &other.area);
        let area = Area {
            first_row: a.first_row.max(b.first_row),
            first_col: a.first_col.max(b.first_col),
            last_row: a.last_row.min(b.last_row),
            last_col: a.last_col.min(b.last_col),
        };
        let overlaps = area.first_row <= area.last_row && area.first_col <= area.last_col;
        (self.sheet == other.sheet && overlaps).then_some(Place { sheet: self.sheet, area })
    }

    /// The smallest rectangle around both.
    pub fn hull(&self, other: &Place) -> Place {
        let (a, b) = (&self.area, &other.area);
        let area = Area {
            first_row: a.first_row.min(b.first_row),
            first_col: a.first_col.min(b.first_col),
            last_row: a.last_row.max(b.last_row),
            last_col: a.last_col.max(b.last_col),
        };
        Place { sheet: self.sheet, area }
    }
}
