//! Many powers of one base: however they follow from one another, the bits are those of single powers.

use super::records::{self, Random, assert_none, differences};
use execd_calc::interface::Constant;

const RECORDS: usize = 24;

fn bases(random: &mut Random) -> Vec<Vec<Constant>> {
    (0..RECORDS)
        .map(|record| {
            let base = match record % 6 {
                0 => records::odd_value(random),
                1 => records::any_number(random),
                2 => Constant::Number((random.unit() * 64.0).round() / 16.0),
                _ => Constant::Number(0.9 + random.unit() / 4.0),
            };
            vec![base, records::odd_value(random)]
        })
        .collect()
}

fn check(formula: impl Fn(usize) -> String, count: usize) {
    let mut random = Random(1_614);
    let formulas: Vec<String> = (0..count).map(formula).collect();
    let found = differences(&formulas, &bases(&mut random), 4).unwrap();
    assert_none(&found);
}

#[test]
fn months_and_years() {
    check(|k| format!("A1^({k}/12)"), 80);
    check(|k| format!("POWER(A1,-({k}+1)/12)"), 80);
    check(|k| format!("A1^{k}"), 40);
    check(|k| format!("A1^(3-{k})"), 40);
    check(|k| format!("1/A1^({k}*0.25-2)"), 40);
}

#[test]
fn two_powers_a_row() {
    check(|k| format!("A1^({k}/4)+A1^(-{k}/4)*A1^{k}"), 30);
}

#[test]
fn powers_that_only_some_records_need() {
    check(
        |k| format!("IF(ISNUMBER(B1),IF(B1>{k},A1^({k}/12)*SUM(A1^({k}/12),B1),A1^({k}/7)),A1^({k}/12))"),
        30,
    );
}

#[test]
fn exponents_from_records() {
    check(|k| format!("A1^(B1+{k})+POWER(B1,A1/{})", k + 1), 20);
}
