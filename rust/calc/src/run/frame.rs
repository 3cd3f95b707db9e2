//! The working memory of one thread: slots, masks and the local heap.

use super::lane::{Chunk, LANES};
use super::memo::Memo;
use crate::batch::Batch;
use crate::heap::Heap;
use crate::machine_code::Vector;
use crate::plan::{InputSlot, Operand, Plan};
use crate::value::Value;
use std::cell::Cell;

/// Slots and local heap for one plan and batch. Reused block after block.
#[derive(Debug)]
pub struct Frame {
    pub(super) heap: Heap,
    /// `chunks` chunks per slot (one of them spare), then `SCRATCH` slots where constants are spread out for a step.
    pub(super) data: Vec<Chunk>,
    pub(super) chunks: usize,
    /// Chunks that hold records of this block.
    pub(super) used: usize,
    pub(super) records: usize,
    /// Records that need the current region, one bit per lane.
    pub(super) mask: Vec<u16>,
    pub(super) outer_masks: Vec<Vec<u16>>,
    pub(super) trust: Trust,
    /// By segment of the plan's machine code, whether it leaves too many lanes.
    pub(super) segment_trust: Vec<Trust>,
    /// Room for the odd lanes and spills of a segment.
    pub(super) odd: Vec<u8>,
    pub(super) spills: Vec<Vector>,
    pub(super) results: Vec<Value>,
    pub(super) memo: Memo,
    outputs: Vec<Operand>,
    constant_outputs: Vec<Vec<Value>>,
}

/// Operands of a step that may be constants.
pub(super) const SCRATCH: usize = 4;

/// Chunks of an input that are loaded before those of the next: the processor then fetches several columns at a time,
/// which takes half as long as one after the other.
const PIECE: usize = 8;

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
            data: vec![[Value::ZERO; LANES]; (plan.slots + SCRATCH) * chunks],
            chunks,
            used: 0,
            records: 0,
            mask: Vec::with_capacity(chunks),
            outer_masks: Vec::new(),
            trust: Trust::default(),
            segment_trust: Vec::new(),
            odd: Vec::new(),
            spills: Vec::new(),
            results: vec![Value::ZERO; chunks * LANES],
            memo: Memo::default(),
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
        for piece in (0..self.used).step_by(PIECE) {
            for input in &plan.inputs {
                self.load_piece(input, batch, first, piece);
            }
        }
    }

    /// Some chunks of an input, from `from` on.
    fn load_piece(&mut self, input: &InputSlot, batch: &Batch, first: usize, from: usize) {
        let base = input.slot as usize * self.chunks;
        let to = self.used.min(from + PIECE);
        let slot = self.data.get_mut(base + from..base + to).unwrap_or_default();
        let column = batch.columns.get(input.cell).map_or(&[][..], Vec::as_slice);
        let end = first + self.records.min(to * LANES);
        let values = column.get(first + from * LANES..end).unwrap_or_default();
        let (whole, rest) = values.as_chunks::<LANES>();
        for (chunk, values) in slot.iter_mut().zip(whole) {
            *chunk = *values;
        }
        let last = values.last().copied().unwrap_or(input.default);
        for chunk in slot.iter_mut().skip(whole.len()) {
            *chunk = [last; LANES];
            chunk[..rest.len()].copy_from_slice(rest);
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

/// The chunks in use of one slot. An operand may be read from the slot that is written, hence cells.
pub(super) type Slot<'a> = &'a [Cell<Chunk>];

/// The slots while steps run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots<'a> {
    table: &'a [Slot<'a>],
    /// The first slot's first value; the others follow.
    first: *const Cell<Chunk>,
    constants: &'a [Value],
}

impl<'a> Slots<'a> {
    pub fn table(cells: &'a [Cell<Chunk>], chunks: usize, used: usize) -> Vec<Slot<'a>> {
        cells.chunks(chunks).map(|slot| slot.get(..used).unwrap_or_default()).collect()
    }

    /// `table` is that of `cells`, and ends with the scratch slots.
    pub fn new(cells: &'a [Cell<Chunk>], table: &'a [Slot<'a>], constants: &'a [Value]) -> Slots<'a> {
        Slots { table, first: cells.as_ptr(), constants }
    }

    pub fn first(self) -> *const f64 {
        self.first.cast()
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

    /// Writes one value per record; lanes beyond become 0.
    pub fn store(self, out: u32, results: &[Value]) {
        let (whole, rest) = results.as_chunks::<LANES>();
        for (at, chunk) in self.slot(out).iter().enumerate() {
            chunk.set(match whole.get(at) {
                Some(results) => *results,
                None => {
                    let mut last = [Value::ZERO; LANES];
                    if at == whole.len() {
                        last[..rest.len()].copy_from_slice(rest);
                    }
                    last
                }
            });
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
