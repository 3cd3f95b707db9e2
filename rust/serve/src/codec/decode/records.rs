//! Where both decoders put what they read: record by record, input by input. It knows which inputs the open record has
//! named and which it leaves to the workbook.

use crate::codec::decode::cells::Cells;
use crate::codec::decode::rules::{Fault, HELD, Rules, Scalar};
use crate::codec::decode::table::{OpenTable, Table};
use crate::codec::decoded::{Decoded, Layout};
use crate::codec::notes::{NoteKind, ones};
use crate::codec::unmatched::{NameKind, Unmatched};
use crate::error::{Place, ServeError};
use execd_calc::interface::{Input, Shape};
use execd_calc::values::value::{ErrorCode, Value};
use std::collections::HashSet;

pub struct Records<'a> {
    cells: Cells<'a>,
    table: Table,
    open: bool,
    /// Inputs of the open record, one bit each.
    seen: Vec<u64>,
    absent: Vec<u64>,
    at_input: Option<usize>,
}

/// An input, and its cell if it is a scalar.
#[derive(Clone, Copy, Debug)]
pub struct InputCell {
    pub input: usize,
    pub cell: Option<usize>,
}

impl<'a> Records<'a> {
    pub fn new(rules: Rules<'a>) -> Records<'a> {
        let words = rules.interface.inputs.len().div_ceil(64);
        Records {
            cells: Cells::new(rules),
            table: Table::default(),
            open: false,
            seen: vec![0; words],
            absent: vec![0; words],
            at_input: None,
        }
    }

    #[inline]
    pub fn rules(&self) -> Rules<'a> {
        self.cells.rules
    }

    /// How many records are likely to come, to make room for them at once.
    pub fn expect(&mut self, records: usize) {
        self.cells.expect(records);
    }

    /// Records finished.
    pub fn count(&self) -> usize {
        self.cells.count()
    }

    /// The input with this name; a name that no input has is noted.
    pub fn input(&mut self, name: &str) -> Option<usize> {
        let input = self.rules().names.input(name);
        if input.is_none() {
            self.cells.unmatched(NameKind::Input, name);
        }
        input
    }

    /// The same with its cell.
    pub fn input_cell(&mut self, name: &str) -> Option<InputCell> {
        let input = self.input(name)?;
        let rules = self.rules();
        let declared = rules.interface.inputs.get(input);
        let scalar = declared.filter(|declared| matches!(declared.shape, Shape::Scalar));
        Some(InputCell { input, cell: scalar.map(|declared| declared.first_cell) })
    }

    /// The record (counted from 1) and the input being read, for messages.
    pub fn place(&self) -> (Option<usize>, Option<String>) {
        let input = self.at_input.and_then(|input| self.rules().interface.inputs.get(input));
        (self.open.then_some(self.count() + 1), input.map(|input| input.name.clone()))
    }

    /// The error of the whole decoding; `offset` is the byte of the JSON text that a message is about.
    pub fn error(&self, fault: Fault, offset: Option<usize>) -> ServeError {
        match fault {
            Fault::Invalid(message) => {
                let (record, input) = self.place();
                ServeError::InvalidInput { place: Place { record, input, offset }, message }
            }
            Fault::TooLarge { what, limit } => ServeError::TooLarge { what, limit },
            Fault::Refused(refusal) => ServeError::refused(refusal, HELD, self.rules().most_held()),
            Fault::Stopped => self.rules().stop.reason(),
        }
    }

    pub fn begin_record(&mut self) -> Result<(), Fault> {
        self.cells.check_room()?;
        self.open = true;
        Ok(())
    }

    pub fn end_record(&mut self) {
        let inputs = self.rules().interface.inputs.len();
        for (index, (absent, seen)) in self.absent.iter_mut().zip(&mut self.seen).enumerate() {
            let used = (inputs - index * 64).min(64);
            *absent = !*seen & (u64::MAX >> (64 - used));
            *seen = 0;
        }
        self.cells.note_absent(&self.absent);
        self.close_record();
    }

    /// Ends a record that named the same inputs as the last one.
    #[inline]
    pub fn end_record_like_last(&mut self) {
        self.close_record();
    }

    #[inline]
    fn close_record(&mut self) {
        self.cells.next_record();
        self.open = false;
        self.at_input = None;
    }

    /// All cells of the tables that the open record has named.
    pub fn table_cells_seen(&self) -> impl Iterator<Item = usize> {
        let named = ones(&self.seen).filter_map(|input| self.rules().interface.inputs.get(input));
        let tables = named.filter(|input| !matches!(input.shape, Shape::Scalar));
        tables.flat_map(|input| input.first_cell..input.first_cell + input.shape.cells())
    }

    /// How many notes there are so far.
    pub fn mark(&self) -> usize {
        self.cells.mark()
    }

    /// Removes the values of the open record from these cells, and the notes made since the mark.
    pub fn take_back(&mut self, mark: usize, cells: impl Iterator<Item = usize>) {
        self.cells.take_back(mark, cells);
    }

    /// Puts a blank into a cell of the open record.
    pub fn blank(&mut self, cell: usize) {
        self.cells.put(cell, Value::BLANK);
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

    /// A header row names these inputs more than once.
    pub fn repeated(&mut self, inputs: &[usize]) {
        for input in inputs.iter().filter_map(|&input| self.cells.rules.interface.inputs.get(input)) {
            self.cells.unmatched(NameKind::Repeated, &input.name);
        }
    }

    /// The open record has a value beyond the last name of the header row.
    pub fn surplus(&mut self) {
        self.cells.note(0, NoteKind::Surplus);
    }

    /// The value of the claimed input is complete.
    #[inline]
    pub fn release(&mut self) {
        self.at_input = None;
    }

    /// Puts a JSON value that is no table into the claimed input.
    pub fn scalar(&mut self, input: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        let Some(Input { shape, first_cell, .. }) = self.rules().interface.inputs.get(input) else {
            return Ok(());
        };
        let cells = &mut self.cells;
        match (shape, scalar) {
            (Shape::Scalar, Scalar::Nested) => {
                cells.malformed(input, "a single value is expected, not an array or an object");
                cells.put(*first_cell, ErrorCode::Value.into());
            }
            (Shape::Scalar, _) => {
                let value = cells.value(input, scalar)?;
                cells.put(*first_cell, value);
            }
            (Shape::Table { .. }, Scalar::Null) => cells.fill(input, Value::BLANK),
            (Shape::Table { .. }, _) => {
                cells.malformed(input, "a table is expected: an array of rows");
                cells.fill(input, ErrorCode::Value.into());
            }
        }
        Ok(())
    }

    /// Puts a JSON value into one cell of the claimed input, leaving its other cells to the workbook.
    pub fn single_cell(&mut self, input: usize, cell: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        let value = self.cells.value(input, scalar)?;
        self.cells.put(cell, value);
        Ok(())
    }

    /// Names that match nothing in all of the records.
    pub fn join_unmatched(&mut self, unmatched: &Unmatched) {
        self.cells.join_unmatched(unmatched);
    }

    /// Puts an error into one cell of an input and notes why.
    pub fn failed_cell(&mut self, input: usize, cell: usize, why: &str, error: ErrorCode) {
        self.cells.malformed(input, why);
        self.cells.put(cell, error.into());
    }

    /// Puts a number, neither subnormal nor -0, into one cell: the hot path.
    #[inline]
    pub fn number(&mut self, cell: usize, number: f64) {
        self.cells.put(cell, Value::from_lane(number));
    }

    /// Starts the table of the claimed input. False if the input is no table.
    pub fn begin_table(&mut self, input: usize) -> bool {
        self.table.begin(self.cells.rules.interface, input)
    }

    /// The table that was started last.
    #[inline]
    pub fn table(&mut self) -> OpenTable<'_, 'a> {
        OpenTable::new(&mut self.table, &mut self.cells)
    }

    /// The batch, when all records are in.
    pub fn finish(self, layout: Layout, nothing: bool) -> Decoded {
        self.cells.finish(layout, nothing)
    }
}

/// Of header columns with the same name the last one counts. Gives the inputs that others named, too.
pub fn keep_last(header: &mut [Option<usize>]) -> Vec<usize> {
    let mut seen = HashSet::new();
    let mut repeated = Vec::new();
    for column in header.iter_mut().rev() {
        if let Some(input) = *column
            && !seen.insert(input)
        {
            repeated.push(input);
            *column = None;
        }
    }
    repeated
}
