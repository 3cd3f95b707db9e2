//! The slots while steps run.

use crate::plan::Operand;
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::Value;
use std::cell::Cell;

/// The chunks in use of one slot. An operand may be read from the slot that is written, hence cells.
pub type Slot<'a> = &'a [Cell<Chunk>];

/// The slots while steps run.
#[derive(Clone, Copy, Debug)]
pub struct Slots<'a> {
    table: &'a [Slot<'a>],
    constants: &'a [Value],
}

impl<'a> Slots<'a> {
    pub fn table(cells: &'a [Cell<Chunk>], chunks: usize, used: usize) -> Vec<Slot<'a>> {
        cells.chunks(chunks).map(|slot| slot.get(..used).unwrap_or_default()).collect()
    }

    /// `table` ends with the scratch slots.
    pub fn new(table: &'a [Slot<'a>], constants: &'a [Value]) -> Slots<'a> {
        Slots { table, constants }
    }

    #[inline(always)]
    pub fn slot(self, slot: u32) -> Slot<'a> {
        self.table.get(slot as usize).copied().unwrap_or_default()
    }

    #[inline(always)]
    pub fn constant(self, operand: Operand) -> Option<Value> {
        operand.as_constant().map(|at| self.constants.get(at).copied().unwrap_or(Value::BLANK))
    }

    /// The value of an operand in one lane, normalised.
    #[inline(always)]
    pub fn value(self, operand: Operand, record: usize) -> Value {
        match self.constant(operand) {
            Some(value) => value,
            None => {
                let chunk = self.slot(operand.as_slot() as u32).get(record / LANES);
                chunk.map_or(Value::BLANK, |chunk| {
                    chunk.as_array_of_cells()[record % LANES].get().normalised()
                })
            }
        }
    }

    /// The chunks of an operand; a constant is spread over the scratch slot `n`.
    #[inline(always)]
    pub fn operand(self, operand: Operand, n: usize) -> Slot<'a> {
        match self.constant(operand) {
            None => self.slot(operand.as_slot() as u32),
            Some(value) => self.spread(value, n),
        }
    }

    #[inline(always)]
    fn spread(self, value: Value, n: usize) -> Slot<'a> {
        let scratch = self.table.get(self.table.len().wrapping_sub(n + 1)).copied().unwrap_or_default();
        for chunk in scratch {
            chunk.set([value; LANES]);
        }
        scratch
    }

    /// Writes one value per record; lanes after the last record repeat its value.
    pub fn store(self, out: u32, results: &[Value]) {
        let (whole, rest) = results.as_chunks::<LANES>();
        let mut last = [results.last().copied().unwrap_or(Value::ZERO); LANES];
        last[..rest.len()].copy_from_slice(rest);
        for (at, chunk) in self.slot(out).iter().enumerate() {
            chunk.set(whole.get(at).copied().unwrap_or(last));
        }
    }
}
