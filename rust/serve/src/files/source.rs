//! Where records come from: a file, or anything that reads.

use crate::error::ServeError;
use crate::files::kind::FileKind;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Records of one chunk.
pub const CHUNK_RECORDS: usize = 1 << 16;

/// The bytes of records, what they hold, and what they are called in messages.
pub struct Source {
    pub name: String,
    pub kind: FileKind,
    pub bytes: SourceBytes,
    /// How many bytes there are, if it is known.
    pub length: Option<u64>,
}

pub enum SourceBytes {
    /// Read once, from front to back.
    Stream(Box<dyn Read + Send>),
    /// Can be read from any position, as formats with a footer must be.
    File(File),
}

impl Source {
    /// A file; its suffix says what it holds.
    pub fn open(path: &Path) -> Result<Source, ServeError> {
        let name = path.display().to_string();
        let kind = FileKind::of(path)?;
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (length, file) = opened.map_err(|error| ServeError::file(&name, error))?;
        Ok(Source { name, kind, bytes: SourceBytes::File(file), length: Some(length) })
    }

    /// Anything that reads. `name` is what it is called in messages.
    pub fn stream(
        name: &str,
        kind: FileKind,
        bytes: impl Read + Send + 'static,
        length: Option<u64>,
    ) -> Source {
        Source { name: name.to_owned(), kind, bytes: SourceBytes::Stream(Box::new(bytes)), length }
    }
}

impl Read for SourceBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            SourceBytes::Stream(reader) => reader.read(buffer),
            SourceBytes::File(file) => file.read(buffer),
        }
    }
}

/// Counts the bytes that are read.
pub struct Counted<R> {
    pub reader: R,
    pub read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
