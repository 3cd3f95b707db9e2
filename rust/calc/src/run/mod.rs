//! Runs a plan over a block of records. No queueing, no threads, no clock.

mod call;
mod columns;
mod cpu;
mod dates;
mod flags;
mod frame;
mod inputs;
mod lane;
mod lanes;
mod lookups;
mod machine;
mod memo;
#[cfg(target_arch = "x86_64")]
mod native;
mod operations;
mod outputs;
mod powers;
mod rates;

pub use frame::Frame;

use crate::plan::Plan;
use crate::semantics::function::Env;
use crate::values::batch::Batch;
use crate::values::value::Value;
use inputs::Block;
use lane::LANES;
use machine::{Checks, End};
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// The execution was stopped from outside; nothing of the block may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// Bytes that the slots of a block may take: a part of the second-level cache, which two threads may share. Beyond the
/// first-level cache loads are slower, but a step costs less a record the more there are: measured from 12 to 256 KiB.
const BLOCK_BYTES: usize = 128 << 10;
/// Fewer records would leave the interpreter more to do than the loops.
const LEAST_RECORDS: usize = 6 * LANES;
const MOST_RECORDS: usize = 1024;

impl Plan {
    /// Records per block: the live slots of a block stay in the second-level cache.
    pub fn block_records(&self) -> usize {
        let fitting = BLOCK_BYTES / (8 * self.slots.max(1));
        (fitting / LANES * LANES).clamp(LEAST_RECORDS, MOST_RECORDS)
    }

    /// Working memory for runs of this plan over `batch`.
    pub fn frame(&self, batch: &Batch) -> Frame {
        Frame::new(self, batch)
    }

    /// Evaluates `records` (at most `block_records()`) of `batch`.
    pub fn run(
        &self,
        frame: &mut Frame,
        batch: &Batch,
        records: Range<usize>,
        env: &Env,
        cancel: &AtomicBool,
    ) -> Result<(), Cancelled> {
        self.run_into(frame, batch, records, &mut [], env, cancel)
    }

    /// Evaluates `records` (at most `block_records()`) of `batch`, and writes outputs into `columns`: by output cell,
    /// as many values as records, or none where the output is to stay in the frame. Of use only if the run succeeds.
    pub fn run_into(
        &self,
        frame: &mut Frame,
        batch: &Batch,
        records: Range<usize>,
        columns: &mut [&mut [Value]],
        env: &Env,
        cancel: &AtomicBool,
    ) -> Result<(), Cancelled> {
        let end = records.end.min(batch.records);
        let count = end.saturating_sub(records.start).min(frame.room());
        let slots = outputs::as_slots(columns, count);
        let block = Block { batch, first: records.start, records: count, columns: &slots };
        self.run_block(frame, block, env, cancel)?;
        frame.copy_outputs(columns);
        Ok(())
    }

    fn run_block(
        &self,
        frame: &mut Frame,
        block: Block<'_>,
        env: &Env,
        cancel: &AtomicBool,
    ) -> Result<(), Cancelled> {
        if flags::READABLE && frame.trust.next_block() {
            if let End::Done = machine::run(self, frame, block, env, cancel, Checks::Deferred)? {
                frame.trust.kept();
                return Ok(());
            }
            frame.trust.broken();
        }
        machine::run(self, frame, block, env, cancel, Checks::Immediate).map(|_| ())
    }
}
