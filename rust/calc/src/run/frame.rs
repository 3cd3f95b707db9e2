//! The working memory of one thread: slots, masks and the local heap.

use super::lane::{Chunk, LANES};
use super::memo::Memo;
use crate::plan::machine_code::Vector;
use crate::plan::{Operand, Plan};
use crate::values::batch::Batch;
use crate::values::heap::Heap;
use crate::values::value::Value;
use std::cell::Cell;
use std::ops::Range;

/// Slots and local heap for one plan and batch. Reused block after block.
#[derive(Debug)]
pub struct Frame {
    pub(super) heap: Heap,
    /// `chunks` chunks per slot (one of them spare), then `SCRATCH` slots where constants are spread out for a step.
    pub(super) data: Data,
    pub(super) chunks: usize,
    /// Chunks that hold records of this block.
    pub(super) used: usize,
    pub(super) records: usize,
    /// Records that need the current region, one bit per lane.
    pub(super) mask: Vec<u16>,
    pub(super) outer_masks: Vec<Vec<u16>>,
    /// By input, whether machine code reads it where it is.
    pub(super) in_place: Vec<bool>,
    /// Where machine code finds inputs and then the slots of outputs, in bytes from the first slot on.
    pub(super) places: Vec<usize>,
    /// By output cell, whether its slot is no other output's; known once a caller has columns.
    pub(super) sole: Option<Vec<bool>>,
    /// By output cell, whether the last run wrote it into a column of the caller's.
    pub(super) in_columns: Vec<bool>,
    pub(super) trust: Trust,
    /// By segment of the plan's machine code, whether it leaves too many lanes.
    pub(super) segment_trust: Vec<Trust>,
    /// Room for the odd lanes and spills of a segment.
    pub(super) odd: Vec<u8>,
    pub(super) spills: Vec<Vector>,
    /// Room for copies of one chunk of all slots.
    pub(super) copies: Vec<Chunk>,
    pub(super) results: Vec<Value>,
    pub(super) memo: Memo,
    outputs: Vec<Operand>,
    constant_outputs: Vec<Vec<Value>>,
}

/// Operands of a step that may be constants.
pub(super) const SCRATCH: usize = 4;

impl Frame {
    pub(super) fn new(plan: &Plan, batch: &Batch) -> Frame {
        // Two sizes only, because machine code is made for a size.
        let block = if batch.records <= LANES { LANES } else { plan.block_records() };
        // One chunk more than a block needs: slots a power of two apart would fight for the same cache lines.
        let chunks = block.div_ceil(LANES) + 1;
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
            odd: Vec::new(),
            spills: Vec::new(),
            copies: Vec::new(),
            results: vec![Value::ZERO; chunks * LANES],
            memo: Memo::default(),
            outputs: plan.outputs.clone(),
            constant_outputs,
        }
    }

    /// Most records that fit.
    pub(super) fn room(&self) -> usize {
        self.chunks * LANES
    }

    /// Empties the heap and makes ready for so many records.
    pub(super) fn begin(&mut self, records: usize) {
        self.heap.reset();
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

/// Chunks that begin where a cache line does: loads and stores across two lines take twice as long.
#[derive(Debug, Default)]
pub(super) struct Data {
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

/// The chunks in use of one slot. An operand may be read from the slot that is written, hence cells.
pub(super) type Slot<'a> = &'a [Cell<Chunk>];

/// The slots while steps run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots<'a> {
    table: &'a [Slot<'a>],
    /// The frame's first slot; the others follow, but for those that are columns.
    first: *const Cell<Chunk>,
    constants: &'a [Value],
}

impl<'a> Slots<'a> {
    pub fn table(cells: &'a [Cell<Chunk>], chunks: usize, used: usize) -> Vec<Slot<'a>> {
        cells.chunks(chunks).map(|slot| slot.get(..used).unwrap_or_default()).collect()
    }

    /// `table` is that of `cells`, but for slots that are columns, and ends with the scratch slots.
    pub fn new(cells: &'a [Cell<Chunk>], table: &'a [Slot<'a>], constants: &'a [Value]) -> Slots<'a> {
        Slots { table, first: cells.as_ptr(), constants }
    }

    pub fn first(self) -> *const f64 {
        self.first.cast()
    }

    /// Bytes from the first slot to another.
    pub fn distance(self, slot: u32) -> usize {
        self.distance_to(self.slot(slot).as_ptr())
    }

    /// Bytes from the first slot to what machine code may read and, if it is a slot, write.
    pub fn distance_to<T>(self, place: *const T) -> usize {
        place.expose_provenance().wrapping_sub(self.first.addr())
    }

    #[inline(always)]
    pub fn slot(self, slot: u32) -> Slot<'a> {
        self.table.get(slot as usize).copied().unwrap_or_default()
    }

    #[inline(always)]
    pub fn constant(self, operand: Operand) -> Option<Value> {
        operand.as_constant().map(|at| self.constants.get(at).copied().unwrap_or(Value::BLANK))
    }

    /// The value of an operand in one lane, with zeros settled.
    #[inline(always)]
    pub fn value(self, operand: Operand, record: usize) -> Value {
        match self.constant(operand) {
            Some(value) => value,
            None => {
                let chunk = self.slot(operand.as_slot() as u32).get(record / LANES);
                chunk.map_or(Value::BLANK, |chunk| chunk.as_array_of_cells()[record % LANES].get().settled())
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

    /// Writes one value per record; lanes beyond repeat the last one.
    pub fn store(self, out: u32, results: &[Value]) {
        let (whole, rest) = results.as_chunks::<LANES>();
        let mut last = [results.last().copied().unwrap_or(Value::ZERO); LANES];
        last[..rest.len()].copy_from_slice(rest);
        for (at, chunk) in self.slot(out).iter().enumerate() {
            chunk.set(whole.get(at).copied().unwrap_or(last));
        }
    }
}

/// Whether the next block may run without checks. A surprise costs a second run, so blocks after one are checked from
/// the start, twice as many after each surprise in a row.
#[derive(Debug, Default)]
pub(super) struct Trust {
    checked_blocks: u32,
    penalty: u32,
}

impl Trust {
    const MOST: u32 = 64;

    pub fn next_block(&mut self) -> bool {
        self.checked_blocks = self.checked_blocks.saturating_sub(1);
        self.checked_blocks == 0
    }

    pub fn kept(&mut self) {
        self.penalty = 0;
    }

    pub fn broken(&mut self) {
        self.penalty = (self.penalty * 2).clamp(2, Trust::MOST);
        self.checked_blocks = self.penalty;
    }
}
