//! How the inputs of a block reach the steps: copied into their slots, or read by machine code where they are.

use super::cpu::Cpu;
use super::frame::{Frame, Slot};
use super::lane::{Chunk, LANES};
use super::machine::Machine;
use crate::plan::InputSlot;
use crate::plan::machine_code::Code;
use crate::values::batch::Batch;
use crate::values::value::Value;
use std::ops::Range;

/// Chunks of an input that are copied before those of the next: the processor then fetches several columns at a time,
/// which takes half as long as one after the other.
const PIECE: usize = 8;

/// Records of a batch that run together.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    pub batch: &'a Batch,
    pub first: usize,
    pub records: usize,
    /// By output cell, the column that is to be its slot; empty or missing where the frame's slot is.
    pub columns: &'a [Slot<'a>],
}

impl<'a> Block<'a> {
    /// An input's values from the first record on, as far as the batch goes; none where its default stands for them.
    fn values(self, input: &InputSlot) -> &'a [Value] {
        let column = self.batch.columns.get(input.cell).map_or(&[][..], Vec::as_slice);
        column.get(self.first..).filter(|values| values.len() >= self.records).unwrap_or_default()
    }
}

impl<C: Cpu> Machine<'_, C> {
    /// Copies the inputs into their slots, but for those that only machine code reads and whose columns go on to the
    /// end of the last chunk: of them the first chunk only, which tells the kind of values.
    pub fn load(&mut self, code: Option<&Code>) {
        let (plan, slots, block) = (self.plan, self.slots, self.block);
        let Frame { in_place, places, used, .. } = &mut *self.frame;
        in_place.clear();
        places.clear();
        for (index, input) in plan.inputs.iter().enumerate() {
            let in_code = *used > 1 && code.is_some_and(|code| code.only_code.get(index) == Some(&true));
            let values = block.values(input).get(..*used * LANES).filter(|_| in_code);
            in_place.push(values.is_some());
            places.push(match values {
                Some(values) => slots.distance_to(values.as_ptr()),
                None => slots.distance(input.slot),
            });
            if values.is_some() {
                load_chunks(slots.slot(input.slot), input, block, 0..1);
            }
        }
        let outputs = code.map_or(&[][..], |code| &code.outputs);
        places.extend(outputs.iter().map(|slot| slots.distance(*slot)));
        for piece in (0..*used).step_by(PIECE) {
            for (input, _) in plan.inputs.iter().zip(&*in_place).filter(|(_, in_place)| !**in_place) {
                load_chunks(slots.slot(input.slot), input, block, piece..piece + PIECE);
            }
        }
    }

    /// Of inputs that machine code reads where they are, slots and the values of a chunk.
    pub fn in_place(&self, inputs: &[usize], chunk: usize) -> Vec<(u32, Chunk)> {
        let in_place = |index: &&usize| self.frame.in_place.get(**index) == Some(&true);
        let values = |index: &usize| {
            let input = self.plan.inputs.get(*index)?;
            let values = self.block.values(input).get(chunk * LANES..)?.first_chunk()?;
            Some((input.slot, *values))
        };
        inputs.iter().filter(in_place).filter_map(values).collect()
    }

    /// Copies inputs that machine code was to read where they are.
    pub fn load_rest(&mut self, inputs: &[usize]) {
        for &index in inputs {
            let (Some(input), Some(in_place)) =
                (self.plan.inputs.get(index), self.frame.in_place.get_mut(index))
            else {
                continue;
            };
            if std::mem::take(in_place) {
                load_chunks(self.slots.slot(input.slot), input, self.block, 0..self.frame.used);
            }
        }
    }
}

/// Fills some chunks of an input's slot; lanes beyond the last record repeat it.
fn load_chunks(slot: Slot<'_>, input: &InputSlot, block: Block<'_>, chunks: Range<usize>) {
    let slot = slot.get(chunks.start..chunks.end.min(slot.len())).unwrap_or_default();
    let values = block.values(input);
    let end = values.len().min(block.records).min(chunks.end * LANES);
    let values = values.get(chunks.start * LANES..end).unwrap_or_default();
    let (whole, rest) = values.as_chunks::<LANES>();
    for (chunk, values) in slot.iter().zip(whole) {
        chunk.set(*values);
    }
    let last = values.last().copied().unwrap_or(input.default);
    for chunk in slot.iter().skip(whole.len()) {
        let mut padded = [last; LANES];
        padded[..rest.len()].copy_from_slice(rest);
        chunk.set(padded);
    }
}
