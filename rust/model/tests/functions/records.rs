//! Runs plans over records and holds the results against the same records folded as constants. Also the generator
//! of odd values.

use super::book::{self, NOW};
use execd_calc::interface::Constant;
use execd_calc::plan::Plan;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Layer, Store};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A small generator of pseudo-random numbers (splitmix64), so that a seed gives the same records everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const NUMBERS: [f64; 30] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    3.0,
    0.5,
    -0.5,
    0.1,
    0.2,
    0.3,
    0.30000000000000004,
    1.0000000000000002,
    10.0,
    12.0,
    100.0,
    365.0,
    44_927.0,
    44_927.75,
    -2_958_466.0,
    999_999_999_999_999.0,
    1e15,
    9.007_199_254_740_993e15,
    1e-15,
    1e-300,
    2.2250738585072014e-308,
    5e-324,
    1.7976931348623157e308,
    -1.7976931348623157e308,
    1e200,
];

const TEXTS: [&str; 24] = [
    "", " ", "a", "A", "abc", "ABC", "1", " 2 ", "1e3", "50%", "$1,000", "(5)", "1/2/2023", "12:30", "TRUE",
    "false", "#N/A", "#DIV/0!", "=1", "é", "ß", "日本", "3+4i", ">1",
];

/// Any kind of value that an input can take.
pub fn odd_value(random: &mut Random) -> Constant {
    match random.below(10) {
        0 => Constant::Blank,
        1 => Constant::Bool(random.below(2) == 1),
        2 | 3 => Constant::Text((*random.pick(&TEXTS)).to_owned()),
        4..=6 => Constant::Number(*random.pick(&NUMBERS)),
        7 => Constant::Number((random.unit() - 0.5) * 10f64.powi(random.below(40) as i32 - 20)),
        8 => Constant::Number(random.below(20) as f64),
        _ => Constant::Number((random.unit() * 200.0 - 100.0).round() / 4.0),
    }
}

/// Mostly a small whole number; otherwise what else may stand where one is wanted.
pub fn small_number(random: &mut Random) -> Constant {
    match random.below(12) {
        0 => Constant::Blank,
        1 => Constant::Bool(true),
        2 => Constant::Text("2".to_owned()),
        3 => Constant::Text("x".to_owned()),
        4 => Constant::Number(1.9),
        5 => Constant::Number(-1.0),
        _ => Constant::Number(random.below(5) as f64),
    }
}

/// A number of any size, also among the largest and the smallest.
pub fn any_number(random: &mut Random) -> Constant {
    match random.below(4) {
        0 => Constant::Number(*random.pick(&NUMBERS)),
        1 => Constant::Number((random.unit() - 0.5) * 10f64.powi(random.below(640) as i32 - 320)),
        2 => Constant::Number(2f64.powi(random.below(2046) as i32 - 1022)),
        _ => Constant::Number((random.unit() * 200.0 - 100.0).round() / 4.0),
    }
}

/// A value near another: the same, a unit in the last place away, cancelling it, or odd.
pub fn near(value: &Constant, random: &mut Random) -> Constant {
    let Constant::Number(x) = *value else { return odd_value(random) };
    match random.below(8) {
        0 => Constant::Number(x),
        1 => Constant::Number(-x),
        2 => Constant::Number(x.next_up()),
        3 => Constant::Number(x.next_down()),
        4 => Constant::Number(x * (1.0 + 4e-16 * random.below(20) as f64)),
        5 => Constant::Number(x + random.below(5) as f64 - 2.0),
        6 => Constant::Number(x * (0.5 + random.unit())),
        _ => odd_value(random),
    }
}

/// One record per entry, one constant per input.
pub fn run(plan: &Plan, records: &[Vec<Constant>]) -> Vec<Vec<Constant>> {
    let mut store = Store::new(Layer::Batch);
    let cells = plan.input_cells;
    let columns = (0..cells)
        .map(|cell| records.iter().map(|record| record[cell].value(|text| store.add_text(text))).collect())
        .collect();
    let batch = Batch { records: records.len(), columns, store: Arc::new(store) };
    let env = Env::new(plan.date1904, NOW);
    let cancel = AtomicBool::new(false);
    let mut frame = plan.frame(&batch);
    let mut results = Vec::with_capacity(records.len());
    let step = plan.block_records();
    for first in (0..records.len()).step_by(step) {
        let count = step.min(records.len() - first);
        plan.run(&mut frame, &batch, first..first + count, &env, &cancel).unwrap();
        for record in 0..count {
            let outputs = (0..plan.output_cells).map(|cell| frame.output(cell)[record]);
            results.push(outputs.map(|value| Constant::of(frame.heap(), value)).collect());
        }
    }
    results
}

/// The same kind and, of numbers, the same bits.
pub fn same(a: &Constant, b: &Constant) -> bool {
    match (a, b) {
        (Constant::Number(a), Constant::Number(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

/// Fails with some of the differences, if there are any.
pub fn assert_none(differences: &[String]) {
    let shown = differences.len().min(60);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences[..shown].join("\n")
    );
}

/// Differences between the records in one batch, the first `alone` of them alone, and folded.
pub fn differences(
    formulas: &[String],
    records: &[Vec<Constant>],
    alone: usize,
) -> Result<Vec<String>, String> {
    let compiled = book::compiled(&records[0], formulas)?;
    let batch = run(&compiled.plan, records);
    let mut found = Vec::new();
    for (at, (record, in_batch)) in records.iter().zip(&batch).enumerate() {
        let folded = book::folded(record, formulas);
        let by_itself = (at < alone).then(|| run(&compiled.plan, std::slice::from_ref(record)).remove(0));
        for (output, formula) in formulas.iter().enumerate() {
            let wanted = match &folded[output] {
                Ok(wanted) => wanted,
                Err(reason) => return Err(reason.clone()),
            };
            let mut note = |path: &str, got: &Constant| {
                if !same(wanted, got) {
                    found.push(format!("{formula} of {record:?}: folded {wanted:?}, {path} {got:?}"));
                }
            };
            note("in a batch", &in_batch[output]);
            if let Some(results) = &by_itself {
                note("alone", &results[output]);
            }
        }
    }
    Ok(found)
}
