//! Functions whose result is as large as the data make it: UNIQUE, SORT, SORTBY, FILTER.

use crate::kernels::arrays::reshape::{Block, give, source, whole};
use crate::kernels::sorting;
use crate::semantics::compare::compare;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth_arg, shaped};
use crate::semantics::properties::{Beyond, Size};
use crate::values::lookup_index::fold;
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Unpacked, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// They came with arrays in ordinary formulas and take them everywhere.
const ARRAYS: u32 = flags::GIVES_ARRAY | flags::FORCES_ARRAY;

pub const TABLE: &[Function] = &[
    shaped("UNIQUE", 1, 3, &[Param::Any, Param::Scalar], unique).with(ARRAYS).sized(Size::Argument(0)),
    shaped("SORT", 1, 4, &[Param::Any, Param::Any, Param::Any, Param::Scalar], sort)
        .with(ARRAYS)
        .sized(Size::Argument(0)),
    shaped("SORTBY", 2, 255, &[Param::Any, Param::Any, Param::Scalar], sortby)
        .repeating(2)
        .with(ARRAYS)
        .sized(Size::Argument(0)),
    shaped("FILTER", 2, 3, &[Param::Any], filter).with(ARRAYS).sized(Size::Filtered).beyond(Beyond::Sought),
];

/// A rectangle seen as a list of lines: its rows, or its columns.
#[derive(Clone, Copy)]
struct Lines<'a> {
    grid: Grid<'a>,
    columns: bool,
}

impl Lines<'_> {
    fn count(&self) -> usize {
        if self.columns { self.grid.cols() } else { self.grid.rows() }
    }

    fn width(&self) -> usize {
        if self.columns { self.grid.rows() } else { self.grid.cols() }
    }

    /// Lines that can hold something, and one blank one for all that cannot.
    fn distinct_count(&self) -> usize {
        let (rows, cols) = self.grid.used();
        self.count().min(if self.columns { cols } else { rows } + 1)
    }

    fn get(&self, line: usize, at: usize) -> Value {
        if self.columns { self.grid.get(at, line) } else { self.grid.get(line, at) }
    }

    /// The lines with these numbers, in this order.
    fn pick(&self, cx: &Cx<'_>, lines: &[usize]) -> Result<Block, ErrorCode> {
        let line = |at: usize| lines.get(at).copied().unwrap_or(usize::MAX);
        if self.columns {
            Block::build(cx, self.width(), lines.len(), |row, col| self.get(line(col), row))
        } else {
            Block::build(cx, lines.len(), self.width(), |row, col| self.get(line(row), col))
        }
    }
}

fn unique(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = unique_lines(cx, args);
    give(cx, block)
}

fn unique_lines(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Block, ErrorCode> {
    let grid = source(cx, args, 0)?;
    let lines = Lines { grid, columns: cx.boolean(nth_arg(args, 1))? };
    let once = cx.boolean(nth_arg(args, 2))?;
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let mut found: Vec<(usize, usize)> = Vec::new();
    // What the copies of different lines take, and their places in the table.
    let mut bytes = 0;
    for line in 0..lines.distinct_count() {
        cx.go_on()?;
        // The blank line beyond the used ones stands for all of them.
        let times = if line + 1 == lines.distinct_count() { lines.count() - line } else { 1 };
        let key = key(cx, &lines, line, bytes)?;
        let size = size_of::<(Key, usize)>() * 2 + if let Key::Long(key) = &key { key.capacity() } else { 0 };
        let place = *seen.entry(key).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, count)) => *count += times,
            None => {
                bytes += size;
                found.push((line, times));
            }
        }
    }
    let kept: Vec<usize> =
        found.iter().filter(|(_, count)| !once || *count == 1).map(|&(line, _)| line).collect();
    lines.pick(cx, &kept)
}

/// What two equal lines have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    /// The bits of a line of one value that is no text.
    Short(u64),
    Long(Vec<u8>),
}

/// The key of a line, beside `held` bytes of other keys.
fn key(cx: &Cx<'_>, lines: &Lines<'_>, line: usize, held: usize) -> Result<Key, ErrorCode> {
    if lines.width() == 1 && !lines.get(line, 0).is_text() {
        cx.ask(held)?;
        return Ok(Key::Short(lines.get(line, 0).bits()));
    }
    let mut key = Vec::new();
    for at in 0..lines.width() {
        write_key(cx, lines.get(line, at), &mut key);
        // It takes twice its length while it grows.
        cx.ask(held + 2 * key.len())?;
    }
    Ok(Key::Long(key))
}

/// Equal values give equal bytes: texts regardless of case, everything else by its bits.
fn write_key(cx: &Cx<'_>, value: Value, key: &mut Vec<u8>) {
    match value.unpack() {
        Unpacked::Text(id) => {
            let text = fold(cx.heap.text(id));
            key.push(1);
            key.extend((text.len() as u64).to_le_bytes());
            key.extend(text.as_bytes());
        }
        _ => {
            key.push(0);
            key.extend(value.bits().to_le_bytes());
        }
    }
}

/// Excel's order for sorting: errors after all other values, in the order of ERROR.TYPE; blanks last either way.
fn sorting_order(cx: &Cx<'_>, a: Value, b: Value, descending: bool) -> Ordering {
    let order = match (a.as_error(), b.as_error()) {
        (None, None) => compare(cx, a, b),
        (a, b) => a.map(error_rank).cmp(&b.map(error_rank)),
    };
    match (a.is_blank(), b.is_blank()) {
        (false, false) if descending => order.reverse(),
        (false, false) => order,
        (a, b) => a.cmp(&b),
    }
}

fn error_rank(code: ErrorCode) -> (bool, ErrorCode) {
    // The codes of this crate are in that order except for #NUM!, which comes between #NAME? and #N/A.
    (code >= ErrorCode::NA, if code == ErrorCode::Num { ErrorCode::Name } else { code })
}

fn sort(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = sorted(cx, args);
    give(cx, block)
}

fn sorted(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Block, ErrorCode> {
    let grid = source(cx, args, 0)?;
    let lines = Lines { grid, columns: cx.boolean(nth_arg(args, 3))? };
    let indexes = numbers_or_one(cx, args, 1)?;
    let orders = numbers_or_one(cx, args, 2)?;
    if orders.len() != 1 && orders.len() != indexes.len() {
        return Err(ErrorCode::Value);
    }
    let mut keys = Vec::with_capacity(indexes.len());
    for (at, &index) in indexes.iter().enumerate() {
        if index < 1.0 || index > lines.width() as f64 {
            return Err(ErrorCode::Value);
        }
        let order = orders.get(at).or(orders.first()).copied().unwrap_or(1.0);
        keys.push((index as usize - 1, descending(order)?));
    }
    let quick = keys.iter().all(|&(at, _)| (0..lines.count()).all(|line| is_quick(cx, lines.get(line, at))));
    let order = sorting::positions(cx, lines.count(), quick, |a, b| {
        first_difference(
            keys.iter()
                .map(|&(at, descending)| sorting_order(cx, lines.get(a, at), lines.get(b, at), descending)),
        )
    })?;
    lines.pick(cx, &order)
}

/// Whether to compare a value takes no longer than to compare some numbers.
fn is_quick(cx: &Cx<'_>, value: Value) -> bool {
    cx.text_of(value).is_none_or(|text| text.len() <= 64)
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// 1 is ascending, -1 descending.
fn descending(order: f64) -> Result<bool, ErrorCode> {
    match order {
        1.0 => Ok(false),
        -1.0 => Ok(true),
        _ => Err(ErrorCode::Value),
    }
}

/// The whole numbers of an argument; 1 when it is left out.
fn numbers_or_one(cx: &Cx<'_>, args: &[Arg<'_>], position: usize) -> Result<Vec<f64>, ErrorCode> {
    let Some(arg) = args.get(position) else { return Ok(vec![1.0]) };
    cx.grid(arg).iter().map(|value| Ok(whole(cx, value)?.unwrap_or(1.0))).collect()
}

fn sortby(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = sorted_by(cx, args);
    give(cx, block)
}

fn sorted_by(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Block, ErrorCode> {
    let grid = source(cx, args, 0)?;
    let mut keys = Vec::new();
    for position in (1..args.len()).step_by(2) {
        let key = source(cx, args, position)?;
        let order = whole(cx, nth_arg(args, position + 1))?.unwrap_or(1.0);
        keys.push((key, descending(order)?));
    }
    let by_row = keys.iter().all(|(key, _)| key.cols() == 1 && key.rows() == grid.rows());
    let by_column = keys.iter().all(|(key, _)| key.rows() == 1 && key.cols() == grid.cols());
    if !by_row && !by_column {
        return Err(ErrorCode::Value);
    }
    let lines = Lines { grid, columns: !by_row };
    let key_at = |key: &Grid<'_>, line: usize| if by_row { key.get(line, 0) } else { key.get(0, line) };
    let quick = keys.iter().all(|(key, _)| (0..lines.count()).all(|line| is_quick(cx, key_at(key, line))));
    let order = sorting::positions(cx, lines.count(), quick, |a, b| {
        first_difference(
            keys.iter()
                .map(|(key, descending)| sorting_order(cx, key_at(key, a), key_at(key, b), *descending)),
        )
    })?;
    lines.pick(cx, &order)
}

fn filter(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match filtered(cx, args) {
        Err(ErrorCode::Calc) if !nth_arg(args, 2).is_omitted() => match args.get(2) {
            Some(Arg::Value(value)) => *value,
            _ => {
                let all = source(cx, args, 2)
                    .and_then(|g| Block::build(cx, g.rows(), g.cols(), |r, c| g.get(r, c)));
                give(cx, all)
            }
        },
        block => give(cx, block),
    }
}

fn filtered(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Block, ErrorCode> {
    let grid = source(cx, args, 0)?;
    let include = source(cx, args, 1)?;
    let by_row = include.cols() == 1 && include.rows() == grid.rows();
    let by_column = include.rows() == 1 && include.cols() == grid.cols();
    if !by_row && !by_column {
        return Err(ErrorCode::Value);
    }
    let mut kept = Vec::new();
    for (line, value) in include.iter().enumerate() {
        if cx.boolean(value)? {
            kept.push(line);
        }
    }
    Lines { grid, columns: !by_row }.pick(cx, &kept)
}
