//! Inputs and outputs that X-names declare. The oracle of expected values is the documentation of the Execute API
//! (mapping of inputs and outputs); where it is silent, the rule stands beside the case.
#![allow(clippy::unwrap_used, clippy::panic)]

mod builder;

use builder::Book;
use execd_calc::interface::{Constant, Format, Heading, Shape};
use execd_model::error::{Error, ErrorKind};
use execd_model::limits::Limits;
use execd_model::markers::{self, Declared};
use execd_model::report::Remark;
use execd_model::workbook::CellAddress;
use execd_model::xlsx;

fn try_declared(book: &Book) -> Result<Declared, Error> {
    let workbook = xlsx::read(&book.bytes(), &Limits::default()).unwrap();
    let declared = markers::interface(&workbook, &Limits::default())?;
    declared.error().map_or(Ok(declared), Err)
}

fn declared(book: &Book) -> Declared {
    try_declared(book).unwrap()
}

/// A row of cells: numbers, texts, and nothing for an empty text.
fn row(cells: &[&str]) -> String {
    let cell = |text: &&str| match text.parse::<f64>() {
        _ if text.is_empty() => "<c/>".to_owned(),
        Ok(x) => format!("<c><v>{x}</v></c>"),
        Err(_) => format!("<c t='str'><v>{text}</v></c>"),
    };
    format!("<row>{}</row>", cells.iter().map(cell).collect::<String>())
}

fn rows(rows: &[&[&str]]) -> String {
    rows.iter().map(|cells| row(cells)).collect()
}

fn sheet(cells: &[&[&str]], merged: &[&str]) -> Book {
    let merged: String = merged.iter().map(|area| format!("<mergeCell ref='{area}'/>")).collect();
    let content = format!("<sheetData>{}</sheetData><mergeCells>{merged}</mergeCells>", rows(cells));
    Book::new().sheet("My Sheet", &content)
}

fn at(row: u32, col: u32) -> CellAddress {
    CellAddress { sheet: 0, row, col }
}

fn headings(shape: &Shape) -> Vec<&str> {
    match shape {
        Shape::Table { headings, .. } => headings.iter().map(|heading| heading.text.as_str()).collect(),
        Shape::Scalar => panic!("a scalar"),
    }
}

#[test]
fn scalars_and_tables_are_numbered_through() {
    let book = sheet(&[&["rate", "0.05"], &["B1", "2"], &["3", "4"], &["5", ""]], &[])
        .name_with("xINPUT_Rate", "'My Sheet'!$B$1", "comment='per year'")
        .name("Xinput_grid", "'My Sheet'!$A$2:$B$4")
        .name("Xoutput_sub.Total", "'my sheet'!$A$3")
        .name("Xoutput_metadata.x", "'My Sheet'!$A$1")
        .name("Unrelated", "1+1");
    let declared = declared(&book);
    let [grid, rate] = declared.interface.inputs.as_slice() else { panic!() };
    assert_eq!((grid.name.as_str(), rate.name.as_str()), ("grid", "Rate"));
    assert_eq!((grid.first_cell, rate.first_cell), (0, 4));
    let numeric = Heading { text: "2".to_owned(), numeric: true };
    let plain = Heading { text: "B1".to_owned(), numeric: false };
    assert_eq!(grid.shape, Shape::Table { headings: vec![plain, numeric], rows: 2 });
    let number = Constant::Number;
    assert_eq!(grid.defaults, [number(3.0), number(4.0), number(5.0), Constant::Blank]);
    assert_eq!((rate.shape.clone(), rate.defaults.as_slice()), (Shape::Scalar, &[number(0.05)][..]));
    assert_eq!(rate.description.as_deref(), Some("per year"));
    assert_eq!(rate.address, "'My Sheet'!$B$1");
    assert_eq!(declared.input_cells, [at(2, 0), at(2, 1), at(3, 0), at(3, 1), at(0, 1)]);
    let outputs: Vec<&str> = declared.interface.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(outputs, ["metadata.x", "sub.Total"]);
    assert_eq!(declared.output_cells, [at(0, 0), at(2, 0)]);
    assert!(declared.warnings.is_empty(), "{:?}", declared.warnings);
}

#[test]
fn two_heading_rows() {
    // The documented table A44: headings A1, B (over B1 and B2) and C1.
    let cells: &[&[&str]] = &[&["A1", "B", "", "C1"], &["", "B1", "B2", ""], &["1", "2", "3", "4"]];
    for merged in [&["A1:A2", "B1:C1", "D1:D2"][..], &["B1:C1"], &[]] {
        let found = declared(&sheet(cells, merged).name("Xoutput_A44", "'My Sheet'!$A$1:$D$3"));
        let output = &found.interface.outputs[0];
        assert_eq!(headings(&output.shape), ["A1", "B.B1", "B.B2", "C1"], "{merged:?}");
        assert_eq!(found.output_cells, [at(2, 0), at(2, 1), at(2, 2), at(2, 3)]);
    }
}

#[test]
fn texts_in_the_first_data_row_are_no_headings() {
    let cells: &[&[&str]] = &[&["name", "city"], &["Ann", "Bern"], &["Bob", "Basel"]];
    let found = declared(&sheet(cells, &[]).name("Xoutput_people", "'My Sheet'!$A$1:$B$3"));
    assert_eq!(headings(&found.interface.outputs[0].shape), ["name", "city"]);
    assert_eq!(found.output_cells.len(), 4);
}

#[test]
fn numbers_under_merged_headings_are_headings() {
    let cells: &[&[&str]] = &[&["k", "rate", ""], &["", "2024", "2025"], &["1", "2", "3"]];
    let found = declared(&sheet(cells, &["B1:C1"]).name("Xoutput_r", "'My Sheet'!$A$1:$C$3"));
    assert_eq!(headings(&found.interface.outputs[0].shape), ["k", "rate.2024", "rate.2025"]);
}

#[test]
fn merged_cells_count_as_one_and_whole_columns_end_with_the_data() {
    let cells: &[&[&str]] = &[&["total", ""], &["1", ""], &["2", ""]];
    let book = sheet(cells, &["A1:B1"])
        .name("Xoutput_merged", "'My Sheet'!$A$1:$B$1")
        .name("Xoutput_whole", "'My Sheet'!$A:$A");
    let found = declared(&book);
    assert_eq!(found.interface.outputs[0].shape, Shape::Scalar);
    assert_eq!(found.interface.outputs[1].shape.cells(), 2);
}

#[test]
fn formats_follow_number_formats_also_of_blank_cells() {
    let styles = "<styleSheet><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/><xf numFmtId='49'/>\
        <xf numFmtId='9'/><xf numFmtId='20'/></cellXfs></styleSheet>";
    let content = "<sheetData><row><c s='1'><v>45000</v></c><c s='2'/><c s='3'/><c s='4'/><c s='5'/></row>\
        <row><c t='str'><v>d</v></c><c t='str'><v>n</v></c></row><row><c s='1'/><c/></row></sheetData>";
    let mut book = Book::new().sheet("S", content).linked("styles", "styles.xml", styles);
    for (name, column) in [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E")] {
        book = book.name(&format!("Xinput_{name}"), &format!("S!${column}$1"));
    }
    let found = declared(&book.name("Xinput_t", "S!$A$2:$B$3").name("Xoutput_t", "S!$A$2:$B$3"));
    let formats: Vec<Format> = found.interface.inputs.iter().map(|input| input.format).collect();
    let expected =
        [Format::Date, Format::DateTime, Format::Text, Format::General, Format::Time, Format::General];
    assert_eq!(formats, expected, "the columns of the table differ");
    assert_eq!(found.interface.outputs[0].formats, [Format::Date, Format::General]);
}

#[test]
fn figures_count_formulas_that_depend_on_inputs() {
    let rows = "<row><c r='A1'><v>1</v></c><c r='B1'><f>A1+C1</f></c><c r='C1'><f>1+1</f></c><c r='D1'><f>A1</f></c></row>";
    let book = Book::new().rows("S", rows).name("Xinput_a", "S!$A$1").name("Xoutput_b", "S!$B$1");
    let report = execd_model::compile(&book.bytes(), &Limits::default()).unwrap().report;
    assert_eq!((report.formula_cells, report.live_cells), (3, 1));
}

#[test]
fn unsupported_names_and_unsaved_defaults_are_told() {
    let book = Book::new()
        .rows("S", "<row><c r='A1'><f>1+1</f></c><c r='B1'><v>1</v></c></row>")
        .name("Xinput_a", "S!$A$1")
        .name("Xoutput_b", "S!$B$1")
        .name("Xsolve_goal", "S!$A$1:$B$13")
        .name("Xparameter_rates", "S!$A$1:$B$13");
    let warnings: Vec<String> = declared(&book).warnings.into_iter().map(|warning| warning.message).collect();
    assert!(warnings.iter().any(|warning| warning.contains("Xsolve_goal")), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.contains("Xparameter_rates")), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.contains("without a value")), "{warnings:?}");
}

/// A1 is solved for so that B1 = A1 * 2 becomes 10; C1 does not depend on it.
fn with_a_goal_seek(run_if: &str, changing: &str) -> Book {
    let label = |row: usize, text: &str, value: &str| {
        format!("<row r='{row}'><c r='E{row}' t='str'><v>{text}</v></c><c r='F{row}' {value}</c></row>")
    };
    let rows = [
        "<row r='1'><c r='A1'><v>1</v></c><c r='B1'><f>A1*2</f></c><c r='C1'><f>D1+1</f></c><c r='D1'><v>1</v></c></row>"
            .to_owned(),
        label(2, "Run if", run_if),
        label(3, "Target cell", "><f>B1</f>"),
        label(4, "Target value", "><v>10</v>"),
        label(5, "By changing", changing),
    ];
    Book::new().rows("S", &rows.concat()).name("xsolve_a", "S!$E$2:$F$14").name("Xinput_d", "S!$D$1")
}

#[test]
fn what_a_goal_seek_would_find_is_unknown() {
    let linked = "><f>A1</f><v>1</v>";
    let runs = "t='b'><v>1</v>";
    let compiled = |book: &Book| execd_model::compile(&book.bytes(), &Limits::default());
    for changing in [linked, "t='str'><v>S!$A$1</v>"] {
        let book = with_a_goal_seek(runs, changing).name("Xoutput_b", "S!$B$1");
        let error = compiled(&book).err().unwrap();
        assert_eq!(error.kind, ErrorKind::Unsupported, "{error}");
        assert!(error.message.contains("S!A1: its value is found by xsolve_a"), "{error}");
    }
    // Outputs that do not depend on it are fine, and so is one that never runs.
    assert!(compiled(&with_a_goal_seek(runs, linked).name("Xoutput_c", "S!$C$1")).is_ok());
    let never = with_a_goal_seek("t='b'><v>0</v>", linked).name("Xoutput_b", "S!$B$1");
    let told = compiled(&never).unwrap().report.warnings;
    assert!(!told.iter().any(|warning| warning.message.contains("xsolve_a")), "{told:?}");
    let broken = with_a_goal_seek(runs, "><v>7</v>").name("Xoutput_b", "S!$B$1");
    let told = compiled(&broken).unwrap().report.warnings;
    assert!(told.iter().any(|warning| warning.message.contains("xsolve_a has no effect")), "{told:?}");
}

#[test]
fn formats_of_another_language_are_told() {
    for (code, words) in [
        ("TT.MM.JJJJ", "\"TJ\""),
        ("jj/mm/aaaa", "\"ja\""),
        ("0 kg", "refuses"),
        ("dd.mm.yyyy", ""),
        ("0.00 &quot;&quot;kkTT&quot;&quot;", ""),
        ("[Red]General", ""),
    ] {
        let formula = format!("<row><c r='A1'><f>TEXT(45000,&quot;{code}&quot;)</f></c></row>");
        let book = Book::new().rows("S", &formula).name("Xoutput_a", "S!$A$1");
        let report = execd_model::check(&book.bytes(), &Limits::default()).unwrap().report;
        let told = |warning: &Remark| {
            warning.to_string().starts_with("S!A1: TEXT") && warning.message.contains(words)
        };
        assert_eq!(report.warnings.iter().any(told), !words.is_empty(), "{code}: {:?}", report.warnings);
    }
}

#[test]
fn wrong_names_are_named() {
    let cells: &[&[&str]] = &[&["h", "H", "", "t"], &["1", "2", "3", "4"], &["5", "6", "7", "8"]];
    for (name, text, words) in [
        ("Xinput_a", "", "points to nothing"),
        ("Xinput_a", "'My Sheet'!#REF!", "deleted"),
        ("Xinput_a", "#REF!", "deleted"),
        ("Xinput_a", "'My Sheet'!$A$1,'My Sheet'!$B$2", "several areas"),
        ("Xinput_a", "OFFSET('My Sheet'!$A$1,1,1)", "formula"),
        ("Xinput_a", "5", "constant"),
        ("Xinput_a", "Sales[Net]", "table"),
        ("Xinput_a", "Elsewhere!$A$1", "sheet that is not there"),
        ("Xinput_a", "[1]Sheet1!$A$1", "another workbook"),
        ("Xinput_a", "One:Two!$A$1", "several sheets"),
        ("Xinput_a", "$A$1", "names no sheet"),
        ("Xinput_a", "((", "cannot be read"),
        ("Xinput_", "'My Sheet'!$A$1", "no name"),
        ("Xinput_a", "'My Sheet'!$A$1:$B$3", "heading H twice"),
        ("Xinput_a", "'My Sheet'!$C$1:$D$3", "no heading in the cell C1"),
        ("Xinput_a", "'My Sheet'!$D$1:$E$3", "no heading in the cell E1"),
        ("Xvalidate_a", "'My Sheet'!$A$2:$B$2", "several cells"),
        ("Xinput_a", "'My Sheet'!$A$1:$A$1048576", ""),
        ("Xinput_a", "'My Sheet'!$A$2:$D$2", "headings only"),
    ] {
        let result = try_declared(&sheet(cells, &[]).name(name, text).name("Xoutput_x", "'My Sheet'!$D$2"));
        if words.is_empty() {
            assert!(result.is_ok(), "whole column spelled out: {:?}", result.err());
            continue;
        }
        let error = result.err().unwrap_or_else(|| panic!("{text} is fine"));
        assert_eq!(error.kind, ErrorKind::Interface, "{error}");
        assert!(error.message.contains(words) && error.message.contains(name), "{error}");
    }
}

#[test]
fn a_heading_that_was_not_stored_is_named() {
    let rows = "<row><c r='A1'><f>1+1</f></c></row><row><c r='A2'><v>1</v></c></row>";
    let error = try_declared(&Book::new().rows("S", rows).name("Xoutput_t", "S!$A$1:$A$2")).err().unwrap();
    assert!(error.message.contains("a formula without a stored text or number"), "{error}");
}

#[test]
fn contradictions_are_refused() {
    let cells: &[&[&str]] = &[&["h", "i"], &["1", "2"]];
    let base = || sheet(cells, &[]).name("Xoutput_x", "'My Sheet'!$B$2");
    for (book, words) in [
        (base().name("Xinput_a", "'My Sheet'!$A$2").name("xinput_A", "'My Sheet'!$B$2"), "defined twice"),
        (base().name("xoutput_X", "'My Sheet'!$A$2"), "defined twice"),
        (
            base().name("Xinput_a", "'My Sheet'!$A$2").name("Xinput_t", "'My Sheet'!$A$1:$B$2"),
            "both cover the cell A2",
        ),
        (sheet(cells, &[]).name("Xinput_a", "'My Sheet'!$A$2"), "no output"),
    ] {
        let error = try_declared(&book).err().unwrap();
        assert_eq!(error.kind, ErrorKind::Interface, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn an_interface_of_billions_of_cells_is_too_large() {
    let book = sheet(&[&["h", "i"], &["1", "2"]], &[]).name("Xoutput_x", "'My Sheet'!$A$1:$B$1048575");
    assert_eq!(try_declared(&book).err().unwrap().kind, ErrorKind::TooLarge);
}
