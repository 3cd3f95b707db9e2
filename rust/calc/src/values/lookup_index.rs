//! Indexes over constant tables, built on first use: where a number, a text or a boolean stands in one row or column.
//! Pure data: `kernels::lookup_reference::search` decides what a function makes of a position, and searches by
//! wildcards and among cells that inputs reach.

use crate::values::heap::Heap;
use crate::values::value::{Unpacked, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Only this many rows and columns get an index, since look-ups search the first ones.
const MAX_LINES: usize = 256;

/// Among up to this many ascending keys, counting is faster than bisection.
const FEW_KEYS: usize = 16;

/// The indexes of one table, one per row or column that was ever searched.
#[derive(Debug, Default)]
pub struct Indexes {
    columns: OnceLock<Box<[LineIndex]>>,
    rows: OnceLock<Box<[LineIndex]>>,
}

/// The cells of a rectangle, row by row, and one line of it.
#[derive(Clone, Copy, Debug)]
pub struct LineCells<'a> {
    pub rows: usize,
    pub cols: usize,
    pub cells: &'a [Value],
    /// A column, or else a row.
    pub vertical: bool,
    /// Number of the column or row.
    pub at: usize,
}

#[derive(Debug, Default)]
struct LineIndex {
    numbers: OnceLock<Numbers>,
    texts: OnceLock<Texts>,
}

impl Indexes {
    /// The numbers of a line; `None` for a line outside the rectangle or after the first `MAX_LINES`, and where an index
    /// would have to be built while the execution is to stop.
    pub fn numbers(&self, line: LineCells<'_>, stop: &AtomicBool) -> Option<&Numbers> {
        built(&self.line(line)?.numbers, || Numbers::new(&line.lanes(), stop))
    }

    /// The texts and booleans of a line; `heap` is the one that holds the table's texts. `None` as above.
    pub fn texts(&self, line: LineCells<'_>, heap: &Heap, stop: &AtomicBool) -> Option<&Texts> {
        built(&self.line(line)?.texts, || Texts::new(line.iter(), heap, stop))
    }

    fn line(&self, line: LineCells<'_>) -> Option<&LineIndex> {
        let (lines, count) = if line.vertical { (&self.columns, line.cols) } else { (&self.rows, line.rows) };
        let all = || (0..count.min(MAX_LINES)).map(|_| LineIndex::default()).collect();
        lines.get_or_init(all).get(line.at)
    }
}

/// What is in the cell, or what `build` gives. Two threads may build the same: whoever waited for another could not be
/// stopped.
#[inline]
fn built<T>(cell: &OnceLock<T>, build: impl FnOnce() -> Option<T>) -> Option<&T> {
    if cell.get().is_none() {
        // Where another thread was faster, its index counts.
        _ = cell.set(build()?);
    }
    cell.get()
}

/// Cells between two looks at the stop flag.
const LOOK: usize = 1024;

impl LineCells<'_> {
    fn iter(&self) -> impl Iterator<Item = Value> + '_ {
        let (len, start, step) =
            if self.vertical { (self.rows, self.at, self.cols) } else { (self.cols, self.at * self.cols, 1) };
        (0..len).map(move |i| self.cells.get(start + i * step).copied().unwrap_or(Value::BLANK))
    }

    fn lanes(&self) -> Vec<f64> {
        self.iter().map(Value::lane).collect()
    }
}

/// Where the numbers of a line stand. Keys are compared bit by bit, as Excel's look-ups do.
#[derive(Debug)]
pub struct Numbers {
    exact: Exact,
    order: Order,
}

#[derive(Debug)]
enum Exact {
    /// Every cell is a number and one more than the cell before it.
    Dense {
        base: f64,
        len: usize,
    },
    Hash(NumberMap),
}

#[derive(Debug)]
enum Order {
    /// Every cell is a number, none smaller than the one before it.
    Ascending(Vec<f64>),
    /// Numbers in any order; cells of other kinds are NaN.
    Mixed(Vec<f64>),
}

impl Numbers {
    /// `None` when it is to stop.
    fn new(lanes: &[f64], stop: &AtomicBool) -> Option<Numbers> {
        let ascending = lanes.iter().all(|x| !x.is_nan()) && lanes.is_sorted();
        let order = if ascending { Order::Ascending(lanes.to_vec()) } else { Order::Mixed(lanes.to_vec()) };
        let exact = match dense(lanes) {
            Some(exact) => exact,
            None => Exact::Hash(NumberMap::new(lanes, stop)?),
        };
        Some(Numbers { exact, order })
    }

    /// Position of the first cell that holds this number.
    #[inline]
    pub fn first(&self, key: f64) -> Option<usize> {
        self.span(key).map(|(first, _)| first)
    }

    /// Position of the last cell that holds this number.
    #[inline]
    pub fn last(&self, key: f64) -> Option<usize> {
        self.span(key).map(|(_, last)| last)
    }

    #[inline]
    fn span(&self, key: f64) -> Option<(usize, usize)> {
        match &self.exact {
            Exact::Dense { base, len } => {
                let offset = key - base;
                let at = offset as usize;
                // The key itself must be whole: the subtraction can round a small fraction away.
                (offset >= 0.0 && at < *len && key.trunc() == key).then_some((at, at))
            }
            Exact::Hash(map) => map.get(key),
        }
    }

    /// Position that an approximate match (MATCH type 1, VLOOKUP TRUE, LOOKUP) gives, sorted or not.
    #[inline]
    pub fn at_most(&self, key: f64) -> Option<usize> {
        match &self.order {
            // Counting has no branches that the processor could mispredict.
            Order::Ascending(keys) if keys.len() <= FEW_KEYS => {
                keys.iter().map(|&x| usize::from(x <= key)).sum::<usize>().checked_sub(1)
            }
            Order::Ascending(keys) => keys.partition_point(|&x| x <= key).checked_sub(1),
            Order::Mixed(lanes) => bisect(lanes.len(), |i| lanes.get(i)?.partial_cmp(&key)),
        }
    }

    /// The first number and how many there are, when every cell is a number and one more than the cell before it.
    pub fn consecutive(&self) -> Option<(f64, usize)> {
        match self.exact {
            Exact::Dense { base, len } => Some((base, len)),
            Exact::Hash(_) => None,
        }
    }

    /// True when no cell is a number.
    pub fn is_empty(&self) -> bool {
        match &self.order {
            Order::Ascending(lanes) | Order::Mixed(lanes) => lanes.iter().all(|lane| lane.is_nan()),
        }
    }

    /// The keys, when every cell is a number and they ascend.
    pub fn ascending(&self) -> Option<&[f64]> {
        match &self.order {
            Order::Ascending(keys) => Some(keys),
            Order::Mixed(_) => None,
        }
    }
}

fn dense(lanes: &[f64]) -> Option<Exact> {
    let base = *lanes.first()?;
    let exact = base.fract() == 0.0 && base.abs() < (1u64 << 52) as f64;
    let runs = lanes.iter().enumerate().all(|(i, &x)| x == base + i as f64);
    (exact && runs).then_some(Exact::Dense { base, len: lanes.len() })
}

/// Excel's binary search in a line that it assumes to ascend. `order(i)` is how cell `i` compares with what is sought,
/// `None` for a cell of another kind, which the search steps over to the right. Of equal neighbours the last one
/// counts.
pub fn bisect(len: usize, order: impl Fn(usize) -> Option<std::cmp::Ordering>) -> Option<usize> {
    // Cells before `low` are not greater, cells from `high` on are greater or of another kind.
    let (mut low, mut high) = (0, len);
    let mut best = None;
    while low < high {
        let middle = low + (high - low - 1) / 2;
        let Some(at) = (middle..high).find(|&i| order(i).is_some()) else {
            high = middle;
            continue;
        };
        match order(at) {
            Some(std::cmp::Ordering::Equal) => {
                return (at..high).take_while(|&i| order(i).is_some_and(|o| o.is_eq())).last();
            }
            Some(std::cmp::Ordering::Less) => (low, best) = (at + 1, Some(at)),
            _ => high = middle,
        }
    }
    best
}

/// Open addressing over the bits of numbers. A map of our own, because look-ups of whole columns spend their time here.
/// It is seeded, because strangers write the workbooks that keys come from.
#[derive(Debug)]
struct NumberMap {
    seed: u64,
    buckets: Box<[Bucket]>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// NaN in a free bucket.
    key: f64,
    first: u32,
    last: u32,
}

impl NumberMap {
    fn new(lanes: &[f64], stop: &AtomicBool) -> Option<NumberMap> {
        let free = Bucket { key: f64::NAN, first: 0, last: 0 };
        let count = lanes.iter().filter(|x| !x.is_nan()).count();
        let buckets = vec![free; (count * 2).next_power_of_two()].into_boxed_slice();
        let mut map = NumberMap { seed: RandomState::new().hash_one(0u8), buckets };
        for (at, &key) in lanes.iter().enumerate().filter(|(_, x)| !x.is_nan()) {
            if at % LOOK == 0 && stop.load(Ordering::Relaxed) {
                return None;
            }
            map.add(key, at as u32);
        }
        Some(map)
    }

    /// Buckets to visit for a key, in turn. The map is never more than half full, so there is a free one among them.
    #[inline]
    fn probe(&self, key: f64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.buckets.len() - 1;
        let start = mix((key + 0.0).to_bits() ^ self.seed) as usize;
        (0..=mask).map(move |step| (start + step) & mask)
    }

    fn add(&mut self, key: f64, at: u32) {
        for i in self.probe(key) {
            let Some(bucket) = self.buckets.get_mut(i) else { return };
            if bucket.key.is_nan() {
                *bucket = Bucket { key, first: at, last: at };
                return;
            }
            if bucket.key == key {
                bucket.last = at;
                return;
            }
        }
    }

    #[inline]
    fn get(&self, key: f64) -> Option<(usize, usize)> {
        for i in self.probe(key) {
            let bucket = self.buckets.get(i)?;
            if bucket.key == key {
                return Some((bucket.first as usize, bucket.last as usize));
            }
            if bucket.key.is_nan() {
                return None;
            }
        }
        None
    }
}

/// Mixes all bits (the finaliser of MurmurHash3, public domain).
#[inline]
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// Where the texts (in folded case) and booleans of a line stand: first and last position of each.
#[derive(Debug, Default)]
pub struct Texts {
    texts: HashMap<Box<str>, (u32, u32)>,
    booleans: [Option<(u32, u32)>; 2],
}

impl Texts {
    /// `None` when it is to stop: before each cell, for all of them may hold the same long text.
    fn new(cells: impl Iterator<Item = Value>, heap: &Heap, stop: &AtomicBool) -> Option<Texts> {
        let mut index = Texts::default();
        for (at, value) in cells.enumerate() {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let at = at as u32;
            match value.unpack() {
                Unpacked::Text(id) => match index.texts.get_mut(&*fold(heap.text(id))) {
                    Some(span) => span.1 = at,
                    None => {
                        index.texts.insert(fold(heap.text(id)).into(), (at, at));
                    }
                },
                Unpacked::Bool(b) => {
                    index.booleans[usize::from(b)].get_or_insert((at, at)).1 = at;
                }
                _ => {}
            }
        }
        Some(index)
    }

    /// First and last position of this text, in whatever case. No wildcards.
    pub fn text(&self, key: &str) -> Option<(usize, usize)> {
        self.texts.get(&*fold(key)).map(|&(first, last)| (first as usize, last as usize))
    }

    /// First and last position of this boolean.
    pub fn boolean(&self, key: bool) -> Option<(usize, usize)> {
        self.booleans[usize::from(key)].map(|(first, last)| (first as usize, last as usize))
    }
}

/// The text in folded case; texts that Excel takes as equal give the same.
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).collect())
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::value::ErrorCode;

    fn numbers(cells: &[Value]) -> Numbers {
        let line = LineCells { rows: cells.len(), cols: 1, cells, vertical: true, at: 0 };
        Numbers::new(&line.lanes(), &AtomicBool::new(false)).unwrap()
    }

    fn of(cells: &[f64]) -> Numbers {
        numbers(&cells.iter().map(|&x| Value::number(x)).collect::<Vec<_>>())
    }

    #[test]
    fn consecutive_integers_need_no_table() {
        let index = of(&[5.0, 6.0, 7.0]);
        assert!(matches!(index.exact, Exact::Dense { .. }));
        assert_eq!(
            [4.0, 5.0, 6.5, 7.0, 8.0, 1e300].map(|x| index.first(x)),
            [None, Some(0), None, Some(2), None, None]
        );
        assert_eq!(of(&[-1.0, 0.0, 1.0]).first(1e-17), None);
        assert_eq!([-1e300, 5.5, 99.0].map(|x| index.at_most(x)), [None, Some(0), Some(2)]);
    }

    #[test]
    fn first_and_last_of_equal_numbers() {
        let cells = [Value::number(3.0), Value::TRUE, Value::number(1.5), Value::BLANK, Value::number(3.0)];
        let index = numbers(&cells);
        assert_eq!((index.first(3.0), index.last(3.0)), (Some(0), Some(4)));
        assert_eq!((index.first(1.0), index.first(0.0)), (None, None));
    }

    #[test]
    fn ten_thousand_numbers_are_all_found() {
        let values: Vec<f64> = (0..10_000).map(|i| f64::from(i) * 0.37).collect();
        let index = of(&values);
        assert!(values.iter().enumerate().all(|(i, &x)| index.first(x) == Some(i)));
        assert_eq!(index.first(0.1), None);
    }

    #[test]
    fn approximate_search_stops_at_the_last_of_equal_neighbours() {
        assert_eq!(of(&[1.0, 2.0, 2.0, 3.0]).at_most(2.0), Some(2));
        assert_eq!(of(&[1.0, 2.0, 2.0, 3.0]).at_most(0.5), None);
    }

    /// Oracle: values that Excel stored in Apache POI's FormulaEvalTestData (LOOKUP and VLOOKUP over an unsorted
    /// column with a heading).
    #[test]
    fn unsorted_columns_go_the_way_of_excel() {
        let mut cells = vec![Value::error(ErrorCode::NA)];
        let rest = [0.0, 1.0, 2.0, 534.0, 9999999999.0, -9999999999.0, -534.0, -2.0, -1.0];
        cells.extend(rest.map(Value::number));
        assert_eq!(numbers(&cells).at_most(534.0), Some(4));
        assert_eq!(numbers(&cells[..7]).at_most(-1.0), None);
        assert_eq!(numbers(&cells[..7]).at_most(534.0), Some(4));
    }

    #[test]
    fn errors_before_and_behind_are_stepped_over() {
        let bad = Value::error(ErrorCode::Div0);
        let one = Value::number(1.0);
        assert_eq!(numbers(&[bad, one, bad, one, bad, bad, bad]).at_most(2.0), Some(3));
        assert_eq!(numbers(&[bad, bad]).at_most(2.0), None);
    }

    #[test]
    fn texts_and_booleans_have_their_own_index() {
        let mut heap = Heap::empty();
        let cells = [heap.add_text("Ärger"), Value::TRUE, heap.add_text("b"), heap.add_text("ÄRGER")];
        let index = Texts::new(cells.into_iter(), &heap, &AtomicBool::new(false)).unwrap();
        assert_eq!(index.text("ärger"), Some((0, 3)));
        assert_eq!(index.text("B"), Some((2, 2)));
        assert_eq!(index.text("TRUE"), None);
        assert_eq!((index.boolean(true), index.boolean(false)), (Some((1, 1)), None));
    }

    #[test]
    fn an_index_that_is_to_stop_is_built_later() {
        let mut heap = Heap::empty();
        let cells = [Value::number(1.0), Value::number(3.0), heap.add_text("x")];
        let line = LineCells { rows: 3, cols: 1, cells: &cells, vertical: true, at: 0 };
        let (indexes, stop) = (Indexes::default(), AtomicBool::new(true));
        assert!(indexes.numbers(line, &stop).is_none() && indexes.texts(line, &heap, &stop).is_none());
        stop.store(false, Ordering::Relaxed);
        assert_eq!(indexes.numbers(line, &stop).unwrap().first(3.0), Some(1));
        assert_eq!(indexes.texts(line, &heap, &stop).unwrap().text("X"), Some((2, 2)));
        stop.store(true, Ordering::Relaxed);
        assert!(indexes.numbers(line, &stop).is_some(), "what is there is used");
    }
}
