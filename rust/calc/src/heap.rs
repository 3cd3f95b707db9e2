//! Contents of texts and arrays. Three layers share one handle space: the plan's constants (frozen), the batch's
//! inputs (shared, read-only) and the local layer that kernels write to and a block empties.

use crate::value::{ArrayId, TextId, Value};
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

/// One layer: an append-only store of texts and arrays.
#[derive(Debug)]
pub struct Store {
    layer: Layer,
    bytes: String,
    spans: Vec<(u32, u32)>,
    arrays: Vec<Array>,
}

impl Store {
    pub fn new(layer: Layer) -> Store {
        Store { layer, bytes: String::new(), spans: Vec::new(), arrays: Vec::new() }
    }

    fn id(&self, index: usize) -> u64 {
        (self.layer as u64) << LAYER_SHIFT | index as u64 & INDEX
    }

    /// Bytes of text held, for limits on what one batch may keep.
    pub fn text_bytes(&self) -> usize {
        self.bytes.len()
    }

    pub fn add_text(&mut self, text: &str) -> Value {
        self.write_text(|out| out.push_str(text))
    }

    /// Appends a text in place; `write` must only append.
    pub fn write_text(&mut self, write: impl FnOnce(&mut String)) -> Value {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let len = self.bytes.len().saturating_sub(start);
        self.spans.push((start as u32, len as u32));
        Value::text(TextId(self.id(self.spans.len() - 1)))
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
    }

    fn text(&self, index: usize) -> &str {
        let Some(&(start, len)) = self.spans.get(index) else { return "" };
        self.bytes.get(start as usize..start as usize + len as usize).unwrap_or("")
    }
}

/// The three layers as one heap. Reading takes a handle of any layer; writing goes to the local one.
#[derive(Debug)]
pub struct Heap {
    constant: Arc<Store>,
    batch: Arc<Store>,
    local: Store,
}

static EMPTY_ARRAY: Array = Array { rows: 0, cols: 0, cells: Vec::new() };

impl Heap {
    pub fn new(constant: Arc<Store>, batch: Arc<Store>) -> Heap {
        Heap { constant, batch, local: Store::new(Layer::Local) }
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

    pub fn add_text(&mut self, text: &str) -> Value {
        self.local.add_text(text)
    }

    pub fn write_text(&mut self, write: impl FnOnce(&mut String)) -> Value {
        self.local.write_text(write)
    }

    /// A part of a text as a text of its own, by bytes; no copy when the text is local. Anything but a part gives "".
    pub fn add_part(&mut self, id: TextId, from: usize, to: usize) -> Value {
        let index = (id.0 & INDEX) as usize;
        match id.0 >> LAYER_SHIFT {
            0 => self.local.add_text(self.constant.text(index).get(from..to).unwrap_or("")),
            1 => self.local.add_text(self.batch.text(index).get(from..to).unwrap_or("")),
            _ => self.local.share_part(index, from, to),
        }
    }

    /// Adds an array; a 1 x 1 array is its only value.
    pub fn add_array(&mut self, array: Array) -> Value {
        match (array.rows, array.cols, array.cells.first()) {
            (1, 1, Some(&only)) => only,
            _ => self.local.add_array(array),
        }
    }

    /// Adds an array of one cell that stays one: functions treat cells otherwise than values typed in.
    pub fn add_cell(&mut self, cell: Value) -> Value {
        self.local.add_array(Array { rows: 1, cols: 1, cells: vec![cell] })
    }

    /// Empties the local layer: every local handle is void afterwards.
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
    use crate::value::Unpacked;

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
