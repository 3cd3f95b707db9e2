//! Linear and exponential fits to several variables: LINEST, LOGEST, TREND, GROWTH. And FREQUENCY.

use crate::kernels::sample::{Cells, numbers, visit};
use crate::kernels::sorting;
use crate::math::elementary::{exp, ln};
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth_arg, shaped};
use crate::values::value::{ErrorCode, Value};

const ARRAYS: u32 = flags::GIVES_ARRAY | flags::FORCES_ARRAY;

pub const TABLE: &[Function] = &[
    shaped("LINEST", 1, 4, FIT, |cx, args| coefficients(cx, args, false)).with(ARRAYS),
    shaped("LOGEST", 1, 4, FIT, |cx, args| coefficients(cx, args, true)).with(ARRAYS),
    shaped("TREND", 1, 4, LINE, |cx, args| predict(cx, args, false)).with(ARRAYS),
    shaped("GROWTH", 1, 4, LINE, |cx, args| predict(cx, args, true)).with(ARRAYS),
    shaped("FREQUENCY", 2, 2, &[Param::Any], frequency).with(ARRAYS),
];

const FIT: &[Param] = &[Param::Any, Param::Any, Param::Scalar, Param::Scalar];
const LINE: &[Param] = &[Param::Any, Param::Any, Param::Any, Param::Scalar];

/// How the observations lie in a rectangle.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// One variable; every cell is an observation.
    Cells,
    /// An observation per row, a variable per column.
    Rows,
    /// An observation per column, a variable per row.
    Cols,
}

/// A rectangle of numbers, row by row.
struct Matrix {
    rows: usize,
    cols: usize,
    cells: Vec<f64>,
}

impl Matrix {
    fn read(cx: &Cx<'_>, arg: &Arg<'_>) -> Result<Matrix, ErrorCode> {
        let grid = cx.grid(arg);
        let mut cells = Vec::new();
        visit(cx, &grid, |value| match value.as_error() {
            Some(code) => Err(code),
            None => {
                cells.push(value.as_number().ok_or(ErrorCode::Value)?);
                Ok(())
            }
        })?;
        let all_used = cells.len() == grid.len();
        if all_used {
            Ok(Matrix { rows: grid.rows(), cols: grid.cols(), cells })
        } else {
            Err(ErrorCode::Value)
        }
    }

    /// 1, 2, 3 ... in this shape.
    fn counting(rows: usize, cols: usize) -> Matrix {
        Matrix { rows, cols, cells: (1..=rows * cols).map(|i| i as f64).collect() }
    }

    fn at(&self, row: usize, col: usize) -> f64 {
        self.cells.get(row * self.cols + col).copied().unwrap_or(0.0)
    }

    /// The values of each variable in turn, and the number of observations.
    fn variables(&self, layout: Layout) -> (Vec<Vec<f64>>, usize) {
        match layout {
            Layout::Cells => (vec![self.cells.clone()], self.cells.len()),
            Layout::Rows => {
                let column = |col| (0..self.rows).map(|row| self.at(row, col)).collect();
                ((0..self.cols).map(column).collect(), self.rows)
            }
            Layout::Cols => {
                let row = |row| (0..self.cols).map(|col| self.at(row, col)).collect();
                ((0..self.rows).map(row).collect(), self.cols)
            }
        }
    }
}

/// A fitted plane: y = base + sum of slopes * variables, and what is needed for its statistics.
struct Fit {
    layout: Layout,
    slopes: Vec<f64>,
    base: f64,
    slope_errors: Vec<f64>,
    base_error: f64,
    freedom: f64,
    explained: f64,
    unexplained: f64,
    /// Variables that do not depend on others.
    rank: f64,
    with_base: bool,
}

/// The argument at `position` unless it is left out.
fn given<'a, 'b>(args: &'a [Arg<'b>], position: usize) -> Option<&'a Arg<'b>> {
    args.get(position).filter(|arg| !matches!(arg, Arg::Value(value) if value.is_omitted()))
}

/// TRUE unless given otherwise.
fn with_base(cx: &Cx<'_>, args: &[Arg<'_>], position: usize) -> Result<bool, ErrorCode> {
    let value = nth_arg(args, position);
    if value.is_omitted() { Ok(true) } else { cx.boolean(value) }
}

/// The known ys and xs, fitted; the ys' logarithms for an exponential fit.
fn fit(cx: &Cx<'_>, args: &[Arg<'_>], exponential: bool, base_at: usize) -> Result<(Fit, Matrix), ErrorCode> {
    let mut ys = Matrix::read(cx, args.first().ok_or(ErrorCode::Value)?)?;
    let xs = match given(args, 1) {
        Some(arg) => Matrix::read(cx, arg)?,
        None => Matrix::counting(ys.rows, ys.cols),
    };
    let with_base = with_base(cx, args, base_at)?;
    if exponential {
        if ys.cells.iter().any(|&y| y <= 0.0) {
            return Err(ErrorCode::Num);
        }
        ys.cells.iter_mut().for_each(|y| *y = ln(*y));
    }
    let layout = if (xs.rows, xs.cols) == (ys.rows, ys.cols) {
        Layout::Cells
    } else if ys.cols == 1 && xs.rows == ys.rows {
        Layout::Rows
    } else if ys.rows == 1 && xs.cols == ys.cols {
        Layout::Cols
    } else {
        return Err(ErrorCode::Ref);
    };
    let (variables, _) = xs.variables(layout);
    Ok((solve(cx, variables, &ys.cells, with_base, layout)?, xs))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// A variable whose part that others do not explain is smaller than this, relatively, counts as dependent on them.
const DEPENDENT: f64 = 1e-12;

/// Least squares by modified Gram-Schmidt on the variables less their means (with a base) or as they are.
fn solve(
    cx: &Cx<'_>,
    mut variables: Vec<Vec<f64>>,
    ys: &[f64],
    with_base: bool,
    layout: Layout,
) -> Result<Fit, ErrorCode> {
    let count = variables.len();
    cx.ask(count.saturating_mul(count).saturating_mul(size_of::<f64>()))?;
    let mean_of = |values: &[f64]| if with_base { mean(values) } else { 0.0 };
    let means: Vec<f64> = variables.iter().map(|x| mean_of(x)).collect();
    for (variable, mean) in variables.iter_mut().zip(&means) {
        variable.iter_mut().for_each(|x| *x -= mean);
    }
    let y_mean = mean_of(ys);
    let centered: Vec<f64> = ys.iter().map(|y| y - y_mean).collect();
    let mut rest = centered.clone();

    // variables = q * r with orthogonal columns q; r has ones on its diagonal.
    let mut r = vec![vec![0.0; count]; count];
    let mut norms = vec![0.0; count];
    let mut parts = vec![0.0; count];
    for i in 0..count {
        let before = dot(&variables[i], &variables[i]);
        for j in 0..i {
            cx.go_on()?;
            if norms[j] == 0.0 {
                continue;
            }
            let (done, open) = variables.split_at_mut(i);
            let share = dot(&done[j], &open[0]) / norms[j];
            r[j][i] = share;
            open[0].iter_mut().zip(&done[j]).for_each(|(x, q)| *x -= share * q);
        }
        let norm = dot(&variables[i], &variables[i]);
        norms[i] = if norm > before * DEPENDENT { norm } else { 0.0 };
        if norms[i] > 0.0 {
            parts[i] = dot(&variables[i], &rest) / norms[i];
            rest.iter_mut().zip(&variables[i]).for_each(|(y, q)| *y -= parts[i] * q);
        }
    }

    let slopes = back_substitute(&r, &norms, &parts);
    let rank = norms.iter().filter(|&&norm| norm > 0.0).count() as f64;
    let unexplained = dot(&rest, &rest);
    let explained = (dot(&centered, &centered) - unexplained).max(0.0);
    let freedom = ys.len() as f64 - rank - f64::from(u8::from(with_base));
    let variance = if freedom > 0.0 { unexplained / freedom } else { 0.0 };
    // Row i of the inverse of r gives the i-th slope as a combination of the parts, whose variances are known.
    let mut slope_variances = vec![0.0; count];
    let mut base_variance = 1.0 / ys.len() as f64;
    for j in (0..count).filter(|&j| norms[j] > 0.0) {
        cx.go_on()?;
        let mut unit = vec![0.0; count];
        unit[j] = 1.0;
        let column = back_substitute(&r, &norms, &unit);
        for (sum, x) in slope_variances.iter_mut().zip(&column) {
            *sum += x * x / norms[j];
        }
        base_variance += dot(&column, &means).powi(2) / norms[j];
    }
    Ok(Fit {
        layout,
        base: y_mean - dot(&slopes, &means),
        slope_errors: slope_variances.iter().map(|v| (v * variance).sqrt()).collect(),
        base_error: (base_variance * variance).sqrt(),
        slopes,
        freedom,
        explained,
        unexplained,
        rank,
        with_base,
    })
}

/// Solves r x = parts, leaving dependent variables out.
fn back_substitute(r: &[Vec<f64>], norms: &[f64], parts: &[f64]) -> Vec<f64> {
    let count = parts.len();
    let mut x = vec![0.0; count];
    for i in (0..count).rev().filter(|&i| norms[i] > 0.0) {
        let known: f64 = (i + 1..count).map(|j| r[i][j] * x[j]).sum();
        x[i] = parts[i] - known;
    }
    x
}

/// Slopes from the last variable to the first, then the base; with statistics, five rows.
fn coefficients(cx: &mut Cx<'_>, args: &[Arg<'_>], exponential: bool) -> Value {
    let result = fit(cx, args, exponential, 2).and_then(|(fit, _)| {
        let stats = nth_arg(args, 3);
        Ok((fit, !stats.is_omitted() && cx.boolean(stats)?))
    });
    let (fit, stats) = match result {
        Ok(both) => both,
        Err(code) => return code.into(),
    };
    let shown = |x: f64| Value::number(if exponential { exp(x) } else { x });
    let mut cells: Vec<Value> = fit.slopes.iter().rev().map(|&slope| shown(slope)).collect();
    cells.push(shown(fit.base));
    let cols = cells.len();
    if !stats {
        return cx.add_array(1, cols, cells);
    }
    cells.extend(fit.slope_errors.iter().rev().map(|&error| Value::number(error)));
    cells.push(if fit.with_base { Value::number(fit.base_error) } else { ErrorCode::NA.into() });
    let ratio = |a: f64, b: f64| if b == 0.0 { ErrorCode::Num.into() } else { Value::number(a / b) };
    let variance = if fit.freedom > 0.0 { fit.unexplained / fit.freedom } else { 0.0 };
    for pair in [
        [ratio(fit.explained, fit.explained + fit.unexplained), Value::number(variance.sqrt())],
        [ratio(fit.explained / fit.rank, variance), Value::number(fit.freedom)],
        [Value::number(fit.explained), Value::number(fit.unexplained)],
    ] {
        cells.extend(pair);
        cells.resize(cells.len() + cols - 2, ErrorCode::NA.into());
    }
    cx.add_array(5, cols, cells)
}

fn predict(cx: &mut Cx<'_>, args: &[Arg<'_>], exponential: bool) -> Value {
    match predicted(cx, args, exponential) {
        Ok(out) => cx.add_array(out.rows, out.cols, out.cells.into_iter().map(Value::number).collect()),
        Err(code) => code.into(),
    }
}

/// The fit at the new xs, which default to the known ones.
fn predicted(cx: &Cx<'_>, args: &[Arg<'_>], exponential: bool) -> Result<Matrix, ErrorCode> {
    let (fit, known) = fit(cx, args, exponential, 3)?;
    let new = match given(args, 2) {
        Some(arg) => Matrix::read(cx, arg)?,
        None => known,
    };
    let (variables, count) = new.variables(fit.layout);
    if variables.len() != fit.slopes.len() {
        return Err(ErrorCode::Ref);
    }
    let (rows, cols) = match fit.layout {
        Layout::Cells => (new.rows, new.cols),
        Layout::Rows => (count, 1),
        Layout::Cols => (1, count),
    };
    let mut cells = vec![fit.base; count];
    for (variable, slope) in variables.iter().zip(&fit.slopes) {
        cx.go_on()?;
        cells.iter_mut().zip(variable).for_each(|(y, x)| *y += slope * x);
    }
    if exponential {
        cells.iter_mut().for_each(|y| *y = exp(*y));
    }
    Ok(Matrix { rows, cols, cells })
}

/// How many numbers fall into each bin, bins being upper limits in any order, and how many above all.
fn frequency(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match frequencies(cx, args) {
        Ok(counts) => cx.add_array(counts.len(), 1, counts.into_iter().map(Value::number).collect()),
        Err(code) => code.into(),
    }
}

fn frequencies(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<f64>, ErrorCode> {
    let [data, bins] = args else { return Err(ErrorCode::Value) };
    let data = numbers(cx, std::slice::from_ref(data), Cells::Numbers)?;
    let bins = numbers(cx, std::slice::from_ref(bins), Cells::Numbers)?;
    let order = sorting::positions(cx, bins.len(), true, |a, b| bins[a].total_cmp(&bins[b]))?;
    let mut counts = vec![0.0; bins.len() + 1];
    for (round, x) in data.into_iter().enumerate() {
        if round % 4096 == 0 {
            cx.go_on()?;
        }
        let place = order.partition_point(|&bin| bins[bin] < x);
        // Equal limits: the first of them takes all.
        let bin = order.get(place).copied().unwrap_or(bins.len());
        counts[bin] += 1.0;
    }
    Ok(counts)
}
