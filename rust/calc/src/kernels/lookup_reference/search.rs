//! Finding a value in one row or column, the way each look-up function does it. What the functions make of the position
//! is in `lookup`; the indexes of constant tables are in `values::lookup_index`.

use crate::kernels::text::regex;
use crate::semantics::compare;
use crate::semantics::function::Cx;
use crate::semantics::wildcard::Pattern;
use crate::values::lookup_index::{Indexes, LineCells, Numbers, Texts, bisect};
use crate::values::range::{Grid, Table};
use crate::values::value::{ErrorCode, Unpacked, Value};
use std::cmp::Ordering;
use std::sync::atomic::AtomicBool;

/// MATCH, VLOOKUP and HLOOKUP do not take longer texts as keys.
const MAX_KEY_UNITS: usize = 255;

/// One row or column of a rectangle.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    grid: Grid<'a>,
    vertical: bool,
    at: usize,
}

/// XMATCH's match mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Exact,
    Smaller,
    Larger,
    Wildcard,
    Regex,
}

/// XMATCH's search mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    First,
    Last,
    Ascending,
    Descending,
}

/// The numbers of a column of a constant table, for searches without a context.
pub fn column_numbers<'t>(table: &'t Table, column: usize, stop: &AtomicBool) -> Option<&'t Numbers> {
    table.index.numbers(cells_of(table, true, column), stop)
}

/// The numbers of a row of a constant table.
pub fn row_numbers<'t>(table: &'t Table, row: usize, stop: &AtomicBool) -> Option<&'t Numbers> {
    table.index.numbers(cells_of(table, false, row), stop)
}

fn cells_of(table: &Table, vertical: bool, at: usize) -> LineCells<'_> {
    LineCells { rows: table.rows, cols: table.cols, cells: &table.cells, vertical, at }
}

impl<'a> Line<'a> {
    pub fn column(grid: Grid<'a>, at: usize) -> Line<'a> {
        Line { grid, vertical: true, at }
    }

    pub fn row(grid: Grid<'a>, at: usize) -> Line<'a> {
        Line { grid, vertical: false, at }
    }

    /// The line that a rectangle of one row or one column is.
    pub fn only(grid: Grid<'a>) -> Option<Line<'a>> {
        match (grid.rows(), grid.cols()) {
            (_, 1) => Some(Line::column(grid, 0)),
            (1, _) => Some(Line::row(grid, 0)),
            _ => None,
        }
    }

    pub fn is_column(&self) -> bool {
        self.vertical
    }

    pub fn len(&self) -> usize {
        if self.vertical { self.grid.rows() } else { self.grid.cols() }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Cells that can hold something; all cells beyond are blank.
    fn used(&self) -> usize {
        let (rows, cols) = self.grid.used();
        if self.vertical { rows } else { cols }
    }

    pub fn get(&self, i: usize) -> Value {
        if self.vertical { self.grid.get(i, self.at) } else { self.grid.get(self.at, i) }
    }

    /// The indexes, when the line is a whole row or column of a constant table.
    fn index(&self) -> Option<(&'a Indexes, LineCells<'a>)> {
        let Grid::Range(range) = self.grid else { return None };
        let table = range.cells.table()?;
        let all = if self.vertical { table.rows } else { table.cols };
        (all == self.used()).then(|| (&table.index, cells_of(table, self.vertical, self.at)))
    }

    fn numbers(&self, cx: &Cx<'_>) -> Option<&'a Numbers> {
        let (index, cells) = self.index()?;
        index.numbers(cells, cx.cancel)
    }

    fn texts(&self, cx: &Cx<'_>) -> Option<&'a Texts> {
        let (index, cells) = self.index()?;
        index.texts(cells, cx.heap, cx.cancel)
    }

    /// First or last used position that fits.
    fn find(&self, cx: &Cx<'_>, last: bool, fits: impl Fn(Value) -> bool) -> Option<usize> {
        if cx.cancelled() {
            return None;
        }
        let mut tried = 0usize;
        let mut ends = |i: usize| {
            tried += 1;
            fits(self.get(i)) || tried.is_multiple_of(CELLS) && cx.cancelled()
        };
        let mut positions = 0..self.used();
        if last { positions.rfind(|&i| ends(i)) } else { positions.find(|&i| ends(i)) }
    }
}

/// Cells between two looks at the stop flag.
const CELLS: usize = 4096;

/// True for a text that may match others as a pattern.
fn has_wildcards(text: &str) -> bool {
    text.bytes().any(|b| matches!(b, b'*' | b'?' | b'~'))
}

/// A needle as MATCH, VLOOKUP, HLOOKUP and LOOKUP take it: a blank is 0, an error comes back.
fn classic_needle(needle: Value) -> Result<Value, ErrorCode> {
    match needle.unpack() {
        Unpacked::Blank | Unpacked::Omitted => Ok(Value::ZERO),
        Unpacked::Error(code) => Err(code),
        Unpacked::Array(_) => Err(ErrorCode::Value),
        _ => Ok(needle),
    }
}

/// MATCH type 0, VLOOKUP and HLOOKUP with FALSE: the first cell of the same kind that is equal; texts may hold
/// wildcards.
pub fn exact(cx: &Cx<'_>, needle: Value, line: &Line<'_>) -> Result<Option<usize>, ErrorCode> {
    let needle = classic_needle(needle)?;
    if let Some(text) = cx.text_of(needle) {
        if text.len() > MAX_KEY_UNITS && text.encode_utf16().count() > MAX_KEY_UNITS {
            return Err(ErrorCode::Value);
        }
        if has_wildcards(text) {
            return Ok(wildcard(cx, text, line, false));
        }
    }
    Ok(equal(cx, needle, line, false))
}

/// MATCH type 1, VLOOKUP and HLOOKUP with TRUE, LOOKUP: the last cell of the same kind that is not greater, in a line
/// that is assumed to ascend.
pub fn ascending(cx: &Cx<'_>, needle: Value, line: &Line<'_>) -> Result<Option<usize>, ErrorCode> {
    let needle = classic_needle(needle)?;
    if let (Some(key), Some(numbers)) = (needle.as_number(), line.numbers(cx)) {
        return Ok(numbers.at_most(key));
    }
    Ok(bisect(line.used(), |i| same_kind_order(cx, line.get(i), needle)))
}

/// MATCH type -1: the cell of the same kind that is the smallest not less, in a line that is assumed to descend. Of
/// equal neighbours the first one counts.
pub fn descending(cx: &Cx<'_>, needle: Value, line: &Line<'_>) -> Result<Option<usize>, ErrorCode> {
    let needle = classic_needle(needle)?;
    let order = |i: usize| same_kind_order(cx, line.get(i), needle).map(Ordering::reverse);
    let Some(hit) = bisect(line.used(), order) else { return Ok(None) };
    let equal_before = |i: &usize| order(*i) == Some(Ordering::Equal);
    Ok(if equal_before(&hit) { (0..=hit).rev().take_while(equal_before).last() } else { Some(hit) })
}

/// XMATCH and XLOOKUP. A blank needle finds a blank cell.
pub fn modern(
    cx: &Cx<'_>,
    needle: Value,
    line: &Line<'_>,
    mode: Mode,
    direction: Direction,
) -> Result<Option<usize>, ErrorCode> {
    let bisecting = matches!(direction, Direction::Ascending | Direction::Descending);
    let last = matches!(direction, Direction::Last | Direction::Descending);
    match needle.unpack() {
        Unpacked::Error(code) => return Err(code),
        Unpacked::Array(_) => return Err(ErrorCode::Value),
        _ if matches!(mode, Mode::Wildcard | Mode::Regex) && bisecting => return Err(ErrorCode::Value),
        Unpacked::Blank | Unpacked::Omitted => return Ok(blank(cx, line, last)),
        _ => {}
    }
    if mode == Mode::Regex {
        let pattern = regex::pattern(cx, &cx.text(needle)?)?;
        let fits = |value| {
            let text = cx.text_of(value).filter(|text| !cx.cancelled_at(text.len()));
            text.is_some_and(|text| {
                regex::fitting(cx, &pattern, text).is_ok_and(|regex| regex.is_match(text))
            })
        };
        return Ok(line.find(cx, last, fits));
    }
    if mode == Mode::Wildcard
        && let Some(text) = cx.text_of(needle)
        && has_wildcards(text)
    {
        return Ok(wildcard(cx, text, line, last));
    }
    Ok(match mode {
        _ if bisecting => bound(cx, needle, line, mode, last),
        Mode::Exact | Mode::Wildcard | Mode::Regex => equal(cx, needle, line, last),
        Mode::Smaller | Mode::Larger => nearest(cx, needle, line, mode == Mode::Larger, last),
    })
}

fn equal(cx: &Cx<'_>, needle: Value, line: &Line<'_>, last: bool) -> Option<usize> {
    let pick = |(first, back): (usize, usize)| if last { back } else { first };
    match needle.unpack() {
        Unpacked::Number(key) => match line.numbers(cx) {
            Some(numbers) if last => numbers.last(key),
            Some(numbers) => numbers.first(key),
            None => line.find(cx, last, |value| value.lane() == key),
        },
        Unpacked::Text(id) => match line.texts(cx) {
            Some(texts) => texts.text(cx.heap.text(id)).map(pick),
            None => {
                let key = cx.heap.text(id);
                let fits = |text: &str| !cx.cancelled_at(text.len()) && compare::equal_texts(text, key);
                line.find(cx, last, |v| cx.text_of(v).is_some_and(fits))
            }
        },
        Unpacked::Bool(key) => match line.texts(cx) {
            Some(texts) => texts.boolean(key).map(pick),
            None => line.find(cx, last, |value| value.same(needle)),
        },
        _ => None,
    }
}

fn wildcard(cx: &Cx<'_>, pattern: &str, line: &Line<'_>, last: bool) -> Option<usize> {
    let pattern = Pattern::new(pattern);
    line.find(cx, last, |value| {
        cx.text_of(value).is_some_and(|text| !cx.cancelled_at(text.len()) && pattern.matches(cx, text))
    })
}

fn blank(cx: &Cx<'_>, line: &Line<'_>, last: bool) -> Option<usize> {
    let (used, len) = (line.used(), line.len());
    if last && used < len {
        return Some(len - 1);
    }
    line.find(cx, last, Value::is_blank).or((used < len).then_some(used))
}

/// How a cell compares with a needle of its own kind. Numbers compare as doubles: look-ups do not round to 15
/// digits as the operators do.
fn same_kind_order(cx: &Cx<'_>, cell: Value, needle: Value) -> Option<Ordering> {
    match (cell.unpack(), needle.unpack()) {
        (Unpacked::Number(x), Unpacked::Number(y)) => x.partial_cmp(&y),
        (Unpacked::Text(x), Unpacked::Text(y)) => {
            let (x, y) = (cx.heap.text(x), cx.heap.text(y));
            (!cx.cancelled_at(x.len())).then(|| compare::texts(x, y))
        }
        (Unpacked::Bool(x), Unpacked::Bool(y)) => Some(x.cmp(&y)),
        _ => None,
    }
}

/// The order over kinds that XMATCH knows: numbers, texts, booleans; values of other kinds are never neighbours.
fn rank(value: Value) -> Option<u8> {
    match value.unpack() {
        Unpacked::Number(_) => Some(0),
        Unpacked::Text(_) => Some(1),
        Unpacked::Bool(_) => Some(2),
        _ => None,
    }
}

fn full_order(cx: &Cx<'_>, cell: Value, needle: Value) -> Option<Ordering> {
    same_kind_order(cx, cell, needle).or_else(|| Some(rank(cell)?.cmp(&rank(needle)?)))
}

/// XMATCH by binary search: the first cell not before the needle, seen from the small end.
fn bound(cx: &Cx<'_>, needle: Value, line: &Line<'_>, mode: Mode, descending: bool) -> Option<usize> {
    let len = line.used();
    let place = |i: usize| if descending { len - 1 - i } else { i };
    let order = |i: usize| full_order(cx, line.get(place(i)), needle);
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if order(middle) == Some(Ordering::Less) { low = middle + 1 } else { high = middle }
    }
    let hit = match (mode, (low < len).then(|| order(low)).flatten()) {
        (_, Some(Ordering::Equal)) => Some(low),
        (Mode::Smaller, _) => low.checked_sub(1),
        (Mode::Larger, found) => found.map(|_| low),
        _ => None,
    };
    hit.map(place)
}

/// XMATCH without an equal cell: the nearest on one side, wherever it stands. The first or last of equal ones.
fn nearest(cx: &Cx<'_>, needle: Value, line: &Line<'_>, larger: bool, last: bool) -> Option<usize> {
    if let (Some(key), Some(numbers)) = (needle.as_number(), line.numbers(cx))
        && let Some(keys) = numbers.ascending()
    {
        let at = if larger {
            keys.partition_point(|&x| x < key)
        } else {
            keys.partition_point(|&x| x <= key).checked_sub(1)?
        };
        let found = *keys.get(at)?;
        return if last { numbers.last(found) } else { numbers.first(found) };
    }
    let wrong_side = if larger { Ordering::Less } else { Ordering::Greater };
    let mut best: Option<(usize, Value)> = None;
    for i in 0..line.used() {
        let i = if last { line.used() - 1 - i } else { i };
        let cell = line.get(i);
        match full_order(cx, cell, needle) {
            None => {}
            Some(Ordering::Equal) => return Some(i),
            Some(side) if side == wrong_side => {}
            Some(side) => {
                let nearer = best.is_none_or(|(_, held)| full_order(cx, cell, held) == Some(side.reverse()));
                if nearer {
                    best = Some((i, cell));
                }
            }
        }
        if i % CELLS == 0 && cx.cancelled() {
            return None;
        }
    }
    best.map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use crate::values::range::{Cells, Origin, Range};
    use std::sync::atomic::AtomicBool;

    /// The same cells without a table behind them.
    #[derive(Debug)]
    struct Scanned(Table);

    impl Cells for Scanned {
        fn get(&self, row: usize, col: usize) -> Value {
            self.0.get(row, col)
        }
    }

    fn range(cells: &dyn Cells, len: usize) -> Range<'_> {
        let origin = Origin { sheet: 0, row: 0, col: 0 };
        Range { rows: len + 3, cols: 1, used_rows: len, used_cols: 1, origin, cells }
    }

    /// A small congruential generator: the same cells on every run.
    fn next(state: &mut u64) -> u64 {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *state >> 33
    }

    fn random(heap: &mut Heap, state: &mut u64, kinds: u64) -> Value {
        let small = next(state) % 9;
        match next(state) % kinds {
            0..3 => Value::number(small as f64 * 0.5),
            3 => heap.add_text(["a", "B", "b", "c*", "ab", "", "É", "z", "Z"][small as usize]),
            4 => Value::bool(small > 4),
            5 => Value::BLANK,
            _ => Value::error(ErrorCode::NA),
        }
    }

    #[test]
    fn indexes_find_what_a_scan_finds() {
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut state = 1;
        for round in 0..600 {
            let mut heap = Heap::empty();
            let len = (next(&mut state) % 12) as usize;
            let kinds = [1, 4, 7][round % 3];
            let mut cells: Vec<Value> = (0..len).map(|_| random(&mut heap, &mut state, kinds)).collect();
            if round % 2 == 0 {
                cells.sort_by(|a, b| a.lane().total_cmp(&b.lane()));
            }
            let needle = random(&mut heap, &mut state, 5);
            let table = Table::new(len, 1, cells.clone());
            let scanned = Scanned(Table::new(len, 1, cells.clone()));
            let cx = Cx { heap: &mut heap, env: &env, cancel: &cancel };
            let with = Line::column(Grid::Range(range(&table, len)), 0);
            let without = Line::column(Grid::Range(range(&scanned, len)), 0);
            assert_eq!(exact(&cx, needle, &with), exact(&cx, needle, &without), "{needle:?} {cells:?}");
            assert_eq!(
                ascending(&cx, needle, &with),
                ascending(&cx, needle, &without),
                "{needle:?} {cells:?}"
            );
            for mode in [Mode::Exact, Mode::Smaller, Mode::Larger, Mode::Wildcard] {
                for direction in
                    [Direction::First, Direction::Last, Direction::Ascending, Direction::Descending]
                {
                    assert_eq!(
                        modern(&cx, needle, &with, mode, direction),
                        modern(&cx, needle, &without, mode, direction),
                        "{needle:?} {mode:?} {direction:?} {cells:?}"
                    );
                }
            }
        }
    }
}
