//! The working memory of one thread: slots, masks and the local heap.

use super::memo::Memo;
use super::trust::Trust;
use crate::plan::executable::Vector;
use crate::plan::{Operand, Plan};
use crate::values::batch::Batch;
use crate::values::budget::Budget;
use crate::values::chunk::{Chunk, LANES};
use crate::values::heap::Heap;
use crate::values::value::{ErrorCode, Value};
use std::ops::Range;
use std::sync::Arc;

/// Bytes that the slots of a block may take: a part of the second-level cache, which two threads may share. Loads from
/// there are slower than from the first level, but a step costs less per record the more records there are. Measured
/// from 12 to 256 KiB.
const BLOCK_BYTES: usize = 128 << 10;
/// With fewer records the interpreter would cost more than the loops.
const LEAST_RECORDS: usize = 6 * LANES;
const MOST_RECORDS: usize = 1024;

impl Plan {
    /// Records per block: the live slots of a block stay in the second-level cache.
    pub fn block_records(&self) -> usize {
        let fitting = BLOCK_BYTES / (8 * self.slots.max(1));
        (fitting / LANES * LANES).clamp(LEAST_RECORDS, MOST_RECORDS)
    }
}

/// Slots and local heap for one plan and batch. Reused block after block.
#[derive(Debug)]
pub struct Frame {
    pub(crate) heap: Heap,
    /// `chunks` chunks per slot (one of them spare), then `SCRATCH` slots where constants are spread out for a step.
    pub(crate) data: Data,
    pub(crate) chunks: usize,
    /// Chunks that hold records of this block.
    pub(crate) used: usize,
    pub(crate) records: usize,
    /// Records that need the current region, one bit per lane.
    pub(crate) mask: Vec<u16>,
    pub(crate) outer_masks: Vec<Vec<u16>>,
    /// By input, whether machine code reads it in place.
    pub(crate) in_place: Vec<bool>,
    /// Room for the places that machine code reads.
    pub(crate) places: Vec<usize>,
    /// By output cell, whether no other output has its slot; worked out once a caller has columns.
    pub(crate) sole: Option<Vec<bool>>,
    /// By output cell, whether the last run wrote it into one of the caller's columns.
    pub(crate) in_columns: Vec<bool>,
    pub(crate) trust: Trust,
    /// By segment of the plan's machine code, whether it leaves too many lanes.
    pub(crate) segment_trust: Vec<Trust>,
    /// Room for the fallback lanes and spills of a segment.
    pub(crate) fallback: Vec<u8>,
    pub(crate) spills: Vec<Vector>,
    /// Room for copies of one chunk of all slots.
    pub(crate) copies: Vec<Chunk>,
    pub(crate) results: Vec<Value>,
    pub(crate) memo: Memo,
    spoiled: Option<[Value; 1]>,
    outputs: Vec<Operand>,
    constant_outputs: Vec<Vec<Value>>,
}

/// What the outputs of a record show that cannot be calculated.
pub const SPOILED: Value = Value::error(ErrorCode::Calc);

/// Operands of a step that may be constants.
pub(crate) const SCRATCH: usize = 4;

impl Frame {
    pub(crate) fn new(plan: &Plan, batch: &Batch) -> Frame {
        let block = block(plan, batch);
        let chunks = chunks(plan, batch);
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
            data: Data::new((plan.slots + SCRATCH) * chunks),
            chunks,
            used: 0,
            records: 0,
            mask: Vec::with_capacity(chunks),
            outer_masks: Vec::new(),
            in_place: Vec::new(),
            places: Vec::new(),
            sole: None,
            in_columns: Vec::new(),
            trust: Trust::default(),
            segment_trust: Vec::new(),
            fallback: Vec::new(),
            spills: Vec::new(),
            copies: Vec::new(),
            results: vec![Value::ZERO; chunks * LANES],
            memo: Memo::default(),
            spoiled: None,
            outputs: plan.outputs.clone(),
            constant_outputs,
        }
    }

    /// Sets what kernels may write, alone and beside others. Without this it has no limit.
    pub fn set_budget(&mut self, limit: usize, budget: Arc<Budget>) {
        self.heap.set_budget(limit, budget);
    }

    /// Whether the frame can be used for this batch, too.
    pub fn fits(&self, plan: &Plan, batch: &Batch) -> bool {
        self.chunks == chunks(plan, batch)
    }

    /// The next runs are over this batch, which must fit.
    pub fn turn_to(&mut self, batch: &Batch) {
        self.heap.set_batch(batch.store.clone());
    }

    /// Gives back what the last block took of the budget; its texts and arrays are gone.
    pub fn release(&mut self) {
        if self.heap.is_large() {
            self.heap.reset();
        }
    }

    /// Puts an error into the place of every output of the one record of the last run, which was refused.
    pub fn spoil(&mut self) {
        self.heap.reset();
        self.records = 1;
        self.spoiled = Some([SPOILED]);
    }

    /// Most records that fit.
    pub(crate) fn room(&self) -> usize {
        self.chunks * LANES
    }

    /// Empties the heap and gets ready for `records` records.
    pub(crate) fn begin(&mut self, records: usize) {
        self.heap.reset();
        self.spoiled = None;
        self.records = records;
        self.used = records.div_ceil(LANES);
        self.outer_masks.clear();
        self.mask.clear();
        for chunk in 0..self.used {
            let lanes = (records - chunk * LANES).min(LANES);
            self.mask.push(if lanes == LANES { u16::MAX } else { (1 << lanes) - 1 });
        }
    }

    /// The values of an output cell for the records of the last run, unless they were written into a column; texts are
    /// in `heap()` until the next run.
    pub fn output(&self, cell: usize) -> &[Value] {
        if let Some(spoiled) = &self.spoiled {
            return spoiled;
        }
        let Some(operand) = self.outputs.get(cell).filter(|_| self.in_columns.get(cell) != Some(&true))
        else {
            return &[];
        };
        let values = match operand.as_constant() {
            Some(_) => self.constant_outputs.get(cell).map_or(&[][..], Vec::as_slice),
            None => {
                let base = operand.as_slot() * self.chunks;
                self.data.chunks().get(base..base + self.used).unwrap_or_default().as_flattened()
            }
        };
        values.get(..self.records).unwrap_or(values)
    }

    pub fn heap(&self) -> &Heap {
        &self.heap
    }
}

/// Records that run together. Two sizes only, because machine code is made for a size.
fn block(plan: &Plan, batch: &Batch) -> usize {
    if batch.records <= LANES { LANES } else { plan.block_records() }
}

/// One chunk more than a block needs: slots a power of two apart would fight for the same cache lines.
fn chunks(plan: &Plan, batch: &Batch) -> usize {
    block(plan, batch).div_ceil(LANES) + 1
}

/// Chunks that are aligned to cache lines: loads and stores across two lines take twice as long.
#[derive(Debug, Default)]
pub(crate) struct Data {
    values: Vec<Value>,
    /// Where the chunks are among the values.
    chunks: Range<usize>,
}

impl Data {
    pub fn new(chunks: usize) -> Data {
        let values = vec![Value::ZERO; (chunks + 1) * LANES];
        let first = values.as_ptr().align_offset(size_of::<Chunk>()).min(LANES);
        Data { values, chunks: first..first + chunks * LANES }
    }

    pub fn chunks(&self) -> &[Chunk] {
        self.values.get(self.chunks.clone()).unwrap_or_default().as_chunks().0
    }

    pub fn chunks_mut(&mut self) -> &mut [Chunk] {
        self.values.get_mut(self.chunks.clone()).unwrap_or_default().as_chunks_mut().0
    }
}
