//! Operators and the small operations of plans on random mixed columns: folded and columnar, bit for bit the same.

use super::records::{self, Random, assert_none, differences};

const RECORDS: usize = 3_000;

/// A1 and B1 are close to each other more often than not; C1 is anything.
const FORMULAS: [&str; 40] = [
    "A1+B1",
    "A1-B1",
    "A1*B1",
    "A1/B1",
    "A1^B1",
    "A1&B1",
    "A1=B1",
    "A1<>B1",
    "A1<B1",
    "A1<=B1",
    "A1>B1",
    "A1>=B1",
    "-A1",
    "A1%",
    "+A1",
    "(A1-B1)",
    "(A1+B1)",
    "A1-B1+C1",
    "A1*(B1-C1)",
    "IF(A1,B1,C1)",
    "IF(A1>B1,A1/C1,B1)",
    "IF(A1=B1,\"same\",A1-B1)",
    "IFERROR(A1/B1,C1)",
    "IFNA(A1,B1)",
    "SUM(A1:C1)",
    "SUM(A1,B1,C1)",
    "MIN(A1:C1)",
    "MAX(A1:C1)",
    "PRODUCT(A1:C1)",
    "AVERAGE(A1:C1)",
    "COUNT(A1:C1)",
    "COUNTIF(A1:C1,\">1\")",
    "COUNTIF(A1:C1,C1)",
    "SUMPRODUCT(A1:B1,B1:C1)",
    "MATCH(C1,A1:C1,0)",
    "AND(A1,B1)",
    "OR(A1,B1,C1)",
    "NOT(A1)",
    "ABS(A1-B1)",
    "ROUND(A1,2)",
];

#[test]
fn operators_give_the_same_bits_folded_and_in_columns() {
    let mut random = Random(7);
    let records: Vec<_> = (0..RECORDS)
        .map(|_| {
            let first = records::odd_value(&mut random);
            let second = records::near(&first, &mut random);
            vec![first, second, records::odd_value(&mut random)]
        })
        .collect();
    let formulas = FORMULAS.map(str::to_owned);
    let found = differences(&formulas, &records, 50).unwrap();
    assert_none(&found);
}
