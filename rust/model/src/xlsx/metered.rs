//! Counts the bytes that are unpacked from the archive and stops at the limits. The sizes that the archive declares do
//! not count. Stops when it is told to, too.

use crate::limits::Limits;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The unpacked bytes of one part. Beyond a limit, reading fails with the kind `FileTooLarge`; when it is
/// stopped, with `TimedOut`.
pub struct Metered<'p> {
    source: Box<dyn Read + 'p>,
    part_left: u64,
    total_left: &'p mut u64,
    token_limit: u64,
    token_left: u64,
    stop: Arc<AtomicBool>,
}

impl<'p> Metered<'p> {
    pub fn new(source: Box<dyn Read + 'p>, total_left: &'p mut u64, limits: &Limits) -> Metered<'p> {
        let token_limit = limits.xml_token_bytes as u64;
        let stop = Arc::clone(&limits.stop);
        Metered {
            source,
            part_left: limits.part_bytes,
            total_left,
            token_limit,
            token_left: token_limit,
            stop,
        }
    }

    /// A tag or a text starts here. The limit of one token holds for what is read until the next start.
    #[inline]
    pub fn start_token(&mut self) {
        self.token_left = self.token_limit;
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "stopped"));
        }
        let count = self.source.read(out)?;
        for (left, limit) in [
            (&mut self.part_left, "one part unpacks to more than allowed"),
            (self.total_left, "all parts together unpack to more than allowed"),
            (&mut self.token_left, "one tag or text is longer than allowed"),
        ] {
            *left = left
                .checked_sub(count as u64)
                .ok_or_else(|| io::Error::new(io::ErrorKind::FileTooLarge, limit))?;
        }
        Ok(count)
    }
}
