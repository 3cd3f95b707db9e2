//! Which numbers the arguments of an aggregate stand for. What is done with them is up to the families.

use crate::semantics::function::{Arg, Cx};
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Unpacked, Value};

/// What cells of a range or array count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// Numbers only: texts, booleans and blanks are passed over (SUM).
    Numbers,
    /// Texts are 0, booleans 1 and 0; blanks are passed over (AVERAGEA).
    All,
}

/// Cells between two looks at the stop flag.
const CHECK: usize = 4096;

/// Every used cell, row by row, until one is refused.
pub fn visit(
    cx: &Cx<'_>,
    grid: &Grid<'_>,
    mut each: impl FnMut(Value) -> Result<(), ErrorCode>,
) -> Result<(), ErrorCode> {
    let (rows, cols) = grid.used();
    if let Some(cells) = grid.dense() {
        for part in cells.chunks(CHECK) {
            part.iter().try_for_each(|&value| each(value))?;
            cx.go_on()?;
        }
        return Ok(());
    }
    for row in 0..rows {
        for col in 0..cols {
            if (row * cols + col) % CHECK == 0 {
                cx.go_on()?;
            }
            each(grid.get(row, col))?;
        }
    }
    Ok(())
}

/// One argument's numbers in order; its first error ends it. A value typed in or calculated is coerced, a blank one
/// passed over.
pub fn each_number(
    cx: &Cx<'_>,
    arg: &Arg<'_>,
    cells: Cells,
    each: &mut impl FnMut(f64),
) -> Result<(), ErrorCode> {
    match *arg {
        Arg::Value(value) if !value.is_array() => {
            if !value.is_blank() {
                each(cx.number(value)?);
            }
            Ok(())
        }
        _ => visit(cx, &cx.grid(arg), |value| {
            if value.is_number() {
                each(value.lane());
                return Ok(());
            }
            match value.unpack() {
                Unpacked::Error(code) => return Err(code),
                Unpacked::Bool(b) if cells == Cells::All => each(f64::from(u8::from(b))),
                Unpacked::Text(_) if cells == Cells::All => each(0.0),
                _ => {}
            }
            Ok(())
        }),
    }
}

/// All arguments' numbers, first error first.
pub fn numbers(cx: &Cx<'_>, args: &[Arg<'_>], cells: Cells) -> Result<Vec<f64>, ErrorCode> {
    let mut out = Vec::new();
    for arg in args {
        each_number(cx, arg, cells, &mut |x| out.push(x))?;
    }
    Ok(out)
}

/// Numbers that stand at the same place of two equally large arguments; places where either has none are dropped.
pub fn pairs(cx: &Cx<'_>, a: &Arg<'_>, b: &Arg<'_>) -> Result<Vec<(f64, f64)>, ErrorCode> {
    let (a, b) = (cx.grid(a), cx.grid(b));
    for grid in [&a, &b] {
        if let Grid::Single(value) = grid
            && let Some(code) = value.as_error()
        {
            return Err(code);
        }
    }
    if a.len() != b.len() {
        return Err(ErrorCode::NA);
    }
    let same_shape = a.cols() == b.cols();
    let (rows, cols) = if same_shape { wider(a.used(), b.used()) } else { (a.rows(), a.cols()) };
    let mut out = Vec::new();
    for row in 0..rows {
        for col in 0..cols {
            if (row * cols + col) % CHECK == 0 {
                cx.go_on()?;
            }
            let place = row * a.cols() + col;
            let (x, y) = (a.get(row, col), b.get(place / b.cols(), place % b.cols()));
            if let Some(code) = x.as_error().or_else(|| y.as_error()) {
                return Err(code);
            }
            if let (Some(x), Some(y)) = (x.as_number(), y.as_number()) {
                out.push((x, y));
            }
        }
    }
    Ok(out)
}

/// The smallest rectangle that covers both.
pub fn wider(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    (a.0.max(b.0), a.1.max(b.1))
}
