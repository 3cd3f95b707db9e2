//! Records as the elements of one JSON array.

use std::io::{self, Write};

/// Stands before each record, the first one too, where it is taken away again.
pub const BETWEEN: &[u8] = b",\n";

pub struct ArrayWriter<W> {
    bytes: W,
    /// A record was written.
    begun: bool,
}

impl<W: Write> ArrayWriter<W> {
    pub fn new(bytes: W) -> ArrayWriter<W> {
        ArrayWriter { bytes, begun: false }
    }

    /// Writes records, each with `BETWEEN` before it.
    pub fn write(&mut self, parts: &[Vec<u8>]) -> io::Result<()> {
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if self.begun {
                self.bytes.write_all(part)?;
            } else {
                self.begun = true;
                self.bytes.write_all(b"[\n")?;
                self.bytes.write_all(part.strip_prefix(BETWEEN).unwrap_or(part))?;
            }
        }
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.bytes.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })?;
        Ok(self.bytes)
    }
}
