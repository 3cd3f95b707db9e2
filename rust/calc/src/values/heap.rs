//! Contents of texts and arrays. Three layers share one handle space: the plan's constants (frozen), the batch's
//! inputs (shared, read-only) and the local layer that kernels write to and a block empties.

use crate::values::value::{ArrayId, TextId, Unpacked, Value};
use std::sync::Arc;

const LAYER_SHIFT: u32 = 45;
const INDEX: u64 = (1 << LAYER_SHIFT) - 1;

/// Which layer new handles of a heap belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Constant = 0,
    Batch = 1,
    Local = 2,
}

/// A rectangular array of values, row by row.
#[derive(Clone, Debug, Default)]
pub struct Array {
    pub rows: usize,
    pub cols: usize,
    pub cells: Vec<Value>,
}

impl Array {
    pub fn get(&self, row: usize, col: usize) -> Option<Value> {
        if row < self.rows && col < self.cols { self.cells.get(row * self.cols + col).copied() } else { None }
    }
}

/// How many recent texts a shared store remembers, to find equal ones.
const RECENT: usize = 256;

/// One layer: an append-only store of texts and arrays. The shared layers keep one handle for equal texts as far as a
/// small table remembers them: columns of inputs repeat few texts, and equal handles let calls reuse results.
#[derive(Debug)]
pub struct Store {
    layer: Layer,
    bytes: String,
    spans: Vec<(u32, u32)>,
    arrays: Vec<Array>,
    /// Indexes of recent texts by a hash of their ends; empty until a shared store gets its first text.
    recent: Vec<u32>,
}

impl Store {
    pub fn new(layer: Layer) -> Store {
        Store { layer, bytes: String::new(), spans: Vec::new(), arrays: Vec::new(), recent: Vec::new() }
    }

    fn id(&self, index: usize) -> u64 {
        (self.layer as u64) << LAYER_SHIFT | index as u64 & INDEX
    }

    /// Bytes of text held, for limits on what one batch may keep.
    pub fn text_bytes(&self) -> usize {
        self.bytes.len()
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

    /// What was appended since `start` as a text.
    fn end_text(&mut self, start: usize) -> Value {
        let len = self.bytes.len().saturating_sub(start);
        self.spans.push((start as u32, len as u32));
        Value::text(TextId(self.id(self.spans.len() - 1)))
    }

    /// Appends bytes of another layer, or bytes of its own.
    #[inline]
    fn copy_text(&mut self, other: Option<&Store>, index: usize) {
        match other {
            Some(other) => self.bytes.push_str(other.text(index)),
            None => {
                let Some(&(start, len)) = self.spans.get(index) else { return };
                self.bytes.extend_from_within(start as usize..start as usize + len as usize);
            }
        }
    }

    fn share_part(&mut self, index: usize, from: usize, to: usize) -> Value {
        let part = if self.text(index).get(from..to).is_some() { to - from } else { 0 };
        let start = self.spans.get(index).map_or(0, |span| span.0);
        self.spans.push((start + from.min(u32::MAX as usize) as u32 * u32::from(part > 0), part as u32));
        Value::text(TextId(self.id(self.spans.len() - 1)))
    }

    pub fn add_array(&mut self, array: Array) -> Value {
        self.arrays.push(array);
        Value::array(ArrayId(self.id(self.arrays.len() - 1)))
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
        self.arrays.clear();
        self.recent.clear();
    }

    fn text(&self, index: usize) -> &str {
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

/// The three layers as one heap. Reading takes a handle of any layer; writing goes to the local one.
#[derive(Debug)]
pub struct Heap {
    constant: Arc<Store>,
    batch: Arc<Store>,
    local: Store,
    /// Room to write a text in before it is added.
    draft: String,
}

static EMPTY_ARRAY: Array = Array { rows: 0, cols: 0, cells: Vec::new() };

impl Heap {
    pub fn new(constant: Arc<Store>, batch: Arc<Store>) -> Heap {
        Heap { constant, batch, local: Store::new(Layer::Local), draft: String::new() }
    }

    /// A heap with nothing below the local layer, for folding and tests.
    pub fn empty() -> Heap {
        Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::new(Store::new(Layer::Batch)))
    }

    fn store(&self, id: u64) -> &Store {
        match id >> LAYER_SHIFT {
            0 => &self.constant,
            1 => &self.batch,
            _ => &self.local,
        }
    }

    /// The text behind a handle; a handle that does not exist gives "".
    pub fn text(&self, id: TextId) -> &str {
        self.store(id.0).text((id.0 & INDEX) as usize)
    }

    /// The array behind a handle; a handle that does not exist gives an empty array.
    pub fn array(&self, id: ArrayId) -> &Array {
        self.store(id.0).arrays.get((id.0 & INDEX) as usize).unwrap_or(&EMPTY_ARRAY)
    }

    /// What a cell shows: the value itself, or an array's first; arrays do not hold arrays.
    pub fn shown(&self, value: Value) -> Value {
        match value.unpack() {
            Unpacked::Array(id) => {
                self.array(id).get(0, 0).filter(|first| !first.is_array()).unwrap_or(Value::BLANK)
            }
            _ => value,
        }
    }

    pub fn add_text(&mut self, text: &str) -> Value {
        self.local.add_text(text)
    }

    pub fn write_text(&mut self, write: impl FnOnce(&mut String)) -> Value {
        self.local.write_text(write)
    }

    /// How many arrays the local layer holds.
    pub fn local_arrays(&self) -> usize {
        self.local.arrays.len()
    }

    /// Forgets the arrays of the local layer from this one on. Their handles must not be used any more.
    pub fn forget_arrays(&mut self, from: usize) {
        self.local.arrays.truncate(from);
    }

    /// The texts one after the other, if all values are texts and they have at most `most` bytes together.
    pub fn join_texts(&mut self, values: &[Value], most: usize) -> Option<Value> {
        let start = self.local.bytes.len();
        for value in values {
            let Unpacked::Text(id) = value.unpack() else {
                self.local.bytes.truncate(start);
                return None;
            };
            let other: Option<&Store> = match id.0 >> LAYER_SHIFT {
                0 => Some(&self.constant),
                1 => Some(&self.batch),
                _ => None,
            };
            self.local.copy_text(other, (id.0 & INDEX) as usize);
        }
        if self.local.bytes.len() - start > most {
            self.local.bytes.truncate(start);
            return None;
        }
        Some(self.local.end_text(start))
    }

    /// A new text that `write` makes from the text `id`; `None` if that is local: the local layer cannot be read while
    /// it is written.
    pub fn write_by<E>(
        &mut self,
        id: TextId,
        write: impl FnOnce(&str, &mut String) -> Result<(), E>,
    ) -> Option<Result<Value, E>> {
        let other: &Store = match id.0 >> LAYER_SHIFT {
            0 => &self.constant,
            1 => &self.batch,
            _ => return None,
        };
        let start = self.local.bytes.len();
        let written = write(other.text((id.0 & INDEX) as usize), &mut self.local.bytes);
        Some(match written {
            Ok(()) => Ok(self.local.end_text(start)),
            Err(error) => {
                self.local.bytes.truncate(start);
                Err(error)
            }
        })
    }

    /// An empty buffer to write a text in. Given back by `put_draft`, its memory is reused.
    pub fn take_draft(&mut self) -> String {
        let mut draft = std::mem::take(&mut self.draft);
        draft.clear();
        draft
    }

    pub fn put_draft(&mut self, draft: String) {
        self.draft = draft;
    }

    /// A part of a text as a new text, by bytes; a local text is not copied. Bytes that are not a part of the text give
    /// "".
    pub fn add_part(&mut self, id: TextId, from: usize, to: usize) -> Value {
        let index = (id.0 & INDEX) as usize;
        match id.0 >> LAYER_SHIFT {
            0 => self.local.add_text(self.constant.text(index).get(from..to).unwrap_or("")),
            1 => self.local.add_text(self.batch.text(index).get(from..to).unwrap_or("")),
            _ => self.local.share_part(index, from, to),
        }
    }

    /// Adds an array; a 1 x 1 array becomes its only value.
    pub fn add_array(&mut self, array: Array) -> Value {
        match (array.rows, array.cols, array.cells.first()) {
            (1, 1, Some(&only)) => only,
            _ => self.local.add_array(array),
        }
    }

    /// Adds an array of one cell that stays an array: functions treat cells differently from values that were typed in.
    pub fn add_cell(&mut self, cell: Value) -> Value {
        self.local.add_array(Array { rows: 1, cols: 1, cells: vec![cell] })
    }

    /// Empties the local layer: no local handle is valid afterwards.
    pub fn reset(&mut self) {
        self.local.clear();
    }

    /// The local layer as a store of its own, for a heap that will be frozen.
    pub fn local(&self) -> &Store {
        &self.local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_of_a_batch_share_a_handle() {
        let mut batch = Store::new(Layer::Batch);
        let texts = ["", "a", "b", "East", "Eest", "a longer text", "a longer next", "a longer text"];
        let first = texts.map(|text| batch.add_text(text));
        let again = texts.map(|text| batch.add_text(text));
        let heap = Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::new(batch));
        for ((value, other), text) in first.iter().zip(again).zip(texts) {
            assert!(value.same(other));
            let Unpacked::Text(id) = value.unpack() else { panic!("{value:?} is not a text") };
            assert_eq!(heap.text(id), text);
        }
    }

    #[test]
    fn layers_do_not_mix() {
        let mut constant = Store::new(Layer::Constant);
        let a = constant.add_text("constant");
        let mut batch = Store::new(Layer::Batch);
        let b = batch.add_text("batch");
        let mut heap = Heap::new(Arc::new(constant), Arc::new(batch));
        let c = heap.add_text("local");
        let read = |v: Value| match v.unpack() {
            Unpacked::Text(id) => heap.text(id).to_owned(),
            _ => String::new(),
        };
        assert_eq!([read(a), read(b), read(c)], ["constant", "batch", "local"]);
        let parts = [a, b, c].map(|value| match value.unpack() {
            Unpacked::Text(id) => heap.add_part(id, 1, 3),
            _ => value,
        });
        let read = |v: Value| match v.unpack() {
            Unpacked::Text(id) => heap.text(id).to_owned(),
            _ => String::new(),
        };
        assert_eq!(parts.map(read), ["on", "at", "oc"]);
    }
}
