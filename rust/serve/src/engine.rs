//! Evaluates batches in blocks, inline or on a pool of threads, under a deadline.

use crate::clock::Clock;
use crate::error::ServeError;
use crate::limits::WORKER_MEMORY;
use crate::rooms::Rooms;
use crate::stop::{Alarm, StopSignal};
use execd_calc::run::Frame;
use execd_calc::values::batch::Batch;
use execd_calc::values::budget::{Budget, Holding};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

pub use crate::blocks::{Block, Blocks, Work};

/// The threads and the clock of one process. It is started after the process was forked: threads do not survive a fork.
pub struct Engine {
    pool: Option<ThreadPool>,
    clock: Arc<dyn Clock>,
    alarm: Alarm,
    /// What all executions together may hold.
    memory: Arc<Budget>,
    rooms: Arc<Rooms>,
}

/// For this many records one thread is quicker than a pool, which must be handed its work.
const INLINE_RECORDS: usize = 512;
/// The fewest records that a thread is given at once.
const CHUNK_RECORDS: usize = 256;

impl Engine {
    /// Large batches are evaluated by `threads` threads together. With 1, the calling thread does all the work.
    pub fn new(threads: usize, clock: Arc<dyn Clock>) -> io::Result<Engine> {
        let pool = if threads > 1 {
            let builder = ThreadPoolBuilder::new().num_threads(threads).thread_name(|n| format!("execd-{n}"));
            Some(builder.build().map_err(io::Error::other)?)
        } else {
            None
        };
        let alarm = Alarm::start(Arc::clone(&clock))?;
        Ok(Engine { pool, clock, alarm, memory: Arc::new(Budget::new(WORKER_MEMORY)), rooms: Arc::default() })
    }

    /// Sets how many bytes all executions together may hold.
    #[must_use]
    pub fn with_memory(self, bytes: usize) -> Engine {
        Engine { memory: Arc::new(Budget::new(bytes)), ..self }
    }

    /// What an execution holds beside its texts and arrays, at most `limit` bytes.
    pub fn holding(&self, limit: usize) -> Holding {
        Holding::new(limit, &self.memory)
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Runs `work` under a deadline. A panic in it fails this execution and no other.
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

    /// Evaluates a batch. `part` begins a part of the answer for n records; `each` gets the blocks of a part in order.
    /// The parts come back in order.
    pub fn evaluate<P: Send>(
        &self,
        work: &Work<'_>,
        batch: &Batch,
        part: impl Fn(usize) -> P + Sync,
        each: impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError> + Sync,
    ) -> Result<Vec<P>, ServeError> {
        let records = batch.records;
        let pool = self.pool_for(records);
        let blocks = Blocks::new(work, &*self.clock, &self.memory, pool.is_some());
        let run = |first: usize, end: usize| {
            let mut part = part(end - first);
            blocks.run(batch, first..end, &mut part, &|_, _| Vec::new(), &each)?;
            Ok(part)
        };
        match pool {
            Some(pool) => {
                let chunks = (pool.current_num_threads() * 4).min(records / CHUNK_RECORDS).max(1);
                let edge = |chunk: usize| records * chunk / chunks;
                let parts = || (0..chunks).into_par_iter().map(|chunk| run(edge(chunk), edge(chunk + 1)));
                pool.install(|| parts().collect())
            }
            None => Ok(vec![run(0, records)?]),
        }
    }

    fn pool_for(&self, records: usize) -> Option<&ThreadPool> {
        self.pool.as_ref().filter(|_| records > INLINE_RECORDS)
    }

    /// Works through pieces of an execution of so many records; the results come back in order.
    pub fn in_pieces<T: Send, R: Send>(
        &self,
        work: &Work<'_>,
        records: usize,
        pieces: Vec<T>,
        piece: impl Fn(&Blocks<'_>, T) -> R + Sync,
    ) -> Vec<R> {
        let pool = self.pool_for(records);
        let blocks = Blocks::new(work, &*self.clock, &self.memory, pool.is_some());
        match pool {
            Some(pool) => pool.install(|| pieces.into_par_iter().map(|one| piece(&blocks, one)).collect()),
            None => pieces.into_iter().map(|one| piece(&blocks, one)).collect(),
        }
    }

    /// How many records of an execution to give to a thread at once, at most `most`: no thread is to wait for another in
    /// the end.
    pub fn piece_records(&self, records: usize, most: usize) -> usize {
        let threads = self.pool_for(records).map_or(1, ThreadPool::current_num_threads);
        let share = if threads > 1 { records.div_ceil(4 * threads).max(CHUNK_RECORDS) } else { records };
        most.min(share).max(1)
    }

    /// Memory for columns of answers.
    pub fn rooms(&self) -> &Arc<Rooms> {
        &self.rooms
    }

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
