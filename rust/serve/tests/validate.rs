//! Data validation. Expected verdicts follow what the execute API documents: `null` passes, lists ignore case, numeric
//! text passes numeric rules, defaults are not judged.

#![allow(clippy::unwrap_used, reason = "a failed step of a test must stop it")]

mod sample;

use execd_calc::interface::{Bound, Constant, Format, Interface, Rule, Shape, Validation};
use execd_serve::codec::notes::NoteKind;
use execd_serve::codec::scan;
use execd_serve::validate::validate;
use sample::{Setting, inputs, table};

/// Records (from 0) whose value of the only input is refused.
fn refused(rule: Rule, shape: Shape, values: &str) -> Vec<usize> {
    let mut inputs = inputs(&[("X", shape, Format::General)]);
    inputs[0].validation = Some(Validation { rule, message: None, ignore_blank: true });
    let setting = Setting::new(Interface { inputs, outputs: Vec::new() });
    let text = format!("[[\"X\"],{values}]");
    let mut decoded = scan::decode(text.as_bytes(), setting.rules()).unwrap();
    validate(&mut decoded, &setting.interface, false, &setting.stop).unwrap();
    let invalid = decoded.notes.list.iter().filter(|note| note.kind == NoteKind::Invalid);
    invalid.map(|note| note.record).collect()
}

#[test]
fn numbers() {
    let values = r#"[1],[5],[5.5],[11],["7"],["x"],[""],[null],[true],[]"#;
    let scalar = |rule| refused(rule, Shape::Scalar, values);
    assert_eq!(scalar(Rule::Whole(Bound::Between(2.0, 10.0))), [0, 2, 3, 5, 6, 8]);
    assert_eq!(scalar(Rule::Decimal(Bound::AtMost(5.5))), [3, 4, 5, 6, 8]);
    assert_eq!(scalar(Rule::Date(Bound::Greater(4.0))), [0, 5, 6, 8]);
    assert_eq!(scalar(Rule::Time(Bound::NotBetween(0.0, 1.0))), [0, 5, 6, 8]);
}

#[test]
fn lists_and_lengths() {
    let values = r#"["Red"],["RED"],["blue"],[3],["3"],[4],[null],[true],["ÄÖ"]"#;
    let text = |text: &str| Constant::Text(text.to_owned());
    let list = Rule::List(vec![text("red"), text("3"), Constant::Bool(true), text("äö")]);
    assert_eq!(refused(list, Shape::Scalar, values), [2, 5]);
    let length = Rule::TextLength(Bound::AtMost(3.0));
    assert_eq!(refused(length, Shape::Scalar, values), [2, 7]);
}

#[test]
fn a_table_breaks_its_rule_once() {
    let rows = r#"[[["K","L"],[1,2],[3,4]]],[[["K","L"],[0,0],[0,4]]]"#;
    let rule = Rule::Decimal(Bound::Greater(2.0));
    assert_eq!(refused(rule, table(&["K", "L"], 2), rows), [0, 1]);
}

#[test]
fn defaults_are_not_judged() {
    // The default of the input is 0.5.
    let rule = Rule::Decimal(Bound::Greater(2.0));
    assert_eq!(refused(rule, Shape::Scalar, "[],[1],null"), [1]);
}
