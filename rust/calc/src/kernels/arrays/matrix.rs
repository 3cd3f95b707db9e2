//! Linear algebra: MMULT, MINVERSE, MDETERM, MUNIT, and TRANSPOSE of any cells.

use crate::semantics::coerce;
use crate::semantics::function::MAX_ARRAY_CELLS;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth, scalar, shaped};
use crate::semantics::properties::Size;
use crate::values::value::{ErrorCode, Value};

const ARRAYS: u32 = flags::GIVES_ARRAY | flags::FORCES_ARRAY;

pub const TABLE: &[Function] = &[
    shaped("TRANSPOSE", 1, 1, &[Param::Any], transpose).with(ARRAYS).sized(Size::Transposed),
    shaped("MMULT", 2, 2, &[Param::Any], mmult).with(ARRAYS).sized(Size::Product),
    shaped("MINVERSE", 1, 1, &[Param::Any], minverse).with(ARRAYS).sized(Size::Argument(0)),
    shaped("MDETERM", 1, 1, &[Param::Any], mdeterm).with(flags::FORCES_ARRAY | flags::GIVES_NUMBER),
    scalar("MUNIT", 1, 1, munit).with(flags::GIVES_ARRAY),
];

/// A rectangle of numbers, row by row.
struct Matrix {
    rows: usize,
    cols: usize,
    cells: Vec<f64>,
}

impl Matrix {
    /// Every cell must be a number: an error comes back, anything else is `#VALUE!`.
    fn read(cx: &Cx<'_>, arg: Option<&Arg<'_>>) -> Result<Matrix, ErrorCode> {
        let grid = cx.grid(arg.ok_or(ErrorCode::Value)?);
        let (rows, cols) = (grid.rows(), grid.cols());
        cx.ask(rows.saturating_mul(cols).saturating_mul(size_of::<f64>()))?;
        let cells = grid
            .iter()
            .map(|value| value.as_number().ok_or(value.as_error().unwrap_or(ErrorCode::Value)))
            .collect::<Result<Vec<f64>, _>>()?;
        // Fewer used cells than cells: there are blanks.
        if cells.is_empty() || cells.len() != rows.saturating_mul(cols) {
            return Err(ErrorCode::Value);
        }
        Ok(Matrix { rows, cols, cells })
    }

    fn square(cx: &Cx<'_>, arg: Option<&Arg<'_>>) -> Result<Matrix, ErrorCode> {
        Matrix::read(cx, arg).and_then(|m| if m.rows == m.cols { Ok(m) } else { Err(ErrorCode::Value) })
    }

    fn give(self, cx: &mut Cx<'_>) -> Value {
        if self.cells.iter().all(|x| x.is_finite()) {
            cx.add_array(self.rows, self.cols, self.cells.into_iter().map(Value::number).collect())
        } else {
            Value::error(ErrorCode::Num)
        }
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.cells.chunks_exact(self.cols)
    }
}

fn give(cx: &mut Cx<'_>, result: Result<Matrix, ErrorCode>) -> Value {
    result.map_or_else(Value::error, |matrix| matrix.give(cx))
}

fn transpose(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let Some(arg) = args.first() else { return Value::error(ErrorCode::Value) };
    let grid = cx.grid(arg);
    let (rows, cols) = (grid.rows(), grid.cols());
    let mut cells = match cx.room(cols, rows) {
        Ok(room) => room,
        Err(code) => return code.into(),
    };
    cells.extend((0..cols).flat_map(|col| (0..rows).map(move |row| grid.get(row, col))));
    cx.add_array(cols, rows, cells)
}

fn mmult(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let product = product(cx, args);
    give(cx, product)
}

fn product(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Matrix, ErrorCode> {
    let left = Matrix::read(cx, args.first())?;
    let right = Matrix::read(cx, args.get(1))?;
    if left.cols != right.rows {
        return Err(ErrorCode::Value);
    }
    if left.rows.saturating_mul(right.cols) > MAX_ARRAY_CELLS {
        return Err(ErrorCode::Num);
    }
    cx.ask(left.rows * right.cols * size_of::<f64>())?;
    let mut cells = vec![0.0; left.rows * right.cols];
    for (sums, row) in cells.chunks_exact_mut(right.cols).zip(left.rows()) {
        for (factor, values) in row.iter().zip(right.rows()) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += factor * value;
            }
        }
        cx.go_on()?;
    }
    Ok(Matrix { rows: left.rows, cols: right.cols, cells })
}

fn mdeterm(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    Matrix::square(cx, args.first())
        .and_then(|matrix| {
            let mut rows: Vec<Vec<f64>> = matrix.rows().map(<[f64]>::to_vec).collect();
            eliminate(cx, &mut rows, matrix.cols, false)
        })
        .into()
}

fn minverse(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let inverse = Matrix::square(cx, args.first()).and_then(|matrix| {
        let size = matrix.cols;
        let unit = |row: usize| (0..size).map(move |col| f64::from(u8::from(row == col)));
        let mut rows: Vec<Vec<f64>> = matrix
            .rows()
            .enumerate()
            .map(|(at, row)| row.iter().copied().chain(unit(at)).collect())
            .collect();
        if eliminate(cx, &mut rows, size, true)? == 0.0 {
            return Err(ErrorCode::Num);
        }
        Ok(Matrix {
            rows: size,
            cols: size,
            cells: rows.into_iter().flat_map(|row| row.into_iter().skip(size)).collect(),
        })
    });
    give(cx, inverse)
}

/// Gaussian elimination with the largest pivot of each of the first `size` columns, below the diagonal only or, for
/// `reduced`, above it too with the diagonal made 1. Gives the determinant.
fn eliminate(cx: &Cx<'_>, rows: &mut [Vec<f64>], size: usize, reduced: bool) -> Result<f64, ErrorCode> {
    let at = |rows: &[Vec<f64>], row: usize, col: usize| {
        rows.get(row).and_then(|cells| cells.get(col)).copied().unwrap_or(0.0)
    };
    let mut determinant = 1.0;
    for col in 0..size {
        let largest = (col..size).max_by(|&a, &b| at(rows, a, col).abs().total_cmp(&at(rows, b, col).abs()));
        let largest = largest.unwrap_or(col);
        let pivot = at(rows, largest, col);
        if pivot == 0.0 {
            return Ok(0.0);
        }
        if largest != col {
            rows.swap(largest, col);
            determinant = -determinant;
        }
        determinant *= pivot;
        let (above, rest) = rows.split_at_mut(col);
        let Some((row, below)) = rest.split_first_mut() else { break };
        if reduced {
            row.iter_mut().for_each(|cell| *cell /= pivot);
        }
        let scale = if reduced { 1.0 } else { pivot };
        let others = above.iter_mut().filter(|_| reduced).chain(below);
        for other in others {
            let factor = other.get(col).copied().unwrap_or(0.0) / scale;
            if factor != 0.0 {
                other.iter_mut().zip(row.iter()).skip(col).for_each(|(cell, value)| *cell -= factor * value);
            }
        }
        cx.go_on()?;
    }
    Ok(determinant)
}

fn munit(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    match coerce::integer(cx, nth(args, 0)) {
        Err(code) => Value::error(code),
        Ok(size) if size < 1.0 || size * size > MAX_ARRAY_CELLS as f64 => Value::error(ErrorCode::Value),
        Ok(size) => {
            let size = size as usize;
            let cells = (0..size * size).map(|i| f64::from(u8::from(i / size == i % size))).collect();
            Matrix { rows: size, cols: size, cells }.give(cx)
        }
    }
}
