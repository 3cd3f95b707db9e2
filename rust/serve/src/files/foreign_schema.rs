//! Schemas of Arrow with columns that the reader of Arrow would refuse: integers of 128 bits, and metadata that is no
//! UTF-8. A column that is no input must not refuse a file, so their bytes are changed in place before they are read: such
//! an integer becomes 16 bytes, and bytes that are no text become question marks.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

/// What a schema is part of.
#[derive(Clone, Copy)]
enum Root {
    Message,
    Footer,
}

// Slots of the tables, and tags of the types, in Arrow's `Message.fbs`, `File.fbs` and `Schema.fbs`.
const MESSAGE_HEADER: usize = 2;
const FOOTER_SCHEMA: usize = 1;
const SCHEMA_FIELDS: usize = 1;
const FIELD_NAME: usize = 0;
const FIELD_TAG: usize = 2;
const FIELD_TYPE: usize = 3;
const FIELD_CHILDREN: usize = 5;
const FIELD_METADATA: usize = 6;
const PAIR_VALUE: usize = 1;
const INTEGER: u8 = 2;
const FIXED_SIZE_BINARY: u8 = 15;
/// Of both types: how wide a value is, an integer in bits, the other in bytes.
const WIDTH: usize = 0;

/// Columns within columns that are followed.
const DEEPEST: usize = 64;
/// Columns and pairs of metadata that are looked at: a few bytes can refer to the same ones again and again.
const MOST_TABLES: usize = 1 << 20;
/// The longest schema.
const MOST_BYTES: usize = 256 << 20;
/// Comes before a message of a stream, but not in files of early versions.
const CONTINUED: [u8; 4] = [0xFF; 4];

/// Names of the columns that were changed.
pub type Changed = Vec<String>;

/// A stream of Arrow whose schema can be read.
pub fn of_stream(mut bytes: impl Read + Send + 'static) -> io::Result<(Box<dyn Read + Send>, Changed)> {
    let mut start = read_most(&mut bytes, 4)?;
    if start == CONTINUED {
        start.extend(read_most(&mut bytes, 4)?);
    }
    let length = start.last_chunk().map_or(0, |length| u32::from_le_bytes(*length) as usize);
    let at = start.len();
    if length <= MOST_BYTES {
        start.extend(read_most(&mut bytes, length)?);
    }
    let changed = change(start.get_mut(at..).unwrap_or_default(), Root::Message);
    Ok((Box::new(Cursor::new(start).chain(bytes)), changed))
}

/// A file of Arrow whose footer can be read.
pub fn of_file(mut file: File) -> io::Result<(Patched, Changed)> {
    const TAIL: u64 = 10;
    let length = file.seek(SeekFrom::End(0))?;
    let (mut start, mut footer) = (length, Vec::new());
    if length >= TAIL {
        file.seek(SeekFrom::Start(length - TAIL))?;
        let tail = read_most(&mut file, 4)?;
        let size = tail.first_chunk().map_or(0, |size| u64::from(u32::from_le_bytes(*size)));
        if size <= MOST_BYTES as u64 && size + TAIL <= length {
            start = length - TAIL - size;
            file.seek(SeekFrom::Start(start))?;
            footer = read_most(&mut file, size as usize)?;
        }
    }
    file.rewind()?;
    let changed = change(&mut footer, Root::Footer);
    Ok((Patched { file, start, bytes: footer }, changed))
}

/// A message with a schema, as Parquet files of programs built on Arrow have one; it may begin as in a stream.
pub fn of_message(message: &mut [u8]) -> Changed {
    let at = if message.starts_with(&CONTINUED) { 8 } else { 0 };
    change(message.get_mut(at..).unwrap_or_default(), Root::Message)
}

fn read_most(bytes: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut found = Vec::new();
    bytes.take(count as u64).read_to_end(&mut found)?;
    Ok(found)
}

/// A file, some bytes of which are others.
pub struct Patched {
    file: File,
    start: u64,
    bytes: Vec<u8>,
}

impl Patched {
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Empty if it is damaged.
    pub fn footer(&self) -> &[u8] {
        &self.bytes
    }
}

impl Read for Patched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.file.stream_position()?;
        let count = self.file.read(buffer)?;
        let first = at.max(self.start);
        let last = (at + count as u64).min(self.start + self.bytes.len() as u64);
        if first < last {
            let to = buffer.get_mut((first - at) as usize..(last - at) as usize);
            let from = self.bytes.get((first - self.start) as usize..(last - self.start) as usize);
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
        }
        Ok(count)
    }
}

impl Seek for Patched {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.file.seek(place)
    }
}

fn change(bytes: &mut [u8], root: Root) -> Changed {
    let mut tables = Tables { bytes, left: MOST_TABLES };
    tables.schema(root).unwrap_or_default()
}

/// Tables of flatbuffers, whose places in the bytes are known. What is damaged is left to the reader.
struct Tables<'b> {
    bytes: &'b mut [u8],
    /// Tables that may still be looked at.
    left: usize,
}

impl Tables<'_> {
    fn schema(&mut self, root: Root) -> Option<Changed> {
        let slot = match root {
            Root::Message => MESSAGE_HEADER,
            Root::Footer => FOOTER_SCHEMA,
        };
        let root = self.target(0)?;
        let schema = self.table(root, slot)?;
        let mut changed = Changed::new();
        for field in self.elements(schema, SCHEMA_FIELDS) {
            if self.field(field, 0) == Some(true) {
                let name = self.text(field, FIELD_NAME).and_then(|name| self.bytes.get(name));
                changed.push(String::from_utf8_lossy(name.unwrap_or_default()).into_owned());
            }
        }
        Some(changed)
    }

    /// True if the column, or one within it, was changed.
    fn field(&mut self, field: usize, depth: usize) -> Option<bool> {
        let mut changed = self.wide_integer(field).unwrap_or(false);
        for pair in self.elements(field, FIELD_METADATA) {
            if let Some(value) = self.text(pair, PAIR_VALUE)
                && let Some(value) = self.bytes.get_mut(value)
                && std::str::from_utf8(value).is_err()
            {
                value.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
                changed = true;
            }
        }
        if depth < DEEPEST {
            for child in self.elements(field, FIELD_CHILDREN) {
                changed |= self.field(child, depth + 1)?;
            }
        }
        Some(changed)
    }

    fn wide_integer(&mut self, field: usize) -> Option<bool> {
        let tag = self.slot(field, FIELD_TAG)?;
        let kind = self.table(field, FIELD_TYPE)?;
        let width = self.slot(kind, WIDTH)?;
        if self.bytes.get(tag) != Some(&INTEGER) || self.word(width) != Some(128) {
            return Some(false);
        }
        *self.bytes.get_mut(tag)? = FIXED_SIZE_BINARY;
        self.bytes.get_mut(width..width + 4)?.copy_from_slice(&16_u32.to_le_bytes());
        Some(true)
    }

    fn word(&self, at: usize) -> Option<usize> {
        let word = self.bytes.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*word)).ok()
    }

    fn half(&self, at: usize) -> Option<usize> {
        let half = self.bytes.get(at..)?.first_chunk()?;
        Some(usize::from(u16::from_le_bytes(*half)))
    }

    /// Where what is referred to at this place begins.
    fn target(&self, at: usize) -> Option<usize> {
        at.checked_add(self.word(at)?)
    }

    /// Where a slot of a table is.
    fn slot(&self, table: usize, slot: usize) -> Option<usize> {
        let back = i32::from_le_bytes(*self.bytes.get(table..)?.first_chunk()?);
        let layout = usize::try_from(i64::try_from(table).ok()? - i64::from(back)).ok()?;
        let place = 4 + 2 * slot;
        if place + 2 > self.half(layout)? {
            return None;
        }
        let offset = self.half(layout.checked_add(place)?)?;
        if offset == 0 { None } else { Some(table + offset) }
    }

    fn table(&self, table: usize, slot: usize) -> Option<usize> {
        self.target(self.slot(table, slot)?)
    }

    /// The tables of a list of tables, as far as they may be looked at.
    fn elements(&mut self, table: usize, slot: usize) -> Vec<usize> {
        let Some(list) = self.table(table, slot) else { return Vec::new() };
        let count = self.word(list).unwrap_or(0).min(self.left);
        self.left -= count;
        (0..count).map_while(|element| self.target(list + 4 + 4 * element)).collect()
    }

    fn text(&self, table: usize, slot: usize) -> Option<std::ops::Range<usize>> {
        let text = self.table(table, slot)?;
        let start = text.checked_add(4)?;
        Some(start..start.checked_add(self.word(text)?)?)
    }
}
