//! One layer of a heap: where texts and arrays lie. Limits on them are set in `heap`.

use crate::values::budget::STEP;
use crate::values::value::{ArrayId, ErrorCode, TextId, Unpacked, Value};

pub(super) const LAYER_SHIFT: u32 = 45;
pub(super) const INDEX: u64 = (1 << LAYER_SHIFT) - 1;

/// Which layer new handles of a heap belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Constant = 0,
    Batch = 1,
    Local = 2,
}

/// A rectangular array of values. Of cells of a sheet it may hold the first rows and columns only: all others are blank.
#[derive(Clone, Debug, Default)]
pub struct Array {
    pub rows: usize,
    pub cols: usize,
    /// How many columns of each row are held.
    width: usize,
    /// What is held, row by row.
    pub cells: Vec<Value>,
}

impl Array {
    /// All values, row by row.
    pub const fn new(rows: usize, cols: usize, cells: Vec<Value>) -> Array {
        Array { rows, cols, width: cols, cells }
    }

    /// The first `width` values of the first rows; all others are blank.
    pub fn partly_blank((rows, cols): (usize, usize), width: usize, cells: Vec<Value>) -> Array {
        Array { rows, cols, width, cells }
    }

    /// The value at a place; `None` outside of the array.
    pub fn get(&self, row: usize, col: usize) -> Option<Value> {
        if row >= self.rows || col >= self.cols {
            return None;
        }
        let held = if col < self.width { self.cells.get(row * self.width + col).copied() } else { None };
        Some(held.unwrap_or(Value::BLANK))
    }

    /// Rows and columns that are held.
    pub fn used(&self) -> (usize, usize) {
        (self.cells.len().checked_div(self.width).unwrap_or(0), self.width)
    }

    /// The same with `f` of each value that is held. A blank must stay a blank.
    pub fn map(&self, f: impl FnMut(Value) -> Value) -> Array {
        Array { cells: self.cells.iter().copied().map(f).collect(), ..*self }
    }
}

/// How many recent texts a shared store remembers, to find equal ones.
const RECENT: usize = 256;

/// Stores that held no more bytes keep their memory when they are emptied.
const KEPT: usize = 4 * STEP;

/// One layer: an append-only store of texts and arrays. The shared layers keep one handle for equal texts as far as a
/// small table remembers them: columns of inputs repeat few texts, and equal handles let calls reuse results.
#[derive(Debug)]
pub struct Store {
    layer: Layer,
    pub(super) bytes: String,
    spans: Vec<(u32, u32)>,
    pub(super) arrays: Vec<Array>,
    /// Bytes of all arrays.
    array_bytes: usize,
    /// More bytes of text were added than spans can tell apart.
    pub(super) overflowed: bool,
    /// Indexes of recent texts by a hash of their ends; empty until a shared store gets its first text.
    recent: Vec<u32>,
}

impl Store {
    pub fn new(layer: Layer) -> Store {
        Store {
            layer,
            bytes: String::new(),
            spans: Vec::new(),
            arrays: Vec::new(),
            array_bytes: 0,
            overflowed: false,
            recent: Vec::new(),
        }
    }

    fn id(&self, index: usize) -> u64 {
        (self.layer as u64) << LAYER_SHIFT | index as u64 & INDEX
    }

    /// Bytes of text held, for limits on what one batch may keep.
    pub fn text_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of all that is held.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.spans.len() * size_of::<(u32, u32)>() + self.array_bytes
    }

    pub fn add_text(&mut self, text: &str) -> Value {
        if self.layer == Layer::Local {
            return self.write_text(|out| out.push_str(text));
        }
        if self.recent.is_empty() {
            self.recent = vec![u32::MAX; RECENT];
        }
        let place = hash_of_ends(text.as_bytes()) % RECENT;
        let known = self.recent.get(place).copied().unwrap_or(u32::MAX) as usize;
        if known < self.spans.len() && self.text(known) == text {
            return Value::text(TextId(self.id(known)));
        }
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = self.spans.len() as u32;
        }
        self.write_text(|out| out.push_str(text))
    }

    /// Appends a text in place; `write` must only append.
    pub fn write_text(&mut self, write: impl FnOnce(&mut String)) -> Value {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.end_text(start)
    }

    /// What was appended since `start` as a text; an error if no span reaches so far.
    pub(super) fn end_text(&mut self, start: usize) -> Value {
        if self.bytes.len() > u32::MAX as usize {
            self.bytes.truncate(start);
            self.overflowed = true;
            return Value::error(ErrorCode::Value);
        }
        let len = self.bytes.len().saturating_sub(start);
        self.spans.push((start as u32, len as u32));
        Value::text(TextId(self.id(self.spans.len() - 1)))
    }

    /// Appends bytes of another layer, or bytes of its own.
    #[inline]
    pub(super) fn copy_text(&mut self, other: Option<&Store>, index: usize) {
        match other {
            Some(other) => self.bytes.push_str(other.text(index)),
            None => {
                let Some(&(start, len)) = self.spans.get(index) else { return };
                self.bytes.extend_from_within(start as usize..start as usize + len as usize);
            }
        }
    }

    pub(super) fn share_part(&mut self, index: usize, from: usize, to: usize) -> Value {
        let part = if self.text(index).get(from..to).is_some() { to - from } else { 0 };
        let start = self.spans.get(index).map_or(0, |span| span.0);
        self.spans.push((start + from.min(u32::MAX as usize) as u32 * u32::from(part > 0), part as u32));
        Value::text(TextId(self.id(self.spans.len() - 1)))
    }

    pub fn add_array(&mut self, array: Array) -> Value {
        self.array_bytes += size_of::<Array>() + array.cells.capacity() * size_of::<Value>();
        self.arrays.push(array);
        Value::array(ArrayId(self.id(self.arrays.len() - 1)))
    }

    /// Takes back the text or array that was added last.
    pub(super) fn take_back(&mut self, value: Value) {
        match value.unpack() {
            Unpacked::Text(_) => {
                // A part of another text has no bytes of its own.
                if let Some((start, len)) = self.spans.pop()
                    && start as usize + len as usize == self.bytes.len()
                    && self.spans.last().is_none_or(|(before, len)| before + len <= start)
                {
                    self.bytes.truncate(start as usize);
                }
            }
            Unpacked::Array(_) => {
                let cells = self.arrays.pop().map_or(0, |array| array.cells.capacity());
                self.array_bytes -= size_of::<Array>() + cells * size_of::<Value>();
            }
            _ => {}
        }
    }

    /// Takes memory for some more steps of the budget; false if the system has none.
    pub(super) fn grow(&mut self) -> bool {
        self.bytes.try_reserve(2 * STEP).is_ok()
            && self.spans.try_reserve(STEP / size_of::<(u32, u32)>()).is_ok()
            && self.arrays.try_reserve(STEP / size_of::<Array>()).is_ok()
    }

    /// Empties the store. Room for texts is kept unless it is large.
    pub fn clear(&mut self) {
        if self.size() > KEPT {
            (self.bytes, self.spans, self.arrays) = Default::default();
        }
        self.bytes.clear();
        self.spans.clear();
        self.arrays.clear();
        self.recent.clear();
        self.array_bytes = 0;
        self.overflowed = false;
    }

    pub(super) fn text(&self, index: usize) -> &str {
        let Some(&(start, len)) = self.spans.get(index) else { return "" };
        self.bytes.get(start as usize..start as usize + len as usize).unwrap_or("")
    }
}

/// Hash of a text's length, first and last bytes.
fn hash_of_ends(text: &[u8]) -> usize {
    let (head, tail) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(head), Some(tail)) => {
                (u64::from(u32::from_le_bytes(*head)), u64::from(u32::from_le_bytes(*tail)))
            }
            _ => {
                let byte = |at: usize| u64::from(text.get(at).copied().unwrap_or(0));
                (byte(0) | byte(1) << 8 | byte(2) << 16, 0)
            }
        },
    };
    let mixed = (head ^ tail.rotate_left(32) ^ text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize
}
