//! How outputs leave a block: they stay in their slots, or the caller's columns are their slots. How they are written
//! to the wire is not known here.

use super::frame::Frame;
use super::slots::Slot;
use crate::plan::Plan;
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::Value;
use std::cell::Cell;

/// The columns as slots, for as many records. A column of another length or without whole chunks, which steps write, is
/// empty here.
pub fn as_slots<'a>(columns: &'a mut [&mut [Value]], records: usize) -> Vec<Slot<'a>> {
    let whole = |column: &[Value]| column.len() == records && records.is_multiple_of(LANES);
    let slot = |column: &'a mut &mut [Value]| -> Slot<'a> {
        if !whole(column) {
            return &[];
        }
        let chunks: &mut [Chunk] = column.as_chunks_mut().0;
        Cell::from_mut(chunks).as_slice_of_cells()
    };
    columns.iter_mut().map(slot).collect()
}

/// Puts columns in the place of their outputs' slots, and notes for which outputs.
pub fn place<'a>(frame: &mut Frame, plan: &Plan, columns: &[Slot<'a>], table: &mut [Slot<'a>]) {
    let Frame { sole, in_columns, .. } = frame;
    in_columns.clear();
    if columns.is_empty() {
        return;
    }
    let sole = sole.get_or_insert_with(|| self::sole(plan));
    for ((output, column), sole) in plan.outputs.iter().zip(columns).zip(sole) {
        let slot = output.in_slot().filter(|_| *sole && !column.is_empty());
        let slot = slot.and_then(|slot| table.get_mut(slot as usize));
        in_columns.push(slot.is_some());
        slot.into_iter().for_each(|slot| *slot = column);
    }
}

/// By output, whether no other output has its slot; a column can be the slot of one output only.
fn sole(plan: &Plan) -> Vec<bool> {
    let mut outputs = vec![0u32; plan.slots];
    let slots = || plan.outputs.iter().map(|output| output.in_slot().map(|slot| slot as usize));
    for slot in slots().flatten() {
        outputs.get_mut(slot).into_iter().for_each(|count| *count += 1);
    }
    slots().map(|slot| slot.and_then(|slot| outputs.get(slot)) == Some(&1)).collect()
}

impl Frame {
    /// Copies outputs that are not in their columns yet.
    pub fn copy_outputs(&self, columns: &mut [&mut [Value]]) {
        for (cell, column) in columns.iter_mut().enumerate() {
            let values = self.output(cell);
            if column.len() == values.len() {
                column.copy_from_slice(values);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{InputSlot, Operand, Step};
    use crate::semantics::function::Env;
    use crate::semantics::operator::BinaryOp;
    use crate::semantics::primitive::Op2;
    use crate::values::batch::Batch;
    use std::sync::atomic::AtomicBool;

    /// The input, its double twice, and a constant, over an input that counts from 0.
    fn plan_and_batch() -> (Plan, Batch) {
        let (input, double, two) = (Operand::slot(0), Operand::slot(1), Operand::constant(0));
        let op = Op2::Operator(BinaryOp::Mul);
        let plan = Plan {
            inputs: vec![InputSlot { cell: 0, slot: 0, default: Value::ZERO }],
            constants: vec![Value::number(2.0)],
            steps: vec![Step::Two { op, a: input, b: two, out: 1 }],
            outputs: vec![input, double, double, two],
            slots: 2,
            ..Plan::default()
        };
        let count = (0..1000).map(|record| Value::number(f64::from(record))).collect();
        (plan, Batch { columns: vec![count], ..Batch::defaults(1000, 1) })
    }

    fn numbers(values: &[Value]) -> Vec<f64> {
        values.iter().map(|value| value.lane()).collect()
    }

    /// Runs with columns of these lengths; whether each column, or else the frame, has the numbers of its output.
    fn check(records: std::ops::Range<usize>, lengths: [usize; 4]) {
        let (plan, batch) = plan_and_batch();
        let mut columns = lengths.map(|length| vec![Value::bool(true); length]);
        let mut slices: Vec<&mut [Value]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        let mut frame = plan.frame(&batch);
        let cancel = AtomicBool::new(false);
        plan.run_into(&mut frame, &batch, records.clone(), &mut slices, &Env::default(), &cancel).unwrap();
        let count: Vec<f64> = records.map(|record| record as f64).collect();
        let double: Vec<f64> = count.iter().map(|x| 2.0 * x).collect();
        for (cell, expected) in [&count, &double, &double, &vec![2.0; count.len()]].into_iter().enumerate() {
            if columns[cell].len() == count.len() {
                assert_eq!(numbers(&columns[cell]), *expected, "column {cell}");
            } else {
                assert_eq!(numbers(frame.output(cell)), *expected, "output {cell}");
                assert!(columns[cell].iter().all(|value| value.same(Value::bool(true))), "column {cell}");
            }
        }
    }

    #[test]
    fn columns_get_inputs_results_and_constants() {
        check(0..320, [320; 4]);
        check(320..336, [16; 4]);
        check(0..7, [7; 4]);
        check(16..33, [17; 4]);
    }

    #[test]
    fn outputs_without_a_column_stay_in_the_frame() {
        check(0..32, [0, 0, 32, 0]);
        check(0..32, [0, 32, 0, 32]);
        check(0..32, [31, 33, 0, 32]);
    }
}
