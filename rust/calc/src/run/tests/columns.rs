//! Random input columns: mostly ordinary values, with the others that plans have to cope with in a few records or in
//! all.

use super::Random;
use super::plans::Kind;
use crate::values::batch::Batch;
use crate::values::column::Column;
use crate::values::heap::{Layer, Store};
use crate::values::value::{ErrorCode, Value};
use std::sync::Arc;

/// How much of a batch is out of the ordinary.
#[derive(Clone, Copy, Debug)]
pub enum Mix {
    /// Numbers and truths where the plan expects them, far from each other.
    Plain,
    /// A few numbers that nearly equal those of the column before.
    Near,
    /// Whole columns of such numbers.
    AllNear,
    /// A single value that is not a number of ordinary size.
    One,
    /// One value in a hundred.
    Rare,
    /// A whole column.
    Column,
}

pub const MIXES: [Mix; 10] = [
    Mix::Plain,
    Mix::Near,
    Mix::Near,
    Mix::Near,
    Mix::AllNear,
    Mix::One,
    Mix::One,
    Mix::Rare,
    Mix::Column,
    Mix::Column,
];

/// Columns for inputs of these kinds.
pub fn batch(random: &mut Random, kinds: &[Kind], records: usize, mix: Mix) -> Batch {
    let mut store = Store::new(Layer::Batch);
    let texts = ["", "7", "TRUE", "x"].map(|text| store.add_text(text));
    let mut columns: Vec<Vec<Value>> = Vec::new();
    for &kind in kinds {
        let before = columns.last().filter(|_| kind.is_twin());
        let column = match before {
            Some(before) => before.iter().map(|&value| twin(random, value, mix)).collect(),
            None => ordinary(random, kind, records),
        };
        columns.push(column);
    }
    let strange = |random: &mut Random| strange(random, &texts);
    let at = random.below(columns.len());
    match mix {
        Mix::Plain | Mix::Near | Mix::AllNear => {}
        Mix::One => columns[at][random.below(records)] = strange(random),
        Mix::Column => {
            let (same, value) = (random.percent(50), strange(random));
            columns[at].iter_mut().for_each(|cell| *cell = if same { value } else { strange(random) });
        }
        Mix::Rare => {
            for cell in columns.iter_mut().flatten() {
                if random.below(100) == 0 {
                    *cell = strange(random);
                }
            }
        }
    }
    let columns = columns.into_iter().map(Column::from).collect();
    Batch { records, columns, store: Arc::new(store) }
}

fn ordinary(random: &mut Random, kind: Kind, records: usize) -> Vec<Value> {
    let whole = random.percent(40);
    let flat = random.percent(10).then(|| 1.0 + 999.0 * random.unit());
    let value = |random: &mut Random| match kind {
        Kind::Truth => Value::bool(random.percent(50)),
        Kind::Any => match random.below(3) {
            0 => Value::bool(random.percent(50)),
            1 => Value::BLANK,
            _ => Value::number(random.unit()),
        },
        Kind::Number { low, .. } => {
            let size = flat.unwrap_or(1.0 + 999.0 * random.unit());
            let size = if whole { size.trunc() } else { size };
            Value::number(if low.is_some() || random.percent(70) { size } else { -size })
        }
    };
    (0..records).map(|_| value(random)).collect()
}

/// Another number, or one within some units in the last place: on both sides of what 15 digits tell apart.
fn twin(random: &mut Random, value: Value, mix: Mix) -> Value {
    let Some(x) = value.as_number() else { return value };
    let near = match mix {
        Mix::Plain => false,
        Mix::AllNear => true,
        _ => random.below(60) == 0,
    };
    let units = random.below(241) as f64 - 120.0;
    Value::number(if near { x * (1.0 + units * f64::EPSILON) } else { 1.0 + 999.0 * random.unit() })
}

/// A value that makes lanes fall back or raises flags. Batches hold no -0 and no subnormals; plans make them of numbers
/// near the ends of the range.
fn strange(random: &mut Random, texts: &[Value]) -> Value {
    const TINY: f64 = f64::MIN_POSITIVE;
    let numbers = [0.0, 1e308, -1e308, 1e-300, TINY, TINY * 1.5, -TINY * 1.25, f64::MAX, 1e17, -1e-17, 1e200];
    match random.below(10) {
        0 => random.pick(texts),
        1 => Value::bool(random.percent(50)),
        2 => Value::BLANK,
        3 => Value::error(random.pick(&[ErrorCode::NA, ErrorCode::Div0, ErrorCode::Value])),
        _ => Value::number(random.pick(&numbers)),
    }
}
