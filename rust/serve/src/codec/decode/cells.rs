//! The input columns of a batch while it is read, a cell at a time, and what is noted about the records. What a JSON
//! value means in a cell is decided here, once, for both decoders.

use crate::codec::dates;
use crate::codec::decode::rules::{Fault, Rules, Scalar};
use crate::codec::decoded::{Decoded, Layout};
use crate::codec::notes::{Absent, Note, NoteKind, Notes};
use crate::codec::unmatched::{Name, NameKind, Unmatched};
use execd_calc::interface::{Constant, Format};
use execd_calc::semantics::function::MAX_TEXT_UNITS;
use execd_calc::values::batch::Batch;
use execd_calc::values::column::Column;
use execd_calc::values::heap::{Layer, Store};
use execd_calc::values::value::{ErrorCode, Value};
use std::sync::Arc;

pub struct Cells<'a> {
    pub rules: Rules<'a>,
    columns: Vec<Vec<Value>>,
    /// The workbook's values as handles of this batch, by cell, made when first needed.
    defaults: Vec<Option<Value>>,
    /// Columns that hold values.
    kept: usize,
    /// Bytes of messages in the notes.
    told: usize,
    store: Store,
    notes: Notes,
    /// Records finished.
    record: usize,
    /// Records that are likely to come.
    expected: usize,
}

impl<'a> Cells<'a> {
    pub fn new(rules: Rules<'a>) -> Cells<'a> {
        let inputs = &rules.interface.inputs;
        let cells = inputs.iter().map(|input| input.first_cell + input.shape.cells()).max().unwrap_or(0);
        Cells {
            rules,
            columns: vec![Vec::new(); cells],
            defaults: vec![None; cells],
            kept: 0,
            told: 0,
            store: Store::new(Layer::Batch),
            notes: Notes { absent: Absent::new(inputs.len()), ..Notes::default() },
            record: 0,
            expected: 0,
        }
    }

    /// Makes room for `records` records when the first value of a column comes.
    pub fn expect(&mut self, records: usize) {
        let limits = self.rules.limits;
        self.expected = records.min(limits.records).min(limits.values / self.columns.len().max(1));
    }

    /// Records finished.
    pub fn count(&self) -> usize {
        self.record
    }

    /// Refuses one more record if it would break a limit or the execution is to stop.
    pub fn check_room(&self) -> Result<(), Fault> {
        let limits = self.rules.limits;
        if self.record >= limits.records {
            return Err(Fault::TooLarge { what: "records", limit: limits.records });
        }
        if self.kept.saturating_mul(self.record + 1) + self.notes.absent.size() > limits.values {
            return Err(Fault::TooLarge { what: "input values", limit: limits.values });
        }
        if self.rules.stop.is_raised() {
            return Err(Fault::Stopped);
        }
        self.hold()
    }

    /// Counts what there is so far among what the execution holds.
    #[inline]
    fn hold(&self) -> Result<(), Fault> {
        let held = self.rules.holding.map_or(Ok(()), |holding| holding.cover(self.bytes()));
        held.map_err(Fault::Refused)
    }

    /// Bytes of the columns, texts and notes.
    #[inline]
    fn bytes(&self) -> usize {
        self.kept.saturating_mul(self.record + 1).saturating_mul(size_of::<Value>())
            + self.store.text_bytes()
            + self.notes.list.len() * size_of::<Note>()
            + self.told
            + self.notes.absent.size() * size_of::<u64>()
    }

    /// Notes which inputs the open record left out, one bit each.
    pub fn note_absent(&mut self, absent: &[u64]) {
        self.notes.absent.push(self.record, absent);
    }

    #[inline]
    pub fn next_record(&mut self) {
        self.record += 1;
    }

    /// How many notes there are so far.
    pub fn mark(&self) -> usize {
        self.notes.list.len()
    }

    /// Removes the values of the open record from these cells, and the notes made since the mark.
    pub fn take_back(&mut self, mark: usize, cells: impl Iterator<Item = usize>) {
        self.notes.list.truncate(mark);
        for cell in cells {
            if let Some(column) = self.columns.get_mut(cell) {
                column.truncate(self.record);
            }
        }
    }

    /// The cell value of a JSON value, by the rules of the input.
    pub fn value(&mut self, input: usize, scalar: Scalar<'_>) -> Result<Value, Fault> {
        match scalar {
            Scalar::Null => Ok(Value::BLANK),
            Scalar::Bool(b) => Ok(Value::bool(b)),
            Scalar::Number(x) => Ok(Value::number(x)),
            Scalar::Text(text) => self.text(input, text),
            Scalar::Nested => {
                self.malformed(input, "a cell holds a single value, not an array or an object");
                Ok(ErrorCode::Value.into())
            }
        }
    }

    fn text(&mut self, input: usize, text: &str) -> Result<Value, Fault> {
        let format = self.rules.interface.inputs.get(input).map_or(Format::General, |input| input.format);
        if format != Format::General
            && let Some(serial) = dates::serial_of_text(text, format, self.rules.date1904)
        {
            return Ok(Value::number(serial));
        }
        if text.is_empty() {
            self.note(input, NoteKind::EmptyText);
        } else if text.len() > MAX_TEXT_UNITS && text.encode_utf16().count() > MAX_TEXT_UNITS {
            self.malformed(input, "a text has at most 32767 characters");
            return Ok(ErrorCode::Value.into());
        }
        let limit = self.rules.limits.text_bytes.min(u32::MAX as usize);
        if self.store.text_bytes() + text.len() > limit {
            return Err(Fault::TooLarge { what: "text in bytes", limit });
        }
        self.hold()?;
        Ok(self.store.add_text(text))
    }

    /// Sets every cell of an input.
    pub fn fill(&mut self, input: usize, value: Value) {
        if let Some(input) = self.rules.interface.inputs.get(input) {
            for cell in input.first_cell..input.first_cell + input.shape.cells() {
                self.put(cell, value);
            }
        }
    }

    pub fn malformed(&mut self, input: usize, message: &str) {
        self.note(input, NoteKind::Malformed(message.into()));
    }

    /// Notes something about the open record, once.
    pub fn note(&mut self, input: usize, kind: NoteKind) {
        let note = Note { record: self.record, input, kind };
        if self.notes.list.last() != Some(&note) {
            self.told += note.kind.bytes();
            self.notes.list.push(note);
        }
    }

    /// Notes a name of the open record that stands for nothing.
    #[cold]
    pub fn unmatched(&mut self, kind: NameKind, name: &str) {
        self.notes.unmatched.add(self.record, Name::new(kind, name));
    }

    pub fn join_unmatched(&mut self, unmatched: &Unmatched) {
        self.notes.unmatched.join(unmatched);
    }

    /// Sets a cell of the open record; the last of several values wins.
    #[inline]
    pub fn put(&mut self, cell: usize, value: Value) {
        match self.columns.get_mut(cell) {
            Some(column) if column.len() == self.record && column.capacity() > self.record => {
                column.push(value)
            }
            _ => self.put_slow(cell, value),
        }
    }

    #[cold]
    fn put_slow(&mut self, cell: usize, value: Value) {
        self.pad(cell, self.record);
        let Some(column) = self.columns.get_mut(cell) else { return };
        if column.capacity() == 0 {
            self.kept += 1;
        }
        if column.len() == column.capacity() {
            column.reserve(self.expected.saturating_sub(column.len()).max(column.len()).max(1));
        }
        match column.get_mut(self.record) {
            Some(old) => *old = value,
            None => column.push(value),
        }
    }

    /// Fills a column with the workbook's value up to `records`.
    fn pad(&mut self, cell: usize, records: usize) {
        if self.columns.get(cell).is_none_or(|column| column.len() >= records) {
            return;
        }
        let default = self.default_value(cell);
        if let Some(column) = self.columns.get_mut(cell) {
            if column.capacity() == 0 {
                self.kept += 1;
                column.reserve(self.expected.max(records + 1));
            }
            column.resize(records, default);
        }
    }

    fn default_value(&mut self, cell: usize) -> Value {
        if let Some(&Some(value)) = self.defaults.get(cell) {
            return value;
        }
        let inputs = &self.rules.interface.inputs;
        let constant = inputs
            .iter()
            .find(|input| (input.first_cell..input.first_cell + input.shape.cells()).contains(&cell))
            .and_then(|input| input.defaults.get(cell - input.first_cell));
        let value = match constant {
            None | Some(Constant::Blank) => Value::BLANK,
            Some(&Constant::Number(x)) => Value::number(x),
            Some(&Constant::Bool(b)) => Value::bool(b),
            Some(&Constant::Error(code)) => Value::error(code),
            Some(Constant::Text(text)) => self.store.add_text(text),
        };
        if let Some(known) = self.defaults.get_mut(cell) {
            *known = Some(value);
        }
        value
    }

    /// The batch, when all records are in.
    pub fn finish(mut self, layout: Layout, nothing: bool) -> Decoded {
        for cell in 0..self.columns.len() {
            if self.columns.get(cell).is_some_and(|column| !column.is_empty()) {
                self.pad(cell, self.record);
            }
        }
        self.notes.absent.finish();
        let columns = self.columns.into_iter().map(Column::from).collect();
        let batch = Batch { records: self.record, columns, store: Arc::new(self.store) };
        Decoded { layout, batch, notes: self.notes, nothing }
    }
}
