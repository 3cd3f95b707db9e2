//! Runs a plan over a block of records. No queueing, no threads, no clock.

mod state;

mod loops;

mod calls;

#[cfg(target_arch = "x86_64")]
mod native;

mod interpreter;

pub use state::frame::{Frame, SPOILED};
pub use state::machine::Halt;

use crate::plan::Plan;
use crate::semantics::function::Env;
use crate::values::batch::Batch;
use crate::values::value::Value;
use interpreter::{Checks, End};
use state::block::Block;
use state::{flags, outputs};
use std::ops::Range;
use std::sync::atomic::AtomicBool;

impl Plan {
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
    ) -> Result<(), Halt> {
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
    ) -> Result<(), Halt> {
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
    ) -> Result<(), Halt> {
        if flags::READABLE && frame.trust.next_block() {
            if let End::Done = interpreter::run(self, frame, block, env, cancel, Checks::Deferred)? {
                frame.trust.kept();
                return Ok(());
            }
            frame.trust.broken();
        }
        interpreter::run(self, frame, block, env, cancel, Checks::Immediate).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
