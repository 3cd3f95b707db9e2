//! How many bytes executions may hold, and what one heap has taken of them. What the bytes are for is in `heap`.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why a record cannot be calculated. Its values are of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The execution would hold more bytes than its budget has.
    Execution,
    /// All executions together would hold more than theirs has, or the system has no more.
    Everything,
    /// A pattern and its text are too long together.
    Pattern,
}

/// Bytes that the threads of an execution share, or all executions of a process.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    taken: AtomicUsize,
    /// The budget that this one is a part of.
    whole: Option<Arc<Budget>>,
}

impl Budget {
    pub fn new(limit: usize) -> Budget {
        Budget { limit, taken: AtomicUsize::new(0), whole: None }
    }

    /// A part of another budget. No part is larger than the whole.
    pub fn of(whole: &Arc<Budget>, limit: usize) -> Budget {
        Budget { limit: limit.min(whole.limit), taken: AtomicUsize::new(0), whole: Some(Arc::clone(whole)) }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Bytes that are taken now.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: usize) -> Result<(), Refusal> {
        let more = |taken: usize| taken.checked_add(bytes).filter(|&taken| taken <= self.limit);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map_err(|_| if self.whole.is_some() { Refusal::Execution } else { Refusal::Everything })?;
        let taken = self.whole.as_ref().map_or(Ok(()), |whole| whole.take(bytes));
        taken.inspect_err(|_| _ = self.taken.fetch_sub(bytes, Ordering::Relaxed))
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(whole) = &self.whole {
            whole.give_back(bytes);
        }
    }
}

/// Bytes that are taken from a budget at once, and that every heap has for nothing: what is small costs no look at the
/// shared counters.
pub const STEP: usize = 1 << 20;

/// What one execution holds beside its heaps, counted by the threads of it together. It goes back when this is dropped.
#[derive(Debug)]
pub struct Holding {
    limit: usize,
    budget: Arc<Budget>,
    granted: AtomicUsize,
}

impl Holding {
    /// Nothing yet, and never more than `limit`, or than the budget has at all.
    pub fn new(limit: usize, budget: &Arc<Budget>) -> Holding {
        Holding {
            limit: limit.min(budget.limit()),
            budget: Arc::clone(budget),
            granted: AtomicUsize::new(STEP),
        }
    }

    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Takes what is missing to hold `bytes` in all.
    #[inline]
    pub fn cover(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= self.granted.load(Ordering::Relaxed) { Ok(()) } else { self.ask(bytes) }
    }

    #[cold]
    fn ask(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes > self.limit {
            return Err(Refusal::Execution);
        }
        // Where two threads ask at once, both take what is missing: too much, but nobody waits.
        let missing = bytes.saturating_sub(self.granted.load(Ordering::Relaxed)).next_multiple_of(STEP);
        self.budget.take(missing).map_err(|_| Refusal::Everything)?;
        self.granted.fetch_add(missing, Ordering::Relaxed);
        Ok(())
    }

    /// Gives everything back but the first step.
    pub fn reset(&self) {
        self.budget.give_back(self.granted.swap(STEP, Ordering::Relaxed) - STEP);
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.reset();
    }
}

/// What one heap may hold without asking again.
#[derive(Debug)]
pub struct Meter {
    /// What this heap may hold alone.
    limit: usize,
    /// What it may hold beside others; none sets no limit.
    budget: Option<Arc<Budget>>,
    granted: Cell<usize>,
    refused: Cell<Option<Refusal>>,
}

impl Meter {
    pub fn new(limit: usize, budget: Option<Arc<Budget>>) -> Meter {
        Meter { limit, budget, granted: Cell::new(STEP), refused: Cell::new(None) }
    }

    #[inline]
    pub fn granted(&self) -> usize {
        self.granted.get()
    }

    /// Whether anything is taken from the budget.
    #[inline]
    pub fn holds(&self) -> bool {
        self.granted.get() > STEP
    }

    /// Whether `bytes` may be held; if not, the refusal stays until `reset`.
    #[inline]
    pub fn covers(&self, bytes: usize) -> bool {
        bytes <= self.granted.get() || self.ask(bytes)
    }

    #[cold]
    fn ask(&self, bytes: usize) -> bool {
        if bytes > self.limit {
            self.refuse(Refusal::Execution);
        } else if let Some(budget) = &self.budget {
            let missing = (bytes - self.granted.get()).next_multiple_of(STEP);
            match budget.take(missing) {
                Ok(()) => self.granted.set(self.granted.get() + missing),
                Err(refusal) => self.refuse(refusal),
            }
        }
        self.refused.get().is_none()
    }

    /// The first refusal counts.
    pub fn refuse(&self, refusal: Refusal) {
        if self.refused.get().is_none() {
            self.refused.set(Some(refusal));
        }
    }

    #[inline]
    pub fn refused(&self) -> Option<Refusal> {
        self.refused.get()
    }

    /// Forgets a refusal of this kind; true if there was one.
    pub fn pardon(&self, refusal: Refusal) -> bool {
        let was = self.refused.get() == Some(refusal);
        if was {
            self.refused.set(None);
        }
        was
    }

    /// Gives everything back.
    pub fn reset(&mut self) {
        self.refused.set(None);
        let taken = self.granted.replace(STEP) - STEP;
        if let Some(budget) = self.budget.as_ref().filter(|_| taken > 0) {
            budget.give_back(taken);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaps_share_a_budget_and_give_back() {
        let whole = Arc::new(Budget::new(8 * STEP));
        let part = Arc::new(Budget::of(&whole, 5 * STEP));
        let (mut first, second) = (
            Meter::new(usize::MAX >> 1, Some(Arc::clone(&part))),
            Meter::new(usize::MAX >> 1, Some(Arc::clone(&part))),
        );
        assert!(first.covers(STEP) && part.taken() == 0, "the first step is free");
        assert!(first.covers(4 * STEP + 1) && part.taken() == 4 * STEP && whole.taken() == 4 * STEP);
        assert!(second.covers(2 * STEP) && !second.covers(2 * STEP + 1));
        assert_eq!(second.refused(), Some(Refusal::Execution));
        first.reset();
        assert_eq!((part.taken(), whole.taken()), (STEP, STEP));
        let other = Meter::new(usize::MAX >> 1, Some(Arc::clone(&whole)));
        assert!(other.covers(8 * STEP) && !other.covers(9 * STEP));
        assert_eq!(other.refused(), Some(Refusal::Everything));
        assert_eq!(Budget::of(&whole, usize::MAX).limit(), 8 * STEP, "no part is larger than the whole");
        assert!(!first.covers(5 * STEP));
        assert_eq!(first.refused(), Some(Refusal::Everything));
        assert_eq!((part.taken(), whole.taken()), (STEP, 8 * STEP), "what is refused is not taken");
        drop(other);
        first.reset();
        assert!(first.covers(5 * STEP));
    }

    #[test]
    fn a_holding_takes_steps_and_gives_them_back() {
        let whole = Arc::new(Budget::new(8 * STEP));
        let (first, second) = (Holding::new(6 * STEP, &whole), Holding::new(usize::MAX, &whole));
        assert_eq!((first.cover(STEP), whole.taken()), (Ok(()), 0), "the first step is free");
        assert_eq!((first.cover(STEP + 1), whole.taken()), (Ok(()), STEP));
        assert_eq!((first.cover(6 * STEP), whole.taken()), (Ok(()), 5 * STEP));
        assert_eq!(first.cover(6 * STEP + 1), Err(Refusal::Execution));
        assert_eq!(second.cover(4 * STEP), Ok(()));
        assert_eq!((second.cover(4 * STEP + 1), whole.taken()), (Err(Refusal::Everything), 8 * STEP));
        first.reset();
        assert_eq!((second.cover(4 * STEP + 1), whole.taken()), (Ok(()), 4 * STEP));
        assert_eq!(second.cover(usize::MAX), Err(Refusal::Execution));
        drop((first, second));
        assert_eq!(whole.taken(), 0);
    }

    #[test]
    fn sizes_do_not_wrap() {
        let whole = Arc::new(Budget::new(usize::MAX));
        let meter = Meter::new(4 * STEP, Some(Arc::clone(&whole)));
        assert!(meter.covers(4 * STEP) && !meter.covers(4 * STEP + 1) && !meter.covers(usize::MAX));
        assert_eq!((meter.refused(), whole.taken()), (Some(Refusal::Execution), 3 * STEP));
    }
}
