//! Columns as batches have them, few texts and many dates, with odd values among them: calls that remember results,
//! look-ups by arithmetic and the calendar in columns give the bits of folded formulas.

use super::records::{self, Random, assert_none, differences};
use execd_calc::interface::Constant;

const RECORDS: usize = 2_000;

/// A1 is one of few texts, B1 and C1 are serials, D1 is a small number.
const FORMULAS: [&str; 40] = [
    "A1&\"_\"",
    "A1&\"_\"&IF(D1>1,\"S\",\"N\")",
    "\"<\"&A1&B1&\"-\"&LEFT(A1,D1)&C1&\">\"",
    "A1&(A1&B1)",
    "A1=\"East\"",
    "\"east\"<>A1",
    "IF(A1=\"East\",1,IF(A1<>\"west\",2,3))",
    "LEFT(A1,2)&RIGHT(A1,D1)",
    "UPPER(A1)=\"EAST\"",
    "VLOOKUP(A1,Sales!B1:C5,2,FALSE)",
    "MATCH(\"ar\"&A1,Sales!B1:B9,0)+MATCH(A1,Sales!B1:B9,0)",
    "MATCH(D1,Block!A1:C1,0)",
    "MATCH(D1,Block!A1:C1,1)",
    "INDEX(Block!A1:C2,1,MATCH(D1,Block!A1:C1,0))",
    "INDEX(Block!A1:C2,D1,2)+1",
    "INDEX(Mixed!A1:E2,1,MATCH(D1,Block!A1:C1,0))",
    "SUMPRODUCT(Block!A1:B1,Block!A2:B2)*INDEX(Block!A1:C2,MATCH(4,Block!A1:A2,0),D1)",
    "AND(D1>1,B1>C1)",
    "OR(D1>1,B1>C1,A1=\"East\")",
    "AND(B1/D1>1,1/D1>0,TRUE)",
    "OR(TRUE,1/D1>0)",
    "YEAR(B1)",
    "MONTH(B1)",
    "DAY(B1)",
    "EDATE(B1,D1)",
    "EDATE(B1,D1*12)",
    "EDATE(B1,-D1*7.9)",
    "DATE(YEAR(B1),MONTH(B1)+D1,DAY(C1))",
    "DATE(YEAR(B1)+D1,1,1)",
    "DATE(D1,B1,C1)",
    "YEARFRAC(B1,C1)",
    "YEARFRAC(B1,EDATE(B1,D1))",
    "YEARFRAC(B1,C1,0)",
    "YEARFRAC(B1,C1,D1)",
    "TEXT(B1,\"yyyy-mm-dd\")",
    "TEXT(B1,\"dd.mm.yy hh:mm:ss\")",
    "TEXT(B1,\"h:mm AM/PM\")",
    "TEXT(B1/7,\"0.00\")",
    "TEXT(D1/8,\"#,##0.0\")&TEXT(-C1,\"0%\")",
    "TEXT(B1,A1)",
];

fn text(random: &mut Random) -> Constant {
    let texts = ["East", "EAST", "West", "west", "Nord-Ost", "A", "a*", "apples", "2", "yyyy", "é"];
    Constant::Text((*random.pick(&texts)).to_owned())
}

fn serial(random: &mut Random) -> Constant {
    let day = match random.below(8) {
        0 => random.below(70) as f64,
        1 => 2_958_466.0 - random.below(4) as f64,
        2 => 45_350.0 + random.below(4) as f64,
        _ => random.below(90_000) as f64,
    };
    let time = match random.below(6) {
        0 => random.unit(),
        1 => 1.0 - random.unit() * 2e-5,
        _ => 0.0,
    };
    Constant::Number(day + time)
}

fn record(random: &mut Random, odd: usize) -> Vec<Constant> {
    let mut record =
        vec![text(random), serial(random), serial(random), Constant::Number(random.below(6) as f64 - 1.0)];
    if random.below(odd) == 0 {
        let at = random.below(record.len());
        record[at] = records::odd_value(random);
    }
    record
}

#[test]
fn columns_of_texts_and_dates_give_the_bits_of_folded_formulas() {
    let mut random = Random(64);
    let formulas = FORMULAS.map(str::to_owned);
    for odd in [3, 1_000] {
        let records: Vec<_> = (0..RECORDS).map(|_| record(&mut random, odd)).collect();
        let found = differences(&formulas, &records, 20).unwrap();
        assert_none(&found);
    }
}

/// Most records have rates that Newton's method finds; some have none, or flows that are no numbers.
#[test]
fn internal_rates_in_columns_are_those_of_the_kernel() {
    let mut random = Random(2_024);
    for odd in [3, 500, usize::MAX] {
        let records: Vec<Vec<Constant>> = (0..RECORDS)
            .map(|_| {
                let mut record: Vec<Constant> =
                    (0..5).map(|_| Constant::Number((random.unit() * 400.0).round() / 4.0 - 10.0)).collect();
                record[0] = Constant::Number(-random.unit() * 300.0 - 1.0);
                record[4] = Constant::Number(random.unit() * 100.0 + 50.0);
                if random.below(odd) == 0 {
                    let at = random.below(record.len());
                    record[at] = records::odd_value(&mut random);
                }
                record
            })
            .collect();
        let found = differences(&["IRR(A1:E1)".to_owned(), "IRR(A1:E1)*2".to_owned()], &records, 40).unwrap();
        assert!(
            found.is_empty(),
            "{} differences:\n{}",
            found.len(),
            found[..found.len().min(10)].join("\n")
        );
    }
}
