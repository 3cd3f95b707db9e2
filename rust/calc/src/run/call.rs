//! Calls of functions in a plan, record by record.

use super::chunk::LANES;
use super::frame::{Frame, Slots};
use super::machine::Machine;
use crate::function::{Arg, Cx, Function};
use crate::heap::Array;
use crate::lift;
use crate::plan::{Argument, Content, Operand, Plan, PlanRange};
use crate::range::{Cells, Range};
use crate::value::Value;
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// Records between two looks at the cancel flag.
const CANCEL_EVERY: usize = 64;

pub fn call<C>(machine: &mut Machine<'_, C>, function: &Function, (first, count): (u32, u32), out: u32) {
    let Machine { plan, slots, frame, env, cancel, .. } = machine;
    let (plan, slots) = (*plan, *slots);
    let arguments = plan.arguments.get(first as usize..(first + count) as usize).unwrap_or(&[]);
    let Frame { heap, records, mask, results, .. } = &mut **frame;
    let columns = Columns { plan, slots };
    let cells: Vec<Option<RecordCells<'_>>> =
        arguments.iter().map(|argument| columns.cells(argument)).collect();
    let mut args: Vec<Arg<'_>> = cells
        .iter()
        .map(|cells| cells.as_ref().map_or(Arg::Value(Value::OMITTED), |cells| Arg::Range(cells.range())))
        .collect();
    let mut cx = Cx { heap, env, cancel };
    for record in 0..*records {
        if record % CANCEL_EVERY == 0 && cancel.load(Ordering::Relaxed) {
            return;
        }
        let needed = mask.get(record / LANES).is_some_and(|mask| mask >> (record % LANES) & 1 == 1);
        let Some(result) = results.get_mut(record) else { return };
        *result = Value::ZERO;
        if !needed {
            continue;
        }
        for ((arg, argument), cells) in args.iter_mut().zip(arguments).zip(&cells) {
            match (argument, cells) {
                (Argument::Operand(operand), _) => *arg = Arg::Value(columns.value(*operand, record)),
                (_, Some(cells)) => cells.record.set(record),
                _ => {}
            }
        }
        *result = lift::call(&mut cx, function, &args);
    }
    slots.store(out, &results[..*records]);
}

/// Builds an array value per record.
pub fn pack<C>(machine: &mut Machine<'_, C>, first: u32, (rows, cols): (u32, u32), out: u32) {
    let Machine { plan, slots, frame, .. } = machine;
    let (plan, slots) = (*plan, *slots);
    let (rows, cols) = (rows as usize, cols as usize);
    let arguments = plan.arguments.get(first as usize..first as usize + rows * cols).unwrap_or(&[]);
    let Frame { heap, records, mask, results, .. } = &mut **frame;
    let columns = Columns { plan, slots };
    for record in 0..*records {
        let needed = mask.get(record / LANES).is_some_and(|mask| mask >> (record % LANES) & 1 == 1);
        let Some(result) = results.get_mut(record) else { return };
        *result = Value::ZERO;
        if needed {
            let cells = arguments
                .iter()
                .map(|argument| match argument {
                    Argument::Operand(operand) => columns.value(*operand, record),
                    Argument::Range(_) => Value::BLANK,
                })
                .collect();
            *result = heap.add_array(Array { rows, cols, cells });
        }
    }
    slots.store(out, &results[..*records]);
}

/// The slots as seen from one record.
#[derive(Debug)]
struct Columns<'a> {
    plan: &'a Plan,
    slots: Slots<'a>,
}

impl Columns<'_> {
    #[inline]
    fn value(&self, operand: Operand, record: usize) -> Value {
        self.slots.value(operand, record)
    }

    fn cells(&self, argument: &Argument) -> Option<RecordCells<'_>> {
        let Argument::Range(range) = argument else { return None };
        let range = self.plan.ranges.get(*range as usize)?;
        Some(RecordCells { columns: self, range, record: Cell::new(0) })
    }
}

/// The cells of a range for one record.
#[derive(Debug)]
struct RecordCells<'a> {
    columns: &'a Columns<'a>,
    range: &'a PlanRange,
    record: Cell<usize>,
}

impl RecordCells<'_> {
    fn range(&self) -> Range<'_> {
        let range = self.range;
        let cells: &dyn Cells = match &range.content {
            Content::Table(table) => table.as_ref(),
            Content::Operands(_) => self,
        };
        Range {
            rows: range.rows,
            cols: range.cols,
            used_rows: range.used_rows,
            used_cols: range.used_cols,
            origin: range.origin,
            cells,
        }
    }
}

impl Cells for RecordCells<'_> {
    fn get(&self, row: usize, col: usize) -> Value {
        let Content::Operands(operands) = &self.range.content else { return Value::BLANK };
        match operands.get(row * self.range.used_cols + col) {
            Some(&operand) => self.columns.value(operand, self.record.get()),
            None => Value::BLANK,
        }
    }
}
