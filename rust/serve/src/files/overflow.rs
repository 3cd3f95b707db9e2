//! Bytes that wait on disk for their turn: written at one end, read at the other, in a file without a name.

use crate::files::spool::Spools;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes that are read at once.
const PIECE: u64 = 1 << 18;

/// Where in the file bytes wait. Whoever writes or reads bytes does so outside of the lock around this.
#[derive(Debug)]
pub struct Overflow {
    spools: Arc<Spools>,
    file: Option<Arc<File>>,
    read: u64,
    written: u64,
    /// Bytes of room that were asked for.
    room: u64,
    /// Bytes are on their way into the file, or out of it.
    writing: bool,
    reading: bool,
}

/// Bytes of the file, to be written or read.
pub struct Place {
    file: Arc<File>,
    start: u64,
    length: u64,
}

impl Overflow {
    pub fn new(spools: Arc<Spools>) -> Overflow {
        Overflow { spools, file: None, read: 0, written: 0, room: 0, writing: false, reading: false }
    }

    pub fn is_empty(&self) -> bool {
        self.read == self.written && !self.writing
    }

    /// Where to write so many bytes. It fails if there is no room for them.
    pub fn begin(&mut self, length: usize) -> io::Result<Place> {
        if self.is_empty() && !self.reading {
            (self.read, self.written) = (0, 0);
        }
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(self.spools.file()?))),
        };
        let place = Place { file, start: self.written, length: length as u64 };
        let more = (place.start + place.length).saturating_sub(self.room);
        self.spools.ask(more)?;
        self.room += more;
        self.writing = true;
        Ok(place)
    }

    /// They have been written, or could not be.
    pub fn end(&mut self, length: usize, written: &io::Result<()>) {
        self.writing = false;
        if written.is_ok() {
            self.written += length as u64;
        }
    }

    /// Whoever was told where to read has read.
    pub fn was_read(&mut self) {
        self.reading = false;
    }

    /// Where to read the next bytes; nothing if none wait.
    pub fn next(&mut self) -> Option<Place> {
        let length = (self.written - self.read).min(PIECE);
        let place = Place { file: Arc::clone(self.file.as_ref()?), start: self.read, length };
        self.read += length;
        self.reading = length > 0;
        self.reading.then_some(place)
    }
}

impl Place {
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, self.start)
    }

    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.length as usize];
        self.file.read_exact_at(&mut bytes, self.start)?;
        Ok(bytes)
    }
}
