//! MATCH and its relatives: from a key to a position, from a position to a value. How a key is found is in `search`;
//! where INDEX and XLOOKUP give references, the compiler resolves them.

use crate::kernels::lookup_reference::reference;
use crate::kernels::lookup_reference::search::{self, Direction, Line, Mode};
use crate::semantics::coerce;
use crate::semantics::function::{Arg, Columnar, Cx, Function, Param, flags, nth_arg, shaped};
use crate::semantics::properties::{Beyond, Chain, Size};
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Value};

const MATCH: &[Param] = &[Param::Scalar, Param::Any, Param::Scalar];
const LOOKUP: &[Param] = &[Param::Scalar, Param::Any, Param::Any];
const XLOOKUP: &[Param] = &[Param::Scalar, Param::Any, Param::Any, Param::Any, Param::Scalar];
const CELLS: &[Param] = &[Param::Any, Param::Scalar];
const SIZED: &[Param] =
    &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Scalar, Param::Any, Param::Scalar];

/// INDEX where it is a reference: as in a range, one cell is an array of one.
pub const INDEX_CELLS: &str = "\u{1}INDEXCELLS";
/// INDEX as `reference::PICK_SIZED` is OFFSET: `(rows, columns, rows and columns of the range, range, row, column)`.
pub const INDEX_SIZED: &str = "\u{1}INDEXSIZED";

pub const TABLE: &[Function] = &[
    shaped("MATCH", 2, 3, MATCH, match_)
        .with(flags::GIVES_NUMBER)
        .columnar(Columnar::Match)
        .chained(Chain::Match)
        .beyond(Beyond::Sought),
    shaped("XMATCH", 2, 4, MATCH, xmatch).with(flags::FORCES_ARRAY).beyond(Beyond::Sought),
    shaped("VLOOKUP", 3, 4, MATCH, vlookup).columnar(Columnar::Vlookup),
    shaped("HLOOKUP", 3, 4, MATCH, hlookup),
    shaped("LOOKUP", 2, 3, LOOKUP, lookup).with(flags::FORCES_ARRAY).beyond(Beyond::Sought),
    shaped("XLOOKUP", 3, 6, XLOOKUP, xlookup)
        .with(flags::GIVES_ARRAY | flags::FORCES_ARRAY | flags::PICKS)
        .sized(Size::Argument(2))
        .beyond(Beyond::Sought),
    shaped("INDEX", 1, 4, CELLS, index)
        .with(flags::GIVES_ARRAY | flags::PICKS)
        .columnar(Columnar::Index)
        .sized(Size::Argument(0))
        .beyond(Beyond::Sought),
    shaped(INDEX_CELLS, 1, 4, CELLS, index_cells)
        .with(flags::GIVES_ARRAY | flags::PICKS)
        .sized(Size::Argument(0)),
    shaped(INDEX_SIZED, 6, 8, SIZED, index_sized).with(flags::GIVES_ARRAY),
];

fn grid_at<'b>(cx: &'b Cx<'_>, args: &'b [Arg<'_>], position: usize) -> Grid<'b> {
    args.get(position).map_or(Grid::Single(Value::OMITTED), |arg| cx.grid(arg))
}

/// One-based position of what was found.
fn position(found: Option<usize>) -> Result<Value, ErrorCode> {
    found.map(|at| Value::number(at as f64 + 1.0)).ok_or(ErrorCode::NA)
}

/// A rectangle to search. A text in its place is `#VALUE!`, an error itself.
fn searched<'b>(cx: &'b Cx<'_>, args: &'b [Arg<'_>], position: usize) -> Result<Grid<'b>, ErrorCode> {
    match grid_at(cx, args, position) {
        Grid::Single(value) if value.is_text() => Err(ErrorCode::Value),
        Grid::Single(value) => value.as_error().map_or(Ok(Grid::Single(value)), Err),
        grid => Ok(grid),
    }
}

fn match_(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match_position(cx, args).and_then(position).into()
}

fn match_position(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Option<usize>, ErrorCode> {
    let kind = if args.len() > 2 { cx.number(nth_arg(args, 2))? } else { 1.0 };
    let line = Line::only(searched(cx, args, 1)?).ok_or(ErrorCode::NA)?;
    let needle = nth_arg(args, 0);
    if kind > 0.0 {
        search::ascending(cx, needle, &line)
    } else if kind < 0.0 {
        search::descending(cx, needle, &line)
    } else {
        search::exact(cx, needle, &line)
    }
}

fn xmatch(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    modes(cx, args, 2)
        .and_then(|(mode, direction)| {
            let line = Line::only(grid_at(cx, args, 1)).ok_or(ErrorCode::Value)?;
            search::modern(cx, nth_arg(args, 0), &line, mode, direction)
        })
        .and_then(position)
        .into()
}

/// Match mode and search mode from `first` on.
fn modes(cx: &Cx<'_>, args: &[Arg<'_>], first: usize) -> Result<(Mode, Direction), ErrorCode> {
    let mode = match coerce::integer(cx, nth_arg(args, first))? {
        0.0 => Mode::Exact,
        -1.0 => Mode::Smaller,
        1.0 => Mode::Larger,
        2.0 => Mode::Wildcard,
        3.0 => Mode::Regex,
        _ => return Err(ErrorCode::Value),
    };
    let direction = match nth_arg(args, first + 1) {
        left_out if left_out.is_omitted() => Direction::First,
        given => match coerce::integer(cx, given)? {
            1.0 => Direction::First,
            -1.0 => Direction::Last,
            2.0 => Direction::Ascending,
            -2.0 => Direction::Descending,
            _ => return Err(ErrorCode::Value),
        },
    };
    Ok((mode, direction))
}

fn vlookup(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    table_lookup(cx, args, true).into()
}

fn hlookup(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    table_lookup(cx, args, false).into()
}

fn table_lookup(cx: &Cx<'_>, args: &[Arg<'_>], vertical: bool) -> Result<Value, ErrorCode> {
    let grid = searched(cx, args, 1)?;
    let offset = coerce::integer(cx, nth_arg(args, 2))?;
    let approximate = if args.len() > 3 { cx.boolean(nth_arg(args, 3))? } else { true };
    let line = if vertical { Line::column(grid, 0) } else { Line::row(grid, 0) };
    let needle = nth_arg(args, 0);
    let found =
        if approximate { search::ascending(cx, needle, &line)? } else { search::exact(cx, needle, &line)? };
    // A key that is not there is reported before a column that is not there.
    let at = found.ok_or(ErrorCode::NA)?;
    if offset < 1.0 {
        return Err(ErrorCode::Value);
    }
    let width = if vertical { grid.cols() } else { grid.rows() };
    if offset > width as f64 {
        return Err(ErrorCode::Ref);
    }
    let offset = offset as usize - 1;
    Ok(if vertical { grid.get(at, offset) } else { grid.get(offset, at) })
}

fn lookup(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    lookup_value(cx, args).into()
}

fn lookup_value(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Value, ErrorCode> {
    let grid = searched(cx, args, 1)?;
    // The array form searches the longer side: the first row of a wide one, else the first column.
    let wide = grid.cols() > grid.rows();
    let line = if wide { Line::row(grid, 0) } else { Line::column(grid, 0) };
    let at = search::ascending(cx, nth_arg(args, 0), &line)?.ok_or(ErrorCode::NA)?;
    if args.len() < 3 {
        let (last_row, last_col) = (grid.rows().saturating_sub(1), grid.cols().saturating_sub(1));
        return Ok(if wide { grid.get(last_row, at) } else { grid.get(at, last_col) });
    }
    let results = Line::only(searched(cx, args, 2)?).ok_or(ErrorCode::NA)?;
    if at < results.len() { Ok(results.get(at)) } else { Err(ErrorCode::NA) }
}

fn xlookup(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match xlookup_line(cx, args) {
        Ok(Some((rows, cols, cells))) => cx.add_array(rows, cols, cells),
        Ok(None) => if_not_found(cx, args),
        Err(code) => Value::error(code),
    }
}

type Rectangle = (usize, usize, Vec<Value>);

fn xlookup_line(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Option<Rectangle>, ErrorCode> {
    let (mode, direction) = modes(cx, args, 4)?;
    let line = Line::only(grid_at(cx, args, 1)).ok_or(ErrorCode::Value)?;
    let results = grid_at(cx, args, 2);
    // One cell may stand for a row as well as for a column.
    let by_row = line.is_column() && line.len() == results.rows();
    let by_column = (!line.is_column() || line.len() == 1) && line.len() == results.cols();
    if !by_row && !by_column {
        return Err(ErrorCode::Value);
    }
    let found = search::modern(cx, nth_arg(args, 0), &line, mode, direction)?;
    Ok(found.map(|at| {
        if by_row {
            (1, results.cols(), (0..results.cols()).map(|col| results.get(at, col)).collect())
        } else {
            (results.rows(), 1, (0..results.rows()).map(|row| results.get(row, at)).collect())
        }
    }))
}

fn if_not_found(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match args.get(3) {
        None => Value::error(ErrorCode::NA),
        Some(Arg::Value(value)) if value.is_omitted() => Value::error(ErrorCode::NA),
        Some(Arg::Value(value)) => *value,
        Some(Arg::Range(range)) => whole(cx, &Arg::Range(*range)),
    }
}

/// All cells of an argument as a value.
fn whole(cx: &mut Cx<'_>, arg: &Arg<'_>) -> Value {
    let grid = cx.grid(arg);
    part(cx, &grid, (0, grid.rows()), (0, grid.cols()))
        .map_or_else(Value::error, |(rows, cols, cells)| cx.add_array(rows, cols, cells))
}

fn part(
    cx: &Cx<'_>,
    grid: &Grid<'_>,
    (row, rows): (usize, usize),
    (col, cols): (usize, usize),
) -> Result<Rectangle, ErrorCode> {
    let mut cells = cx.room(rows, cols)?;
    for row in row..row + rows {
        cells.extend((col..col + cols).map(|col| grid.get(row, col)));
    }
    Ok((rows, cols, cells))
}

fn index(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match index_part(cx, args) {
        Ok((rows, cols, cells)) => cx.add_array(rows, cols, cells),
        Err(code) => Value::error(code),
    }
}

/// An error alone is a reference that could not be found.
fn index_cells(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match index_part(cx, args) {
        Ok((rows, cols, cells)) => match *cells.as_slice() {
            [cell] => cx.heap.add_cell(cell),
            _ => cx.add_array(rows, cols, cells),
        },
        Err(code) => Value::error(code),
    }
}

fn index_part(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Rectangle, ErrorCode> {
    let grid = grid_at(cx, args, 0);
    if let Grid::Single(value) = grid
        && let Some(code) = value.as_error()
    {
        return Err(code);
    }
    let (rows, cols) = index_spans(cx, args, (grid.rows(), grid.cols()))?;
    part(cx, &grid, rows, cols)
}

/// INDEX where values of SUMIF begin: after their own size that of the range, which reaches further.
fn index_sized(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    reference::sized(cx, args, |cx, args| {
        let [rows, cols, args @ ..] = args else { return Err(ErrorCode::Ref) };
        let Some(Arg::Range(range)) = args.first().copied() else { return Err(ErrorCode::Ref) };
        let size = [rows, cols].map(|side| side.value().as_number().unwrap_or(0.0) as usize);
        let ((row, rows), (col, cols)) = index_spans(cx, args, (size[0], size[1]))?;
        Ok((range, [row, col, rows, cols].map(|place| place as f64)))
    })
}

type Span = (usize, usize);

/// First row and count of rows, and the same of columns, of what INDEX takes from a rectangle of `rows` x `cols`.
fn index_spans(
    cx: &Cx<'_>,
    args: &[Arg<'_>],
    (rows, cols): (usize, usize),
) -> Result<(Span, Span), ErrorCode> {
    let (mut row, mut col) = (index_number(cx, args, 1)?, index_number(cx, args, 2)?);
    if args.len() > 3 && index_number(cx, args, 3)?.unwrap_or(1) != 1 {
        return Err(ErrorCode::Ref);
    }
    // One index alone counts along the only row.
    if args.len() == 2 && rows == 1 {
        (row, col) = (None, row);
    }
    Ok((index_span(row, rows)?, index_span(col, cols)?))
}

/// A one-based index; 0 or nothing means all.
fn index_number(cx: &Cx<'_>, args: &[Arg<'_>], position: usize) -> Result<Option<usize>, ErrorCode> {
    let number = coerce::integer(cx, nth_arg(args, position))?;
    if number < 0.0 {
        return Err(ErrorCode::Value);
    }
    Ok((number != 0.0).then_some(number as usize))
}

/// First position and count for an index along a side of `len`.
fn index_span(index: Option<usize>, len: usize) -> Result<Span, ErrorCode> {
    match index {
        None => Ok((0, len)),
        Some(i) if i <= len => Ok((i - 1, 1)),
        Some(_) => Err(ErrorCode::Ref),
    }
}
