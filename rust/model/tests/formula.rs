//! Formula text to tree and back. Expected trees follow Excel's documentation ("Calculation operators and precedence",
//! "Using structured references with Excel tables") and formulas that Excel wrote into files.

#![allow(clippy::unwrap_used)]

use execd_calc::values::value::ErrorCode;
use execd_model::formula::ast::{Corner, Expr, Reference, SheetName, TableReference};
use execd_model::formula::{parse, shift};
use execd_model::workbook::{MAX_COL, MAX_ROW};

/// Text and how it prints: parentheses and `$` show the tree, prefixes are gone, corners are in order.
const READ_AS: &[(&str, &str)] = &[
    ("-2^2", "-2^2"),
    ("-(2^2)", "-(2^2)"),
    ("2^3^2", "2^3^2"),
    ("2^(3^2)", "2^(3^2)"),
    ("1-(2-3)", "1-(2-3)"),
    ("(1-2)-3", "1-2-3"),
    ("=10%%", "10%%"),
    ("=-10%", "-10%"),
    ("(-10)%", "(-10)%"),
    ("1=2=3", "1=2=3"),
    ("\"a\"&\"b\"=\"ab\"", "\"a\"&\"b\"=\"ab\""),
    ("3+-+-2", "3+-+-2"),
    (" = A1 + B1 ", "A1+B1"),
    ("A1+\nB1", "A1+B1"),
    ("SUM ( A1 )", "SUM(A1)"),
    ("IF(A1,,2)", "IF(A1,,2)"),
    ("SUM(,)", "SUM(,)"),
    ("TRUE()", "TRUE()"),
    ("true", "TRUE"),
    ("\"say \"\"hi\"\"\"", "\"say \"\"hi\"\"\""),
    (".5+5.", "0.5+5"),
    ("1E5+1e-7+1e300", "100000+1E-7+1E+300"),
    ("$b$2:a1", "A1:$B$2"),
    ("b$2:$A1", "$A1:B$2"),
    ("$C:A", "A:$C"),
    ("3:$1", "$1:3"),
    ("A1 : B2", "A1:B2"),
    ("A1: B2", "A1:B2"),
    ("XFD1048576", "XFD1048576"),
    ("Sheet1!A1:Sheet1!B2", "Sheet1!A1:B2"),
    ("'It''s'!A1", "'It''s'!A1"),
    ("'Plain'!A1", "Plain!A1"),
    ("'2019'!A1", "'2019'!A1"),
    ("'A1'!A1", "'A1'!A1"),
    ("SUM(Sheet1:Sheet3!A1)", "SUM(Sheet1:Sheet3!A1)"),
    ("SUM('Jan 24:Mar 24'!B5:C6)", "SUM('Jan 24:Mar 24'!B5:C6)"),
    ("[1]Sheet1!A1", "[1]Sheet1!A1"),
    ("'[1]S 1'!A1:B2", "'[1]S 1'!A1:B2"),
    ("'C:\\dir\\[Book1.xlsx]S 1'!A1", "'C:\\dir\\[Book1.xlsx]S 1'!A1"),
    ("[1]!Rate", "[1]!Rate"),
    ("Sheet1!Rate", "Sheet1!Rate"),
    ("[0]!Rate", "Rate"),
    ("!A1+!Rate", "A1+Rate"),
    ("SUM(!$A$1:B2,!A:A)", "SUM($A$1:B2,A:A)"),
    ("#REF!", "#REF!"),
    ("Sheet1!#REF!", "#REF!"),
    ("'[1]S 1'!#REF!", "#REF!"),
    ("#REF!A1", "#REF!"),
    ("#REF!$A$1:B2+1", "#REF!+1"),
    ("SUM(#REF!#REF!)", "SUM(#REF!)"),
    ("A1:#REF!", "#REF!"),
    ("#N/A", "#N/A"),
    ("#div/0!", "#DIV/0!"),
    ("{1,\"a\";TRUE,#N/A}", "{1,\"a\";TRUE,#N/A}"),
    ("{-1,+2}", "{-1,2}"),
    ("@A1:A3", "@A1:A3"),
    ("_xlfn.SINGLE(A1:A3)", "@A1:A3"),
    ("A1#", "A1#"),
    ("_xlfn.ANCHORARRAY(Sheet1!$A$1)", "Sheet1!$A$1#"),
    ("SUM((A1:B2,C3))", "SUM((A1:B2,C3))"),
    ("(A1,B1,C1)", "(A1,B1,C1)"),
    ("A1:B2 B2:C3", "A1:B2 B2:C3"),
    ("A1 (B1:C3)", "A1 B1:C3"),
    ("A1:INDEX(A:A,3)", "A1:INDEX(A:A,3)"),
    ("OFFSET(A1,1,1):B5", "OFFSET(A1,1,1):B5"),
    ("A1:B2:C3", "A1:B2:C3"),
    ("_xlfn._xlws.SORT(A1)", "SORT(A1)"),
    ("_XLFN.STDEV.S(a1)", "STDEV.S(A1)"),
    ("_xlfn.LET(_xlpm.x,1,_xlpm.x*2)", "LET(x,1,x*2)"),
    ("_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1)(3)", "LAMBDA(x,x+1)(3)"),
    ("_xlfn.BYROW(A1:B2,_xleta.SUM)", "BYROW(A1:B2,SUM)"),
    ("f(x)(y)(z)", "F(x)(y)(z)"),
    ("my.name+\\path+été+日本語", "my.name+\\path+été+日本語"),
    ("名前(1)", "名前(1)"),
    ("LOG10(5)+LOG10", "LOG10(5)+LOG10"),
    ("Table1[]", "Table1[]"),
    ("Table1[Col]", "Table1[[Col]]"),
    ("Table1[#All]", "Table1[[#All]]"),
    ("[@Col]", "[[#This Row],[Col]]"),
    ("[Col]", "[[Col]]"),
    ("Table1[[#This Row],[A]:[B]]", "Table1[[#This Row],[A]:[B]]"),
    ("Table1[@[A]:[B]]", "Table1[[#This Row],[A]:[B]]"),
    ("Table1[ [#Headers], [#Data], [A] ]", "Table1[[#Headers],[#Data],[A]]"),
    ("Table1[a'[b']'#'']", "Table1[[a'[b']'#'']]"),
    ("SUM(Table1[Hi, you])", "SUM(Table1[[Hi, you]])"),
    ("Table1[[Amount ]]", "Table1[[Amount ]]"),
    ("Table1[Really!]", "Table1[[Really!]]"),
    ("Sheet1!Table1[Col]", "Table1[[Col]]"),
    ("SUM(Table1[A]:Table1[B])", "SUM(Table1[[A]]:Table1[[B]])"),
];

#[test]
fn formulas_read_as_excel_reads_them() {
    let mut failures = Vec::new();
    for (text, expected) in READ_AS {
        match parse(text) {
            Ok(tree) if tree.to_string() == *expected => match parse(&tree.to_string()) {
                Ok(again) if again == tree => {}
                other => failures.push(format!("{text}: read back as {other:?}")),
            },
            Ok(tree) => failures.push(format!("{text}: {tree}, not {expected}")),
            Err(error) => failures.push(format!("{text}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn what_is_no_formula_is_refused() {
    let texts = [
        "",
        "=",
        "1.5.2",
        "1+",
        "*2",
        "SUM(1",
        "SUM)1",
        "\"text",
        "1 2",
        "A1;B1",
        "1,2",
        "{}",
        "{1,2;3}",
        "{A1}",
        "{1+1}",
        "1e400",
        "R[1]C[1]",
        "a|b",
        "A1:B",
        "1(2)",
        "Table1[[#Nothing]]",
        "Sheet1!",
        "2:1048577",
    ];
    for text in texts {
        assert!(parse(text).is_err(), "{text} was read as {:?}", parse(text));
    }
}

#[test]
fn trees_hold_what_the_text_says() {
    let cell = |row, col| Corner { row, col, row_fixed: false, col_fixed: false };
    let whole = |row, col| Corner { row_fixed: true, ..cell(row, col) };
    assert_eq!(
        parse("B:C"),
        Ok(Expr::Reference(Reference { sheet: None, first: whole(0, 1), last: whole(MAX_ROW, 2) }))
    );
    assert_eq!(
        parse("Sheet1:Sheet3!B2"),
        Ok(Expr::Reference(Reference {
            sheet: Some(SheetName::Span("Sheet1".into(), "Sheet3".into())),
            first: cell(1, 1),
            last: cell(1, 1),
        }))
    );
    assert_eq!(
        parse("'[Book 1.xlsx]It''s'!Rate"),
        Ok(Expr::Name {
            scope: Some(SheetName::External { book: "Book 1.xlsx".into(), sheet: "It's".into() }),
            name: "Rate".into()
        })
    );
    assert_eq!(
        parse("[1]!Table1[Col]"),
        Ok(Expr::Name {
            scope: Some(SheetName::External { book: "1".into(), sheet: "".into() }),
            name: "Table1[Col]".into()
        })
    );
    assert_eq!(
        parse("[@[Unit price]]"),
        Ok(Expr::Table(TableReference {
            table: None,
            headers: false,
            data: false,
            totals: false,
            this_row: true,
            columns: Some(("Unit price".into(), "Unit price".into())),
        }))
    );
    assert_eq!(parse("#GETTING_DATA"), Ok(Expr::Error(ErrorCode::GettingData)));
}

#[test]
fn shifting_moves_only_relative_parts() {
    let shifted = |text: &str, rows, cols| shift(&parse(text).unwrap(), rows, cols).to_string();
    assert_eq!(shifted("SUM('FY24'!B2:B9)", 1, 0), "SUM('FY24'!B3:B10)");
    assert_eq!(shifted("Q1!A1+Table1[Q1]+LOG10(A1)", 1, 1), "'Q1'!B2+Table1[[Q1]]+LOG10(B2)");
    assert_eq!(shifted("$A1+A$1+$A$1&\"A1\"", 2, 3), "$A3+D$1+$A$1&\"A1\"");
    assert_eq!(shifted("SUM(A:A,2:2)", 1, 1), "SUM(B:B,3:3)");
    assert_eq!(shifted("A1:B2:OFFSET(C3,1,1)", 1, 0), "A2:B3:OFFSET(C4,1,1)");
    assert_eq!(shifted("A1", -1, -1), "XFD1048576");
    assert_eq!(shifted("A1:A$5", 9, 0), "A$5:A10");
    assert_eq!(shifted(&format!("A{}", MAX_ROW + 1), 1, 0), "A1");
    assert_eq!(shifted("XFD1", 0, i64::from(MAX_COL) + 2), "XFD1".replace("XFD", "A"));
}

#[test]
fn hostile_depth_and_length_give_errors() {
    for text in [
        "(".repeat(50_000),
        format!("{}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        "-".repeat(30_000),
        format!("{}1{}", "IF(1,".repeat(9_000), ")".repeat(9_000)),
        format!("A1{}", "+A1".repeat(15_000)),
        format!("1{}", "%".repeat(30_000)),
        format!("f{}", "(1)".repeat(15_000)),
        format!("A1{}", ":A1".repeat(15_000)),
        format!("A1{}", ",A1".repeat(15_000)),
        "x".repeat(100_000),
        "[".repeat(60_000),
        format!("T{}", "[[a],".repeat(10_000)),
    ] {
        let head: String = text.chars().take(12).collect();
        assert!(parse(&text).is_err(), "{head}… was read");
    }
}

/// The tallest trees that are allowed, in a debug build on a test's stack of 2 MiB.
#[test]
fn the_tallest_trees_survive_every_walk() {
    let long = format!("A1{}", "+A1".repeat(1_000));
    let nested = format!("{}1{}", "IF(1,2+(".repeat(64), "))".repeat(64));
    for text in [long, nested] {
        let tree = parse(&text).unwrap();
        assert_eq!(parse(&tree.to_string()).unwrap(), tree);
        assert_eq!(shift(&shift(&tree, 1, 1), -1, -1), tree);
    }
}
