//! Counts the bytes that come out of the archive and stops at the limits, whatever sizes the archive declares.

use std::io::{self, Read};

/// Bytes of one part. An exceeded limit is an error of kind `FileTooLarge`.
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

    /// A tag or a text starts here: what is read until the next one counts against the limit of one token.
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
