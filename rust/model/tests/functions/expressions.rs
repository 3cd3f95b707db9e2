//! Random expressions over operators, lazy forms and common functions, on random mixed columns. They find what single
//! operations cannot: wrong slots, masks and regions.

use super::book;
use super::records::{self, Random, assert_none, differences};
use execd_calc::interface::Constant;

const EXPRESSIONS: usize = 250;
const RECORDS: usize = 40;
const INPUTS: usize = 4;

fn expression(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.below(6) == 0 {
        return leaf(random);
    }
    let inner = |random: &mut Random| expression(random, depth - 1);
    match random.below(17) {
        0..=5 => {
            let op = *random.pick(&["+", "-", "*", "/", "^", "&", "=", "<>", "<", ">="]);
            format!("({}{op}{})", inner(random), inner(random))
        }
        6 | 7 => format!("IF({},{},{})", inner(random), inner(random), inner(random)),
        8 => format!("IFERROR({},{})", inner(random), inner(random)),
        9 => format!("CHOOSE({},{},{})", inner(random), inner(random), inner(random)),
        10 => format!("IFS({},{},TRUE,{})", inner(random), inner(random), inner(random)),
        11 => format!("SWITCH({},{},{},{})", inner(random), inner(random), inner(random), inner(random)),
        12 => {
            let name = *random.pick(&["SUM", "MIN", "MAX", "AND", "OR", "CONCATENATE", "AVERAGE"]);
            format!("{name}({},{},A1:D1)", inner(random), inner(random)).replace("CONCATENATE", "CONCAT")
        }
        13 => {
            let name =
                *random.pick(&["ABS", "INT", "EXP", "LEN", "ISNUMBER", "T", "-", "ISERROR", "TRIM", "SQRT"]);
            format!("{name}({})", inner(random))
        }
        14 => format!("ROUND({},{})", inner(random), random.below(4)),
        15 => {
            let name = *random.pick(&["SUM", "COUNT", "COUNTA", "MAX", "AVERAGE", "INDEX", "COUNTBLANK"]);
            // A condition that may be an array has no one range to choose.
            let range = format!("IF({}>{},{},{})", leaf(random), leaf(random), range(random), range(random));
            if name == "INDEX" {
                format!("INDEX({range},1,{})", random.below(3) + 1)
            } else {
                format!("{name}({range})")
            }
        }
        _ => format!("INDEX({},1,{})", range(random), inner(random)),
    }
}

fn leaf(random: &mut Random) -> String {
    match random.below(8) {
        0 => (*random.pick(&["1", "2", "0", "0.1", "\"a\"", "TRUE", "\"\"", "1E+15"])).to_owned(),
        _ => book::input_cell(random.below(INPUTS)),
    }
}

fn range(random: &mut Random) -> String {
    let (first, last) = (random.below(INPUTS), random.below(INPUTS));
    format!("{}:{}", book::input_cell(first.min(last)), book::input_cell(first.max(last)))
}

#[test]
fn random_expressions_give_the_same_bits_folded_and_in_columns() {
    let mut random = Random(1_900);
    let mut found = Vec::new();
    for _ in 0..EXPRESSIONS {
        let formulas: Vec<String> = (0..3).map(|_| expression(&mut random, 4)).collect();
        let records: Vec<Vec<Constant>> = (0..RECORDS)
            .map(|_| {
                let first = records::odd_value(&mut random);
                let second = records::near(&first, &mut random);
                let rest = (2..INPUTS).map(|_| records::odd_value(&mut random)).collect::<Vec<_>>();
                [vec![first, second], rest].concat()
            })
            .collect();
        found.extend(differences(&formulas, &records, 3).unwrap());
    }
    assert_none(&found);
}

/// Arithmetic of numbers alone runs without looking at them; what overflows, underflows or has no value must show all
/// the same, and neither -0 nor a subnormal may reach what is no arithmetic.
fn arithmetic(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return book::input_cell(random.below(INPUTS));
    }
    let inner = |random: &mut Random| {
        let depth = random.below(depth);
        arithmetic(random, depth)
    };
    match random.below(12) {
        0 => format!("SUM({},{},A1:D1)", inner(random), inner(random)),
        1 => format!("SUMPRODUCT(A1:B1,C1:D1)*{}", inner(random)),
        2 => format!("({}*0&\"\")", inner(random)),
        3 => format!("IF({},{},{})", inner(random), inner(random), inner(random)),
        4 => format!("MATCH({}*0,{{1,0,-1}},0)", inner(random)),
        5 => format!("SIGN({})", inner(random)),
        6 => format!("-({}%)", inner(random)),
        _ => {
            let op = *random.pick(&["+", "-", "*", "*", "/"]);
            format!("({}{op}{})", inner(random), inner(random))
        }
    }
}

#[test]
fn arithmetic_of_numbers_of_any_size_gives_the_same_bits_folded_and_in_columns() {
    let mut random = Random(1_904);
    let mut found = Vec::new();
    for _ in 0..EXPRESSIONS {
        let formulas: Vec<String> = (0..3).map(|_| arithmetic(&mut random, 5)).collect();
        let records: Vec<Vec<Constant>> =
            (0..RECORDS).map(|_| (0..INPUTS).map(|_| records::any_number(&mut random)).collect()).collect();
        found.extend(differences(&formulas, &records, RECORDS).unwrap());
    }
    assert_none(&found);
}
