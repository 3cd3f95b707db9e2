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

/// Steps of a simple loop, each of which waits for the one before: 50 ms of a processor of our day.
const STEPS: u64 = 30_000_000;

/// The processor time that these steps take here and now: processors differ, and are slowed down and shared.
pub fn yardstick() -> Option<Duration> {
    let before = busy()?;
    let mixed =
        (0..STEPS).fold(1_u64, |x, step| (x ^ step).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23));
    std::hint::black_box(mixed);
    Some(busy()? - before)
}
