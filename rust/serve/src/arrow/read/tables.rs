//! A column of lists of structs is a table input, one table per record: fields are headings, as keys are in JSON.

use super::column::{ColumnReader, put};
use crate::codec::notes::{Note, NoteKind};
use crate::codec::unmatched::{Name, NameKind};
use crate::error::ServeError;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeListArray, StructArray};
use arrow_schema::{DataType, FieldRef};
use execd_calc::interface::Shape;
use execd_calc::values::column::Column;
use execd_calc::values::value::{ErrorCode, Value};
use std::sync::Arc;

/// Whether the values of a column are lists of structs, or no values at all.
pub fn holds_rows(kind: &DataType) -> bool {
    holds_nothing(kind) || item(kind).is_some_and(|item| matches!(item.data_type(), DataType::Struct(_)))
}

/// Whether there are no rows, whatever the column holds: a part of a table has such a column where all of it is null or
/// empty and nobody has declared a type.
fn holds_nothing(kind: &DataType) -> bool {
    kind.is_null() || item(kind).is_some_and(|item| item.data_type().is_null())
}

/// What the lists of a column hold.
fn item(kind: &DataType) -> Option<&FieldRef> {
    match kind {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item),
        _ => None,
    }
}

impl ColumnReader<'_> {
    /// Puts the tables of a column into the cells of the input: a null is a blank table, a null row a blank row.
    pub fn rows(&mut self, array: &ArrayRef, columns: &mut [Column]) -> Result<(), ServeError> {
        let Some(input) = self.rules.interface.inputs.get(self.input) else { return Ok(()) };
        let Shape::Table { headings, rows } = &input.shape else { return Ok(()) };
        let mut cells = vec![vec![Value::BLANK; array.len()]; input.shape.cells()];
        if !holds_nothing(array.data_type()) {
            self.fill(array, headings.len(), *rows, &mut cells)?;
        }
        for (cell, values) in cells.into_iter().enumerate() {
            put(columns, input.first_cell + cell, values.into());
        }
        Ok(())
    }

    /// Puts tables of so many headings and rows into cells that are blank.
    fn fill(
        &mut self,
        array: &ArrayRef,
        headings: usize,
        rows: usize,
        cells: &mut [Vec<Value>],
    ) -> Result<(), ServeError> {
        let lists = Lists::new(self, array)?;
        let mut named = vec![false; headings];
        for (position, field) in lists.rows.fields().iter().enumerate() {
            let Some(heading) = self.heading(field.name(), &mut named)? else { continue };
            let mark = self.notes.len();
            let values = self.field(field, lists.rows.column(position), 0..lists.rows.len())?;
            let found = self.notes.split_off(mark);
            self.notes.extend(
                found
                    .into_iter()
                    .filter_map(|note| Some(Note { record: lists.record_of(note.record, rows)?, ..note })),
            );
            for (record, row, place) in lists.places(rows) {
                let cell = row * headings + heading;
                let target = cells.get_mut(cell).and_then(|column| column.get_mut(record));
                if let (Some(target), Some(&value)) = (target, values.get(place)) {
                    *target = if lists.rows.is_null(place) { Value::BLANK } else { value };
                }
            }
        }
        let missing = named.iter().position(|named| !named);
        for record in 0..array.len() {
            match (lists.length(record), missing) {
                (0, _) => {}
                (_, Some(heading)) => self.spoil(record, heading, cells),
                (length, None) if length > rows => {
                    self.notes.push(Note { record, input: self.input, kind: NoteKind::Cut });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The number of a heading that comes once; nothing for one that the table does not have.
    fn heading(&mut self, name: &str, named: &mut [bool]) -> Result<Option<usize>, ServeError> {
        let Some(heading) = self.rules.names.heading(self.input, name) else {
            let table = self.rules.interface.inputs.get(self.input).map_or("", |input| &input.name).into();
            self.unmatched.add(0, Name::new(NameKind::Heading { table }, name));
            return Ok(None);
        };
        let again = named.get_mut(heading).is_some_and(|named| std::mem::replace(named, true));
        if again {
            Err(self.refused(format!("the heading '{name}' appears twice")))
        } else {
            Ok(Some(heading))
        }
    }

    /// Notes that the table of a record lacks a heading; its cells become `#VALUE!`.
    fn spoil(&mut self, record: usize, heading: usize, cells: &mut [Vec<Value>]) {
        self.notes.push(Note { record, input: self.input, kind: NoteKind::MissingHeading(heading) });
        for column in cells {
            if let Some(value) = column.get_mut(record) {
                *value = ErrorCode::Value.into();
            }
        }
    }
}

/// The rows of all records one after the other, and where those of each record are.
struct Lists {
    lists: LargeListArray,
    rows: StructArray,
    /// Of the first row.
    first: usize,
}

impl Lists {
    fn new(reader: &ColumnReader<'_>, array: &ArrayRef) -> Result<Lists, ServeError> {
        let Some(item) = item(array.data_type()).map(Arc::clone) else {
            return Err(reader.refused(format!("a column of type {} cannot be read", array.data_type())));
        };
        let lists = reader.cast(array, &DataType::LargeList(item))?.as_list::<i64>().clone();
        let offsets = lists.value_offsets();
        let first = offsets.first().map_or(0, |&offset| offset as usize);
        let end = offsets.last().map_or(0, |&offset| offset as usize);
        let rows = lists.values().as_struct().slice(first, end - first);
        Ok(Lists { lists, rows, first })
    }

    /// Where the rows of a record are.
    fn range(&self, record: usize) -> std::ops::Range<usize> {
        let offset = |at: usize| self.lists.value_offsets().get(at).map_or(0, |&offset| offset as usize);
        let start = offset(record) - self.first;
        if self.lists.is_null(record) { start..start } else { start..offset(record + 1) - self.first }
    }

    fn length(&self, record: usize) -> usize {
        self.range(record).len()
    }

    /// The record that a row belongs to, if it has a place among the first `rows` of its table.
    fn record_of(&self, row: usize, rows: usize) -> Option<usize> {
        let offsets = self.lists.value_offsets();
        let record = offsets.partition_point(|&offset| offset as usize - self.first <= row).checked_sub(1)?;
        let range = self.range(record);
        let is_kept = range.contains(&row) && row - range.start < rows && !self.rows.is_null(row);
        is_kept.then_some(record)
    }

    /// (record, row of its table, row of all) for every row that has a place in the table.
    fn places(&self, rows: usize) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let records = 0..self.lists.len();
        records.flat_map(move |record| {
            self.range(record).take(rows).enumerate().map(move |(row, place)| (record, row, place))
        })
    }
}
