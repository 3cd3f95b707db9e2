//! Calls of functions in a plan, record by record.

use super::chunk::{Chunk, LANES};
use super::frame::Frame;
use crate::function::{Arg, Cx, Env, Function};
use crate::heap::Array;
use crate::lift;
use crate::plan::{Argument, Content, Operand, Plan, PlanRange};
use crate::range::{Cells, Range};
use crate::value::Value;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// Records between two looks at the cancel flag.
const CANCEL_EVERY: usize = 64;

pub fn call(
    plan: &Plan,
    frame: &mut Frame,
    env: &Env,
    cancel: &AtomicBool,
    function: &Function,
    (first, count): (u32, u32),
    out: u32,
) {
    let arguments = plan.arguments.get(first as usize..(first + count) as usize).unwrap_or(&[]);
    let Frame { heap, data, chunks, used, records, mask, results, .. } = frame;
    let columns = Columns { plan, data, chunks: *chunks };
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
    store(data, *chunks, *used, &results[..*records], out);
}

/// Builds an array value per record.
pub fn pack(plan: &Plan, frame: &mut Frame, first: u32, (rows, cols): (u32, u32), out: u32) {
    let (rows, cols) = (rows as usize, cols as usize);
    let arguments = plan.arguments.get(first as usize..first as usize + rows * cols).unwrap_or(&[]);
    let Frame { heap, data, chunks, used, records, mask, results, .. } = frame;
    let columns = Columns { plan, data, chunks: *chunks };
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
    store(data, *chunks, *used, &results[..*records], out);
}

/// Writes one value per record to a slot; lanes beyond become 0.
fn store(data: &mut [Chunk], chunks: usize, used: usize, results: &[Value], out: u32) {
    let base = out as usize * chunks;
    let slot = data.get_mut(base..base + used).unwrap_or_default().as_flattened_mut();
    let (filled, rest) = slot.split_at_mut(results.len().min(slot.len()));
    filled.copy_from_slice(results);
    rest.fill(Value::ZERO);
}

/// The slots as seen from one record.
#[derive(Debug)]
struct Columns<'a> {
    plan: &'a Plan,
    data: &'a [Chunk],
    chunks: usize,
}

impl Columns<'_> {
    #[inline]
    fn value(&self, operand: Operand, record: usize) -> Value {
        match operand.as_constant() {
            Some(at) => self.plan.constants.get(at).copied().unwrap_or(Value::BLANK),
            None => {
                let chunk = self.data.get(operand.as_slot() * self.chunks + record / LANES);
                chunk.map_or(Value::BLANK, |chunk| chunk[record % LANES])
            }
        }
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
