//! DSUM and the like: aggregates over the records of a table with headings that meet a table of conditions.

use crate::kernels::aggregates::aggregate;
use crate::kernels::aggregates::criteria::Criterion;
use crate::kernels::statistical::spread;
use crate::numbers::digits::trunc;
use crate::semantics::coerce::integer;
use crate::semantics::compare;
use crate::semantics::function::{Arg, Cx, Function, Param, shaped};
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &[
    shaped("DSUM", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::sum)),
    shaped("DPRODUCT", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::product)),
    shaped("DCOUNT", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::count)),
    shaped("DCOUNTA", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::counta)),
    shaped("DAVERAGE", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::average)),
    shaped("DMAX", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::max)),
    shaped("DMIN", 3, 3, PARAMS, |cx, args| over(cx, args, aggregate::min)),
    shaped("DSTDEV", 3, 3, PARAMS, |cx, args| over(cx, args, spread::stdev_s)),
    shaped("DSTDEVP", 3, 3, PARAMS, |cx, args| over(cx, args, spread::stdev_p)),
    shaped("DVAR", 3, 3, PARAMS, |cx, args| over(cx, args, spread::var_s)),
    shaped("DVARP", 3, 3, PARAMS, |cx, args| over(cx, args, spread::var_p)),
    shaped("DGET", 3, 3, PARAMS, get),
];

const PARAMS: &[Param] = &[Param::Reference, Param::Any, Param::Reference];

type Kernel = fn(&mut Cx<'_>, &[Arg<'_>]) -> Value;

fn over(cx: &mut Cx<'_>, args: &[Arg<'_>], kernel: Kernel) -> Value {
    match chosen(cx, args) {
        Ok(cells) => {
            // Two columns, so that a single value stays a cell and is not taken for a typed-in one.
            let rows = cells.len();
            let padded = cells.into_iter().flat_map(|cell| [cell, Value::BLANK]).collect();
            let array = cx.add_array(rows, 2, padded);
            kernel(cx, &[Arg::Value(array)])
        }
        Err(code) => code.into(),
    }
}

/// The one value of the one record that meets the conditions.
fn get(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    match chosen(cx, args).as_deref() {
        Ok([]) => ErrorCode::Value.into(),
        Ok([only]) => *only,
        Ok(_) => ErrorCode::Num.into(),
        Err(code) => (*code).into(),
    }
}

/// The field of every record that meets the conditions.
fn chosen(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<Value>, ErrorCode> {
    let [database, field, conditions] = args else { return Err(ErrorCode::Value) };
    let (database, conditions) = (cx.grid(database), cx.grid(conditions));
    if database.rows() < 2 || conditions.rows() < 2 {
        return Err(ErrorCode::Value);
    }
    let field = field_column(cx, &database, &cx.grid(field))?;
    let alternatives = read_conditions(cx, &database, &conditions)?;
    let mut out = Vec::new();
    for row in 1..database.used().0 {
        cx.go_on()?;
        let meets = |test: &Test| test.criterion.matches(cx, database.get(row, test.col));
        if alternatives.iter().any(|tests| tests.iter().all(meets)) {
            out.push(database.get(row, field));
        }
    }
    Ok(out)
}

/// The column that a heading or a number from 1 names.
fn field_column(cx: &Cx<'_>, database: &Grid<'_>, field: &Grid<'_>) -> Result<usize, ErrorCode> {
    if field.len() != 1 {
        return Err(ErrorCode::Value);
    }
    let field = field.get(0, 0);
    if field.is_text() {
        return column_named(cx, database, field).ok_or(ErrorCode::Value);
    }
    let number = trunc(integer(cx, field)?);
    if (1.0..=database.cols() as f64).contains(&number) {
        Ok(number as usize - 1)
    } else {
        Err(ErrorCode::Value)
    }
}

/// The first column with this heading, both read as text.
fn column_named(cx: &Cx<'_>, database: &Grid<'_>, name: Value) -> Option<usize> {
    let name = cx.text(name).ok().filter(|name| !name.is_empty())?;
    let names = |col: &usize| {
        let heading = cx.text(database.get(0, *col));
        cx.cancelled() || heading.is_ok_and(|heading| compare::equal_texts(&heading, &name))
    };
    (0..database.used().1).find(names)
}

/// One condition on one column.
struct Test {
    col: usize,
    criterion: Criterion,
}

/// A row of conditions must hold as a whole, one of the rows must hold. A blank condition always does; one under a
/// heading that the database lacks is not met.
fn read_conditions(
    cx: &Cx<'_>,
    database: &Grid<'_>,
    conditions: &Grid<'_>,
) -> Result<Vec<Vec<Test>>, ErrorCode> {
    let columns: Vec<Option<usize>> =
        (0..conditions.cols()).map(|col| column_named(cx, database, conditions.get(0, col))).collect();
    // A pattern takes a word for each character of its text.
    let bytes_of =
        |value: Value| size_of::<Test>() + 2 * size_of::<u64>() * cx.text_of(value).map_or(0, str::len);
    let mut bytes = 0;
    let mut row_of = |row: usize| {
        bytes += 2 * size_of::<Vec<Test>>();
        cx.ask(bytes).and_then(|()| cx.go_on()).ok()?;
        let given = columns.iter().enumerate().filter(|&(col, _)| !conditions.get(row, col).is_blank());
        given
            .map(|(col, &named)| {
                let value = conditions.get(row, col);
                bytes += bytes_of(value);
                cx.ask(bytes).ok()?;
                Some(Test { col: named?, criterion: Criterion::parse_filter(cx, value) })
            })
            .collect::<Option<Vec<Test>>>()
    };
    let last = conditions.used().0.max(2).min(conditions.rows());
    let blank_rows_follow = conditions.rows() > last;
    let mut rows: Vec<Vec<Test>> = (1..last).filter_map(&mut row_of).collect();
    cx.go_on()?;
    if blank_rows_follow {
        rows.push(Vec::new());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::{Env, Kernel};
    use crate::values::heap::Heap;
    use crate::values::range::{Origin, Range, Table};
    use std::sync::atomic::AtomicBool;

    fn range(table: &Table) -> Arg<'_> {
        let origin = Origin { sheet: 0, row: 0, col: 0 };
        let (rows, cols) = (table.rows, table.cols);
        Arg::Range(Range { rows, cols, used_rows: rows, used_cols: cols, origin, cells: table })
    }

    /// Oracle: Excel documentation, DAVERAGE, DSUM, DPRODUCT and DGET (the orchard).
    #[test]
    fn the_orchard() {
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut heap = Heap::empty();
        let mut cells = |texts: &[&str]| {
            let cell = |text: &&str| match text.parse::<f64>() {
                Ok(x) => Value::number(x),
                Err(_) if text.is_empty() => Value::BLANK,
                Err(_) => heap.add_text(text),
            };
            texts.iter().map(cell).collect::<Vec<Value>>()
        };
        let orchard = Table::new(
            7,
            5,
            cells(&[
                "Tree", "Height", "Age", "Yield", "Profit", "Apple", "18", "20", "14", "105", "Pear", "12",
                "12", "10", "96", "Cherry", "13", "14", "9", "105", "Apple", "14", "15", "10", "75", "Pear",
                "9", "8", "8", "76.8", "Apple", "8", "9", "6", "45",
            ]),
        );
        let tall_apples = Table::new(2, 2, cells(&["Tree", "Height", "=Apple", ">10"]));
        let apples_or_pears = Table::new(3, 1, cells(&["Tree", "=Apple", "=Pear"]));
        let apples = Table::new(2, 1, cells(&["Tree", "App"]));
        let names = cells(&["Yield", "Profit"]);
        let cx = &mut Cx { heap: &mut heap, env: &env, cancel: &cancel };
        let mut call = |name: &str, field: Value, conditions: &Table| {
            let function = TABLE.iter().find(|function| function.name == name).unwrap();
            let Kernel::Args(kernel) = function.kernel else { panic!("{name}") };
            kernel(cx, &[range(&orchard), Arg::Value(field), range(conditions)])
        };
        assert_eq!(call("DAVERAGE", names[0], &tall_apples).as_number(), Some(12.0));
        assert_eq!(call("DPRODUCT", names[0], &tall_apples).as_number(), Some(140.0));
        assert_eq!(call("DSUM", names[1], &apples).as_number(), Some(225.0));
        assert_eq!(call("DMAX", Value::number(5.0), &apples_or_pears).as_number(), Some(105.0));
        assert_eq!(call("DGET", names[0], &apples_or_pears).as_error(), Some(ErrorCode::Num));
        assert_eq!(call("DSUM", Value::number(6.0), &apples).as_error(), Some(ErrorCode::Value));
    }
}
