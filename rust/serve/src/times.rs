//! How long the stages of a run took, over all threads.

use crate::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time spent so far, summed over threads: two threads that calculate for a second have taken two.
#[derive(Debug, Default)]
pub struct Times {
    nanoseconds: [AtomicU64; 3],
}

/// Times and the clock that they are measured by.
#[derive(Clone)]
pub struct Watch {
    pub times: Arc<Times>,
    pub clock: Arc<dyn Clock>,
}

impl Watch {
    /// Does the work and adds the time that it takes.
    pub fn of<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        self.times.of(stage, &*self.clock, work)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// From bytes to columns.
    Read,
    /// From columns to columns.
    Calculate,
    /// From columns to bytes.
    Write,
}

impl Times {
    /// Does the work and adds the time that it takes.
    pub fn of<T>(&self, stage: Stage, clock: &dyn Clock, work: impl FnOnce() -> T) -> T {
        let started = clock.now();
        let done = work();
        self.add(stage, clock.now().saturating_sub(started));
        done
    }

    pub fn add(&self, stage: Stage, took: Duration) {
        if let Some(total) = self.nanoseconds.get(stage as usize) {
            total.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    pub fn seconds(&self, stage: Stage) -> f64 {
        self.nanoseconds.get(stage as usize).map_or(0.0, |total| total.load(Ordering::Relaxed) as f64 / 1e9)
    }
}
