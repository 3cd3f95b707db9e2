//! The totals of ranges that begin at one cell, line by line.

use crate::compile::graph::Term;
use crate::workbook::{Area, Place};
use execd_calc::semantics::operator::BinaryOp;
use hashbrown::HashMap;

/// Totals that are kept for all ranges together.
const MOST_KEPT: usize = 1 << 22;

/// What each cell does to the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Adds {
    Sum,
    /// A sum whose cells must be known to be numbers, because they are counted.
    Mean,
    Min,
    Max,
    /// Counts numbers.
    Numbers,
    /// Counts cells that are not blank.
    Filled,
    /// Counts numbers that compare so with the number of these bits.
    Meeting(BinaryOp, u64),
}

/// The total after some cells, and how many of them counted. None before the first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Total {
    pub term: Option<Term>,
    pub count: usize,
}

/// Ranges that begin at one cell and are equally wide. A range of one row grows by columns; its width is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Start {
    adds: Adds,
    from: Option<Term>,
    sheet: usize,
    row: u32,
    col: u32,
    pub width: usize,
}

/// The totals after each line; None from the first line on that has a cell which forbids a chain.
#[derive(Debug, Default)]
pub struct Run {
    totals: Vec<Option<Total>>,
    /// The first line with a cell that depends on a record.
    pub varies_from: Option<usize>,
}

/// Runs by where they start. A run has totals from the second range on that starts there: most ranges are alone.
#[derive(Debug, Default)]
pub struct Runs {
    pub by_start: HashMap<Start, Run>,
    kept: usize,
}

impl Adds {
    /// Numbers that are no cells count like cells.
    pub fn takes_values(self) -> bool {
        matches!(self, Adds::Sum | Adds::Mean | Adds::Min | Adds::Max)
    }
}

impl Runs {
    pub fn known(&self, start: &Start) -> usize {
        self.by_start.get(start).map_or(0, |run| run.totals.len())
    }

    pub fn total(&self, start: &Start, lines: usize) -> Option<Total> {
        self.by_start.get(start)?.totals.get(lines.checked_sub(1)?).copied().flatten()
    }

    /// Whether one of the first lines depends on a record, as far as it is known.
    pub fn varies(&self, start: &Start, lines: usize) -> bool {
        let from = self.by_start.get(start).and_then(|run| run.varies_from);
        from.is_some_and(|from| from < lines)
    }

    /// Adds totals to those of the first `known` lines. `varies_from` is the first new line that depends on a record.
    pub fn keep(
        &mut self,
        start: Start,
        known: usize,
        totals: Vec<Option<Total>>,
        varies_from: Option<usize>,
    ) {
        if self.kept > MOST_KEPT {
            *self = Runs::default();
        }
        match self.by_start.get_mut(&start) {
            Some(run) if run.totals.len() == known => {
                self.kept += totals.len();
                run.varies_from = run.varies_from.or(varies_from.map(|line| known + line));
                run.totals.extend(totals);
            }
            // A formula between made it longer, or it is not to be kept.
            Some(_) => {}
            None => _ = self.by_start.insert(start, Run::default()),
        }
    }
}

/// Where the run of a place starts, and how many lines the place has.
pub fn start(adds: Adds, from: Option<Term>, place: &Place, (rows, cols): (usize, usize)) -> (Start, usize) {
    let (width, lines) = if rows == 1 { (0, cols) } else { (cols, rows) };
    let (row, col) = (place.area.first_row, place.area.first_col);
    (Start { adds, from, sheet: place.sheet, row, col, width }, lines)
}

impl Start {
    /// The lines of a place from `known` on.
    pub fn lines(&self, place: &Place, known: usize, lines: usize) -> Place {
        let mut area = place.area;
        if self.width == 0 {
            area = Area {
                first_col: area.first_col + known as u32,
                last_col: area.first_col + lines as u32 - 1,
                ..area
            };
        } else {
            area = Area {
                first_row: area.first_row + known as u32,
                last_row: area.first_row + lines as u32 - 1,
                ..area
            };
        }
        Place { area, ..*place }
    }

    /// Rows and columns of these lines.
    pub fn size(&self, known: usize, lines: usize) -> (usize, usize) {
        match self.width {
            0 => (1, lines - known),
            width => (lines - known, width),
        }
    }
}
