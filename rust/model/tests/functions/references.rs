//! References that a record decides: folded, where they are plain references, and as plans, where they are choices.

use super::book;
use super::records::{Random, assert_none, differences, run, small_number};
use execd_calc::interface::Constant;

const RECORDS: usize = 400;

/// A1 names a sheet, B1 and C1 are small numbers. `Block` holds 1 to 6 in two rows.
const FORMULAS: [&str; 58] = [
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
    "SUMIF(Block!A1:B2,\">1\",OFFSET(Block!A1,B1,C1))",
    "SUMIF(Block!A1:B2,\">1\",OFFSET(Block!C2,B1,C1,-B1,-C1))",
    "AVERAGEIF(Block!A1:B2,\">\"&B1,INDEX(Block!A1:C2,B1,C1))",
    "SUMIF(Block!A1:C1,\">1\",INDEX(Block!A1:C1,C1))",
    "SUMIF(Block!A1:B2,\">1\",INDIRECT(\"Block!A\"&B1))",
    "SUMIF(OFFSET(Block!A1,0,0,B1,C1),\">1\",Block!B1)",
    "SUMIF(OFFSET(Block!A1,0,0,B1,C1),\">1\",OFFSET(Block!A1,C1,0))",
    "SUMIF(INDIRECT(\"Block!A1:C\"&B1),\">\"&C1,Block!B1:B2)",
    "SUMIF(Block!A:A,\">1\",OFFSET(Block!A:A,0,C1))",
    "REDUCE(0,Block!A1:C2,LAMBDA(a,b,INDEX(Block!A2:C2,0,C1)))",
    "SUM(REDUCE(0,{1,2},LAMBDA(a,b,INDEX(Block!A1:C2,0,C1))))",
    "COUNTIF(OFFSET(Mixed!A1,B1,4),\"<>1\")",
    "COUNTIF(INDEX(Mixed!A1:E2,B1,5),\"<>1\")",
    "SUMIFS(OFFSET(Block!A1,0,0,B1,1),OFFSET(Block!A1,0,0,B1,1),\">\"&C1)",
    "COUNTIFS(INDIRECT(A1&\"!A1:A2\"),\">1\",OFFSET(Block!A1,0,C1,2,1),\">1\")",
    "SUM(OFFSET(Block!A2:C1048576,1,C1))",
    "OFFSET(Block!B1:XFD1,C1,1)",
    "ROWS(OFFSET(Block!A1,0,0,B1*70000,C1))",
    "COUNTBLANK(OFFSET(Block!A1,0,0,B1*70000,C1))",
    "COUNTIF(OFFSET(Block!A1,0,0,1+B1*70000,2),C1)",
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

/// Formulas of A1, and what they give where it is 1 and 2. Block holds 1, 2, 3 above 4, 5, 6, and nothing else. Oracle:
/// hand arithmetic; that the values of SUMIF are as many as the cells that are tested is in Excel's documentation of SUMIF.
const COUNTED: [(&str, [f64; 2]); 18] = [
    ("ROWS(OFFSET(Block!A1,0,0,A1*100000,1))", [100_000.0, 200_000.0]),
    ("COLUMNS(OFFSET(Block!A1,0,0,A1*10,16384))", [16_384.0, 16_384.0]),
    ("ROWS(OFFSET(Block!A:A,0,A1))", [1_048_576.0, 1_048_576.0]),
    ("ROWS(INDIRECT(\"Block!A1:B\"&A1*100000))", [100_000.0, 200_000.0]),
    ("COUNTBLANK(OFFSET(Block!A1,0,0,A1*100000,2))", [199_996.0, 399_996.0]),
    ("COUNTBLANK(OFFSET(Block!A1:XFD1,0,0,1048575+A1/2))", [17_179_852_794.0, 17_179_869_178.0]),
    ("COUNTIF(OFFSET(Block!A1,0,0,A1*100000,1),\"\")", [99_998.0, 199_998.0]),
    ("COUNTIF(OFFSET(Block!A1,0,0,A1*100000,1),\"<>1\")", [99_999.0, 199_999.0]),
    ("SUMPRODUCT(--(OFFSET(Block!A1,0,0,A1*100000,1)=\"\"))", [99_998.0, 199_998.0]),
    ("COUNTA(OFFSET(Block!A1,0,0,A1*100000,1))", [2.0, 2.0]),
    ("MATCH(4,OFFSET(Block!A1,0,0,A1*100000,1),0)", [2.0, 2.0]),
    ("SUM(OFFSET(Block!A:A,0,A1))", [7.0, 9.0]),
    ("SUMIF(Block!A1:A2,\">0\",OFFSET(Block!A1,0,A1))", [7.0, 9.0]),
    ("SUMIF(Block!A1:B2,\">1\",INDEX(Block!A1:C1,A1))", [11.0, 14.0]),
    ("AVERAGEIF(Block!A1:C1,\">1\",INDIRECT(\"Block!A\"&A1))", [2.5, 5.5]),
    ("SUMIF(Block!A:A,\">1\",OFFSET(Block!A:A,0,A1))", [5.0, 6.0]),
    ("SUMIF(OFFSET(Block!A1,0,0,A1,2),\">1\",Block!B1)", [3.0, 14.0]),
    ("SUMIF(OFFSET(Block!A1,0,0,1,A1),\">0\",OFFSET(Block!B2,0,A1-1,1,1))", [5.0, 6.0]),
];

#[test]
fn chosen_references_have_all_their_cells() {
    let records = [1.0, 2.0].map(|number| vec![Constant::Number(number)]);
    for (formula, wanted) in COUNTED {
        let formulas = [formula.to_owned()];
        let compiled = book::compiled(&records[0], &formulas).unwrap();
        let results = run(&compiled.plan, &records);
        assert_eq!(results, wanted.map(|number| vec![Constant::Number(number)]), "{formula}");
        for (record, number) in records.iter().zip(wanted) {
            assert_eq!(book::folded(record, &formulas), [Ok(Constant::Number(number))], "{formula} folded");
        }
    }
}
