//! What dynamic references become when their arguments depend on a record: a pick from every cell they could reach.
//! The forms with known arguments are resolved when a workbook is compiled.

use crate::numbers::digits;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth_arg, shaped};
use crate::semantics::properties::Size;
use crate::values::heap::Array;
use crate::values::range::Range;
use crate::values::value::{ErrorCode, Value};

/// OFFSET per record: `(cells of the sheet, row, column of the base, rows, columns, height, width)`.
pub const PICK: &str = "\u{1}OFFSET";
/// INDIRECT per record: `(text, then pairs of a sheet's or name's name and its cells)`, the formula's own sheet first.
pub const INDIRECT: &str = "\u{1}INDIRECT";
/// The same where one value is wanted: that of the cell in the row or column of the formula, which come first.
pub const PICK_CROSSING: &str = "\u{1}OFFSETCROSSING";
pub const INDIRECT_CROSSING: &str = "\u{1}INDIRECTCROSSING";

/// As many rows and columns as the first two arguments say, from the upper left cell of what a record chose: the values
/// of SUMIF, which are as many as the cells that are tested.
pub const PICK_SIZED: &str = "\u{1}OFFSETSIZED";
pub const INDIRECT_SIZED: &str = "\u{1}INDIRECTSIZED";

/// The value of a reference that a record chose, as cells for a function that takes ranges.
pub const CELLS: &str = "\u{1}CELLS";

const LAST_ROW: f64 = 1_048_575.0;
const LAST_COL: f64 = 16_383.0;

/// Where a rectangle begins, and its rows and columns.
pub type Rectangle = [f64; 4];

fn pick(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    picked(cx, args).map_or_else(Value::error, |(range, place)| rectangle(cx, &range, place))
}

fn pick_crossing(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    crossing_of(cx, args, picked)
}

fn pick_sized(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    sized(cx, args, picked)
}

fn picked<'a>(cx: &mut Cx<'_>, args: &[Arg<'a>]) -> Result<(Range<'a>, Rectangle), ErrorCode> {
    let Some(Arg::Range(range)) = args.first().copied() else { return Err(ErrorCode::Ref) };
    let mut numbers = [0.0; 6];
    for (position, number) in numbers.iter_mut().enumerate() {
        match cx.number(nth_arg(args, position + 1)) {
            Ok(x) if position < 4 => *number = digits::trunc(x),
            Ok(x) => *number = size(x),
            Err(code) => return Err(code),
        }
    }
    let [base_row, base_col, rows, cols, height, width] = numbers;
    let (first_row, height) = span(base_row + rows, height);
    let (first_col, width) = span(base_col + cols, width);
    Ok((range, [first_row, first_col, height, width]))
}

/// A height or width of OFFSET: whole, and a part of a cell is one cell.
pub fn size(x: f64) -> f64 {
    let whole = digits::trunc(x);
    if whole == 0.0 && x != 0.0 { x.signum() } else { whole }
}

/// First index and size; a negative size counts backwards.
fn span(first: f64, size: f64) -> (f64, f64) {
    if size < 0.0 { (first + size + 1.0, -size) } else { (first, size) }
}

/// Whether a rectangle that begins `row` below and `col` to the right of the range's first cell reaches out of the sheet.
fn is_outside(range: &Range<'_>, [row, col, height, width]: Rectangle) -> bool {
    row < 0.0
        || col < 0.0
        || height < 1.0
        || width < 1.0
        || f64::from(range.origin.row) + row + height - 1.0 > LAST_ROW
        || f64::from(range.origin.col) + col + width - 1.0 > LAST_COL
}

/// The cell of a chosen rectangle in the formula's own row or column, which are the first two arguments.
fn crossing_of<'a>(
    cx: &mut Cx<'_>,
    args: &[Arg<'a>],
    chosen: impl FnOnce(&mut Cx<'_>, &[Arg<'a>]) -> Result<(Range<'a>, Rectangle), ErrorCode>,
) -> Value {
    let own = |position: usize| nth_arg(args, position).as_number().unwrap_or(0.0);
    let (range, place) = match chosen(cx, args.get(2..).unwrap_or(&[])) {
        Ok(found) => found,
        Err(code) => return Value::error(code),
    };
    if is_outside(&range, place) {
        return Value::error(ErrorCode::Ref);
    }
    let [first_row, first_col, height, width] = place;
    let single = height == 1.0 && width == 1.0;
    let row = if height == 1.0 { first_row } else { own(0) - f64::from(range.origin.row) };
    let col = if width == 1.0 { first_col } else { own(1) - f64::from(range.origin.col) };
    let inside = |at: f64, first: f64, size: f64| at >= first && at < first + size;
    if single || inside(row, first_row, height) && inside(col, first_col, width) {
        range.get(row as usize, col as usize)
    } else {
        Value::error(ErrorCode::Value)
    }
}

/// What a record chose, in the size of the first two arguments. It ends where the sheet ends.
pub fn sized<'a>(
    cx: &mut Cx<'_>,
    args: &[Arg<'a>],
    chosen: impl FnOnce(&mut Cx<'_>, &[Arg<'a>]) -> Result<(Range<'a>, Rectangle), ErrorCode>,
) -> Value {
    let [rows, cols] = match [0, 1].map(|position| cx.number(nth_arg(args, position))) {
        [Ok(rows), Ok(cols)] => [rows, cols],
        [Err(code), _] | [_, Err(code)] => return Value::error(code),
    };
    match chosen(cx, args.get(2..).unwrap_or(&[])) {
        Ok((range, place)) if is_outside(&range, place) => Value::error(ErrorCode::Ref),
        Ok((range, [row, col, ..])) => {
            let (below, right) =
                (LAST_ROW - f64::from(range.origin.row), LAST_COL - f64::from(range.origin.col));
            rectangle(cx, &range, [row, col, rows.min(below - row + 1.0), cols.min(right - col + 1.0)])
        }
        Err(code) => Value::error(code),
    }
}

/// The cells in use of a rectangle; those beyond are blank.
fn rectangle(cx: &mut Cx<'_>, range: &Range<'_>, place: Rectangle) -> Value {
    if is_outside(range, place) {
        return Value::error(ErrorCode::Ref);
    }
    let [row, col, height, width] = place;
    let (row, col, size) = (row as usize, col as usize, (height as usize, width as usize));
    let rows = size.0.min(range.used_rows.saturating_sub(row)).max(1);
    let cols = size.1.min(range.used_cols.saturating_sub(col)).max(1);
    let mut cells = match cx.room(rows, cols) {
        Ok(room) => room,
        Err(code) => return code.into(),
    };
    cells.extend((0..rows * cols).map(|at| range.get(row + at / cols, col + at % cols)));
    if size == (1, 1)
        && let [cell] = *cells.as_slice()
        && cell.is_error()
    {
        // An error alone is a reference that could not be found.
        return cx.heap.add_cell(cell);
    }
    cx.heap.add_array(Array::partly_blank(size, cols, cells))
}

fn indirect(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    named(cx, args).map_or_else(Value::error, |(range, place)| rectangle(cx, &range, place))
}

fn indirect_crossing(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    crossing_of(cx, args, named)
}

fn indirect_sized(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    sized(cx, args, named)
}

/// What a text names.
fn named<'a>(cx: &mut Cx<'_>, args: &[Arg<'a>]) -> Result<(Range<'a>, Rectangle), ErrorCode> {
    let text = cx.text(nth_arg(args, 0))?.into_owned();
    let (sheet, cells) = match text.rfind('!') {
        Some(at) => (Some(text[..at].trim_matches('\'').replace("''", "'")), &text[at + 1..]),
        None => (None, text.as_str()),
    };
    let named = |wanted: &str| {
        args.get(1..).unwrap_or(&[]).chunks(2).find_map(|pair| match pair {
            [Arg::Value(name), Arg::Range(range)] => {
                let name = cx.text_of(*name)?;
                name.to_lowercase().eq(&wanted.to_lowercase()).then_some(*range)
            }
            _ => None,
        })
    };
    let corners = corners(cells);
    let found = match (&sheet, corners) {
        (Some(sheet), Some(_)) => named(sheet),
        (None, Some(_)) => args.get(2).and_then(|arg| match arg {
            Arg::Range(range) => Some(*range),
            Arg::Value(_) => None,
        }),
        (_, None) => named(cells),
    };
    let range = found.ok_or(ErrorCode::Ref)?;
    let place = match corners {
        Some([first_row, first_col, last_row, last_col]) => {
            [first_row, first_col, last_row - first_row + 1.0, last_col - first_col + 1.0]
        }
        None => [0.0, 0.0, range.rows as f64, range.cols as f64],
    };
    Ok((range, place))
}

/// `A1`, `$A$1:B2`, `A:B` or `1:2` as first row, first column, last row, last column.
fn corners(text: &str) -> Option<[f64; 4]> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (corner(first)?, corner(last)?);
    let whole = text.contains(':');
    let pair = |a: Option<f64>, b: Option<f64>, end: f64| match (a, b) {
        (Some(a), Some(b)) => Some((a.min(b), a.max(b))),
        (None, None) if whole => Some((0.0, end)),
        _ => None,
    };
    let (first_row, last_row) = pair(first.0, last.0, LAST_ROW)?;
    let (first_col, last_col) = pair(first.1, last.1, LAST_COL)?;
    Some([first_row, first_col, last_row, last_col])
}

/// Row and column of one corner; either may be missing, not both.
fn corner(text: &str) -> Option<(Option<f64>, Option<f64>)> {
    let text = text.trim().replace('$', "");
    let split = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(split);
    let letters_fit = letters.len() <= 3 && letters.bytes().all(|b| b.is_ascii_alphabetic());
    if !letters_fit || text.is_empty() {
        return None;
    }
    let col = letters.bytes().fold(0u32, |col, b| col * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1);
    let row = if digits.is_empty() { None } else { Some(digits.parse::<u32>().ok()?) };
    let index = |n: u32, end: f64| (n >= 1 && f64::from(n) - 1.0 <= end).then(|| f64::from(n) - 1.0);
    let row = match row {
        Some(row) => Some(index(row, LAST_ROW)?),
        None => None,
    };
    let col = if letters.is_empty() { None } else { Some(index(col, LAST_COL)?) };
    Some((row, col))
}

fn cells(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let value = nth_arg(args, 0);
    if value.is_array() || value.is_error() { value } else { cx.heap.add_cell(value) }
}

pub const TABLE: &[Function] = &[
    shaped(CELLS, 1, 1, &[Param::Any], cells).with(flags::GIVES_ARRAY).sized(Size::Argument(0)),
    shaped(PICK, 7, 7, &[Param::Any, Param::Scalar], pick)
        .with(flags::GIVES_ARRAY)
        .sized(Size::HeightAndWidth),
    shaped(INDIRECT, 3, 255, &[Param::Scalar, Param::Scalar, Param::Any], indirect)
        .repeating(2)
        .with(flags::GIVES_ARRAY),
    shaped(PICK_SIZED, 9, 9, &[Param::Scalar, Param::Scalar, Param::Any, Param::Scalar], pick_sized)
        .with(flags::GIVES_ARRAY),
    shaped(
        INDIRECT_SIZED,
        5,
        255,
        &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Scalar, Param::Any],
        indirect_sized,
    )
    .repeating(2)
    .with(flags::GIVES_ARRAY),
    shaped(PICK_CROSSING, 9, 9, &[Param::Scalar, Param::Scalar, Param::Any, Param::Scalar], pick_crossing),
    shaped(
        INDIRECT_CROSSING,
        5,
        255,
        &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Scalar, Param::Any],
        indirect_crossing,
    )
    .repeating(2),
];
