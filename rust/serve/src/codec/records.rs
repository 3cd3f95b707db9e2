//! Where both decoders put what they read: input columns and notes, record by record. What a value, a missing name or
//! a broken table means is decided here, once; how JSON is spelled is in `decode` and `scan`.

use crate::codec::dates;
use crate::codec::names::Names;
use crate::codec::notes::{Absent, Note, NoteKind, Notes, ones};
use crate::codec::table::Table;
use crate::limits::Limits;
use crate::stop::StopSignal;
use execd_calc::interface::{Constant, Format, Input, Interface, Shape};
use execd_calc::semantics::function::MAX_TEXT_UNITS;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Layer, Store};
use execd_calc::values::value::{ErrorCode, Value};
use std::sync::Arc;

/// How the caller spelled the records; the answer is spelled the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Objects,
    Arrays,
}

/// The records of one call.
#[derive(Debug)]
pub struct Decoded {
    pub layout: Layout,
    pub batch: Batch,
    pub notes: Notes,
    /// `inputs` was `[]`, without even a header.
    pub nothing: bool,
}

/// A JSON value that can stand in a cell.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'t> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'t str),
    /// An array or an object, which no cell holds.
    Nested,
}

/// Why decoding ends early. The place is known to `Records`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Invalid(String),
    TooLarge { what: &'static str, limit: usize },
    Stopped,
}

/// What does not change while decoding.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub interface: &'a Interface,
    pub names: &'a Names,
    pub limits: &'a Limits,
    pub stop: &'a StopSignal,
    pub date1904: bool,
}

pub struct Records<'a> {
    pub(super) rules: Rules<'a>,
    columns: Vec<Vec<Value>>,
    /// The workbook's values as handles of this batch, by cell, made when first needed.
    defaults: Vec<Option<Value>>,
    /// Columns that hold values.
    kept: usize,
    store: Store,
    notes: Notes,
    /// Records finished.
    record: usize,
    open: bool,
    /// Inputs of the open record, one bit each.
    seen: Vec<u64>,
    absent: Vec<u64>,
    at_input: Option<usize>,
    expected: usize,
    pub(super) table: Table,
}

impl<'a> Records<'a> {
    pub fn new(rules: Rules<'a>) -> Records<'a> {
        let inputs = &rules.interface.inputs;
        let cells = inputs.iter().map(|input| input.first_cell + input.shape.cells()).max().unwrap_or(0);
        let words = inputs.len().div_ceil(64);
        Records {
            rules,
            columns: vec![Vec::new(); cells],
            defaults: vec![None; cells],
            kept: 0,
            store: Store::new(Layer::Batch),
            notes: Notes { absent: Absent::new(inputs.len()), list: Vec::new() },
            record: 0,
            open: false,
            seen: vec![0; words],
            absent: vec![0; words],
            at_input: None,
            expected: 0,
            table: Table::default(),
        }
    }

    /// How many records are likely to come, to make room for them at once.
    pub fn expect(&mut self, records: usize) {
        let limits = self.rules.limits;
        self.expected = records.min(limits.records).min(limits.values / self.columns.len().max(1));
    }

    /// Records finished.
    pub fn count(&self) -> usize {
        self.record
    }

    /// The input with this name, and its cell if it is a scalar.
    pub fn column_named(&self, name: &str) -> Option<(usize, Option<usize>)> {
        let input = self.rules.names.input(name)?;
        Some((input, self.scalar_cell(input)))
    }

    /// The record (counted from 1) and the input being read, for messages.
    pub fn place(&self) -> (Option<usize>, Option<String>) {
        let input = self.at_input.and_then(|input| self.rules.interface.inputs.get(input));
        (self.open.then_some(self.record + 1), input.map(|input| input.name.clone()))
    }

    pub fn begin_record(&mut self) -> Result<(), Fault> {
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
        self.open = true;
        Ok(())
    }

    pub fn end_record(&mut self) {
        let inputs = self.rules.interface.inputs.len();
        for (index, (absent, seen)) in self.absent.iter_mut().zip(&mut self.seen).enumerate() {
            let used = (inputs - index * 64).min(64);
            *absent = !*seen & (u64::MAX >> (64 - used));
            *seen = 0;
        }
        self.notes.absent.push(self.record, &self.absent);
        self.record += 1;
        self.open = false;
        self.at_input = None;
    }

    /// Ends a record that named the same inputs as the last one.
    #[inline]
    pub fn end_record_like_last(&mut self) {
        self.record += 1;
        self.open = false;
        self.at_input = None;
    }

    /// The inputs of the open record so far, one bit each.
    pub fn seen(&self) -> &[u64] {
        &self.seen
    }

    /// All cells of the tables that the open record has named.
    pub fn table_cells_seen(&self) -> impl Iterator<Item = usize> {
        let named = ones(&self.seen).filter_map(|input| self.rules.interface.inputs.get(input));
        let tables = named.filter(|input| !matches!(input.shape, Shape::Scalar));
        tables.flat_map(|input| input.first_cell..input.first_cell + input.shape.cells())
    }

    /// How much there is to tell so far.
    pub fn mark(&self) -> usize {
        self.notes.list.len()
    }

    /// Takes the values of the open record out of these cells, and back what was told since the mark.
    pub fn take_back(&mut self, mark: usize, cells: impl Iterator<Item = usize>) {
        self.notes.list.truncate(mark);
        for cell in cells {
            if let Some(column) = self.columns.get_mut(cell) {
                column.truncate(self.record);
            }
        }
    }

    /// Puts a blank into a cell of the open record.
    pub fn blank(&mut self, cell: usize) {
        self.put(cell, Value::BLANK);
    }

    /// Names the input whose value comes next. False if this record has had it already.
    #[inline]
    pub fn claim(&mut self, input: usize) -> bool {
        self.at_input = Some(input);
        let Some(word) = self.seen.get_mut(input / 64) else { return false };
        let bit = 1 << (input % 64);
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    /// The value of the claimed input is complete.
    #[inline]
    pub fn release(&mut self) {
        self.at_input = None;
    }

    /// The claimed input, unless it is a table.
    #[inline]
    pub fn scalar_cell(&self, input: usize) -> Option<usize> {
        let input = self.rules.interface.inputs.get(input)?;
        matches!(input.shape, Shape::Scalar).then_some(input.first_cell)
    }

    /// Puts a JSON value that is no table into the claimed input.
    pub fn scalar(&mut self, input: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        let Some(Input { shape, first_cell, .. }) = self.rules.interface.inputs.get(input) else {
            return Ok(());
        };
        let first_cell = *first_cell;
        match (shape, scalar) {
            (Shape::Scalar, Scalar::Nested) => {
                self.malformed(input, "a single value is expected, not an array or an object");
                self.put(first_cell, ErrorCode::Value.into());
            }
            (Shape::Scalar, _) => {
                let value = self.value(input, scalar)?;
                self.put(first_cell, value);
            }
            (Shape::Table { .. }, Scalar::Null) => self.fill(input, Value::BLANK),
            (Shape::Table { .. }, _) => {
                self.malformed(input, "a table is expected: an array of rows");
                self.fill(input, ErrorCode::Value.into());
            }
        }
        Ok(())
    }

    /// Puts a JSON value into one cell of the claimed input, leaving its other cells to the workbook.
    pub fn single_cell(&mut self, input: usize, cell: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        let value = self.value(input, scalar)?;
        self.put(cell, value);
        Ok(())
    }

    /// A number for one cell, neither subnormal nor -0: the hot path.
    #[inline]
    pub fn number(&mut self, cell: usize, number: f64) {
        self.put(cell, Value::from_lane(number));
    }

    /// The cell value of a JSON value, by the rules of the claimed input.
    pub(super) fn value(&mut self, input: usize, scalar: Scalar<'_>) -> Result<Value, Fault> {
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
        Ok(self.store.add_text(text))
    }

    /// Every cell of an input.
    pub(super) fn fill(&mut self, input: usize, value: Value) {
        if let Some(input) = self.rules.interface.inputs.get(input) {
            for cell in input.first_cell..input.first_cell + input.shape.cells() {
                self.put(cell, value);
            }
        }
    }

    pub(super) fn malformed(&mut self, input: usize, message: &str) {
        self.note(input, NoteKind::Malformed(message.into()));
    }

    /// Tells something about the open record, once.
    pub(super) fn note(&mut self, input: usize, kind: NoteKind) {
        let note = Note { record: self.record, input, kind };
        if self.notes.list.last() != Some(&note) {
            self.notes.list.push(note);
        }
    }

    /// Sets a cell of the open record; the last of several wins.
    #[inline]
    pub(super) fn put(&mut self, cell: usize, value: Value) {
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
        if let Some(slot) = self.defaults.get_mut(cell) {
            *slot = Some(value);
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
        let batch = Batch { records: self.record, columns: self.columns, store: Arc::new(self.store) };
        Decoded { layout, batch, notes: self.notes, nothing }
    }
}
