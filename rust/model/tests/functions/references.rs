//! References that a record decides: folded, where they are plain references, and as plans, where they are choices.

use super::records::{Random, assert_none, differences, small_number};
use execd_calc::interface::Constant;

const RECORDS: usize = 400;

/// A1 names a sheet, B1 and C1 are small numbers. `Block` holds 1 to 6 in two rows.
const FORMULAS: [&str; 38] = [
    "INDIRECT(\"'\"&A1&\"'!B2\")",
    "INDIRECT(A1&\"!B2\")",
    "SUM(INDIRECT(\"'\"&A1&\"'!A1:C2\"))",
    "COUNT(INDIRECT(CONCATENATE(A1,\"!A1:C\",B1)))",
    "INDIRECT(\"Block!A\"&B1)",
    "SUM(INDIRECT(\"Block!A1:C\"&B1))",
    "INDIRECT(\"Block!A1:C\"&B1)",
    "ROWS(INDIRECT(\"Block!A1:C\"&B1))",
    "OFFSET(Block!A1,0,0,B1,C1)",
    "OFFSET(Block!A1,0,B1,2,1)+1",
    "COLUMNS(OFFSET(Block!A1,0,0,B1,C1))",
    "SUMIF(Block!A1:A2,\">1\",OFFSET(Block!A1,0,B1,2,1))",
    "AVERAGEIF(Block!A1:C1,\">1\",OFFSET(Block!A1,B1,0,1,3))",
    "SUM(INDEX(SEQUENCE(2,3),0,B1)>2)",
    "INDIRECT(\"D\"&B1)",
    "VLOOKUP(4,INDIRECT(\"'\"&A1&\"'!A1:C2\"),3,FALSE)",
    "SUMIF(INDIRECT(\"'\"&A1&\"'!A1:A2\"),\">1\",INDIRECT(\"'\"&A1&\"'!B1:B2\"))",
    "OFFSET(Block!A1,B1,C1)",
    "OFFSET(Block!A1,0,C1)",
    "OFFSET(Block!A1,B1,0)",
    "SUM(OFFSET(Block!A1,0,0,B1,C1))",
    "SUM(OFFSET(Block!A1,B1,0,1,3))",
    "SUM(OFFSET(Block!C2,0,0,-B1,-C1))",
    "COUNTIF(OFFSET(Block!A1,0,0,2,C1),\">2\")",
    "MATCH(5,OFFSET(Block!A1,B1,0,1,3),0)",
    "INDEX(Block!A1:C2,B1,C1)",
    "SUM(INDEX(Block!A1:C2,B1,0))",
    "SUM(INDEX(Block!A1:C2,0,C1))",
    "COUNT(INDEX(Mixed!A1:E2,B1,C1))",
    "SUMIF(INDEX(Block!A1:C2,0,B1),\">1\")",
    "SUM(IF(B1>1,Block!A1:A2,Block!A1:C2))",
    "COUNTA(IF(B1>1,Mixed!B1,C1))",
    "SUM(CHOOSE(B1,Block!A1:A2,Block!B1:B2,C1))",
    "VLOOKUP(C1,IF(B1>1,Block!A1:B2,Block!B1:C2),2,FALSE)",
    "HLOOKUP(C1,CHOOSE(B1,Block!A1:C2,Block!B1:C2),2,TRUE)",
    "SUMPRODUCT(INDEX(Block!A1:C2,B1,0),INDEX(Block!A1:C2,2,0))",
    "SUBTOTAL(B1,Block!A1:C2)",
    "XLOOKUP(C1,INDEX(Block!A1:C2,1,0),INDEX(Block!A1:C2,B1,0),\"none\")",
];

fn record(random: &mut Random) -> Vec<Constant> {
    let sheets = ["Block", "BLOCK", "Grades", "Mixed", "Nope", "'Block'", "", "Block!A1:B2", "#REF!"];
    let number = |random: &mut Random| match random.below(12) {
        0 => Constant::Number(1e300),
        _ => small_number(random),
    };
    let sheet = match random.below(12) {
        0 => Constant::Number(1.0),
        1 => Constant::Blank,
        _ => Constant::Text((*random.pick(&sheets)).to_owned()),
    };
    vec![sheet, number(random), number(random)]
}

#[test]
fn references_of_a_record_give_the_same_bits_as_known_ones() {
    let mut random = Random(33);
    let records: Vec<Vec<Constant>> = (0..RECORDS).map(|_| record(&mut random)).collect();
    let mut found = Vec::new();
    for formula in FORMULAS {
        // `INDIRECT` can name a sheet that no formula refers to.
        let formulas = [formula.to_owned(), "Block!A1+Grades!A2+Mixed!A1".to_owned()];
        found.extend(differences(&formulas, &records, 20).unwrap());
    }
    assert_none(&found);
}
