//! Every case gives the value of its oracle.

use super::book;
use super::cases::{self, Case};
use execd_calc::interface::Constant;

/// What a case's number may be away from its oracle, relatively; near zero, absolutely.
const TOLERANCE: f64 = 1e-9;
const NEAR_ZERO: f64 = 1e-12;

#[test]
fn every_case_gives_its_expected_value() {
    let mut reports = Vec::new();
    for (file, cases) in cases::files() {
        let failures: Vec<String> = cases.iter().filter_map(failure).collect();
        if !failures.is_empty() {
            let heading = format!("{file}: {} of {} cases", failures.len(), cases.len());
            reports.push(format!("{heading}\n{}", failures.join("\n")));
        }
    }
    assert!(reports.is_empty(), "\n{}", reports.join("\n\n"));
}

fn failure(case: &Case) -> Option<String> {
    let formula = case.formula.strip_prefix('=').unwrap_or(&case.formula).to_owned();
    let got = book::folded(&[], &[formula]).pop()?;
    let agrees = got.as_ref().is_ok_and(|got| agrees(got, &case.expected));
    (!agrees).then(|| {
        let got = got.map_or_else(|reason| reason, |got| spelled(&got));
        let Case { place, formula, expected, oracle } = case;
        format!("  {place}: {formula}\n    expected {expected} ({oracle})\n    got      {got}")
    })
}

fn agrees(got: &Constant, expected: &str) -> bool {
    match (got, expected.parse::<f64>()) {
        (Constant::Number(got), Ok(wanted)) => {
            let apart = (got - wanted).abs();
            apart <= TOLERANCE * wanted.abs() || apart <= NEAR_ZERO
        }
        _ => spelled(got) == expected,
    }
}

/// As the case files spell values: texts in quotes as in a formula.
fn spelled(value: &Constant) -> String {
    match value {
        Constant::Blank => "blank".to_owned(),
        Constant::Number(x) => format!("{x:?}"),
        Constant::Text(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        Constant::Bool(b) => b.to_string().to_uppercase(),
        Constant::Error(code) => code.text().to_owned(),
    }
}
