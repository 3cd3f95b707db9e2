//! Small workbooks whose values are plain arithmetic on what Excel's documentation says: tables, what stands outside of
//! them, whole columns. Functions have their case files.
#![allow(clippy::unwrap_used, clippy::panic)]

use execd_calc::interface::Constant;
use execd_calc::values::value::ErrorCode;
use execd_model::limits::Limits;
use execd_model::recalculate_workbook;
use execd_model::workbook::{Area, Cell, CellFormula, CellValue, Sheet, TableDefinition, Workbook};

const NOW: f64 = 46_000.25;

/// A1:B4 is the table `Sold` with the columns Item and Sum; formulas go where the test puts them.
fn with_table(formulas: &[((u32, u32), &str)]) -> Workbook {
    let mut sheet = Sheet { name: "S".to_owned(), extent: (20, 10), ..Sheet::default() };
    for row in 1..4 {
        sheet.cells.insert((row, 0), Cell { value: CellValue::Text("x".into()), ..Cell::default() });
        let value = CellValue::Number(f64::from(row) * 10.0);
        sheet.cells.insert((row, 1), Cell { value, ..Cell::default() });
    }
    for (at, formula) in formulas {
        let formula = Some(CellFormula::Normal((*formula).into()));
        sheet.cells.insert(*at, Cell { formula, ..Cell::default() });
    }
    let table = TableDefinition {
        name: "Sold".to_owned(),
        sheet: 0,
        area: Some(Area { first_row: 0, first_col: 0, last_row: 3, last_col: 1 }),
        header_rows: 1,
        totals_rows: 0,
        columns: vec!["Item".to_owned(), "Sum".to_owned()],
    };
    Workbook { sheets: vec![sheet], tables: vec![table], ..Workbook::default() }
}

fn value(book: &Workbook, cell: &str) -> Constant {
    let rows = recalculate_workbook(book, &Limits::default(), NOW).unwrap();
    let row = rows.into_iter().find(|row| row.cell == cell).unwrap();
    row.result.unwrap_or_else(|unsupported| panic!("{unsupported}"))
}

/// "Using structured references with Excel tables": outside of the table's rows the result is `#VALUE!`.
#[test]
fn this_row_is_a_row_of_the_table() {
    let formula = "Sold[[#This Row],[Sum]]";
    let book = with_table(&[((2, 4), formula), ((0, 4), formula), ((9, 4), formula)]);
    assert_eq!(value(&book, "E3"), Constant::Number(20.0));
    assert_eq!(value(&book, "E1"), Constant::Error(ErrorCode::Value));
    assert_eq!(value(&book, "E10"), Constant::Error(ErrorCode::Value));
}

#[test]
fn a_table_by_its_name_is_its_data() {
    let book = with_table(&[((8, 4), "SUM(Sold)"), ((9, 4), "ROWS(Sold[])"), ((10, 4), "COLUMNS(sold)")]);
    assert_eq!(value(&book, "E9"), Constant::Number(60.0));
    assert_eq!(value(&book, "E10"), Constant::Number(3.0));
    assert_eq!(value(&book, "E11"), Constant::Number(2.0));
}

/// Arrays made from whole columns end with the cells in use, and so does a whole column beside them.
#[test]
fn whole_columns_have_the_size_of_arrays_from_whole_columns() {
    for (formula, wanted) in [
        ("SUMPRODUCT((B:B>10)*(B:B<40),B:B)", 50.0),
        ("SUMPRODUCT(--(A:A=\"x\"),B:B)", 60.0),
        ("LOOKUP(2,1/(B:B=20),B:B)", 20.0),
        ("SUM(FILTER(B:B,B:B>10))", 50.0),
        ("XLOOKUP(1,INDEX((A:A=\"x\")*(B:B>10),0),B:B)", 20.0),
        ("SUMPRODUCT((2:2>5)*1,2:2)", 10.0),
    ] {
        let book = with_table(&[((15, 5), formula)]);
        assert_eq!(value(&book, "F16"), Constant::Number(wanted), "{formula}");
    }
}

/// A whole column has 1,048,576 rows ("Excel specifications and limits"): what is true of empty cells would count.
#[test]
fn what_is_true_of_empty_cells_of_whole_columns_is_refused_or_counts() {
    for (formula, wanted) in [
        ("SUMPRODUCT(MIN((B:B>10)*B:B))", 0.0),
        ("SUMPRODUCT(MAX((A:A=\"x\")*B:B-100))", -70.0),
        ("SUMPRODUCT(MAX(B:B*-1))", 0.0),
        ("SUMPRODUCT(AND(B2:B20*1>-1,B:B<>\"\")*1)", 0.0),
        ("SUMPRODUCT(OR(A:A=\"\")*1)", 1.0),
        ("SUMPRODUCT((A:A<>\"y\")*B:B)", 60.0),
        ("SUMPRODUCT(MATCH(1,(A:A=\"x\")*(B:B=20),0))", 3.0),
        ("SUMPRODUCT(ABS(B:B))", 60.0),
    ] {
        let book = with_table(&[((15, 5), formula)]);
        assert_eq!(value(&book, "F16"), Constant::Number(wanted), "{formula}");
    }
    for formula in [
        "SUMPRODUCT(--(A:A=\"\"))",
        "SUMPRODUCT(SUM((A:A<>\"x\")*1))",
        "SUMPRODUCT(AVERAGE(B:B*1))",
        "SUMPRODUCT(COUNT(B:B+1))",
        "SUMPRODUCT(ROWS(B:B*1))",
        "SUMPRODUCT(SUM(1/(B:B=20)))",
    ] {
        let rows = recalculate_workbook(&with_table(&[((15, 5), formula)]), &Limits::default(), NOW).unwrap();
        let row = rows.into_iter().find(|row| row.cell == "F16").unwrap();
        assert!(row.result.is_err(), "{formula}: {:?}", row.result);
    }
}

/// Excel takes formulas of 8,192 characters, whatever they hold.
#[test]
fn sums_may_be_long() {
    let sum = format!("B2{}", "+B3-B2".repeat(500));
    assert_eq!(value(&with_table(&[((15, 5), &sum)]), "F16"), Constant::Number(5_010.0));
}

/// Arguments that ask for more rounds than anybody waits for end in an error, as in VDB.
#[test]
fn no_argument_makes_a_formula_endless() {
    for formula in ["AMORDEGRC(1E+300,1,2,1,1E+300,1E-300)", "VDB(1,0,1E+300,0,1E+300)"] {
        let book = with_table(&[((15, 5), formula)]);
        assert_eq!(value(&book, "F16"), Constant::Error(ErrorCode::Num), "{formula}");
    }
}
