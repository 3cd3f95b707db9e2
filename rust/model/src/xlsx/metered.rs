//! Counts the bytes that are unpacked from the archive and stops at the limits. The sizes that the archive declares do
//! not count.

use std::io::{self, Read};

/// The unpacked bytes of one part. Beyond a limit, reading fails with the kind `FileTooLarge`.
pub struct Metered<'p> {
    source: Box<dyn Read + 'p>,
    part_left: u64,
    total_left: &'p mut u64,
    token_limit: u64,
    token_left: u64,
}

impl<'p> Metered<'p> {
    pub fn new(
        source: Box<dyn Read + 'p>,
        part_limit: u64,
        total_left: &'p mut u64,
        token_limit: usize,
    ) -> Metered<'p> {
        let token_limit = token_limit as u64;
        Metered { source, part_left: part_limit, total_left, token_limit, token_left: token_limit }
    }

    /// A tag or a text starts here. The limit of one token holds for what is read until the next start.
    #[inline]
    pub fn start_token(&mut self) {
        self.token_left = self.token_limit;
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
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
