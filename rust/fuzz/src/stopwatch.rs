//! Raises a stop flag after a while, as a deadline does, and tells how long the processor worked.

use execd_serve::clock::{Clock, SystemClock};
use execd_serve::stop::{Alarm, StopSignal};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Processor time that work may go on after its flag was raised: far more than the 50 ms that are promised, because a
/// sanitizer is slow and a busy machine wakes the alarm late.
pub const LATE: Duration = Duration::from_millis(if cfg!(feature = "libfuzzer") { 5_000 } else { 400 });

/// Runs `work`, whose flag is raised when it has gone on for `time`; gives the processor time that it took, where the
/// system tells it.
pub fn measured<T>(time: Duration, work: impl FnOnce(&Arc<StopSignal>) -> T) -> (T, Option<Duration>) {
    static ALARM: LazyLock<Alarm> = LazyLock::new(|| match Alarm::start(Arc::new(SystemClock)) {
        Ok(alarm) => alarm,
        Err(error) => panic!("no alarm: {error}"),
    });
    let signal = Arc::new(StopSignal::default());
    let armed = ALARM.arm(SystemClock.now() + time, &signal);
    let before = busy();
    let result = work(&signal);
    let took = busy().zip(before).map(|(now, before)| now - before);
    drop(armed);
    (result, took)
}

/// The same for work that must end in its time.
pub fn in_time<T>(what: &str, time: Duration, work: impl FnOnce(&Arc<StopSignal>) -> T) -> T {
    let (result, took) = measured(time, work);
    if let Some(took) = took {
        assert!(took <= time + LATE, "{what} took {took:?}, and was told to end after {time:?}");
    }
    result
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
