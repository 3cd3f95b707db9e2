//! Functions that rearrange cells without looking at them: TAKE, DROP, stacking, TOCOL, wrapping, EXPAND, choosing
//! rows and columns, and SEQUENCE, which makes them.

use crate::semantics::coerce;
use crate::semantics::function::MAX_ARRAY_CELLS;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth, nth_arg, scalar, shaped};
use crate::semantics::properties::Size;
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Value};

const BLOCK: &[Param] = &[Param::Any, Param::Scalar];

/// They came with arrays in ordinary formulas and take them everywhere.
const ARRAYS: u32 = flags::GIVES_ARRAY | flags::FORCES_ARRAY;

pub const TABLE: &[Function] = &[
    scalar("SEQUENCE", 1, 4, sequence).with(flags::GIVES_ARRAY).sized(Size::Counted),
    shaped("TAKE", 2, 3, BLOCK, take).with(ARRAYS).sized(Size::Argument(0)),
    shaped("DROP", 2, 3, BLOCK, drop).with(ARRAYS).sized(Size::Argument(0)),
    shaped("VSTACK", 1, 255, &[Param::Any], vstack).with(ARRAYS).sized(Size::Below),
    shaped("HSTACK", 1, 255, &[Param::Any], hstack).with(ARRAYS).sized(Size::Beside),
    shaped("TOCOL", 1, 3, BLOCK, tocol).with(ARRAYS).sized(Size::Column),
    shaped("TOROW", 1, 3, BLOCK, torow).with(ARRAYS).sized(Size::Row),
    shaped("WRAPROWS", 2, 3, &[Param::Any, Param::Scalar, Param::Any], wraprows)
        .with(ARRAYS)
        .sized(Size::Wrapped),
    shaped("WRAPCOLS", 2, 3, &[Param::Any, Param::Scalar, Param::Any], wrapcols).with(ARRAYS),
    shaped("EXPAND", 2, 4, &[Param::Any, Param::Scalar, Param::Scalar, Param::Any], expand).with(ARRAYS),
    shaped("CHOOSEROWS", 2, 255, &[Param::Any], chooserows).with(ARRAYS).sized(Size::ChosenRows),
    shaped("CHOOSECOLS", 2, 255, &[Param::Any], choosecols).with(ARRAYS).sized(Size::ChosenColumns),
];

/// A rectangle of values, row by row, on its way to the heap.
#[derive(Debug)]
pub struct Block {
    pub rows: usize,
    pub cols: usize,
    pub cells: Vec<Value>,
}

impl Block {
    /// Calls `cell` for each place. No rows or columns is `#CALC!`, too many `#NUM!`.
    pub fn build(
        cx: &Cx<'_>,
        rows: usize,
        cols: usize,
        cell: impl Fn(usize, usize) -> Value,
    ) -> Result<Block, ErrorCode> {
        if rows == 0 || cols == 0 {
            return Err(ErrorCode::Calc);
        }
        let mut cells = cx.room(rows, cols)?;
        for row in 0..rows {
            cells.extend((0..cols).map(|col| cell(row, col)));
        }
        Ok(Block { rows, cols, cells })
    }
}

pub fn give(cx: &mut Cx<'_>, block: Result<Block, ErrorCode>) -> Value {
    match block {
        Ok(block) => cx.add_array(block.rows, block.cols, block.cells),
        Err(code) => Value::error(code),
    }
}

/// An argument as a rectangle; an error in place of one comes back.
pub fn source<'b>(cx: &'b Cx<'_>, args: &'b [Arg<'_>], position: usize) -> Result<Grid<'b>, ErrorCode> {
    let grid = cx.grid(args.get(position).ok_or(ErrorCode::Value)?);
    match grid {
        Grid::Single(value) => value.as_error().map_or(Ok(grid), Err),
        _ => Ok(grid),
    }
}

/// A whole number, or `None` when the argument is left out.
pub fn whole(cx: &Cx<'_>, value: Value) -> Result<Option<f64>, ErrorCode> {
    if value.is_omitted() { Ok(None) } else { coerce::integer(cx, value).map(Some) }
}

fn sequence(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let block = sequence_block(cx, args);
    give(cx, block)
}

fn sequence_block(cx: &Cx<'_>, args: &[Value]) -> Result<Block, ErrorCode> {
    let rows = whole(cx, nth(args, 0))?.unwrap_or(1.0);
    let cols = whole(cx, nth(args, 1))?.unwrap_or(1.0);
    let or_one = |value: Value| if value.is_omitted() { Ok(1.0) } else { cx.number(value) };
    let (start, step) = (or_one(nth(args, 2))?, or_one(nth(args, 3))?);
    if rows < 0.0 || cols < 0.0 {
        return Err(ErrorCode::Value);
    }
    if rows * cols > MAX_ARRAY_CELLS as f64 {
        return Err(ErrorCode::Num);
    }
    let (rows, cols) = (rows as usize, cols as usize);
    Block::build(cx, rows, cols, |row, col| Value::number(start + step * (row * cols + col) as f64))
}

fn take(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = cut(cx, args, |count, len| {
        let kept = count.abs().min(len as f64) as usize;
        (if count < 0.0 { len - kept } else { 0 }, kept)
    });
    give(cx, block)
}

fn drop(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = cut(cx, args, |count, len| {
        let gone = count.abs().min(len as f64) as usize;
        (if count < 0.0 { 0 } else { gone }, len - gone)
    });
    give(cx, block)
}

/// `span` gives first position and length of what stays of a side.
fn cut(cx: &Cx<'_>, args: &[Arg<'_>], span: fn(f64, usize) -> (usize, usize)) -> Result<Block, ErrorCode> {
    let grid = source(cx, args, 0)?;
    let side =
        |position, len| Ok(whole(cx, nth_arg(args, position))?.map_or((0, len), |count| span(count, len)));
    let (row, rows) = side(1, grid.rows())?;
    let (col, cols) = side(2, grid.cols())?;
    Block::build(cx, rows, cols, |r, c| grid.get(row + r, col + c))
}

fn vstack(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = stacked(cx, args, true);
    give(cx, block)
}

fn hstack(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = stacked(cx, args, false);
    give(cx, block)
}

fn stacked(cx: &Cx<'_>, args: &[Arg<'_>], vertical: bool) -> Result<Block, ErrorCode> {
    let grids: Vec<Grid<'_>> = args.iter().map(|arg| cx.grid(arg)).collect();
    let along = |grid: &Grid<'_>| if vertical { grid.rows() } else { grid.cols() };
    let across = |grid: &Grid<'_>| if vertical { grid.cols() } else { grid.rows() };
    let length: usize = grids.iter().map(along).sum();
    let width = grids.iter().map(across).max().unwrap_or(0);
    // Which grid a place along the stack falls in, and where.
    cx.ask(length.saturating_mul(size_of::<(usize, usize)>()))?;
    let places: Vec<(usize, usize)> = if length > MAX_ARRAY_CELLS {
        return Err(ErrorCode::Num);
    } else {
        grids.iter().enumerate().flat_map(|(at, grid)| (0..along(grid)).map(move |i| (at, i))).collect()
    };
    let missing = Value::error(ErrorCode::NA);
    let cell = |i: usize, j: usize| {
        let Some((grid, i)) = places.get(i).and_then(|&(at, i)| Some((grids.get(at)?, i))) else {
            return missing;
        };
        match (j < across(grid), vertical) {
            (false, _) => missing,
            (true, true) => grid.get(i, j),
            (true, false) => grid.get(j, i),
        }
    };
    if vertical {
        Block::build(cx, length, width, cell)
    } else {
        Block::build(cx, width, length, |row, col| cell(col, row))
    }
}

fn tocol(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block =
        flattened(cx, args).and_then(|cells| Block::build(cx, cells.len(), 1, |row, _| at(&cells, row)));
    give(cx, block)
}

fn torow(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block =
        flattened(cx, args).and_then(|cells| Block::build(cx, 1, cells.len(), |_, col| at(&cells, col)));
    give(cx, block)
}

fn at(cells: &[Value], position: usize) -> Value {
    cells.get(position).copied().unwrap_or(Value::error(ErrorCode::NA))
}

/// The cells in one line, without blanks (1), errors (2) or both (3).
fn flattened(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<Value>, ErrorCode> {
    let grid = cx.grid(args.first().ok_or(ErrorCode::Value)?);
    let ignored = whole(cx, nth_arg(args, 1))?.unwrap_or(0.0);
    let by_column = cx.boolean(nth_arg(args, 2))?;
    if !(0.0..=3.0).contains(&ignored) {
        return Err(ErrorCode::Value);
    }
    let (no_blanks, no_errors) = (ignored == 1.0 || ignored == 3.0, ignored >= 2.0);
    // Beyond the used cells all is blank.
    let (rows, cols) = if no_blanks { grid.used() } else { (grid.rows(), grid.cols()) };
    let mut cells = cx.room(rows, cols)?;
    let place = |i: usize| if by_column { (i % rows, i / rows) } else { (i / cols, i % cols) };
    cells.extend(
        (0..rows * cols)
            .map(place)
            .map(|(row, col)| grid.get(row, col))
            .filter(|value| !(no_blanks && value.is_blank() || no_errors && value.is_error())),
    );
    Ok(cells)
}

fn wraprows(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = wrapped(cx, args).and_then(|(cells, width, pad)| {
        let lines = cells.len().div_ceil(width);
        Block::build(cx, lines, width, |row, col| cells.get(row * width + col).copied().unwrap_or(pad))
    });
    give(cx, block)
}

fn wrapcols(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = wrapped(cx, args).and_then(|(cells, height, pad)| {
        let lines = cells.len().div_ceil(height);
        Block::build(cx, height, lines, |row, col| cells.get(col * height + row).copied().unwrap_or(pad))
    });
    give(cx, block)
}

/// The cells of a single row or column, how many go in a line, and what fills the last one.
fn wrapped(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<(Vec<Value>, usize, Value), ErrorCode> {
    let grid = source(cx, args, 0)?;
    let count = whole(cx, nth_arg(args, 1))?.unwrap_or(0.0);
    if grid.rows() != 1 && grid.cols() != 1 {
        return Err(ErrorCode::Value);
    }
    if count < 1.0 {
        return Err(ErrorCode::Num);
    }
    let cells = Block::build(cx, grid.rows(), grid.cols(), |row, col| grid.get(row, col))?.cells;
    let width = count.min(cells.len() as f64) as usize;
    Ok((cells, width, padding(args, 2)))
}

fn padding(args: &[Arg<'_>], position: usize) -> Value {
    let value = nth_arg(args, position);
    if value.is_omitted() { Value::error(ErrorCode::NA) } else { value }
}

fn expand(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = expanded(cx, args);
    give(cx, block)
}

fn expanded(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Block, ErrorCode> {
    let grid = source(cx, args, 0)?;
    let (height, width) = (grid.rows(), grid.cols());
    let rows = whole(cx, nth_arg(args, 1))?.unwrap_or(height as f64);
    let cols = whole(cx, nth_arg(args, 2))?.unwrap_or(width as f64);
    if rows < height as f64 || cols < width as f64 {
        return Err(ErrorCode::Value);
    }
    let pad = padding(args, 3);
    Block::build(cx, rows as usize, cols as usize, |row, col| {
        if row < height && col < width { grid.get(row, col) } else { pad }
    })
}

fn chooserows(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = source(cx, args, 0).and_then(|grid| {
        let chosen = chosen(cx, args, grid.rows())?;
        Block::build(cx, chosen.len(), grid.cols(), |row, col| {
            chosen.get(row).map_or(Value::BLANK, |&row| grid.get(row, col))
        })
    });
    give(cx, block)
}

fn choosecols(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let block = source(cx, args, 0).and_then(|grid| {
        let chosen = chosen(cx, args, grid.cols())?;
        Block::build(cx, grid.rows(), chosen.len(), |row, col| {
            chosen.get(col).map_or(Value::BLANK, |&col| grid.get(row, col))
        })
    });
    give(cx, block)
}

/// The numbers in all arguments but the first as positions: from 1, or from the end when negative.
fn chosen(cx: &Cx<'_>, args: &[Arg<'_>], len: usize) -> Result<Vec<usize>, ErrorCode> {
    let mut positions = Vec::new();
    for arg in args.iter().skip(1) {
        for value in cx.grid(arg).iter() {
            let number = coerce::integer(cx, value)?;
            if number == 0.0 || number.abs() > len as f64 {
                return Err(ErrorCode::Value);
            }
            let distance = number.abs() as usize;
            positions.push(if number < 0.0 { len - distance } else { distance - 1 });
        }
    }
    Ok(positions)
}
