//! Data validation. Expected verdicts follow what the execute API documents: `null` passes, lists ignore case, numeric
//! text passes numeric rules, defaults are not judged.

#![allow(clippy::unwrap_used, reason = "a failed step of a test must stop it")]

mod sample;

use execd_calc::interface::{Bound, Constant, Format, Interface, Limit, Rule, Shape, Validation};
use execd_calc::plan::{Argument, InputSlot, Operand, Plan, Step};
use execd_calc::semantics::function::Env;
use execd_calc::values::value::Value;
use execd_serve::codec::decode::decode;
use execd_serve::codec::notes::NoteKind;
use execd_serve::validate::validate;
use sample::{Setting, inputs, service::engine, table};
use std::sync::Arc;

/// Records (from 0) of whose inputs X is refused. X has the rule in all its cells, Y has none.
fn refused(rule: Rule, shape: Shape, names: &str, values: &str) -> Vec<usize> {
    let cells = shape.cells();
    let mut inputs = inputs(&[("X", shape, Format::General), ("Y", Shape::Scalar, Format::General)]);
    let cells_of_x = (0..cells).collect();
    inputs[0].validations = vec![Validation { cells: cells_of_x, rule, message: None, ignore_blank: true }];
    // Result 0 is what the record has for Y.
    let rules = Plan {
        input_cells: cells + 1,
        output_cells: 1,
        slots: 1,
        inputs: vec![InputSlot { cell: cells, slot: 0, default: Value::number(2.0) }],
        outputs: vec![Operand::slot(0)],
        ..Plan::default()
    };
    let setting = Setting::new(Interface { inputs, rules: Some(Arc::new(rules)), ..Interface::default() });
    let text = format!("[[{names}],{values}]");
    let mut decoded = decode(text.as_bytes(), setting.rules()).unwrap();
    let env = Env::new(false, 0.0);
    validate(&engine(1), &mut decoded, &setting.interface, &env, &setting.limits, &setting.stop).unwrap();
    let invalid = decoded.notes.list.iter().filter(|note| matches!(note.kind, NoteKind::Invalid { .. }));
    invalid.map(|note| note.record).collect()
}

const X: &str = r#""X""#;

#[test]
fn numbers() {
    let values = r#"[1],[5],[5.5],[11],["7"],["x"],[""],[null],[true],[]"#;
    let scalar = |rule| refused(rule, Shape::Scalar, X, values);
    let is = Limit::Constant;
    assert_eq!(scalar(Rule::Whole(Bound::Between(is(2.0), is(10.0)))), [0, 2, 3, 5, 6, 8]);
    assert_eq!(scalar(Rule::Decimal(Bound::AtMost(is(5.5)))), [3, 4, 5, 6, 8]);
    assert_eq!(scalar(Rule::Date(Bound::Greater(is(4.0)))), [0, 5, 6, 8]);
    assert_eq!(scalar(Rule::Time(Bound::NotBetween(is(0.0), is(1.0)))), [0, 5, 6, 8]);
}

#[test]
fn numbers_compare_as_excel_compares_them() {
    // Excel: =0.1*3=0.3 is TRUE, for numbers are compared in 15 digits.
    let rule = Rule::Decimal(Bound::AtMost(Limit::Constant(0.3)));
    assert!(refused(rule, Shape::Scalar, X, "[0.30000000000000004]").is_empty());
}

#[test]
fn lists_and_lengths() {
    let values = r#"["Red"],["RED"],["blue"],[3],["3"],[4],[null],[true],["ÄÖ"]"#;
    let text = |text: &str| Constant::Text(text.to_owned());
    let list = Rule::List(vec![text("red"), text("3"), Constant::Bool(true), text("äö")]);
    assert_eq!(refused(list, Shape::Scalar, X, values), [2, 5]);
    let length = Rule::TextLength(Bound::AtMost(Limit::Constant(3.0)));
    assert_eq!(refused(length, Shape::Scalar, X, values), [2, 7]);
}

/// With `Y` as the other side; a record without it has the workbook's 2.
const BOTH: &str = r#""X","Y""#;

#[test]
fn limits_of_each_record() {
    let values = r#"[5,4],[5,5],["5","6"],[5,"x"],[5,null],[null,9],[5,true],[1],[3]"#;
    let rule = Rule::Whole(Bound::AtMost(Limit::Result(0)));
    // A text that is no number lets nothing pass, a blank everything.
    assert_eq!(refused(rule, Shape::Scalar, BOTH, values), [0, 3, 6, 8]);
}

#[test]
fn lists_and_verdicts_of_each_record() {
    let values = r#"["a","A"],["a","b"],[2,"2"],["a",null],[null,"b"],[true,"TRUE"],["x",true]"#;
    assert_eq!(refused(Rule::ListFrom(0), Shape::Scalar, BOTH, values), [1, 6]);
    let values = r#"[1,true],[1,false],[1,null],[null,false],[1,"text"]"#;
    assert_eq!(refused(Rule::Holds(0), Shape::Scalar, BOTH, values), [1, 4]);
}

#[test]
fn a_table_breaks_its_rule_once() {
    let rows = r#"[[["K","L"],[1,2],[3,4]]],[[["K","L"],[0,0],[0,4]]]"#;
    for limit in [Limit::Constant(2.0), Limit::Result(0)] {
        let rule = Rule::Decimal(Bound::Greater(limit));
        assert_eq!(refused(rule, table(&["K", "L"], 2), X, rows), [0, 1]);
    }
}

#[test]
fn defaults_are_not_judged() {
    // The default of the input is 0.5.
    for limit in [Limit::Constant(2.0), Limit::Result(0)] {
        let rule = Rule::Decimal(Bound::Greater(limit));
        assert_eq!(refused(rule, Shape::Scalar, X, "[],[1],null"), [1]);
    }
}

/// X must be one of the numbers from 1 to Y: a list for each record, which takes 64 bytes a number.
#[test]
fn lists_of_records_count() {
    let mut inputs = inputs(&[("X", Shape::Scalar, Format::General), ("Y", Shape::Scalar, Format::General)]);
    let rule = Rule::ListFrom(0);
    inputs[0].validations = vec![Validation { cells: vec![0], rule, message: None, ignore_blank: true }];
    let function = execd_calc::kernels::find("SEQUENCE").unwrap();
    let rules = Plan {
        input_cells: 2,
        output_cells: 1,
        slots: 2,
        inputs: vec![InputSlot { cell: 1, slot: 0, default: Value::number(2.0) }],
        arguments: vec![Argument::Operand(Operand::slot(0))],
        steps: vec![Step::Call { function, first: 0, count: 1, out: 1 }],
        outputs: vec![Operand::slot(1)],
        ..Plan::default()
    };
    let mut setting =
        Setting::new(Interface { inputs, rules: Some(Arc::new(rules)), ..Interface::default() });
    setting.limits.memory = 3 << 20;
    // Together the lists of 30,000 numbers take 8 MB, so not all of them can be kept.
    let records = "[5,30000],[30001,30000],[5,30001],[30002,30002],[5,30003],[5,90000],[7,7],[8,7]";
    let text = format!("[[{BOTH}],{records}]");
    let mut decoded = decode(text.as_bytes(), setting.rules()).unwrap();
    let env = Env::new(false, 0.0);
    validate(&engine(1), &mut decoded, &setting.interface, &env, &setting.limits, &setting.stop).unwrap();
    let told: Vec<(usize, String)> = decoded
        .notes
        .list
        .iter()
        .map(|note| match &note.kind {
            NoteKind::Invalid { .. } => (note.record, "invalid".to_owned()),
            NoteKind::Malformed(message) => (note.record, message.to_string()),
            other => (note.record, format!("{other:?}")),
        })
        .collect();
    let unchecked = "not checked: its list needs more than 3145728 bytes".to_owned();
    assert_eq!(told, [(1, "invalid".to_owned()), (5, unchecked), (7, "invalid".to_owned())]);
}
