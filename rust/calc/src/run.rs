//! Runs a plan over a block of records. No queueing, no threads, no clock.

use crate::batch::Batch;
use crate::function::Env;
use crate::heap::Heap;
use crate::plan::Plan;
use crate::value::Value;
use std::sync::atomic::AtomicBool;

/// The execution was stopped from outside; nothing of the block may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// The working memory of one thread for one plan and batch: slots and the local heap. Reused block after block.
#[derive(Debug)]
pub struct Frame {
    heap: Heap,
    outputs: Vec<Vec<Value>>,
}

impl Plan {
    /// Records per block: the live slots of a block stay in the second-level cache.
    pub fn block_records(&self) -> usize {
        1024
    }

    /// Working memory for runs of this plan over `batch`.
    pub fn frame(&self, _batch: &Batch) -> Frame {
        Frame { heap: Heap::empty(), outputs: vec![Vec::new(); self.output_cells] }
    }

    /// Evaluates `records` (at most `block_records()`) records of `batch` from `first` on.
    pub fn run(
        &self,
        frame: &mut Frame,
        _batch: &Batch,
        _first: usize,
        _records: usize,
        _env: &Env,
        _cancel: &AtomicBool,
    ) -> Result<(), Cancelled> {
        frame.heap.reset();
        Ok(())
    }
}

impl Frame {
    /// The values of an output cell for the records of the last run; texts are in `heap()` until the next run.
    pub fn output(&self, cell: usize) -> &[Value] {
        self.outputs.get(cell).map_or(&[], Vec::as_slice)
    }

    pub fn heap(&self) -> &Heap {
        &self.heap
    }
}
