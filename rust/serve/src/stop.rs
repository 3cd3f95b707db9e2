//! Stopping an execution from outside: the flag that the code watches, and the thread that raises it when a deadline
//! passes. Whether a client is still there is the host's business; it calls `cancel`.

use crate::clock::Clock;
use crate::error::ServeError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// One execution's stop flag and the reason it was raised.
#[derive(Debug, Default)]
pub struct StopSignal {
    stop: Arc<AtomicBool>,
    expired: AtomicBool,
}

impl StopSignal {
    /// The client went away.
    pub fn cancel(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The deadline passed.
    pub fn expire(&self) {
        self.expired.store(true, Ordering::Relaxed);
        self.stop.store(true, Ordering::Release);
    }

    /// What loops watch.
    pub fn flag(&self) -> &AtomicBool {
        &self.stop
    }

    /// The same for who keeps it.
    pub fn shared_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    pub fn is_raised(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Why the execution stops.
    pub fn reason(&self) -> ServeError {
        if self.stop.load(Ordering::Acquire) && self.expired.load(Ordering::Relaxed) {
            ServeError::Deadline
        } else {
            ServeError::Cancelled
        }
    }

    pub fn check(&self) -> Result<(), ServeError> {
        if self.is_raised() { Err(self.reason()) } else { Ok(()) }
    }
}

/// Raises stop signals when their deadlines pass: one thread for all executions of an engine.
pub struct Alarm {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    pending: Mutex<Pending>,
    changed: Condvar,
}

/// While deadlines come, the thread looks this often: then none that lies further ahead has to wake it, which costs a short
/// execution some percent. So a server's shortest deadline lies a little further ahead.
pub const TICK: Duration = Duration::from_millis(8);

/// The deadlines that have not passed.
#[derive(Default)]
struct Pending {
    armed: Vec<(u64, Duration, Arc<StopSignal>)>,
    next_id: u64,
    /// When the thread will look again by itself; `None` while it waits for a first deadline.
    wake: Option<Duration>,
    /// Whether a deadline came since the thread looked.
    came: bool,
    closing: bool,
}

impl Pending {
    /// Raises what is due and says when to look again.
    fn ring(&mut self, now: Duration) -> Option<Duration> {
        self.armed.retain(|(_, deadline, signal)| {
            let due = *deadline <= now;
            if due {
                signal.expire();
            }
            !due
        });
        let tick = std::mem::take(&mut self.came).then(|| now.saturating_add(TICK));
        self.wake = self.armed.iter().map(|(_, deadline, _)| *deadline).chain(tick).min();
        self.wake
    }

    /// Adds a deadline; true if the thread must be told.
    fn arm(&mut self, deadline: Duration, signal: Arc<StopSignal>) -> (u64, bool) {
        let id = self.next_id;
        self.next_id += 1;
        self.armed.push((id, deadline, signal));
        self.came = true;
        (id, self.wake.is_none_or(|wake| deadline < wake))
    }
}

impl Alarm {
    pub fn start(clock: Arc<dyn Clock>) -> std::io::Result<Alarm> {
        let shared = Arc::new(Shared { clock, pending: Mutex::default(), changed: Condvar::new() });
        let of_thread = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("execd-alarm".to_owned()).spawn(move || of_thread.watch())?;
        Ok(Alarm { shared, thread: Some(thread) })
    }

    /// Raises `signal` at `deadline` unless the guard is dropped before.
    pub fn arm(&self, deadline: Duration, signal: &Arc<StopSignal>) -> Armed<'_> {
        let (id, tell) = self.shared.pending().arm(deadline, Arc::clone(signal));
        if tell {
            self.shared.changed.notify_one();
        }
        Armed { shared: &self.shared, id }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.shared.pending().closing = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread runs no foreign code; if it panicked there is nothing left to end.
            let _ = thread.join();
        }
    }
}

/// Keeps a deadline armed.
pub struct Armed<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.shared.pending().armed.retain(|(id, ..)| *id != self.id);
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) {
        let mut pending = self.pending();
        while !pending.closing {
            let now = self.clock.now();
            pending = match pending.ring(now) {
                None => self.changed.wait(pending).unwrap_or_else(PoisonError::into_inner),
                Some(wake) => {
                    let wait = self.changed.wait_timeout(pending, wake.saturating_sub(now));
                    wait.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_table_of_deadlines() {
        let mut pending = Pending::default();
        let signals: Vec<Arc<StopSignal>> = (0..3).map(|_| Arc::default()).collect();
        let tells: Vec<bool> = [200, 300, 100]
            .into_iter()
            .zip(&signals)
            .map(|(deadline, signal)| {
                let (_, tell) = pending.arm(at(deadline), Arc::clone(signal));
                assert_eq!(pending.ring(at(0)), Some(TICK), "it looks again soon");
                pending.ring(at(0));
                tell
            })
            .collect();
        assert_eq!(tells, [true, false, true], "only an earlier deadline wakes the thread");
        for (time, raised, wake) in
            [(99, 0, Some(100)), (100, 1, Some(200)), (250, 2, Some(300)), (301, 3, None)]
        {
            assert_eq!(pending.ring(at(time)), wake.map(at));
            assert_eq!(signals.iter().filter(|signal| signal.is_raised()).count(), raised, "at {time}");
        }
    }

    #[test]
    fn deadlines_behind_the_next_look_wake_nobody() {
        let mut pending = Pending::default();
        let tell = |pending: &mut Pending, now| pending.arm(at(now) + TICK, Arc::default()).1;
        assert!(tell(&mut pending, 0), "the first one does");
        for look in [0, 8, 16] {
            assert!(pending.ring(at(look)) <= Some(at(look) + TICK));
            assert!(!tell(&mut pending, look) && !tell(&mut pending, look + 1));
        }
        assert_eq!(pending.ring(at(40)), Some(at(40) + TICK));
        assert_eq!(pending.ring(at(48)), None, "nothing came and nothing is armed");
    }

    #[test]
    fn the_thread_raises_what_is_due_and_only_that() {
        let clock = Arc::new(SystemClock);
        let alarm = Alarm::start(clock.clone()).unwrap();
        let (due, kept) = (Arc::new(StopSignal::default()), Arc::new(StopSignal::default()));
        let _far = alarm.arm(Duration::from_secs(3_600), &kept);
        let _now = alarm.arm(clock.now(), &due);
        while !due.is_raised() {
            std::thread::yield_now();
        }
        assert_eq!(due.reason(), ServeError::Deadline);
        assert!(!kept.is_raised());
        kept.cancel();
        assert_eq!(kept.check(), Err(ServeError::Cancelled));
    }
}
