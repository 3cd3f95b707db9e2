//! Array formulas and data tables of which the file lists the first cell only, as openpyxl writes them: every cell of
//! the area has its element, wherever the other cells of the sheet end. Oracle: Microsoft, "Guidelines and examples of
//! array formulas" and "Calculate multiple results by using a data table"; LibreOffice agrees.
#![allow(clippy::unwrap_used, clippy::panic)]

mod builder;

use builder::Book;
use execd_calc::interface::Constant;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Layer, Store};
use execd_model::limits::Limits;
use execd_model::{compile, recalculate};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const NOW: f64 = 46_000.25;

/// The second kind of cell metadata tells a dynamic array.
const METADATA: &str = "<metadata><metadataTypes><metadataType name='XLDAPR'/></metadataTypes>\
    <futureMetadata name='XLDAPR'><bk><extLst><ext><dynamicArrayProperties fDynamic='1'/></ext></extLst></bk>\
    </futureMetadata><cellMetadata><bk><rc t='1' v='0'/></bk></cellMetadata></metadata>";

/// The four elements 2, 4, 6, 8 down and across from A1, in a sheet without other cells.
const DOWN: &str = "<row r='1'><c r='A1'><f t='array' ref='A1:A4'>{1;2;3;4}*2</f></c></row>";
const ACROSS: &str = "<row r='1'><c r='A1'><f t='array' ref='A1:D1'>{1,2,3,4}*2</f></c></row>";

fn number(x: f64) -> Constant {
    Constant::Number(x)
}

/// One formula a row in column A.
fn column(formulas: &[&str]) -> String {
    formulas.iter().map(|formula| format!("<row><c><f>{formula}</f></c></row>")).collect()
}

/// Values by sheet and cell.
fn recalculated(book: &Book) -> BTreeMap<String, Constant> {
    let rows = recalculate(&book.bytes(), &Limits::default(), NOW).unwrap();
    rows.into_iter().map(|row| (format!("{}!{}", row.sheet, row.cell), row.result.unwrap())).collect()
}

/// All formulas are on the sheet `T`, the array formulas on `S`.
fn assert_values(area: &str, formulas: &[(&str, f64)]) {
    let texts: Vec<&str> = formulas.iter().map(|(text, _)| *text).collect();
    let found = recalculated(&Book::new().rows("S", area).rows("T", &column(&texts)));
    for (row, (text, wanted)) in formulas.iter().enumerate() {
        assert_eq!(found[&format!("T!A{}", row + 1)], number(*wanted), "{text}");
    }
}

/// The outputs of a service for one record.
fn outputs(book: &Book, record: &[f64]) -> Vec<Constant> {
    let compiled = compile(&book.bytes(), &Limits::default()).unwrap();
    let columns = record.iter().map(|x| std::iter::once(number(*x).value(|_| panic!("a text"))).collect());
    let store = Arc::new(Store::new(Layer::Batch));
    let batch = Batch { records: 1, columns: columns.collect(), store };
    let mut frame = compiled.plan.frame(&batch);
    let env = Env::new(false, NOW);
    compiled.plan.run(&mut frame, &batch, 0..1, &env, &AtomicBool::new(false)).unwrap();
    (0..compiled.plan.output_cells).map(|cell| Constant::of(frame.heap(), frame.output(cell)[0])).collect()
}

#[test]
fn every_cell_of_an_array_formula_is_listed() {
    let found = recalculated(&Book::new().rows("S", DOWN).rows("T", ACROSS));
    let cells = ["S!A1", "S!A2", "S!A3", "S!A4", "T!A1", "T!B1", "T!C1", "T!D1"];
    let values = [2.0, 4.0, 6.0, 8.0, 2.0, 4.0, 6.0, 8.0].map(number);
    assert_eq!(found, cells.map(str::to_owned).into_iter().zip(values).collect());
}

#[test]
fn formulas_read_the_cells_of_an_array_formula() {
    assert_values(
        DOWN,
        &[
            ("S!A4", 8.0),
            ("SUM(S!A1:A4)", 20.0),
            ("SUM(S!A3:A9)", 14.0),
            ("SUM(S!A:A)", 20.0),
            ("SUM(S!3:4)", 14.0),
            ("SUMPRODUCT(S!A:A*2)", 40.0),
            ("COUNTIF(S!A:A,\"&gt;3\")", 3.0),
            ("MATCH(8,S!A:A,0)", 4.0),
            ("INDEX(S!A:A,4)", 8.0),
            ("LOOKUP(2,1/(S!A1:A9=6),S!A1:A9)", 6.0),
            ("OFFSET(S!A1,3,0)", 8.0),
            ("SUM(INDIRECT(\"S!A2:A4\"))", 18.0),
            ("SUM(_xlfn.ANCHORARRAY(S!A1))", 20.0),
        ],
    );
    assert_values(
        ACROSS,
        &[("S!D1", 8.0), ("SUM(S!A1:D1)", 20.0), ("SUM(S!1:1)", 20.0), ("SUM(S!C:D)", 14.0)],
    );
}

/// The headings of the data table are an array formula, too.
#[test]
fn formulas_read_the_cells_of_a_data_table() {
    let table = "<row r='1'><c r='B1'><f>10*D1</f></c><c r='D1'><v>5</v></c></row>\
        <row r='2'><c r='A2'><f t='array' ref='A2:A4'>{1;2;3}</f></c>\
        <c r='B2'><f t='dataTable' ref='B2:B4' r1='D1'/></c></row>";
    assert_values(table, &[("S!B4", 30.0), ("SUM(S!B2:B4)", 60.0), ("SUM(S!B:B)", 110.0)]);
}

#[test]
fn formulas_read_the_cells_of_a_spilled_array() {
    let area = |saved: &str| {
        format!("<row r='1'><c r='A1' cm='1'><f t='array' ref='{saved}'>_xlfn.SEQUENCE(4)*2</f></c></row>")
    };
    for saved in ["A1:A4", "A1:A2", "A1"] {
        let formulas = column(&["S!A4", "SUM(S!A1:A4)", "SUM(S!A:A)", "SUM(_xlfn.ANCHORARRAY(S!A1))"]);
        let book = Book::new().rows("S", &area(saved)).rows("T", &formulas);
        let found = recalculated(&book.linked("sheetMetadata", "meta.xml", METADATA));
        let cells = ["S!A1", "S!A2", "S!A3", "S!A4", "T!A1", "T!A2", "T!A3", "T!A4"];
        let values = [2.0, 4.0, 6.0, 8.0, 8.0, 20.0, 20.0, 20.0].map(number);
        assert_eq!(found, cells.map(str::to_owned).into_iter().zip(values).collect(), "saved as {saved}");
    }
}

#[test]
fn an_area_may_be_large() {
    let area = "<row r='1'><c r='B1'><f t='array' ref='B1:C530000'>ROW(B1:C530000)</f></c></row>";
    assert_values(area, &[("S!C530000", 530_000.0), ("SUM(S!B:C)/530001", 530_000.0)]);
}

#[test]
fn outputs_take_the_cells_of_an_array_formula() {
    let rows =
        "<row r='1'><c r='A1'><f t='array' ref='A1:A4'>{1;2;3;4}*C1</f></c><c r='C1'><v>2</v></c></row>";
    let book = Book::new().rows("S", rows).rows("T", &column(&["SUM(S!A:A)"]));
    let book = book.name("Xinput_x", "S!$C$1").name("Xoutput_a", "S!$A$4").name("Xoutput_b", "T!$A$1");
    assert_eq!(outputs(&book, &[3.0]), [12.0, 30.0].map(number));
    // The first cell of a table of one column is its heading.
    let rows = "<row r='1'><c r='A1' t='str'><v>Twice</v></c></row>\
        <row r='2'><c r='A2'><f t='array' ref='A2:A4'>{1;2;3}*C1</f></c></row>";
    let book = Book::new().rows("S", rows).name("Xinput_x", "S!$C$1").name("Xoutput_a", "S!$A:$A");
    assert_eq!(outputs(&book, &[2.0]), [2.0, 4.0, 6.0].map(number));
}

/// An input replaces what its cell holds, and only that, whichever cell is read first.
#[test]
fn an_input_keeps_its_value_within_the_area() {
    let formulas = column(&["S!A1+S!A3*100", "SUM(S!A1:A4)", "S!A3+S!A2*100", "S!A1"]);
    for (cell, wanted) in [("$A$3", [5002.0, 64.0, 450.0, 2.0]), ("$A$1", [650.0, 68.0, 406.0, 50.0])] {
        for first in 0..4 {
            let mut book = Book::new().rows("S", DOWN).rows("T", &formulas);
            book = book.name("Xinput_x", &format!("S!{cell}"));
            let order: Vec<usize> = (0..4).map(|at| (first + at) % 4).collect();
            for (at, row) in order.iter().enumerate() {
                book = book.name(&format!("Xoutput_{at}"), &format!("T!$A${}", row + 1));
            }
            let wanted: Vec<Constant> = order.iter().map(|row| number(wanted[*row])).collect();
            assert_eq!(outputs(&book, &[50.0]), wanted, "{cell} from {first}");
        }
    }
}
