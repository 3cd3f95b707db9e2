//! How the inputs of a block reach the steps: copied into their slots, or read by machine code where they are.

use super::block::Block;
use super::frame::Frame;
use super::machine::Machine;
use super::slots::Slot;
use crate::plan::InputSlot;
use crate::plan::machine_code::Code;
use crate::values::chunk::{Chunk, LANES};
use std::ops::Range;

/// Chunks of an input that are copied before those of the next: the processor then fetches several columns at a time,
/// which takes half as long as one after the other.
const PIECE: usize = 8;

impl<C> Machine<'_, C> {
    /// Copies the inputs into their slots. Where only machine code reads an input and its column goes on to the end of
    /// the last chunk, it stays in the column: only the first chunk is copied, which tells the kind of values.
    pub fn load(&mut self, code: Option<&Code>) {
        let Machine { plan, slots, frame, block, places, .. } = self;
        let (plan, slots, block) = (*plan, *slots, *block);
        let Frame { in_place, used, .. } = &mut **frame;
        in_place.clear();
        for (index, input) in plan.inputs.iter().enumerate() {
            let in_code = *used > 1 && code.is_some_and(|code| code.only_code.get(index) == Some(&true));
            let values = block.values(input).get(..*used * LANES).filter(|_| in_code);
            in_place.push(values.is_some());
            match values {
                Some(values) => {
                    places.add_column(values);
                    load_chunks(slots.slot(input.slot), input, block, 0..1);
                }
                None => places.add_input(slots.slot(input.slot)),
            }
        }
        let outputs = code.map_or(&[][..], |code| &code.outputs);
        outputs.iter().for_each(|slot| places.add_output(slots.slot(*slot)));
        for piece in (0..*used).step_by(PIECE) {
            for (input, _) in plan.inputs.iter().zip(&*in_place).filter(|(_, in_place)| !**in_place) {
                load_chunks(slots.slot(input.slot), input, block, piece..piece + PIECE);
            }
        }
    }

    /// Slots of the inputs that machine code reads in place, with the values of one chunk.
    pub fn in_place(&self, inputs: &[usize], chunk: usize) -> Vec<(u32, Chunk)> {
        let in_place = |index: &&usize| self.frame.in_place.get(**index) == Some(&true);
        let values = |index: &usize| {
            let input = self.plan.inputs.get(*index)?;
            let values = self.block.values(input).get(chunk * LANES..)?.first_chunk()?;
            Some((input.slot, *values))
        };
        inputs.iter().filter(in_place).filter_map(values).collect()
    }

    /// Copies inputs that machine code was going to read in place.
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
