//! Which rows of columns a pass has been at. Ranges that overlap are then looked at once, and not once for each formula
//! that names them.

use hashbrown::HashMap;
use std::ops::Range;

/// One run of rows per column. What lies apart from the run is looked at again, which costs time only.
#[derive(Debug, Default)]
pub struct Covered {
    runs: HashMap<(u32, u32), Range<u32>>,
}

impl Covered {
    /// The rows that are not covered: up to two pieces.
    pub fn rest(&self, column: (u32, u32), rows: &Range<u32>) -> [Range<u32>; 2] {
        match self.runs.get(&column) {
            Some(run) if run.start < rows.end && rows.start < run.end => {
                [rows.start..run.start.max(rows.start), run.end.min(rows.end)..rows.end]
            }
            _ => [rows.clone(), rows.end..rows.end],
        }
    }

    /// Covers rows. A run apart from the one known takes its place if it is longer.
    pub fn add(&mut self, column: (u32, u32), rows: &Range<u32>) {
        if rows.is_empty() {
            return;
        }
        let run = self.runs.entry(column).or_insert_with(|| rows.clone());
        if run.start <= rows.end && rows.start <= run.end {
            *run = run.start.min(rows.start)..run.end.max(rows.end);
        } else if run.len() < rows.len() {
            *run = rows.clone();
        }
    }

    /// The rows that were not covered, and covers them.
    pub fn take(&mut self, column: (u32, u32), rows: &Range<u32>) -> [Range<u32>; 2] {
        let rest = self.rest(column, rows);
        self.add(column, rows);
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_looked_at_once() {
        let mut covered = Covered::default();
        let mut looked = 0;
        for end in 1..100 {
            looked += covered.take((0, 0), &(0..end)).iter().map(ExactSizeIterator::len).sum::<usize>();
        }
        assert_eq!(looked, 99);
        assert_eq!(covered.take((0, 0), &(50..120)), [50..50, 99..120]);
        assert_eq!(covered.rest((0, 0), &(0..120)), [0..0, 120..120]);
        assert_eq!(covered.rest((0, 1), &(0..2)), [0..2, 2..2]);
    }

    #[test]
    fn rows_apart_are_never_taken_for_covered() {
        let mut covered = Covered::default();
        covered.add((0, 0), &(0..5));
        covered.add((0, 0), &(10..12));
        assert_eq!(covered.rest((0, 0), &(0..12)), [0..0, 5..12]);
        covered.add((0, 0), &(20..40));
        assert_eq!(covered.rest((0, 0), &(0..30)), [0..20, 30..30]);
    }
}
