//! The working memory of one thread: slots, masks and the local heap.

use super::chunk::{Chunk, LANES};
use crate::batch::Batch;
use crate::heap::Heap;
use crate::plan::{Operand, Plan};
use crate::value::Value;

/// Slots and local heap for one plan and batch. Reused block after block.
#[derive(Debug)]
pub struct Frame {
    pub(super) heap: Heap,
    /// `chunks` chunks per slot (one of them spare), then the scratch chunks of `SCRATCH`.
    pub(super) data: Vec<Chunk>,
    pub(super) chunks: usize,
    /// Chunks that hold records of this block.
    pub(super) used: usize,
    pub(super) records: usize,
    /// Records that need the current region, one bit per lane.
    pub(super) mask: Vec<u16>,
    pub(super) outer_masks: Vec<Vec<u16>>,
    /// First chunk of the scratch, where constants are spread out for a step.
    pub(super) scratch: usize,
    pub(super) results: Vec<Value>,
    outputs: Vec<Operand>,
    constant_outputs: Vec<Vec<Value>>,
}

/// Operands of a step that may be constants.
pub(super) const SCRATCH: usize = 4;

impl Frame {
    pub(super) fn new(plan: &Plan, batch: &Batch) -> Frame {
        let block = plan.block_records().min(batch.records.max(1).next_multiple_of(LANES));
        // One chunk more than a block needs: slots a power of two apart would fight for the same cache lines.
        let chunks = block.div_ceil(LANES) + 1;
        let scratch = plan.slots * chunks;
        let constant_outputs = plan
            .outputs
            .iter()
            .map(|operand| match operand.as_constant() {
                Some(at) => vec![plan.constants.get(at).copied().unwrap_or(Value::BLANK); block],
                None => Vec::new(),
            })
            .collect();
        Frame {
            heap: Heap::new(plan.store.clone(), batch.store.clone()),
            data: vec![[Value::ZERO; LANES]; scratch + SCRATCH],
            chunks,
            used: 0,
            records: 0,
            mask: Vec::with_capacity(chunks),
            outer_masks: Vec::new(),
            scratch,
            results: vec![Value::ZERO; chunks * LANES],
            outputs: plan.outputs.clone(),
            constant_outputs,
        }
    }

    /// Empties the heap and fills the input slots; lanes beyond the last record repeat it.
    pub(super) fn load(&mut self, plan: &Plan, batch: &Batch, first: usize, records: usize) {
        let records = records.min(self.chunks * LANES).min(batch.records.saturating_sub(first));
        self.heap.reset();
        self.records = records;
        self.used = records.div_ceil(LANES);
        self.outer_masks.clear();
        self.mask.clear();
        for chunk in 0..self.used {
            let lanes = (records - chunk * LANES).min(LANES);
            self.mask.push(if lanes == LANES { u16::MAX } else { (1 << lanes) - 1 });
        }
        for input in &plan.inputs {
            let base = input.slot as usize * self.chunks;
            let slot = self.data.get_mut(base..base + self.used).unwrap_or_default().as_flattened_mut();
            let column = batch.columns.get(input.cell).map_or(&[][..], Vec::as_slice);
            match column.get(first..first + records) {
                Some(values) if !values.is_empty() => {
                    let (filled, rest) = slot.split_at_mut(records);
                    filled.copy_from_slice(values);
                    rest.fill(values.last().copied().unwrap_or(input.default));
                }
                _ => slot.fill(input.default),
            }
        }
    }

    /// The values of an output cell for the records of the last run; texts are in `heap()` until the next run.
    pub fn output(&self, cell: usize) -> &[Value] {
        let Some(operand) = self.outputs.get(cell) else { return &[] };
        let values = match operand.as_constant() {
            Some(_) => self.constant_outputs.get(cell).map_or(&[][..], Vec::as_slice),
            None => {
                let base = operand.as_slot() * self.chunks;
                self.data.get(base..base + self.used).unwrap_or_default().as_flattened()
            }
        };
        values.get(..self.records).unwrap_or(values)
    }

    pub fn heap(&self) -> &Heap {
        &self.heap
    }
}
