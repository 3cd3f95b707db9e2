//! Calls of functions in a plan, record by record.

use super::state::frame::Frame;
use super::state::machine::Machine;
use super::state::memo;
use super::state::slots::{Slot, Slots};
use crate::plan::{Argument, Content, Operand, Plan, PlanRange};
use crate::semantics::function::{Arg, Cx, Function, Kernel};
use crate::semantics::lift;
use crate::values::chunk::LANES;
use crate::values::heap::Array;
use crate::values::range::{Cells, Range, Table};
use crate::values::value::Value;
use std::cell::Cell;

pub fn call<C>(machine: &mut Machine<'_, C>, function: &Function, (first, count): (u32, u32), out: u32) {
    let Machine { plan, slots, frame, env, cancel, .. } = machine;
    let (plan, slots) = (*plan, *slots);
    let arguments = plan.arguments.get(first as usize..(first + count) as usize).unwrap_or(&[]);
    let Frame { heap, mask, memo, .. } = &mut **frame;
    let sources = Sources { plan, slots };
    let cells: Vec<Option<RecordCells<'_>>> =
        arguments.iter().map(|argument| sources.cells(argument)).collect();
    let mut given = Given::new(&sources, function, arguments, &cells);
    let varying: Vec<(usize, Slot<'_>)> = varying(slots, arguments).collect();
    let computed: Vec<&RecordCells<'_>> =
        cells.iter().flatten().filter(|cells| cells.table().is_none()).collect();
    let remembers = computed.is_empty() && (1..=memo::WIDTH).contains(&varying.len());
    memo.start();
    let mut cx = Cx { heap, env, cancel };
    let mut values = vec![[Value::ZERO; LANES]; varying.len().max(memo::WIDTH)];
    for (chunk, (out, mask)) in slots.slot(out).iter().zip(mask.iter()).enumerate() {
        for (values, (_, slot)) in values.iter_mut().zip(&varying) {
            *values = slot.get(chunk).map_or([Value::ZERO; LANES], Cell::get).map(Value::normalised);
        }
        let mut results = [Value::ZERO; LANES];
        for (lane, result) in results.iter_mut().enumerate().filter(|(lane, _)| mask >> lane & 1 == 1) {
            if lane % LOOK == 0 && cx.cancelled() {
                return;
            }
            let mut work_out = || {
                for (values, (position, _)) in values.iter().zip(&varying) {
                    given.set(*position, values[lane]);
                }
                computed.iter().for_each(|cells| cells.record.set(chunk * LANES + lane));
                given.call(&mut cx, function)
            };
            *result = match (remembers, values.as_slice()) {
                (true, [first, second, ..]) => memo.get([first[lane], second[lane]], work_out),
                _ => work_out(),
            };
        }
        out.set(results);
    }
}

/// Calls between two looks at the stop flag: none takes longer than some milliseconds once it is raised.
const LOOK: usize = 4;

/// Up to this many arguments of a scalar kernel are kept as values.
const FEW: usize = 8;

/// The arguments of a call for one record.
enum Given<'a> {
    /// A scalar kernel's, and how many they are.
    Few([Value; FEW], usize),
    Any(Vec<Arg<'a>>),
}

impl<'a> Given<'a> {
    fn new(
        sources: &Sources<'_>,
        function: &Function,
        arguments: &[Argument],
        cells: &'a [Option<RecordCells<'_>>],
    ) -> Given<'a> {
        let args = arguments.iter().zip(cells).map(|(argument, cells)| sources.argument(argument, cells));
        if !matches!(function.kernel, Kernel::Scalar(_)) || arguments.len() > FEW {
            return Given::Any(args.collect());
        }
        let mut values = [Value::OMITTED; FEW];
        for (value, arg) in values.iter_mut().zip(args) {
            *value = arg.value();
        }
        Given::Few(values, arguments.len())
    }

    #[inline]
    fn set(&mut self, position: usize, value: Value) {
        match self {
            Given::Few(values, _) => {
                if let Some(place) = values.get_mut(position) {
                    *place = value;
                }
            }
            Given::Any(args) => {
                if let Some(place) = args.get_mut(position) {
                    *place = Arg::Value(value);
                }
            }
        }
    }

    fn call(&self, cx: &mut Cx<'_>, function: &Function) -> Value {
        match self {
            Given::Few(values, count) => {
                let values = values.get(..*count).unwrap_or(values);
                // Arrays are lifted over, and most kernels see no errors.
                let plain = values.iter().all(|value| !value.is_array() && !value.is_error());
                match function.kernel {
                    Kernel::Scalar(kernel) if plain => kernel(cx, values),
                    _ => lift::call(cx, function, &values.iter().map(|&v| Arg::Value(v)).collect::<Vec<_>>()),
                }
            }
            Given::Any(args) => lift::call(cx, function, args),
        }
    }
}

/// The arguments that are columns, by position.
fn varying<'a>(slots: Slots<'a>, arguments: &[Argument]) -> impl Iterator<Item = (usize, Slot<'a>)> {
    arguments.iter().enumerate().filter_map(move |(position, argument)| match *argument {
        Argument::Operand(operand) if operand.as_constant().is_none() => {
            Some((position, slots.slot(operand.as_slot() as u32)))
        }
        _ => None,
    })
}

/// Builds an array value per record.
pub fn pack<C>(machine: &mut Machine<'_, C>, first: u32, (rows, cols): (u32, u32), out: u32) {
    let Machine { plan, slots, frame, .. } = machine;
    let (plan, slots) = (*plan, *slots);
    let (rows, cols) = (rows as usize, cols as usize);
    let arguments = plan.arguments.get(first as usize..first as usize + rows * cols).unwrap_or(&[]);
    let Frame { heap, records, mask, results, .. } = &mut **frame;
    let sources = Sources { plan, slots };
    for record in 0..*records {
        let needed = mask.get(record / LANES).is_some_and(|mask| mask >> (record % LANES) & 1 == 1);
        let Some(result) = results.get_mut(record).filter(|_| heap.refused().is_none()) else { return };
        *result = Value::ZERO;
        if needed {
            let cells: Vec<Value> = arguments
                .iter()
                .map(|argument| match argument {
                    Argument::Operand(operand) => sources.value(*operand, record),
                    Argument::Range(_) => Value::BLANK,
                })
                .collect();
            *result = match *cells {
                [only] => heap.add_cell(only),
                _ => heap.add_array(Array::new(rows, cols, cells)),
            };
        }
    }
    slots.store(out, &results[..*records]);
}

/// The slots as seen from one record.
#[derive(Debug)]
struct Sources<'a> {
    plan: &'a Plan,
    slots: Slots<'a>,
}

impl Sources<'_> {
    #[inline]
    fn value(&self, operand: Operand, record: usize) -> Value {
        self.slots.value(operand, record)
    }

    /// An argument of the first record.
    fn argument<'c>(&self, argument: &Argument, cells: &'c Option<RecordCells<'_>>) -> Arg<'c> {
        match (argument, cells) {
            (Argument::Operand(operand), _) => Arg::Value(self.value(*operand, 0)),
            (_, Some(cells)) => Arg::Range(cells.range()),
            _ => Arg::Value(Value::OMITTED),
        }
    }

    fn cells(&self, argument: &Argument) -> Option<RecordCells<'_>> {
        let Argument::Range(range) = argument else { return None };
        let range = self.plan.ranges.get(*range as usize)?;
        let operands = self.plan.cells.get(self.plan.cells_of(range)).unwrap_or_default();
        Some(RecordCells { sources: self, range, operands, record: Cell::new(0) })
    }
}

/// The cells of a range for one record.
#[derive(Debug)]
struct RecordCells<'a> {
    sources: &'a Sources<'a>,
    range: &'a PlanRange,
    operands: &'a [Operand],
    record: Cell<usize>,
}

impl RecordCells<'_> {
    /// The table that all records share, if no cell is computed.
    fn table(&self) -> Option<&Table> {
        match &self.range.content {
            Content::Table(table) => Some(table),
            Content::Operands { .. } => None,
        }
    }

    fn range(&self) -> Range<'_> {
        let range = self.range;
        let cells: &dyn Cells = match &range.content {
            Content::Table(table) => table.as_ref(),
            Content::Operands { .. } => self,
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
        match self.operands.get(row * self.range.used_cols + col) {
            Some(&operand) => self.sources.value(operand, self.record.get()),
            None => Value::BLANK,
        }
    }
}
