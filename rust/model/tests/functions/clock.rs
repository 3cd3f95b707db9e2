//! What depends on the moment of an execution is not decided when a workbook is compiled.

use super::book::{self, NOW};
use super::records::{differences, run};
use execd_calc::interface::Constant;

/// The day before the one that the tests call today, one of another year, and no date.
const FORMULAS: [&str; 16] = [
    "\"5-Jul\"+0",
    "-\"5-Jul\"",
    "\"5-Jul\"%",
    "\"5-Jul\"*A1",
    "DATEVALUE(\"5-Jul\")",
    "YEAR(\"5-Jul\")",
    "MONTH(\"29-Feb\")",
    "TEXT(\"5-Jul\",\"yyyy\")",
    "IFERROR(\"5-Jul\"+0,1)",
    "IF(ISNUMBER(\"5-Jul\"+0),1,2)",
    "COUNTIF(Days!B1:B7,\">5-Jul\")",
    "SUMIF(Days!B1:B7,\">5-Jul\",Days!A1:A7)",
    "SUM({\"5-Jul\",\"6-Jul\"}*{1,2})",
    "TODAY()-\"5-Jul\"",
    "DATEVALUE(\"5-Jul\")=DATE(2025,7,5)",
    "LEFT(\"5-Jul\",1)",
];

#[test]
fn a_date_without_a_year_is_in_the_year_of_the_execution() {
    let records: Vec<Vec<Constant>> = (0..3).map(|x| vec![Constant::Number(f64::from(x))]).collect();
    let formulas = FORMULAS.map(str::to_owned);
    let found = differences(&formulas, &records, 3).unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Oracle: Microsoft's DATEVALUE page, "uses the current year from your computer's built-in clock".
#[test]
fn a_known_date_without_a_year_is_a_number() {
    let compiled = book::compiled(&[], &["\"5-Jul\"+0".to_owned(), "YEAR(\"5-Jul\")".to_owned()]).unwrap();
    let year_2025 = 45_843.0;
    assert!(NOW > year_2025 && NOW < year_2025 + 365.0 - 185.0);
    assert_eq!(run(&compiled.plan, &[vec![]]), [[Constant::Number(year_2025), Constant::Number(2025.0)]]);
}
