//! Raises a flag after a while, as the deadline of an execution does, and tells how long the processor worked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

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

    /// The time that `work` kept the processor busy, where the system tells it; `flag` is raised when it has gone on for
    /// `after`.
    pub fn measured(&self, flag: &Arc<AtomicBool>, after: Duration, work: impl FnOnce()) -> Option<Duration> {
        self.calls.send(Some((Arc::clone(flag), after))).unwrap();
        let before = busy();
        work();
        let took = busy().zip(before).map(|(now, before)| now - before);
        self.calls.send(None).unwrap();
        took
    }
}

/// Processor time of this thread: other processes take none of it.
fn busy() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
