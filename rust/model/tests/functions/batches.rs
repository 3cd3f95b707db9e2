//! Each case with its literals as inputs: alone, in a mixed batch, and folded, bit for bit the same.

use super::cases;
use super::records::{self, Random, assert_none};
use execd_calc::interface::Constant;
use execd_model::formula::ast::{Corner, Expr, Reference};
use execd_model::formula::parse;
use std::collections::BTreeMap;

/// Records beside those of the cases, per formula shape.
const ODD_RECORDS: usize = 12;

/// The formula with input cells for its literals, and the literals.
fn with_inputs(mut tree: Expr) -> (String, Vec<Constant>) {
    let mut literals = Vec::new();
    replace(&mut tree, &mut literals);
    (tree.to_string(), literals)
}

fn replace(expr: &mut Expr, literals: &mut Vec<Constant>) {
    let literal = match expr {
        Expr::Number(x) => Constant::Number(*x),
        Expr::Text(text) => Constant::Text(text.to_string()),
        Expr::Bool(b) => Constant::Bool(*b),
        Expr::Unary(_, a) | Expr::Intersected(a) => return replace(a, literals),
        Expr::Binary(_, a, b) => {
            replace(a, literals);
            return replace(b, literals);
        }
        Expr::Call { args, .. } => return args.iter_mut().for_each(|arg| replace(arg, literals)),
        _ => return,
    };
    let corner = Corner { row: 0, col: literals.len() as u32, row_fixed: false, col_fixed: false };
    *expr = Expr::Reference(Reference { sheet: None, first: corner, last: corner });
    literals.push(literal);
}

/// Records by formula shape.
fn shapes() -> BTreeMap<String, Vec<Vec<Constant>>> {
    let mut shapes: BTreeMap<String, Vec<Vec<Constant>>> = BTreeMap::new();
    for case in cases::all() {
        let (shape, literals) = with_inputs(parse(&case.formula).unwrap());
        if !literals.is_empty() {
            shapes.entry(shape).or_default().push(literals);
        }
    }
    shapes
}

#[test]
fn cases_give_the_same_bits_folded_alone_and_in_a_batch() {
    let mut random = Random(20_261_121);
    let (mut found, mut refused, mut compared) = (Vec::new(), Vec::new(), 0);
    let shapes = shapes();
    for (shape, own) in &shapes {
        let mut records = own.clone();
        for _ in 0..ODD_RECORDS {
            let mut record = random.pick(own).clone();
            for value in &mut record {
                if random.below(2) == 0 {
                    *value = records::near(value, &mut random);
                }
            }
            let at = random.below(records.len() + 1);
            records.insert(at, record);
        }
        match records::differences(std::slice::from_ref(shape), &records, records.len()) {
            Ok(differences) => {
                compared += records.len();
                found.extend(differences);
            }
            Err(reason) => refused.push(format!("{shape}: {reason}")),
        }
    }
    println!(
        "{compared} records of {} formulas; {} formulas need their literals:",
        shapes.len(),
        refused.len()
    );
    println!("{}", refused.join("\n"));
    assert_none(&found);
}
