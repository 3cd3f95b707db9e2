//! Which cells of constant lines meet known criteria. A line is a column or a row of cells from one cell on. Where one is
//! asked often it is kept, as far as it was asked for, with an index that serves all criteria and all shorter lines.

use super::runs::{Adds, Total};
use crate::compile::graph::Term;
use crate::workbook::CellAddress;
use execd_calc::kernels::aggregates::criteria::{Criterion, Sought, number_in};
use execd_calc::semantics::function::Cx;
use execd_calc::values::lookup_index::fold;
use execd_calc::values::value::{Unpacked, Value};
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::ops::Range;

/// Positions that are kept for all criteria together.
const MOST_KEPT: usize = 1 << 22;
/// So often a line is looked through before it gets an index.
const SEARCHES: u32 = 3;
/// Two numbers that a criterion takes as equal differ by less than this, relatively.
const NEAR: f64 = 1e-13;

/// Where a line of cells begins, and whether it goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    pub sheet: usize,
    pub row: u32,
    pub col: u32,
    pub down: bool,
}

/// A criterion by its value, or by its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Bits(u64),
    Text(Box<str>),
}

/// Positions of cells in a line that meet all criteria.
#[derive(Clone, Debug)]
pub enum Chosen {
    Run(Range<u32>),
    /// The first so many of a list.
    List {
        list: usize,
        count: usize,
    },
    Found(Vec<u32>),
}

/// What is added up over a list: how, and the first cell of the values.
pub type Sums = (Adds, CellAddress);

#[derive(Debug, Default)]
pub struct Criteria {
    lines: HashMap<Line, LineCells>,
    by_criteria: HashMap<Box<[(Line, Key)]>, usize>,
    lists: Vec<List>,
    /// How often lines were looked through, and which of them hold texts that are other numbers in other years.
    searches: HashMap<Line, u32>,
    fickle: HashSet<Line>,
    kept: usize,
    /// Lists are numbered anew from time to time.
    generation: usize,
}

/// The positions that meet some criteria, of the cells before `read`.
#[derive(Debug, Default)]
struct List {
    positions: Vec<u32>,
    read: usize,
    /// The totals after each position.
    totals: HashMap<Sums, Vec<Total>>,
}

/// The constants of a line so far, and where they stand.
#[derive(Debug, Default)]
struct LineCells {
    cells: Vec<Value>,
    texts: HashMap<Box<str>, Vec<u32>>,
    /// By their order.
    numbers: BTreeMap<u64, Vec<u32>>,
    numeric_texts: Vec<u32>,
    /// Not all cells are numbers, or one is smaller than the one before it.
    mixed: bool,
}

impl Criteria {
    /// True if a line is to be kept with an index.
    pub fn is_frequent(&mut self, line: Line) -> bool {
        let searches = self.searches.entry(line).or_insert(0);
        *searches += 1;
        *searches > SEARCHES
    }

    /// A line that cannot be kept: it is other cells in other years.
    pub fn set_fickle(&mut self, line: Line) {
        self.fickle.insert(line);
    }

    pub fn is_fickle(&self, line: &Line) -> bool {
        self.fickle.contains(line)
    }

    /// How many cells of a line were read.
    pub fn known(&self, line: &Line) -> usize {
        self.lines.get(line).map_or(0, |line| line.cells.len())
    }

    /// Reads more cells of a line.
    pub fn read(&mut self, cx: &Cx<'_>, line: Line, cells: &[Term]) {
        let line = self.lines.entry(line).or_default();
        for cell in cells {
            line.add(cx, cell.constant().unwrap_or(Value::BLANK));
        }
        self.kept += 2 * cells.len();
    }

    /// The first `count` positions that meet all criteria. The lines were read that far.
    pub fn choose(
        &mut self,
        cx: &Cx<'_>,
        criteria: &[(Line, Key, Criterion)],
        count: usize,
    ) -> Option<Chosen> {
        if let [(line, _, criterion)] = criteria
            && let Some(run) = self.lines.get(line)?.run(cx, criterion, count)
        {
            return Some(Chosen::Run(run));
        }
        let key: Box<[(Line, Key)]> = criteria.iter().map(|(line, key, _)| (*line, key.clone())).collect();
        let list = *self.by_criteria.entry(key).or_insert_with(|| {
            self.lists.push(List::default());
            self.lists.len() - 1
        });
        let lines: Option<Vec<(&LineCells, &Criterion)>> =
            criteria.iter().map(|(line, _, criterion)| Some((self.lines.get(line)?, criterion))).collect();
        let lines = lines.filter(|lines| lines.iter().all(|(line, _)| line.cells.len() >= count))?;
        let known = self.lists.get_mut(list)?;
        if known.read < count {
            let new = known.read as u32..count as u32;
            let before = known.positions.len();
            let meets = |at: u32| {
                let cell = |line: &LineCells| line.cells.get(at as usize).copied().unwrap_or(Value::BLANK);
                lines.iter().all(|(line, criterion)| criterion.matches(cx, cell(line)))
            };
            match lines.iter().find_map(|(line, criterion)| line.candidates(criterion, &new)) {
                Some(candidates) => known.positions.extend(candidates.into_iter().filter(|&at| meets(at))),
                None => known.positions.extend(new.filter(|&at| meets(at))),
            }
            known.read = count;
            self.kept += known.positions.len() - before;
        }
        let count = known.positions.partition_point(|&at| (at as usize) < count);
        Some(Chosen::List { list, count })
    }

    /// Forgets what is kept when it is too much.
    pub fn tidy(&mut self) {
        if self.kept > MOST_KEPT {
            *self = Criteria {
                generation: self.generation + 1,
                fickle: std::mem::take(&mut self.fickle),
                ..Criteria::default()
            };
        }
    }

    pub fn generation(&self) -> usize {
        self.generation
    }

    /// The total that is known of the first `count` cells of a list, and the positions after those that it stands for.
    pub fn total(&self, list: usize, sums: &Sums, count: usize) -> Option<(Total, Vec<u32>)> {
        let list = self.lists.get(list)?;
        let totals = list.totals.get(sums).map_or(&[][..], Vec::as_slice);
        let known = totals.len().min(count);
        let total = known.checked_sub(1).and_then(|at| totals.get(at)).copied().unwrap_or_default();
        Some((total, list.positions.get(known..count)?.to_vec()))
    }

    /// Keeps totals of a list up to its first `count` cells, if they go on from those that are kept.
    pub fn keep(&mut self, (generation, list): (usize, usize), sums: Sums, count: usize, new: Vec<Total>) {
        let list = self.lists.get_mut(list).filter(|_| self.generation == generation);
        let Some(totals) = list.map(|list| list.totals.entry(sums).or_default()) else { return };
        if totals.len() + new.len() == count {
            self.kept += 4 * new.len();
            totals.extend(new);
        }
    }
}

impl LineCells {
    fn add(&mut self, cx: &Cx<'_>, cell: Value) {
        let at = self.cells.len() as u32;
        let last = self.cells.last().and_then(|last| last.as_number());
        self.mixed |= match cell.as_number() {
            Some(x) => at > 0 && last.is_none_or(|last| x < last),
            None => true,
        };
        self.cells.push(cell);
        match cell.unpack() {
            Unpacked::Number(x) => self.numbers.entry(order(x)).or_default().push(at),
            Unpacked::Text(id) => {
                let text = cx.heap.text(id);
                if number_in(cx, text).is_some() {
                    self.numeric_texts.push(at);
                }
                match self.texts.get_mut(&*fold(text)) {
                    Some(known) => known.push(at),
                    None => _ = self.texts.insert(fold(text).into(), vec![at]),
                }
            }
            _ => {}
        }
    }

    /// The cells on one side of a number, where all cells are numbers in order.
    fn run(&self, cx: &Cx<'_>, criterion: &Criterion, count: usize) -> Option<Range<u32>> {
        let cells = self.cells.get(..count).filter(|_| !self.mixed)?;
        let first = |met: bool| cells.partition_point(|&cell| criterion.matches(cx, cell) == met) as u32;
        match criterion.sought() {
            Sought::Below => Some(0..first(true)),
            Sought::Above => Some(first(false)..count as u32),
            _ => None,
        }
    }

    /// Positions among `rows` that may meet a criterion, ascending. None if that cannot be told quickly.
    fn candidates(&self, criterion: &Criterion, rows: &Range<u32>) -> Option<Vec<u32>> {
        let among = |known: &[u32]| {
            let first = known.partition_point(|&at| at < rows.start);
            let end = known.partition_point(|&at| at < rows.end);
            known.get(first..end).unwrap_or(&[]).to_vec()
        };
        match criterion.sought() {
            Sought::Text(text) => Some(self.texts.get(&*fold(text)).map_or(Vec::new(), |known| among(known))),
            Sought::Number(x) => {
                let margin = x.abs() * NEAR;
                let near = self.numbers.range(order(x - margin)..=order(x + margin));
                let mut found: Vec<u32> = near.flat_map(|(_, known)| among(known)).collect();
                found.extend(among(&self.numeric_texts));
                found.sort_unstable();
                Some(found)
            }
            Sought::Below | Sought::Above | Sought::Any => None,
        }
    }
}

/// Ascends as numbers do.
fn order(x: f64) -> u64 {
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_ascends() {
        let numbers = [f64::MIN, -1.5, -1.0, -f64::MIN_POSITIVE, 0.0, 1e-300, 1.0, f64::MAX];
        assert!(numbers.windows(2).all(|pair| order(pair[0]) < order(pair[1])));
        assert_eq!(order(-0.0), order(0.0));
    }
}
