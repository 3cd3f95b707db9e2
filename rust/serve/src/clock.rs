//! Time as an argument. The only file that reads the real clock; nothing here waits.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of time. Code that needs to know the time takes one, so that tests can hand in a table of times.
pub trait Clock: Send + Sync {
    /// Time since the clock's own origin; never goes back.
    fn now(&self) -> Duration;

    /// Time since 1970-01-01T00:00:00Z.
    fn unix(&self) -> Duration;
}

/// The machine's clock. All values of one process share an origin.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

static ORIGIN: OnceLock<Instant> = OnceLock::new();

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    fn now(&self) -> Duration {
        let now = Instant::now();
        now.saturating_duration_since(*ORIGIN.get_or_init(|| now))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the calendar clock")]
    fn unix(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// `Env::now` for a moment: the serial number of the workbook's date system, in UTC.
pub fn serial_now(unix_seconds: f64, date1904: bool) -> f64 {
    const EPOCH_1900: f64 = 25_569.0;
    const BETWEEN_SYSTEMS: f64 = 1_462.0;
    let serial = unix_seconds / 86_400.0 + EPOCH_1900;
    if date1904 { serial - BETWEEN_SYSTEMS } else { serial }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_never_goes_back() {
        let clock = SystemClock;
        let first = clock.now();
        assert!(clock.now() >= first);
    }

    #[test]
    fn moments_become_serials() {
        // Excel's documentation: 1 January 2008 is serial 39448 in the 1900 system, 37986 in the 1904 system.
        let new_year_2008 = 1_199_145_600.0;
        assert_eq!(serial_now(new_year_2008, false), 39_448.0);
        assert_eq!(serial_now(new_year_2008, true), 37_986.0);
        assert_eq!(serial_now(new_year_2008 + 43_200.0, false), 39_448.5);
    }
}
