//! Operations on what is looked up in constant tables: folded, where a value is looked up first, and as plans, where
//! the table holds the results.

use super::book;
use super::records::{Random, assert_none, differences, small_number};
use execd_calc::interface::Constant;

const RECORDS: usize = 300;

/// A1 is a text, a number or an error, B1 and C1 are small numbers.
const FORMULAS: [&str; 24] = [
    "1-VLOOKUP(C1,Block!A1:C2,2,FALSE)",
    "1-(1-VLOOKUP(B1,Block!A1:C2,3,TRUE)/7)^(1/12)",
    "ROUND(VLOOKUP(B1,Block!A1:C2,IF(C1>1,2,3),FALSE)/3,1)",
    "VLOOKUP(B1,Block!A1:C2,IF(C1>1,1,3),FALSE)*2",
    "VLOOKUP(B1,Block!A1:C2,1,FALSE)*2",
    "VLOOKUP(B1,Block!A1:C2,2.9,FALSE)*2",
    "VLOOKUP(B1,Block!A1:C2,4,FALSE)*2",
    "VLOOKUP(B1,Block!A1:C2,0,FALSE)*2",
    "VLOOKUP(B1,Block!A1:C2,C1,FALSE)*2",
    "VLOOKUP(A1,Grades!A1:B5,2,TRUE)&\"!\"",
    "LEN(VLOOKUP(B1*30,Grades!A1:B5,2,TRUE))",
    "VLOOKUP(B1*30,Grades!A1:B9,2,TRUE)&\"!\"",
    "IFERROR(VLOOKUP(B1,Block!A1:C2,2,FALSE),\"none\")",
    "ISNA(VLOOKUP(B1,Block!A1:C2,2,FALSE))",
    "IF(VLOOKUP(B1,Block!A1:C2,2,FALSE)>2,\"more\",\"less\")",
    "-INDEX(Mixed!A1:E2,MATCH(C1,Block!A1:C1,0),2)",
    "INDEX(Mixed!A1:E2,2,MATCH(B1,Block!A1:C1,0))&\"x\"",
    "ISERROR(INDEX(Mixed!A1:E2,1,MATCH(B1,Block!A1:C1,0)))",
    "INDEX(Mixed!A1:E2,B1,C1)+1",
    "INDEX(Mixed!A1:E2,MATCH(B1,Block!A1:C1,0),1)=0",
    "1-INDEX(Block!A1:C2,2,MATCH(A1,Block!A1:C1,1))%",
    "VLOOKUP(B1,Block!A1:C2,2,FALSE)+VLOOKUP(B1,Block!A1:C2,2,FALSE)^2",
    "MIN(VLOOKUP(B1,Block!A1:C2,2,FALSE),3)",
    "VLOOKUP(B1,Block!A1:C2,2,FALSE)-2.0000000000000004",
];

fn record(random: &mut Random) -> Vec<Constant> {
    let any = match random.below(4) {
        0 => Constant::Text((*random.pick(&["A", "b", "", "2", "zz"])).to_owned()),
        1 => Constant::Blank,
        2 => Constant::Bool(true),
        _ => small_number(random),
    };
    vec![any, small_number(random), small_number(random)]
}

#[test]
fn operations_on_what_is_looked_up_give_the_same_bits_as_on_a_known_value() {
    let mut random = Random(71);
    let records: Vec<Vec<Constant>> = (0..RECORDS).map(|_| record(&mut random)).collect();
    let mut found = Vec::new();
    for formula in FORMULAS {
        found.extend(differences(&[formula.to_owned()], &records, 20).unwrap());
    }
    assert_none(&found);
}

/// One look-up is all that is left of a chain of operations, but not where something else needs the value too.
#[test]
fn operations_with_constants_are_done_with_the_table() {
    let record = [Constant::Number(1.0)];
    let steps = |formula: &str| book::compiled(&record, &[formula.to_owned()]).unwrap().plan.steps.len();
    let lookup = steps("VLOOKUP(A1,Block!A1:C2,2,FALSE)");
    assert_eq!(steps("1-(1-VLOOKUP(A1,Block!A1:C2,2,FALSE)/7)^(1/12)"), lookup);
    assert_eq!(steps("ROUND(EXP(VLOOKUP(A1,Block!A1:C2,2,FALSE)),3)"), lookup);
    assert!(steps("VLOOKUP(A1,Block!A1:C2,2,FALSE)*(1-VLOOKUP(A1,Block!A1:C2,2,FALSE))") > lookup);
    assert!(steps("IFERROR(VLOOKUP(A1,Block!A1:C2,2,FALSE),0)") > lookup);
}
