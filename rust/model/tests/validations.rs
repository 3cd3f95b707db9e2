//! Data validations as rules of the interface. Oracles: Excel's documentation of data validation (kinds, operators,
//! formulas, "Ignore blank") and of the Execute API; where both are silent, the rule stands beside the case. Whether a
//! value passes is tested over the wire (`tests/python/server/test_validation.py`).
#![allow(clippy::unwrap_used, clippy::panic)]

mod builder;

use builder::Book;
use execd_calc::interface::{Bound, Constant, Input, Interface, Limit, Rule, Validation};
use execd_model::limits::Limits;

/// An input in B1 with a validation; A1 is an input, F1:F3 hold x, 2 and nothing, G1 holds a constant formula, G2 one
/// that depends on A1, G3 an error.
fn validated(validation: &str) -> Book {
    let content = format!(
        "<sheetData><row><c r='A1'><v>5</v></c><c r='B1'><v>1</v></c><c r='F1' t='str'><v>x</v></c>\
         <c r='G1'><f>1+1</f><v>2</v></c></row><row><c r='F2'><v>2</v></c><c r='G2'><f>A1*2</f><v>10</v></c></row>\
         <row><c r='G3'><f>1/0</f><v>0</v></c></row></sheetData><dataValidations>{validation}</dataValidations>"
    );
    Book::new()
        .sheet("S", &content)
        .name("Xinput_A", "S!$A$1")
        .name("Xinput_B", "S!$B$1")
        .name("Xoutput_B", "S!$B$1")
        .name("Choices", "S!$F$1:$F$3")
        .name("Filled", "S!$F$1:$F$2")
}

/// The interface and what is told about rules.
fn checked(book: &Book) -> (Interface, Vec<String>) {
    let compiled = execd_model::check(&book.bytes(), &Limits::default()).unwrap();
    let warnings = compiled.report.warnings.into_iter().map(|warning| warning.message);
    (compiled.interface, warnings.filter(|message| !message.starts_with("no output depends on")).collect())
}

fn input<'i>(interface: &'i Interface, name: &str) -> &'i Input {
    interface.inputs.iter().find(|input| input.name == name).unwrap()
}

/// The rule of B, the results that rules refer to, and what was told.
fn rule(attributes: &str, first: &str, second: &str) -> (Option<Rule>, usize, Vec<String>) {
    let formula = |number: usize, text: &str| match text {
        "" => String::new(),
        _ => format!("<formula{number}>{text}</formula{number}>"),
    };
    let (first, second) = (formula(1, first), formula(2, second));
    let one = format!("<dataValidation {attributes}>{first}{second}</dataValidation>");
    let (interface, warnings) = checked(&validated(&one));
    let rule = input(&interface, "B").validations.first().map(|one| one.rule.clone());
    (rule, interface.rules.map_or(0, |plan| plan.outputs.len()), warnings)
}

#[test]
fn bounds_that_stay_the_same_are_folded() {
    let text = |text: &str| Constant::Text(text.to_owned());
    let from_range = || Rule::List(vec![text("x"), Constant::Number(2.0)]);
    let same = Limit::Constant;
    let cases = [
        ("type='whole' sqref='A1:C1'", "25", "1000", Rule::Whole(Bound::Between(same(25.0), same(1000.0)))),
        (
            "type='decimal' operator='greaterThan' sqref='B1'",
            "-0.5",
            "",
            Rule::Decimal(Bound::Greater(same(-0.5))),
        ),
        (
            "type='date' operator='lessThanOrEqual' sqref='B1'",
            "DATE(2023,3,15)",
            "",
            Rule::Date(Bound::AtMost(same(45000.0))),
        ),
        (
            "type='textLength' operator='notEqual' sqref='B1'",
            "3",
            "",
            Rule::TextLength(Bound::NotEqual(same(3.0))),
        ),
        ("type='time' operator='equal' sqref='B1'", "TIME(12,0,0)", "", Rule::Time(Bound::Equal(same(0.5)))),
        ("type='whole' operator='equal' sqref='B1'", "G1", "", Rule::Whole(Bound::Equal(same(2.0)))),
        // A relative reference is written for the first cell of the validation: from A1, E1 is F1 seen from B1.
        (
            "type='decimal' operator='lessThan' sqref='A1:B2'",
            "E2*2",
            "",
            Rule::Decimal(Bound::Less(same(4.0))),
        ),
        // Without "Ignore blank", a blank cell is 0.
        ("type='decimal' operator='lessThan' sqref='B1'", "F3", "", Rule::Decimal(Bound::Less(same(0.0)))),
        (
            "type='list' sqref='B1'",
            "\"x, 2,TRUE\"",
            "",
            Rule::List(vec![text("x"), Constant::Number(2.0), Constant::Bool(true)]),
        ),
        ("type='list' sqref='B1' allowBlank='1'", "$F$1:$F$3", "", from_range()),
        ("type='list' sqref='B1' allowBlank='1'", "S!$F:$F", "", from_range()),
        ("type='list' sqref='B1'", "choices", "", from_range()),
        ("type='list' sqref='B1' allowBlank='1'", "filled", "", from_range()),
        ("type='list' sqref='B1'", "INDIRECT(\"Filled\")", "", from_range()),
        ("type='list' sqref='B1'", "OFFSET($F$1,0,0,COUNTA($F:$F))", "", from_range()),
    ];
    for (attributes, first, second, expected) in cases {
        let (rule, results, warnings) = rule(attributes, first, second);
        assert_eq!((rule, results), (Some(expected), 0), "{attributes} {first}: {warnings:?}");
        assert!(warnings.is_empty(), "{first}: {warnings:?}");
    }
}

#[test]
fn bounds_of_each_record_are_results() {
    let cases = [
        ("type='whole' operator='equal'", "A1", Rule::Whole(Bound::Equal(Limit::Result(0)))),
        ("type='date' operator='greaterThan'", "TODAY()", Rule::Date(Bound::Greater(Limit::Result(0)))),
        ("type='decimal' operator='lessThan'", "G2+1", Rule::Decimal(Bound::Less(Limit::Result(0)))),
        ("type='list'", "A1:B1", Rule::ListFrom(0)),
        ("type='list'", "G1:G2", Rule::ListFrom(0)),
        ("type='list'", "IF(A1=1,Choices,Filled)", Rule::ListFrom(0)),
        ("type='custom'", "AND(B1&gt;0,B1&lt;A1)", Rule::Holds(0)),
    ];
    for (attributes, first, expected) in cases {
        let (rule, results, warnings) = rule(&format!("{attributes} sqref='B1'"), first, "");
        assert_eq!((rule, results), (Some(expected), 1), "{first}: {warnings:?}");
        assert!(warnings.is_empty(), "{first}: {warnings:?}");
    }
    let (rule, results, _) = rule("type='whole' sqref='B1'", "1", "A1");
    let mixed = Rule::Whole(Bound::Between(Limit::Constant(1.0), Limit::Result(0)));
    assert_eq!((rule, results), (Some(mixed), 1));
}

#[test]
fn what_is_not_checked_is_told() {
    for (attributes, first, words) in [
        ("type='whole' operator='equal'", "1+", "(S!B1: =1+) is not checked: 1+ cannot be read"),
        ("type='whole'", "1", "missing"),
        ("type='whole' operator='equal'", "\"x\"", "\"x\" is not a number"),
        ("type='whole' operator='equal'", "G3", "(S!B1: =G3) is not checked: G3 is always #DIV/0!"),
        ("type='list'", "Nowhere", "always #NAME?"),
        ("type='list'", "#REF!", "always #REF!"),
        ("type='list'", "[1]S!$A$1:$A$2", "another workbook"),
        ("type='custom'", "NOSUCHFUNCTION(B1)", "=NOSUCHFUNCTION(B1)"),
        // Excel: with "Ignore blank", every value passes when a cell that the formula refers to, or a cell of a named
        // range, is blank.
        ("type='whole' operator='equal' allowBlank='1'", "F3", "Ignore blank"),
        ("type='custom' allowBlank='1'", "B1&gt;F3", "Ignore blank"),
        ("type='list' allowBlank='1'", "Choices", "Ignore blank"),
    ] {
        let (rule, results, warnings) = rule(&format!("{attributes} sqref='B1'"), first, "");
        assert_eq!((rule, results), (None, 0), "{first}");
        assert!(warnings.len() == 1 && warnings[0].contains(words), "{first}: {warnings:?}");
        assert!(warnings[0].contains("the input B (S!B1"), "{warnings:?}");
    }
    // What is always true refuses nothing, and there is nothing to tell.
    assert_eq!(rule("type='custom' sqref='B1'", "LEN(F1)=1", ""), (None, 0, Vec::new()));
}

#[test]
fn cells_of_a_table_have_their_own_validations() {
    let content = "<sheetData><row><c t='str'><v>low</v></c><c t='str'><v>high</v></c></row>\
        <row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row></sheetData>\
        <dataValidations><dataValidation type='decimal' operator='greaterThan' sqref='B2:B3' error='too low'>\
        <formula1>A2</formula1></dataValidation><dataValidation type='whole' operator='lessThan' sqref='A1:B9'>\
        <formula1>9</formula1></dataValidation></dataValidations>";
    let book = Book::new().sheet("S", content).name("Xinput_t", "S!$A$1:$B$3").name("Xoutput_o", "S!$A$2");
    let (interface, warnings) = checked(&book);
    assert!(warnings.is_empty(), "{warnings:?}");
    let one = |cells: &[usize], rule, message: Option<&str>| Validation {
        cells: cells.to_vec(),
        rule,
        message: message.map(str::to_owned),
        ignore_blank: false,
    };
    // The first validation of a cell counts; row by row, A2 is seen from B2 and A3 from B3.
    let whole = || Rule::Whole(Bound::Less(Limit::Constant(9.0)));
    let above = |result| Rule::Decimal(Bound::Greater(Limit::Result(result)));
    let expected = [
        one(&[0, 2], whole(), None),
        one(&[1], above(0), Some("too low")),
        one(&[3], above(1), Some("too low")),
    ];
    assert_eq!(input(&interface, "t").validations, expected);
}

#[test]
fn cells_with_the_same_list_share_it() {
    let rows: String = (0..500).map(|n| format!("<row><c><v>{n}</v></c><c><v>1</v></c></row>")).collect();
    let content = format!(
        "<sheetData><row><c t='str'><v>k</v></c><c t='str'><v>v</v></c></row>{rows}</sheetData><dataValidations>\
         <dataValidation type='list' sqref='A2:A501'><formula1>$A$2:$A$501</formula1></dataValidation>\
         <dataValidation type='list' sqref='B2:B501'><formula1>Keys</formula1></dataValidation></dataValidations>"
    );
    let book = Book::new()
        .sheet("S", &content)
        .name("Xinput_t", "S!$A$1:$B$501")
        .name("Xoutput_o", "S!$A$2")
        .name("Keys", "S!$B$2:$B$501");
    let (interface, warnings) = checked(&book);
    assert!(warnings.is_empty(), "{warnings:?}");
    let [keys, values] = input(&interface, "t").validations.as_slice() else { panic!() };
    assert_eq!((keys.cells.len(), &keys.rule), (500, &Rule::ListFrom(0)));
    assert_eq!((values.cells.len(), &values.rule), (500, &Rule::ListFrom(1)));
}
