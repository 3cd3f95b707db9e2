//! The terms of the cells that ranges hold, by column. Ranges of a sheet are windows on it, so that ranges that overlap
//! take memory once.

use super::node::Term;
use hashbrown::HashMap;
use std::ops::Range;

/// A rectangle of cells of one `SheetTerms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Which `SheetTerms` of the graph.
    pub sheet: u32,
    pub row: u32,
    pub col: u32,
    pub rows: u32,
    pub cols: u32,
}

impl Window {
    pub fn row_range(&self) -> Range<u32> {
        self.row..self.row + self.rows
    }

    pub fn col_range(&self) -> Range<u32> {
        self.col..self.col + self.cols
    }
}

#[derive(Debug, Default)]
pub struct SheetTerms {
    columns: HashMap<u32, ColumnTerms>,
}

/// The known cells of a column.
#[derive(Debug, Default)]
pub struct ColumnTerms {
    first: u32,
    terms: Vec<Option<Term>>,
    /// Rows that are all known.
    known: Range<u32>,
    /// The first and the last row whose cell is a node.
    nodes: Option<(u32, u32)>,
}

impl SheetTerms {
    pub fn column(&mut self, col: u32) -> &mut ColumnTerms {
        self.columns.entry(col).or_default()
    }

    /// The known terms of some rows of a column; fewer where the column ends before.
    pub fn slice(&self, col: u32, rows: &Range<u32>) -> &[Option<Term>] {
        self.columns.get(&col).map_or(&[], |column| column.slice(rows))
    }

    /// True if a cell of these rows is a node.
    pub fn has_node(&self, col: u32, rows: &Range<u32>) -> bool {
        let Some((first, last)) = self.columns.get(&col).and_then(|column| column.nodes) else {
            return false;
        };
        if rows.contains(&first) || rows.contains(&last) {
            return true;
        }
        let within = rows.start.max(first)..rows.end.min(last);
        self.slice(col, &within).iter().any(|term| matches!(term, Some(Term::Node(_))))
    }

    pub fn each_mut(&mut self, mut f: impl FnMut(&mut Term)) {
        self.columns.values_mut().flat_map(|column| column.terms.iter_mut().flatten()).for_each(&mut f);
    }
}

impl ColumnTerms {
    fn get(&self, row: u32) -> Option<Term> {
        *self.terms.get(row.checked_sub(self.first)? as usize)?
    }

    fn slice(&self, rows: &Range<u32>) -> &[Option<Term>] {
        let start = (rows.start.saturating_sub(self.first) as usize).min(self.terms.len());
        let end = (rows.end.saturating_sub(self.first) as usize).clamp(start, self.terms.len());
        self.terms.get(start..end).unwrap_or(&[])
    }

    /// The first rows of these whose cells are not known. If there are none, that is remembered.
    pub fn unknown(&mut self, rows: &Range<u32>) -> Option<Range<u32>> {
        let skipped = if self.known.contains(&rows.start) { self.known.end } else { rows.start };
        match (skipped..rows.end).find(|&row| self.get(row).is_none()) {
            Some(start) => {
                let end = (start..rows.end).find(|&row| self.get(row).is_some()).unwrap_or(rows.end);
                Some(start..end)
            }
            None => {
                self.complete(rows);
                None
            }
        }
    }

    fn complete(&mut self, rows: &Range<u32>) {
        if self.known.start <= rows.end && rows.start <= self.known.end && !self.known.is_empty() {
            self.known = self.known.start.min(rows.start)..self.known.end.max(rows.end);
        } else if self.known.len() < rows.len() {
            self.known = rows.clone();
        }
    }

    /// Gives cells from a row on their terms. Returns how many rows the column has grown by.
    pub fn set(&mut self, row: u32, terms: &[Term]) -> usize {
        let before = self.terms.len();
        if before == 0 {
            self.first = row;
        }
        if row < self.first {
            // Room for as many rows again, so that a column that grows upwards is moved seldom.
            let first = row.saturating_sub(before as u32);
            let more = (self.first - first) as usize;
            self.terms.splice(0..0, std::iter::repeat_n(None, more));
            self.first = first;
        }
        let at = (row - self.first) as usize;
        if at + terms.len() > self.terms.len() {
            self.terms.resize(at + terms.len(), None);
        }
        for (place, &term) in self.terms.iter_mut().skip(at).zip(terms) {
            *place = Some(term);
        }
        let node = |term: &Term| matches!(term, Term::Node(_));
        if let (Some(first), Some(last)) = (terms.iter().position(node), terms.iter().rposition(node)) {
            let (first, last) = (row + first as u32, row + last as u32);
            let known = self.nodes.unwrap_or((first, last));
            self.nodes = Some((first.min(known.0), last.max(known.1)));
        }
        self.terms.len() - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use execd_calc::values::value::Value;

    #[test]
    fn a_column_grows_both_ways() {
        let mut sheet = SheetTerms::default();
        let constant = |row: u32| Term::Const(Value::number(f64::from(row)));
        for row in [50, 51, 49, 10, 90, 11] {
            sheet.column(3).set(row, &[constant(row)]);
        }
        for row in 0..100 {
            let known = [10, 11, 49, 50, 51, 90].contains(&row);
            assert_eq!(sheet.column(3).get(row), known.then(|| constant(row)), "{row}");
        }
        assert_eq!(sheet.column(3).unknown(&(49..60)), Some(52..60));
        assert!(!sheet.has_node(3, &(0..100)));
        sheet.column(3).set(70, &[Term::Node(1)]);
        sheet.column(3).set(19, &[constant(19), Term::Node(2)]);
        let found = [0..20, 20..21, 21..70, 60..80, 71..100].map(|rows| sheet.has_node(3, &rows));
        assert_eq!(found, [false, true, false, true, false]);
    }
}
