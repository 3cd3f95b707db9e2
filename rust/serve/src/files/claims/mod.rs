//! What files of Arrow and Parquet claim to hold, looked at before memory is taken for it. Their readers take what a few
//! bytes ask for, and a process to which memory is refused ends.

use ::parquet::errors::{ParquetError, Result as ParquetResult};
use ::parquet::file::reader::{ChunkReader, Length};
use arrow_ipc::{root_as_footer, root_as_message};
use bytes::Bytes;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileExt;

/// Comes before a message, but not in files of early versions.
const CONTINUED: [u8; 4] = [0xFF; 4];
/// The longest description of a batch.
const MOST_METADATA: usize = 256 << 20;
/// A packed buffer begins with its unpacked length.
const LENGTH: usize = 8;

/// A stream of Arrow whose batches take at most so many bytes each, packed and unpacked. What is no Arrow is left to
/// the reader.
pub struct CheckedStream<R> {
    bytes: R,
    most: u64,
    /// The beginning of a message, which was read and is given next.
    beginning: Cursor<Vec<u8>>,
    /// What is left of the message's body, and how much of it was given.
    left: u64,
    at: u64,
    /// Where unpacked lengths are in the body, in order.
    places: VecDeque<u64>,
    /// The last bytes that were given, for a length that comes in two pieces.
    tail: Vec<u8>,
    unpacked: Unpacked,
}

impl<R: Read> CheckedStream<R> {
    pub fn new(bytes: R, most: usize) -> CheckedStream<R> {
        CheckedStream {
            bytes,
            most: most as u64,
            beginning: Cursor::default(),
            left: 0,
            at: 0,
            places: VecDeque::new(),
            tail: Vec::new(),
            unpacked: Unpacked::default(),
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let mut start = Vec::new();
        self.bytes.by_ref().take(4).read_to_end(&mut start)?;
        if start == CONTINUED {
            self.bytes.by_ref().take(4).read_to_end(&mut start)?;
        }
        let length = start.last_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
        if length > MOST_METADATA {
            return Err(damaged());
        }
        let metadata = start.len();
        self.bytes.by_ref().take(length as u64).read_to_end(&mut start)?;
        let found = Described::of(start.get(metadata..).unwrap_or_default()).unwrap_or_default();
        check(BATCH, found.body, self.most)?;
        self.beginning = Cursor::new(start);
        (self.left, self.at, self.places) = (found.body, 0, found.places.into());
        self.tail.clear();
        self.unpacked = Unpacked::default();
        Ok(())
    }

    /// Looks at the next bytes of the body.
    fn look(&mut self, bytes: &[u8]) -> io::Result<()> {
        let before = self.at - self.tail.len() as u64;
        let end = self.at + bytes.len() as u64;
        while let Some(place) = self.places.pop_front_if(|place| place.saturating_add(LENGTH as u64) <= end) {
            let mut from = self.tail.iter().chain(bytes).skip((place - before) as usize).copied();
            let length = std::array::from_fn(|_| from.next().unwrap_or_default());
            self.unpacked.add(length, self.most)?;
        }
        if self.places.is_empty() {
            self.tail.clear();
        } else {
            self.tail.extend_from_slice(bytes.get(bytes.len().saturating_sub(LENGTH)..).unwrap_or_default());
            self.tail.drain(..self.tail.len().saturating_sub(LENGTH));
        }
        self.at = end;
        self.left -= bytes.len() as u64;
        Ok(())
    }
}

impl<R: Read> Read for CheckedStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = self.beginning.read(buffer)?;
        if count == 0 && self.left == 0 {
            self.begin()?;
            count = self.beginning.read(buffer)?;
        }
        if count > 0 || self.left == 0 {
            return Ok(count);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let count = self.bytes.read(buffer)?;
        self.look(buffer.get(..count).unwrap_or_default())?;
        Ok(count)
    }
}

/// Refuses a file of Arrow with a batch that takes more than so many bytes, packed and unpacked. `go_on` is asked before
/// each batch.
pub fn check_file(
    file: &File,
    footer: &[u8],
    most: usize,
    go_on: impl Fn() -> io::Result<()>,
) -> io::Result<()> {
    let (most, size) = (most as u64, file.metadata()?.len());
    let Ok(footer) = root_as_footer(footer) else { return Ok(()) };
    for block in footer.dictionaries().iter().chain(&footer.recordBatches()).flatten() {
        go_on()?;
        let (offset, body) = (u64::try_from(block.offset()), u64::try_from(block.bodyLength()));
        let (Ok(offset), Ok(body), Ok(length)) = (offset, body, usize::try_from(block.metaDataLength()))
        else {
            return Err(damaged());
        };
        let start = offset.saturating_add(length as u64);
        if start.saturating_add(body) > size || length > MOST_METADATA {
            return Err(damaged());
        }
        check(BATCH, body, most)?;
        let mut metadata = vec![0; length];
        file.read_exact_at(&mut metadata, offset)?;
        let prefix = if metadata.starts_with(&CONTINUED) { 8 } else { 4 };
        let found = Described::of(metadata.get(prefix..).unwrap_or_default()).unwrap_or_default();
        let mut unpacked = Unpacked::default();
        for place in found.places.into_iter().filter(|place| place.saturating_add(LENGTH as u64) <= body) {
            let mut length = [0; LENGTH];
            file.read_exact_at(&mut length, start + place)?;
            unpacked.add(length, most)?;
        }
    }
    Ok(())
}

/// What a message of Arrow says of its body.
#[derive(Default)]
struct Described {
    body: u64,
    /// Where unpacked lengths are, in order.
    places: Vec<u64>,
}

impl Described {
    fn of(metadata: &[u8]) -> Option<Described> {
        let message = root_as_message(metadata).ok()?;
        let batch = message.header_as_record_batch().or_else(|| message.header_as_dictionary_batch()?.data());
        let packed = batch.filter(|batch| batch.compression().is_some());
        let buffers = packed.and_then(|batch| batch.buffers());
        let filled = buffers.iter().flatten().filter(|buffer| buffer.length() > LENGTH as i64);
        let mut places: Vec<u64> = filled.filter_map(|buffer| u64::try_from(buffer.offset()).ok()).collect();
        places.sort_unstable();
        Some(Described { body: u64::try_from(message.bodyLength()).ok()?, places })
    }
}

/// What the buffers of a batch become.
#[derive(Default)]
struct Unpacked(u64);

impl Unpacked {
    /// A negative length stands for a buffer that is not packed.
    fn add(&mut self, length: [u8; LENGTH], most: u64) -> io::Result<()> {
        self.0 = self.0.saturating_add(u64::try_from(i64::from_le_bytes(length)).unwrap_or(0));
        check(BATCH, self.0, most)
    }
}

const BATCH: &str = "a batch";
const PAGE: &str = "a page";

fn check(what: &str, bytes: u64, most: u64) -> io::Result<()> {
    let there_is = |bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok();
    if bytes <= most && usize::try_from(bytes).is_ok_and(there_is) {
        return Ok(());
    }
    let limit = if bytes > most {
        format!("at most {most} are allowed")
    } else {
        "there is no memory for it".to_owned()
    };
    Err(io::Error::other(format!(
        "{what} of its records takes {bytes} bytes, {limit}; write it in smaller ones"
    )))
}

fn damaged() -> io::Error {
    io::Error::other("the file is damaged")
}

/// A Parquet file whose pages take at most so many bytes each, unpacked.
pub struct CheckedPages<F> {
    file: F,
    most: u64,
}

impl<F> CheckedPages<F> {
    pub fn new(file: F, most: usize) -> CheckedPages<F> {
        CheckedPages { file, most: most as u64 }
    }
}

impl<F: Length> Length for CheckedPages<F> {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl<F: ChunkReader> ChunkReader for CheckedPages<F> {
    type T = F::T;

    /// The reader asks for the headers of pages in this way.
    fn get_read(&self, start: u64) -> ParquetResult<F::T> {
        let mut header = Vec::new();
        self.file.get_read(start)?.take(LONGEST_START).read_to_end(&mut header)?;
        let bytes =
            unpacked_length(&header).ok_or_else(|| ParquetError::General("a page is damaged".to_owned()))?;
        check(PAGE, bytes, self.most).map_err(|error| ParquetError::General(error.to_string()))?;
        self.file.get_read(start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if start.saturating_add(length as u64) > self.file.len() {
            return Err(ParquetError::EOF("a page ends beyond the end of the file".to_owned()));
        }
        self.file.get_bytes(start, length)
    }
}

/// As many bytes as the first two fields of a header can have.
const LONGEST_START: u64 = 12;

/// The second field of a page's header; both are numbers of 32 bits in Thrift's compact protocol.
fn unpacked_length(header: &[u8]) -> Option<u64> {
    const NEXT_NUMBER: u8 = 0x15;
    let mut bytes = header.iter().copied();
    let mut last = 0;
    for _ in 0..2 {
        if bytes.next()? != NEXT_NUMBER {
            return None;
        }
        last = 0;
        for place in 0.. {
            let byte = bytes.next()?;
            last |= u64::from(byte & 0x7F).checked_shl(7 * place)?;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    // Even numbers stand for what is not negative.
    if last % 2 == 0 { Some(last / 2) } else { None }
}
