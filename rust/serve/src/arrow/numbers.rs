//! A column of numbers while it is built. The kernel writes the values of a block straight into it.

use arrow_array::Float64Array;
use arrow_array::builder::NullBufferBuilder;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::Value;

pub struct NumberBuilder {
    values: Vec<Value>,
    nulls: NullBufferBuilder,
}

impl NumberBuilder {
    pub fn new(records: usize) -> NumberBuilder {
        NumberBuilder { values: Vec::with_capacity(records), nulls: NullBufferBuilder::new(records) }
    }

    /// Room for the values of the next records, in the place of a room that was not normalised.
    pub fn room(&mut self, records: usize) -> &mut [Value] {
        let start = self.nulls.len();
        self.values.truncate(start);
        self.values.resize(start + records, Value::ZERO);
        self.values.get_mut(start..).unwrap_or_default()
    }

    /// Normalises the values in the last room: what is no number becomes null and goes to `misfit`, by record.
    pub fn normalise(&mut self, records: usize, heap: &Heap, mut misfit: impl FnMut(usize, Value)) {
        let start = self.values.len().saturating_sub(records);
        let values = self.values.get_mut(start..).unwrap_or_default();
        // Counts all of them: a loop that does not leave early is vectorised.
        if values.iter().filter(|value| !value.is_number()).count() == 0 {
            return self.nulls.append_n_non_nulls(values.len());
        }
        for (record, value) in values.iter_mut().enumerate() {
            let found = heap.shown(*value);
            self.nulls.append(found.is_number());
            *value = if found.is_number() { found } else { Value::ZERO };
            if !found.is_number() {
                misfit(record, found);
            }
        }
    }

    pub fn finish(mut self) -> Float64Array {
        Float64Array::new(Value::lanes(self.values).into(), self.nulls.finish())
    }
}
