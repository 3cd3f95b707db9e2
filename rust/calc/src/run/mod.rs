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
mod powers;
mod rates;

pub use frame::Frame;

use crate::batch::Batch;
use crate::function::Env;
use crate::plan::Plan;
use inputs::Block;
use lane::LANES;
use machine::{Checks, End};
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

    /// Evaluates `records` (at most `block_records()`) records of `batch` from `first` on.
    pub fn run(
        &self,
        frame: &mut Frame,
        batch: &Batch,
        first: usize,
        records: usize,
        env: &Env,
        cancel: &AtomicBool,
    ) -> Result<(), Cancelled> {
        let records = records.min(frame.room()).min(batch.records.saturating_sub(first));
        let block = Block { batch, first, records };
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
