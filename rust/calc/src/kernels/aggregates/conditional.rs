//! COUNTIF, SUMIFS and the like: aggregates over the cells that meet criteria. The criteria are in `criteria`.

use crate::kernels::aggregates::criteria::Criterion;
use crate::kernels::sample::wider;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, giving_numbers, shaped};
use crate::semantics::properties::Chain;
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Unpacked, Value};

pub const TABLE: &[Function] = &giving_numbers([
    shaped("COUNTIF", 2, 2, PAIRS, countifs).with(flags::SEES_ERRORS).chained(Chain::CountIf),
    shaped("COUNTIFS", 2, 254, PAIRS, countifs)
        .repeating(2)
        .with(flags::SEES_ERRORS)
        .chained(Chain::CountIfs),
    shaped("SUMIF", 2, 3, ONE, sumif)
        .with(flags::SEES_ERRORS | flags::VALUES_FOLLOW_RANGE)
        .chained(Chain::SumIf),
    shaped("SUMIFS", 3, 255, MANY, sumifs).repeating(2).with(flags::SEES_ERRORS).chained(Chain::SumIfs),
    shaped("AVERAGEIF", 2, 3, ONE, averageif)
        .with(flags::SEES_ERRORS | flags::VALUES_FOLLOW_RANGE)
        .chained(Chain::MeanIf),
    shaped("AVERAGEIFS", 3, 255, MANY, averageifs)
        .repeating(2)
        .with(flags::SEES_ERRORS)
        .chained(Chain::MeanIfs),
    shaped("MINIFS", 3, 255, MANY, minifs).repeating(2).with(flags::SEES_ERRORS).chained(Chain::MinIfs),
    shaped("MAXIFS", 3, 255, MANY, maxifs).repeating(2).with(flags::SEES_ERRORS).chained(Chain::MaxIfs),
]);

const PAIRS: &[Param] = &[Param::Reference, Param::Scalar];
const ONE: &[Param] = &[Param::Reference, Param::Scalar, Param::Reference];
const MANY: &[Param] = &[Param::Reference, Param::Reference, Param::Scalar];

/// The places of a rectangle whose cells meet all criteria.
struct Matches {
    /// (row, column), row by row, inside the searched part.
    places: Vec<(u32, u32)>,
    /// All cells outside the searched part are blank and meet the criteria too.
    outside: bool,
}

/// The error that stands where a reference must: it could not be found. An error in a cell is a value like others.
fn found(reference: &Arg<'_>) -> Result<(), ErrorCode> {
    match reference {
        Arg::Value(value) => value.as_error().map_or(Ok(()), Err),
        Arg::Range(_) => Ok(()),
    }
}

/// `searched` is the part that must be looked at; all criteria ranges must have the size of the first.
fn find(cx: &Cx<'_>, pairs: &[Arg<'_>], searched: (usize, usize)) -> Result<Matches, ErrorCode> {
    let mut all = Matches { places: Vec::new(), outside: true };
    let mut size = None;
    for pair in pairs.chunks(2) {
        let [range, criterion] = pair else { return Err(ErrorCode::Value) };
        cx.go_on()?;
        found(range)?;
        let grid = cx.grid(range);
        let criterion = Criterion::parse(cx, criterion.value());
        match size {
            None => scan(cx, &grid, &criterion, searched, &mut all.places)?,
            Some(size) if size != (grid.rows(), grid.cols()) => return Err(ErrorCode::Value),
            Some(_) => {
                all.places.retain(|&(row, col)| criterion.matches(cx, grid.get(row as usize, col as usize)))
            }
        }
        all.outside &= criterion.matches(cx, Value::BLANK);
        size.get_or_insert((grid.rows(), grid.cols()));
    }
    Ok(all)
}

fn scan(
    cx: &Cx<'_>,
    grid: &Grid<'_>,
    criterion: &Criterion,
    (rows, cols): (usize, usize),
    places: &mut Vec<(u32, u32)>,
) -> Result<(), ErrorCode> {
    // One column that lies in memory is by far the most frequent case.
    if let Some(cells) = grid.dense()
        && (rows, cols) == grid.used()
        && cols == 1
    {
        for (row, &value) in cells.iter().enumerate() {
            if criterion.matches(cx, value) {
                places.push((row as u32, 0));
            }
            if row % 4096 == 0 {
                cx.go_on()?;
            }
        }
        return Ok(());
    }
    for row in 0..rows {
        for col in 0..cols {
            if (row * cols + col) % 4096 == 0 {
                cx.go_on()?;
            }
            if criterion.matches(cx, grid.get(row, col)) {
                places.push((row as u32, col as u32));
            }
        }
    }
    Ok(())
}

fn countifs(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let used = args.iter().step_by(2).fold((0, 0), |size, range| wider(size, cx.grid(range).used()));
    let total = args.first().map_or(0, |range| cx.grid(range).len());
    find(cx, args, used)
        .map(|found| {
            let outside = if found.outside { total - used.0 * used.1 } else { 0 };
            (found.places.len() + outside) as f64
        })
        .into()
}

/// What the matching cells of a range come to.
#[derive(Default)]
struct Tally {
    count: usize,
    sum: f64,
    min: f64,
    max: f64,
}

fn tally(
    cx: &Cx<'_>,
    values: &Arg<'_>,
    pairs: &[Arg<'_>],
    searched: (usize, usize),
) -> Result<Tally, ErrorCode> {
    let grid = cx.grid(values);
    let found = find(cx, pairs, searched)?;
    let mut tally = Tally { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };
    for (row, col) in found.places {
        match grid.get(row as usize, col as usize).unpack() {
            Unpacked::Number(x) => {
                tally.count += 1;
                tally.sum += x;
                tally.min = tally.min.min(x);
                tally.max = tally.max.max(x);
            }
            Unpacked::Error(code) => return Err(code),
            _ => {}
        }
    }
    Ok(tally)
}

/// Values first, then pairs of range and criterion, all of one size.
fn tally_many(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Tally, ErrorCode> {
    let [values, pairs @ ..] = args else { return Err(ErrorCode::Value) };
    found(values)?;
    pairs.iter().step_by(2).try_for_each(found)?;
    let size = |arg: &Arg<'_>| (cx.grid(arg).rows(), cx.grid(arg).cols());
    if pairs.iter().step_by(2).any(|range| size(range) != size(values)) {
        return Err(ErrorCode::Value);
    }
    tally(cx, values, pairs, cx.grid(values).used())
}

/// Range, criterion, and values that count from their upper left cell on, or else the range itself.
fn tally_one(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Tally, ErrorCode> {
    let [range, _, values @ ..] = args else { return Err(ErrorCode::Value) };
    found(range)?;
    let values = match values.first() {
        None => range,
        Some(Arg::Value(value)) if value.is_omitted() => range,
        Some(Arg::Value(value)) if !value.is_array() => {
            return Err(value.as_error().unwrap_or(ErrorCode::Value));
        }
        Some(values) => values,
    };
    let (tested, grid) = (cx.grid(range), cx.grid(values));
    // Of a reference that a record chose, the cells beyond are not known.
    let chosen = !(tested.is_reference() && grid.is_reference());
    if chosen && (grid.rows() < tested.rows() || grid.cols() < tested.cols()) {
        return Err(ErrorCode::Value);
    }
    let (rows, cols) = grid.used();
    let searched = (rows.min(tested.rows()), cols.min(tested.cols()));
    tally(cx, values, args.get(..2).unwrap_or(args), searched)
}

fn sum(tally: Tally) -> Result<f64, ErrorCode> {
    Ok(tally.sum)
}

fn mean(tally: Tally) -> Result<f64, ErrorCode> {
    if tally.count == 0 { Err(ErrorCode::Div0) } else { Ok(tally.sum / tally.count as f64) }
}

fn sumif(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally_one(cx, args).and_then(sum).into()
}

fn averageif(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally_one(cx, args).and_then(mean).into()
}

fn sumifs(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally_many(cx, args).and_then(sum).into()
}

fn averageifs(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally_many(cx, args).and_then(mean).into()
}

fn minifs(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally_many(cx, args).map(|tally| if tally.count == 0 { 0.0 } else { tally.min }).into()
}

fn maxifs(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    tally_many(cx, args).map(|tally| if tally.count == 0 { 0.0 } else { tally.max }).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::{Env, Kernel};
    use crate::values::heap::Heap;
    use crate::values::range::{Origin, Range, Table};
    use std::sync::atomic::AtomicBool;

    fn whole_column(table: &Table) -> Arg<'_> {
        let origin = Origin { sheet: 0, row: 0, col: 0 };
        Arg::Range(Range {
            rows: 1_048_576,
            cols: 1,
            used_rows: table.rows,
            used_cols: 1,
            origin,
            cells: table,
        })
    }

    fn call(cx: &mut Cx<'_>, name: &str, args: &[Arg<'_>]) -> Value {
        let function = TABLE.iter().find(|function| function.name == name).unwrap();
        match function.kernel {
            Kernel::Args(kernel) => kernel(cx, args),
            Kernel::Scalar(_) => panic!("{name}"),
        }
    }

    /// Oracle: Excel documentation, SUMIFS (quantities of products by sales person), on whole columns.
    #[test]
    fn documented_sums() {
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut heap = Heap::empty();
        let mut texts = |all: &[&str]| {
            Table::new(all.len(), 1, all.iter().map(|text| heap.add_text(text)).collect::<Vec<_>>())
        };
        let products = texts(&[
            "Apples",
            "Apples",
            "Artichokes",
            "Artichokes",
            "Bananas",
            "Bananas",
            "Carrots",
            "Carrots",
        ]);
        let people = texts(&["Tom", "Sarah", "Tom", "Sarah", "Tom", "Sarah", "Tom", "Sarah"]);
        let sold = [5.0, 4.0, 15.0, 3.0, 22.0, 12.0, 10.0, 33.0];
        let quantities = Table::new(8, 1, sold.into_iter().map(Value::number).collect());
        let criteria = ["=A*", "Tom", "<>Bananas", ">100"].map(|text| Arg::Value(heap.add_text(text)));
        let [starts_with_a, tom, no_bananas, over_100] = criteria;
        let (quantities, products, people) =
            (whole_column(&quantities), whole_column(&products), whole_column(&people));
        let cx = &mut Cx { heap: &mut heap, env: &env, cancel: &cancel };
        let mut number = |name, args: &[Arg<'_>]| call(cx, name, args).as_number();
        assert_eq!(number("SUMIFS", &[quantities, products, starts_with_a, people, tom]), Some(20.0));
        assert_eq!(number("SUMIFS", &[quantities, products, no_bananas, people, tom]), Some(30.0));
        assert_eq!(number("COUNTIFS", &[people, tom, quantities, over_100]), Some(0.0));
        assert_eq!(number("COUNTIF", &[products, no_bananas]), Some(1_048_574.0));
        assert_eq!(number("MAXIFS", &[quantities, people, tom]), Some(22.0));
        assert_eq!(number("MINIFS", &[quantities, people, over_100]), Some(0.0));
        assert_eq!(number("AVERAGEIF", &[people, tom, quantities]), Some(13.0));
        assert_eq!(number("SUMIF", &[people, tom, quantities]), Some(52.0));
        assert_eq!(call(cx, "AVERAGEIFS", &[quantities, people, over_100]).as_error(), Some(ErrorCode::Div0));
    }
}
