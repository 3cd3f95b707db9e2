//! Raises a flag after a while, as the deadline of an execution does, and tells how long the processor worked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

pub struct Timer {
    calls: Sender<Option<(Arc<AtomicBool>, Duration)>>,
}

impl Timer {
    pub fn start() -> Timer {
        let (calls, next) = channel();
        std::thread::spawn(move || {
            let mut armed: Option<(Arc<AtomicBool>, Duration)> = None;
            loop {
                let wait = armed.as_ref().map_or(Duration::MAX, |(_, after)| *after);
                match next.recv_timeout(wait.min(Duration::from_secs(3_600))) {
                    Ok(call) => armed = call,
                    Err(RecvTimeoutError::Timeout) => {
                        if let Some((flag, _)) = armed.take() {
                            flag.store(true, Ordering::Relaxed);
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        Timer { calls }
    }

    /// The time that `work` kept the processor busy; `flag` is raised when it has gone on for `after`.
    pub fn measured(&self, flag: &Arc<AtomicBool>, after: Duration, work: impl FnOnce()) -> Duration {
        self.calls.send(Some((Arc::clone(flag), after))).unwrap();
        let (started, busy) = (Instant::now(), busy());
        work();
        let took = match (busy, self::busy()) {
            (Some(before), Some(now)) => now - before,
            _ => started.elapsed(),
        };
        self.calls.send(None).unwrap();
        took
    }
}

/// Processor time of this thread, where the system tells it: other processes take none of it.
fn busy() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
