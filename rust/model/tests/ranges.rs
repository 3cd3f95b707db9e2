//! Ranges that overlap: running totals, conditions over columns, columns that need themselves. Their values are plain
//! arithmetic from the first cell to the last, as Excel's documentation says of each function; what they cost is counted in
//! steps.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod builder;

use builder::Book;
use execd_calc::interface::Constant;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Layer, Store};
use execd_calc::values::value::Value;
use execd_model::limits::Limits;
use execd_model::{Compiled, compile, recalculate};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const NOW: f64 = 46_000.25;

/// The input is A1. Rows from 2 on hold a category in A, a constant in B, A1 times the constant in C, and formulas from D
/// on, in which `#` stands for the row. The outputs are the formulas of the last row, or `outputs` in column B of row 1.
struct Rows<'a> {
    count: usize,
    constant: fn(usize) -> f64,
    formulas: &'a [&'a str],
}

fn category(row: usize) -> String {
    format!("k{}", row % 3)
}

impl Rows<'_> {
    fn last(&self) -> usize {
        self.count + 1
    }

    fn book(&self) -> Book {
        let mut rows = String::from("<row r='1'><c r='A1'><v>1</v></c></row>");
        for row in 2..=self.last() {
            let constant = (self.constant)(row);
            write!(rows, "<row r='{row}'><c r='A{row}' t='str'><v>{}</v></c>", category(row)).unwrap();
            write!(rows, "<c r='B{row}'><v>{constant}</v></c>").unwrap();
            write!(rows, "<c r='C{row}'><f>$A$1*B{row}</f></c>").unwrap();
            for (at, formula) in self.formulas.iter().enumerate() {
                let formula =
                    formula.replace('#', &row.to_string()).replace('&', "&amp;").replace('<', "&lt;");
                write!(rows, "<c r='{}{row}'><f>{formula}</f></c>", column(at)).unwrap();
            }
            rows += "</row>";
        }
        let mut book = Book::new().rows("S", &rows).name("Xinput_a", "S!$A$1");
        for at in 0..self.formulas.len() {
            book = book.name(&format!("Xoutput_{at:02}"), &format!("S!${}${}", column(at), self.last()));
        }
        book
    }

    fn compiled(&self) -> Compiled {
        compile(&self.book().bytes(), &Limits::default()).unwrap()
    }
}

fn column(formula: usize) -> char {
    char::from(b'D' + formula as u8)
}

fn results(compiled: &Compiled, input: f64) -> Vec<Constant> {
    results_of(compiled, vec![vec![Value::number(input)]])
}

/// Of one record.
fn results_of(compiled: &Compiled, columns: Vec<Vec<Value>>) -> Vec<Constant> {
    let store = Store::new(Layer::Batch);
    let columns = columns.into_iter().map(Into::into).collect();
    let batch = Batch { records: 1, columns, store: Arc::new(store) };
    let mut frame = compiled.plan.frame(&batch);
    let env = Env::new(compiled.date1904, NOW);
    compiled.plan.run(&mut frame, &batch, 0..1, &env, &AtomicBool::new(false)).unwrap();
    (0..compiled.plan.output_cells).map(|cell| Constant::of(frame.heap(), frame.output(cell)[0])).collect()
}

fn varied(row: usize) -> f64 {
    (row * 37 % 19) as f64 * 0.7 - 4.0
}

fn added(cells: impl Iterator<Item = f64>) -> f64 {
    cells.fold(0.0, |sum, x| sum + x)
}

/// Running aggregates over cells that depend on the input, and over constants.
#[test]
fn running_aggregates_are_those_of_their_cells() {
    let formulas = [
        "SUM(C$2:C#)",
        "SUM(1,C$2:C#,B$2:B#)",
        "AVERAGE(C$2:C#)",
        "MIN(C$2:C#)",
        "MAX(C$2:C#)",
        "COUNT(C$2:C#)",
        "COUNTA(C$2:C#)",
        "COUNTIF(C$2:C#,\">=1\")",
        "COUNTIF(C$2:C#,C#)",
        "MEDIAN(C$2:C#)",
        "SUM(C#:C$41)",
        "SUM(B$2:C#)",
        "SUM(B$2:B#)*$A$1",
        "MATCH(C#,C$2:C$41,0)",
    ];
    let rows = Rows { count: 40, constant: varied, formulas: &formulas };
    let compiled = rows.compiled();
    for input in [1.0, -2.5, 0.1] {
        let constants: Vec<f64> = (2..=rows.last()).map(varied).collect();
        let cells: Vec<f64> = constants.iter().map(|x| input * x).collect();
        let last = *cells.last().unwrap();
        let mut sorted = cells.clone();
        sorted.sort_by(f64::total_cmp);
        let both = cells.iter().zip(&constants).flat_map(|(c, b)| [*b, *c]);
        let expected = [
            added(cells.iter().copied()),
            added(std::iter::once(1.0).chain(cells.iter().copied()).chain(constants.iter().copied())),
            added(cells.iter().copied()) / 40.0,
            sorted[0],
            sorted[39],
            40.0,
            40.0,
            cells.iter().filter(|x| **x >= 1.0).count() as f64,
            cells.iter().filter(|x| **x == last).count() as f64,
            (sorted[19] + sorted[20]) / 2.0,
            last,
            added(both),
            added(constants.iter().copied()) * input,
            1.0 + cells.iter().position(|x| *x == last).unwrap() as f64,
        ];
        let found = results(&compiled, input);
        for ((formula, found), expected) in formulas.iter().zip(found).zip(expected) {
            assert_eq!(found, Constant::Number(expected), "{formula} with {input}");
        }
    }
    // The same cells, recalculated from the workbook's own constants.
    let cells = recalculate(&rows.book().bytes(), &Limits::default(), NOW).unwrap();
    for (at, _) in formulas.iter().enumerate() {
        let of_plan = &results(&compiled, 1.0)[at];
        let cell = format!("{}{}", column(at), rows.last());
        let found = cells.iter().find(|row| row.cell == cell).unwrap().result.as_ref().unwrap();
        assert_eq!(found, of_plan, "{cell}");
    }
}

/// Conditions over constant cells: what is added depends on the input.
#[test]
fn conditional_aggregates_are_those_of_the_cells_that_meet_the_criteria() {
    let formulas = [
        "SUMIFS(C$2:C#,A$2:A#,A#)",
        "SUMIF(A$2:A#,A#,C$2:C#)",
        "SUMIF(A$2:A#,\"K*\",C$2)",
        "SUMIFS(C$2:C#,B$2:B#,\">0\",A$2:A#,\"<>\"&A#)",
        "AVERAGEIFS(C$2:C#,A$2:A#,A#)",
        "AVERAGEIF(A$2:A#,A#,C$2:C#)",
        "MINIFS(C$2:C#,A$2:A#,A#)",
        "MAXIFS(C$2:C#,B$2:B#,\"<=\"&B#)",
        "COUNTIFS(A$2:A#,A#,B$2:B#,\">0\")*$A$1",
        "AVERAGEIF(A$2:A#,\"none\",C$2:C#)",
    ];
    let rows = Rows { count: 30, constant: varied, formulas: &formulas };
    let (compiled, last) = (rows.compiled(), rows.last());
    for input in [1.0, -2.5] {
        let cells = |meets: &dyn Fn(usize) -> bool| -> Vec<f64> {
            (2..=last).filter(|row| meets(*row)).map(|row| input * varied(row)).collect()
        };
        let same = cells(&|row| category(row) == category(last));
        let others = cells(&|row| varied(row) > 0.0 && category(row) != category(last));
        let at_most = cells(&|row| varied(row) <= varied(last));
        let positive = cells(&|row| varied(row) > 0.0 && category(row) == category(last));
        let least = |cells: &[f64]| cells.iter().copied().fold(f64::INFINITY, f64::min);
        let most = |cells: &[f64]| cells.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = |cells: &[f64]| added(cells.iter().copied());
        let expected = [
            sum(&same),
            sum(&same),
            sum(&cells(&|_| true)),
            sum(&others),
            sum(&same) / same.len() as f64,
            sum(&same) / same.len() as f64,
            least(&same),
            most(&at_most),
            positive.len() as f64 * input,
        ];
        let found = results(&compiled, input);
        for ((formula, found), expected) in formulas.iter().zip(&found).zip(expected) {
            assert_eq!(*found, Constant::Number(expected), "{formula} with {input}");
        }
        assert!(matches!(found[9], Constant::Error(_)), "{:?}", found[9]);
    }
}

/// Twice the rows take twice the steps.
#[test]
fn running_ranges_cost_a_step_a_row() {
    for formula in [
        "SUM(C$2:C#)",
        "AVERAGE(C$2:C#)",
        "MIN(C$2:C#)",
        "COUNT(C$2:C#)",
        "COUNTIF(C$2:C#,\">1\")",
        "SUMIFS(C$2:C#,A$2:A#,A#)",
        "SUMIF(A$2:A#,\"k1\",C$2:C#)",
        "AVERAGEIFS(C$2:C#,A$2:A#,A#)",
    ] {
        let total = format!("{formula}+N(D%)");
        let steps = |count: usize| {
            let formulas = [total.replace("N(D%)", "0"), "SUM(D$2:D#)".to_owned()];
            let formulas: Vec<&str> = formulas.iter().map(String::as_str).collect();
            let plan = Rows { count, constant: varied, formulas: &formulas }.compiled().plan;
            assert!(plan.ranges.is_empty(), "{formula}");
            plan.steps.len()
        };
        let (few, many) = (steps(500), steps(1_000));
        assert!(many <= 2 * few + 10 && few < 5_000, "{formula}: {few} and {many} steps");
    }
}

/// A range that is no chain of steps is the same cells for every formula that names a part of it.
#[test]
fn ranges_that_overlap_share_their_cells() {
    let cells = |count: usize| {
        let formulas = ["MEDIAN(C$2:C#)", "SUM(D$2:D#)"];
        Rows { count, constant: varied, formulas: &formulas }.compiled().plan.cells.len()
    };
    assert_eq!((cells(300), cells(600)), (300, 600));
}

/// A column of a table that adds up earlier rows of itself: only the cells that meet the criterion are needed. Oracle: the
/// values follow from the row before, C(n) = 1 + 0.9 C(n-1); with them Excel stored such a workbook.
#[test]
fn a_column_may_add_up_its_own_earlier_rows() {
    let mut rows = String::new();
    for row in 2..=2_001 {
        write!(rows, "<row r='{row}'><c r='A{row}'><v>{}</v></c>", 1748 + row).unwrap();
        write!(rows, "<c r='C{row}'><f>1+SUMIFS(C$2:C$2001,A$2:A$2001,A{row}-1)*0.9</f></c></row>").unwrap();
    }
    let cells = recalculate(&Book::new().rows("S", &rows).bytes(), &Limits::default(), NOW).unwrap();
    let mut expected = 0.0;
    for cell in cells {
        expected = 1.0 + expected * 0.9;
        assert_eq!(cell.result.unwrap(), Constant::Number(expected), "{}", cell.cell);
    }
    // As a service, the last row alone is asked for: the chain of cells is as long as the column.
    let book = Book::new().rows("S", &rows.replace("<f>1+", "<f>$E$1+"));
    let book = book.name("Xinput_a", "S!$E$1").name("Xoutput_b", "S!$C$2001");
    let compiled = compile(&book.bytes(), &Limits::default()).unwrap();
    let last = (0..2_000).fold(0.0, |last, _| 3.0 + last * 0.9);
    assert_eq!(results(&compiled, 3.0), [Constant::Number(last)]);
}

/// A cell of the values that does not meet the criterion is no precedent: no circle. Oracle: the values that Excel stored
/// in a workbook with these formulas.
#[test]
fn cells_that_are_not_chosen_are_no_precedents() {
    let rows = "<row r='1'><c r='A1' t='str'><v>a</v></c><c r='B1'><v>10</v></c>\
                <c r='C1'><f>100-SUMIF(A1:A2,\"a\",B1:B2)</f></c></row>\
                <row r='2'><c r='A2' t='str'><v>b</v></c><c r='B2'><f>C1+1</f></c>\
                <c r='C2'><f>SUMIFS(B1:B2,A1:A2,\"b\")</f></c></row>";
    let cells = recalculate(&Book::new().rows("S", rows).bytes(), &Limits::default(), NOW).unwrap();
    let found: Vec<(String, Constant)> =
        cells.into_iter().map(|cell| (cell.cell, cell.result.unwrap())).collect();
    let expected = [("C1", 90.0), ("B2", 91.0), ("C2", 91.0)];
    assert_eq!(found, expected.map(|(cell, x)| (cell.to_owned(), Constant::Number(x))));
}

/// So many cells in so many formulas that not all can be steps of their own: the values are the same. Whole numbers, so
/// that sums are exact in any order.
#[test]
fn formulas_that_stay_calls_give_the_same() {
    let formulas = [
        "SUM(C#:C$1501)",
        "SUM(D$2:D#)",
        "SUMPRODUCT((C$2:C$1501=C#)*B$2:B$1501)",
        "SUM(F$2:F#)",
        "MATCH(C#,C$2:C$1501,0)",
        "SUM(H$2:H#)",
    ];
    let whole = |row: usize| (row * 31 % 7) as f64;
    let rows = Rows { count: 1_500, constant: whole, formulas: &formulas };
    let (compiled, last) = (rows.compiled(), rows.last());
    assert!(!compiled.plan.ranges.is_empty());
    for input in [1.0, 3.0] {
        let cells: Vec<f64> = (2..=last).map(|row| input * whole(row)).collect();
        let suffixes = (0..cells.len()).map(|at| added(cells.iter().skip(at).copied()));
        let equal = |cell: f64| {
            let constants = (2..=last).map(whole);
            added(cells.iter().zip(constants).filter(|(other, _)| **other == cell).map(|(_, x)| x))
        };
        let found = |cell: f64| 1.0 + cells.iter().position(|other| *other == cell).unwrap() as f64;
        let expected = [
            *cells.last().unwrap(),
            added(suffixes),
            equal(*cells.last().unwrap()),
            added(cells.iter().map(|cell| equal(*cell))),
            found(*cells.last().unwrap()),
            added(cells.iter().map(|cell| found(*cell))),
        ];
        for ((formula, found), expected) in formulas.iter().zip(results(&compiled, input)).zip(expected) {
            assert_eq!(found, Constant::Number(expected), "{formula} with {input}");
        }
    }
}

/// An input that the workbook leaves blank lies below and beside all other cells.
#[test]
fn inputs_beyond_the_cells_in_use_count() {
    let formulas = [
        ("SUM(E1:E50)", 5.0),
        ("SUM(E:E)", 5.0),
        ("SUMPRODUCT(E:E*2)", 10.0),
        ("SUMIF(E1:E50,\"&gt;4\")", 5.0),
        ("MATCH(5,E:E,0)", 40.0),
        ("VLOOKUP(5,D1:E60,1)+COUNT(E1:E60)", 2.0),
        ("SUM(OFFSET(E1,A1,0,60,1))", 5.0),
        ("OFFSET(E1,38+A1,0)", 5.0),
        ("INDIRECT(\"E\"&amp;39+A1)", 5.0),
        ("INDEX(E1:E60,39+A1)", 5.0),
    ];
    let mut rows = String::from("<row r='1'><c r='A1'><v>1</v></c><c r='D1'><v>1</v></c></row>");
    let mut book = Book::new().name("Xinput_a", "S!$A$1").name("Xinput_far", "S!$E$40");
    for (at, (formula, _)) in formulas.iter().enumerate() {
        write!(rows, "<row r='{0}'><c r='B{0}'><f>{formula}</f></c></row>", at + 2).unwrap();
        book = book.name(&format!("Xoutput_{at:02}"), &format!("S!$B${}", at + 2));
    }
    let compiled = compile(&book.rows("S", &rows).bytes(), &Limits::default()).unwrap();
    let columns = vec![vec![Value::number(1.0)], vec![Value::number(5.0)]];
    let found = results_of(&compiled, columns);
    for ((formula, expected), found) in formulas.iter().zip(found) {
        assert_eq!(found, Constant::Number(*expected), "{formula}");
    }
}

/// A range that ends with the sheet goes on with blanks, however few of its cells are in use.
#[test]
fn array_formulas_go_on_beyond_the_cells_in_use() {
    let rows = "<row r='1'><c r='A1'><v>1</v></c><c r='C1'><f t='array' ref='C1:C3'>A2:A1048576</f></c>\
                <c r='D1'><f>SUM(C1:C3)+A1</f></c></row><row r='2'><c r='A2'><v>7</v></c></row>";
    let book = Book::new().rows("S", rows).name("Xinput_a", "S!$A$1").name("Xoutput_sum", "S!$D$1");
    let compiled = compile(&book.bytes(), &Limits::default()).unwrap();
    assert_eq!(results(&compiled, 1.0), [Constant::Number(8.0)]);
}
