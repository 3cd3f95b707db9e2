//! A column of numbers in the making. The kernel writes a block's values where they stay; columns of other kinds are
//! elsewhere.

use arrow_array::Float64Array;
use arrow_array::builder::NullBufferBuilder;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::Value;

pub struct Numbers {
    values: Vec<Value>,
    nulls: NullBufferBuilder,
}

impl Numbers {
    pub fn new(records: usize) -> Numbers {
        Numbers { values: Vec::with_capacity(records), nulls: NullBufferBuilder::new(records) }
    }

    /// Room for the values of the next records.
    pub fn room(&mut self, records: usize) -> &mut [Value] {
        let start = self.values.len();
        self.values.resize(start + records, Value::ZERO);
        self.values.get_mut(start..).unwrap_or_default()
    }

    /// Looks at what was written into the last room: what is no number becomes null and goes to `misfit`, by record.
    pub fn settle(&mut self, records: usize, heap: &Heap, mut misfit: impl FnMut(usize, Value)) {
        let start = self.values.len().saturating_sub(records);
        let values = self.values.get_mut(start..).unwrap_or_default();
        // All of them, without leaving early: without a branch for each, several are looked at in one instruction.
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
