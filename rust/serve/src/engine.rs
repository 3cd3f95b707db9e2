//! Evaluates batches in blocks, inline or on a pool of threads, under a deadline. What goes in and out as JSON is
//! `execute`, as Arrow `table`; what a deadline means to an HTTP client is the host's.

use crate::clock::Clock;
use crate::error::ServeError;
use crate::stop::{Alarm, StopSignal};
use execd_calc::plan::Plan;
use execd_calc::run::Frame;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::value::Value;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// The threads and the clock of one process. Started after the process was forked, never before.
pub struct Engine {
    pool: Option<ThreadPool>,
    clock: Arc<dyn Clock>,
    alarm: Alarm,
}

/// Records evaluated on one thread before a pool is worth its hand-off.
const INLINE_RECORDS: usize = 512;
/// Fewest records that a thread is given at once.
const CHUNK_RECORDS: usize = 256;

/// What is evaluated.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub plan: &'a Plan,
    pub batch: &'a Batch,
    pub env: &'a Env,
    pub stop: &'a StopSignal,
}

/// One block's worth of records in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub first: usize,
    pub records: usize,
    /// Time the evaluation took.
    pub took: Duration,
}

impl Engine {
    /// `threads` evaluate big batches together; with 1, the calling thread does all the work.
    pub fn new(threads: usize, clock: Arc<dyn Clock>) -> io::Result<Engine> {
        let pool = if threads > 1 {
            let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("execd-{n}"));
            Some(builder.build().map_err(io::Error::other)?)
        } else {
            None
        };
        let alarm = Alarm::start(Arc::clone(&clock))?;
        Ok(Engine { pool, clock, alarm })
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Runs `work` under a deadline. A panic in it is this execution's error and no one else's.
    pub fn guarded<T>(
        &self,
        deadline: Option<Duration>,
        stop: &Arc<StopSignal>,
        work: impl FnOnce() -> Result<T, ServeError>,
    ) -> Result<T, ServeError> {
        let _armed = deadline.map(|deadline| {
            if deadline <= self.clock.now() {
                stop.expire();
            }
            self.alarm.arm(deadline, stop)
        });
        stop.check()?;
        catch_unwind(AssertUnwindSafe(work))
            .unwrap_or_else(|panic| Err(ServeError::Internal(text_of(&*panic))))
    }

    /// Evaluates a batch and hands every block to `each`, in order within a part that `part` begins for so many
    /// records; the parts come back in order.
    pub fn evaluate<P: Send>(
        &self,
        work: &Work<'_>,
        part: impl Fn(usize) -> P + Sync,
        each: impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError> + Sync,
    ) -> Result<Vec<P>, ServeError> {
        self.evaluate_into(work, part, |_, _| Vec::new(), each)
    }

    /// The same, where a part has columns that outputs are written into: by output cell, with room for so many records.
    pub fn evaluate_into<P: Send>(
        &self,
        work: &Work<'_>,
        part: impl Fn(usize) -> P + Sync,
        columns: impl for<'p> Fn(&'p mut P, usize) -> Vec<&'p mut [Value]> + Sync,
        each: impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError> + Sync,
    ) -> Result<Vec<P>, ServeError> {
        let &Work { plan, batch, env, stop } = work;
        let run = |first: usize, end: usize| {
            let mut part = part(end - first);
            let mut frame = plan.frame(batch);
            let step = plan.block_records().max(1);
            for first in (first..end).step_by(step) {
                stop.check()?;
                let started = self.clock.now();
                let records = step.min(end - first);
                let mut columns = columns(&mut part, records);
                plan.run_into(&mut frame, batch, first..first + records, &mut columns, env, stop.flag())
                    .map_err(|_| stop.reason())?;
                let took = self.clock.now().saturating_sub(started);
                each(&mut part, &frame, Block { first, records, took })?;
            }
            Ok(part)
        };
        let records = batch.records;
        match &self.pool {
            Some(pool) if records > INLINE_RECORDS => {
                let chunks = (pool.current_num_threads() * 4).min(records / CHUNK_RECORDS).max(1);
                let edge = |chunk: usize| records * chunk / chunks;
                let parts = || (0..chunks).into_par_iter().map(|chunk| run(edge(chunk), edge(chunk + 1)));
                pool.install(|| parts().collect())
            }
            _ => Ok(vec![run(0, records)?]),
        }
    }
}

impl Engine {
    /// Runs two pieces of work at once if there are threads for it, else one after the other.
    pub fn both<A: Send, B: Send>(
        &self,
        first: impl FnOnce() -> A + Send,
        second: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        match &self.pool {
            Some(pool) => pool.install(|| rayon::join(first, second)),
            None => (first(), second()),
        }
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
