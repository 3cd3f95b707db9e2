//! Contents of texts and arrays. Three layers share one handle space: the plan's constants (frozen), the batch's
//! inputs (shared, read-only) and the local layer that kernels write to, within a budget, and a block empties.

use crate::values::budget::{Budget, Meter, Refusal};
use crate::values::store::{INDEX, LAYER_SHIFT};
use crate::values::value::{ArrayId, ErrorCode, TextId, Unpacked, Value};
use std::sync::Arc;

pub use crate::values::store::{Array, Layer, Store};

/// The three layers as one heap. Reading takes a handle of any layer; writing goes to the local one.
#[derive(Debug)]
pub struct Heap {
    constant: Arc<Store>,
    batch: Arc<Store>,
    local: Store,
    /// What the local layer may hold.
    meter: Meter,
    /// Room to write a text in before it is added.
    draft: String,
}

static EMPTY_ARRAY: Array = Array::new(0, 0, Vec::new());

impl Heap {
    pub fn new(constant: Arc<Store>, batch: Arc<Store>) -> Heap {
        Heap {
            constant,
            batch,
            local: Store::new(Layer::Local),
            meter: Meter::new(usize::MAX, None),
            draft: String::new(),
        }
    }

    /// Empties the local layer and reads texts of another batch.
    pub fn set_batch(&mut self, batch: Arc<Store>) {
        self.reset();
        self.batch = batch;
    }

    /// Sets what the local layer, which must be empty, may hold, alone and beside others. Without this it has no limit.
    pub fn set_budget(&mut self, limit: usize, budget: Arc<Budget>) {
        self.meter = Meter::new(limit, Some(budget));
    }

    /// Whether more than a little is held.
    #[inline]
    pub fn is_large(&self) -> bool {
        self.meter.holds()
    }

    /// Why what was calculated since the last `reset` is of no use, if it is not.
    #[inline]
    pub fn refused(&self) -> Option<Refusal> {
        self.meter.refused()
    }

    /// Notes that a record cannot be calculated; whoever calculates ends soon and gives any value.
    pub fn refuse(&self, refusal: Refusal) {
        self.meter.refuse(refusal);
    }

    /// Forgets a refusal of this kind; true if there was one.
    pub fn pardon(&self, refusal: Refusal) -> bool {
        self.meter.pardon(refusal)
    }

    /// Whether the budget has `bytes` more than what is held. Asked before memory is taken whose size an argument decides,
    /// be it for a result or on the way to one.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        self.meter.covers(self.local.size().saturating_add(bytes))
    }

    /// Room for so many values, if there is.
    pub fn room(&self, values: usize) -> Option<Vec<Value>> {
        if !self.has_room(values.saturating_mul(size_of::<Value>())) {
            return None;
        }
        let mut room = Vec::new();
        if room.try_reserve_exact(values).is_err() {
            self.refuse(Refusal::Everything);
            return None;
        }
        Some(room)
    }

    /// `value`, which was just added, unless that was too much.
    #[inline]
    fn kept(&mut self, value: Value) -> Value {
        if self.local.size() <= self.meter.granted() && !self.local.overflowed {
            return value;
        }
        self.settle(value)
    }

    /// Asks for what was added beyond the grant, and for memory to go on without asking.
    #[cold]
    fn settle(&mut self, value: Value) -> Value {
        if self.local.overflowed {
            self.refuse(Refusal::Execution);
        } else if self.meter.covers(self.local.size()) {
            if self.local.grow() {
                return value;
            }
            self.refuse(Refusal::Everything);
        }
        self.local.take_back(value);
        Value::error(ErrorCode::Value)
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
    #[inline]
    pub fn text(&self, id: TextId) -> &str {
        self.store(id.0).text((id.0 & INDEX) as usize)
    }

    /// The array behind a handle; a handle that does not exist gives an empty array.
    pub fn array(&self, id: ArrayId) -> &Array {
        self.store(id.0).arrays.get((id.0 & INDEX) as usize).unwrap_or(&EMPTY_ARRAY)
    }

    /// What a cell shows: the value itself, or an array's first; arrays do not hold arrays.
    #[inline]
    pub fn shown(&self, value: Value) -> Value {
        match value.unpack() {
            Unpacked::Array(id) => {
                self.array(id).get(0, 0).filter(|first| !first.is_array()).unwrap_or(Value::BLANK)
            }
            _ => value,
        }
    }

    pub fn add_text(&mut self, text: &str) -> Value {
        let value = self.local.add_text(text);
        self.kept(value)
    }

    pub fn write_text(&mut self, write: impl FnOnce(&mut String)) -> Value {
        let value = self.local.write_text(write);
        self.kept(value)
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
        let value = self.local.end_text(start);
        Some(self.kept(value))
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
            Ok(()) => {
                let value = self.local.end_text(start);
                Ok(self.kept(value))
            }
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
        let value = match id.0 >> LAYER_SHIFT {
            0 => self.local.add_text(self.constant.text(index).get(from..to).unwrap_or("")),
            1 => self.local.add_text(self.batch.text(index).get(from..to).unwrap_or("")),
            _ => self.local.share_part(index, from, to),
        };
        self.kept(value)
    }

    /// Adds an array; a 1 x 1 array becomes its only value.
    pub fn add_array(&mut self, array: Array) -> Value {
        match (array.rows, array.cols, array.cells.first()) {
            (1, 1, Some(&only)) => only,
            _ => {
                let value = self.local.add_array(array);
                self.kept(value)
            }
        }
    }

    /// Adds an array of one cell that stays an array: functions treat cells differently from values that were typed in.
    pub fn add_cell(&mut self, cell: Value) -> Value {
        let value = self.local.add_array(Array::new(1, 1, vec![cell]));
        self.kept(value)
    }

    /// Empties the local layer: no local handle is valid afterwards.
    pub fn reset(&mut self) {
        self.local.clear();
        self.meter.reset();
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
