//! The records that run together.

use super::slots::Slot;
use crate::plan::InputSlot;
use crate::values::batch::Batch;
use crate::values::value::Value;

/// Records of a batch that run together.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    pub batch: &'a Batch,
    pub first: usize,
    pub records: usize,
    /// By output cell, the column that takes the place of its slot; empty or missing where the slot stays in the frame.
    pub columns: &'a [Slot<'a>],
}

impl<'a> Block<'a> {
    /// An input's values from the first record on, as far as the batch goes; none where its default is used.
    pub fn values(self, input: &InputSlot) -> &'a [Value] {
        let column = self.batch.columns.get(input.cell).map_or(&[][..], |column| &**column);
        column.get(self.first..).filter(|values| values.len() >= self.records).unwrap_or_default()
    }
}
