//! Where records come from: a file, a pipe, or anything that reads. Here bytes are unpacked, their format is found, and
//! what is read from its end gets a file.

use crate::error::ServeError;
use crate::files::kind::{self, FileKind, Packing, SUFFIXES};
use crate::files::options::RunOptions;
use crate::files::packing::unpacked;
use crate::files::piped::{PipeReader, Stoppable};
use crate::files::place::Place;
use crate::files::ranged::Ranged;
use crate::files::spool::{Spool, Spools};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Records of one chunk.
pub const CHUNK_RECORDS: usize = 1 << 16;
/// Bytes after which a chunk of text ends.
pub const CHUNK_BYTES: usize = 8 << 20;

/// The bytes of records, what they hold, and what they are called in messages.
pub struct Source {
    pub name: String,
    pub kind: FileKind,
    pub bytes: SourceBytes,
    pub count: ReadCount,
    /// What is read after it as if it were more of it.
    pub rest: Vec<Place>,
}

pub enum SourceBytes {
    /// Read once, from front to back.
    Stream(Box<dyn Read + Send>),
    /// Can be read from any position, as formats with a footer must be.
    File(File),
    /// The same of a Parquet file that is elsewhere.
    Ranged(Ranged),
}

impl SourceBytes {
    /// From front to back.
    pub fn stream(self) -> Box<dyn Read + Send> {
        match self {
            SourceBytes::Stream(bytes) => bytes,
            SourceBytes::File(file) => Box::new(file),
            SourceBytes::Ranged(file) => Box::new(file.into_reader()),
        }
    }
}

/// How much has been read: bytes, or what the format counts. The total is missing if nobody knows it.
#[derive(Clone, Default)]
pub struct ReadCount {
    read: Arc<AtomicU64>,
    pub total: Option<u64>,
}

impl Source {
    /// A file or a pipe. The format is the one of the options, else what the suffix says,
    /// else, without a suffix, what the bytes look like.
    pub fn open(place: &Place, options: &RunOptions) -> Result<Source, ServeError> {
        if place.is_dash() {
            let bytes = piped(io::stdin(), options)?;
            return Source::stream("standard input", options.from, bytes, None, options);
        }
        let name = place.called();
        let named = options.from.or(kind::of_name(place.named()).0);
        if named.is_none() && kind::suffix(place.named()).is_some() {
            return Err(ServeError::file(&name, SUFFIXES));
        }
        if let Some(requests) = &place.ranges {
            let opened = Ranged::open(requests, &place.path, place.bytes.unwrap_or(0));
            let bytes = SourceBytes::Ranged(opened.map_err(|error| ServeError::file(&name, error))?);
            return Ok(Source {
                name,
                kind: FileKind::Parquet,
                bytes,
                count: ReadCount::default(),
                rest: Vec::new(),
            });
        }
        let opened = File::open(&place.path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = opened.map_err(|error| ServeError::file(&name, error))?;
        if metadata.is_file() {
            Source::file(&name, named, file, metadata.len(), options)
        } else {
            Source::stream(&name, named, piped(file, options)?, place.bytes, options)
        }
    }

    /// Anything that reads; `length` is how many bytes there are, if it is known. `name` is what it is called in
    /// messages.
    pub fn stream(
        name: &str,
        kind: Option<FileKind>,
        bytes: impl Read + Send + 'static,
        length: Option<u64>,
        options: &RunOptions,
    ) -> Result<Source, ServeError> {
        let bytes = Stoppable::new(bytes, &options.execute.stop);
        let count = ReadCount { total: length, ..ReadCount::default() };
        let found = Arriving::new(Box::new(count.counted(bytes))).and_then(|bytes| {
            let kind = kind_of(kind, &bytes.start);
            Ok((kind, bytes.placed(kind, &options.spools)?))
        });
        let (kind, bytes) = found.map_err(|error| ServeError::file(name, error))?;
        Ok(Source { name: name.to_owned(), kind, bytes, count, rest: Vec::new() })
    }

    /// A file that can be read from any position. It is read in place if it is not packed.
    pub fn file(
        name: &str,
        kind: Option<FileKind>,
        mut file: File,
        length: u64,
        options: &RunOptions,
    ) -> Result<Source, ServeError> {
        let start = start_of(&mut file).and_then(|start| file.rewind().map(|()| start));
        let start = start.map_err(|error| ServeError::file(name, error))?;
        let found = kind_of(kind, &start);
        if Packing::of_bytes(&start).is_some() || !found.has_footer() {
            return Source::stream(name, kind, file, Some(length), options);
        }
        let bytes = SourceBytes::File(file);
        let (name, count) = (name.to_owned(), ReadCount::default());
        Ok(Source { name, kind: found, bytes, count, rest: Vec::new() })
    }
}

fn piped(bytes: impl Read + Send + 'static, options: &RunOptions) -> Result<PipeReader, ServeError> {
    PipeReader::start(bytes, Arc::clone(&options.execute.stop))
        .map_err(|error| ServeError::Internal(error.to_string()))
}

/// Unpacked bytes, of which the first have been read.
struct Arriving {
    start: Vec<u8>,
    rest: Box<dyn Read + Send>,
}

impl Arriving {
    fn new(mut bytes: Box<dyn Read + Send>) -> io::Result<Arriving> {
        let start = start_of(&mut bytes)?;
        let Some(packing) = Packing::of_bytes(&start) else { return Ok(Arriving { start, rest: bytes }) };
        let mut rest = unpacked(packing, Cursor::new(start).chain(bytes))?;
        Ok(Arriving { start: start_of(&mut rest)?, rest })
    }

    fn placed(self, kind: FileKind, spools: &Arc<Spools>) -> io::Result<SourceBytes> {
        let bytes = Cursor::new(self.start).chain(self.rest);
        Ok(if kind.has_footer() {
            SourceBytes::File(spooled(bytes, spools)?)
        } else {
            SourceBytes::Stream(Box::new(bytes))
        })
    }
}

/// A file without a name, which is gone when the run ends.
fn spooled(bytes: impl Read, spools: &Arc<Spools>) -> io::Result<File> {
    let mut spool = Spool::new(Arc::clone(spools))?;
    spool.fill(bytes)?;
    spool.into_file()
}

/// As many bytes as tell a format.
const TELLING: usize = 6;
/// White space that is looked through for them.
const MOST_SPACE: usize = 1 << 16;

/// The first bytes, up to some that tell a format.
fn start_of(bytes: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    while without_mark(&start).trim_ascii_start().len() < TELLING && start.len() < MOST_SPACE {
        let before = start.len();
        bytes.by_ref().take(TELLING as u64).read_to_end(&mut start)?;
        if start.len() == before {
            break;
        }
    }
    Ok(start)
}

/// What the first bytes hold, if they are not said to be something else.
fn kind_of(named: Option<FileKind>, start: &[u8]) -> FileKind {
    let looks_like = || FileKind::of_bytes(without_mark(start).trim_ascii_start());
    named.map_or_else(looks_like, |kind| kind.refined(start))
}

/// Without what some programs put before the first character of UTF-8.
fn without_mark(start: &[u8]) -> &[u8] {
    start.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(start)
}

impl ReadCount {
    pub fn advance(&self, count: usize) {
        self.read.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// How much has been read, from 0 to 1; 0 if nobody knows how much there is.
    pub fn fraction(&self) -> f64 {
        let read = self.read.load(Ordering::Relaxed) as f64;
        self.total.map_or(0.0, |total| read / total.max(1) as f64)
    }

    pub fn counted<R>(&self, reader: R) -> Counted<R> {
        Counted { reader, count: self.clone() }
    }
}

/// Counts the bytes that are read.
pub struct Counted<R> {
    reader: R,
    count: ReadCount,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.count.advance(count);
        Ok(count)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
