//! A table input of one record on its way into cells: headings, rows, what is missing and what is too much.

use crate::codec::decode::cells::Cells;
use crate::codec::decode::rules::{Fault, Scalar};
use crate::codec::names::shortened;
use crate::codec::notes::NoteKind;
use crate::codec::unmatched::NameKind;
use execd_calc::interface::{Interface, Shape};
use execd_calc::values::value::{ErrorCode, Value};

/// What is known of the table being read. Reused from record to record.
#[derive(Debug, Default)]
pub struct Table {
    input: usize,
    first_cell: usize,
    columns: usize,
    rows: usize,
    /// Rows read so far.
    row: usize,
    /// Column by position in a row, from the header row; nothing under a heading that the table does not have.
    header: Vec<Option<usize>>,
    position: usize,
    /// Values of the open row, by column.
    values: Vec<Value>,
    /// Columns named by the open row.
    in_row: Vec<bool>,
    /// Columns named by the header row or any row.
    named: Vec<bool>,
    cut: bool,
    broken: bool,
}

impl Table {
    /// Starts the table of an input. False if the input is no table.
    pub fn begin(&mut self, interface: &Interface, input: usize) -> bool {
        let Some(declared) = interface.inputs.get(input) else { return false };
        let Shape::Table { headings, rows } = &declared.shape else { return false };
        (self.input, self.first_cell, self.columns, self.rows) =
            (input, declared.first_cell, headings.len(), *rows);
        (self.row, self.cut, self.broken) = (0, false, false);
        self.header.clear();
        self.values.resize(headings.len(), Value::BLANK);
        self.in_row.resize(headings.len(), false);
        self.named.clear();
        self.named.resize(headings.len(), false);
        true
    }
}

/// A table that has begun, and the cells that its values go to.
pub struct OpenTable<'t, 'a> {
    table: &'t mut Table,
    cells: &'t mut Cells<'a>,
}

impl<'t, 'a> OpenTable<'t, 'a> {
    #[inline]
    pub fn new(table: &'t mut Table, cells: &'t mut Cells<'a>) -> OpenTable<'t, 'a> {
        OpenTable { table, cells }
    }

    /// One entry of the header row.
    pub fn heading(&mut self, scalar: Scalar<'_>) {
        let mut number = String::new();
        let text = match scalar {
            Scalar::Text(text) => text,
            Scalar::Number(x) => {
                execd_calc::numbers::digits::write_general(&mut number, x);
                &number
            }
            _ => return self.spoil("a heading must be a text or a number"),
        };
        match self.cells.rules.names.heading(self.table.input, text) {
            None => {
                self.unknown(text);
                self.table.header.push(None);
            }
            Some(column) => {
                let again =
                    self.table.named.get_mut(column).is_some_and(|named| std::mem::replace(named, true));
                if again {
                    self.spoil(&format!("heading '{}' appears twice", shortened(text)));
                }
                self.table.header.push(Some(column));
            }
        }
    }

    pub fn begin_row(&mut self) -> Result<(), Fault> {
        let limits = self.cells.rules.limits;
        if self.table.row >= limits.table_rows {
            return Err(Fault::TooLarge { what: "rows of a table", limit: limits.table_rows });
        }
        if self.table.row.is_multiple_of(1024) && self.cells.rules.stop.is_raised() {
            return Err(Fault::Stopped);
        }
        self.table.position = 0;
        self.table.values.fill(Value::BLANK);
        self.table.in_row.fill(false);
        Ok(())
    }

    /// The cell of a value under a heading of the open row.
    pub fn cell_of(&self, column: usize) -> usize {
        self.table.first_cell + self.table.row * self.table.columns + column
    }

    /// The cell of the next value of a row under a header row.
    pub fn next_cell(&self) -> Option<usize> {
        let column = self.table.header.get(self.table.position).copied().flatten()?;
        Some(self.cell_of(column))
    }

    /// The next value of a row under a header row. A value beyond the header is cut.
    pub fn next_value(&mut self, scalar: Scalar<'_>) -> Result<(), Fault> {
        let column = self.table.header.get(self.table.position).copied();
        self.table.position += 1;
        match column {
            Some(Some(column)) => self.value(column, scalar),
            Some(None) => Ok(()),
            None => {
                self.table.cut = true;
                Ok(())
            }
        }
    }

    /// The column that a key of a row object names, or what is wrong with the key.
    pub fn key(&mut self, key: &str) -> Result<Option<usize>, Fault> {
        let likely = self.table.position;
        self.table.position += 1;
        let Some(column) = self.cells.rules.names.heading_likely_at(self.table.input, likely, key) else {
            self.unknown(key);
            return Ok(None);
        };
        if let Some(named) = self.table.named.get_mut(column) {
            *named = true;
        }
        if self.table.in_row.get_mut(column).is_some_and(|seen| std::mem::replace(seen, true)) {
            return Err(Fault::Invalid(format!("the key '{}' appears twice in a table row", shortened(key))));
        }
        Ok(Some(column))
    }

    /// A value under a heading of the open row. Rows beyond the range are cut.
    pub fn value(&mut self, column: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        if self.table.row >= self.table.rows {
            return Ok(());
        }
        let value = self.cells.value(self.table.input, scalar)?;
        if let Some(cell) = self.table.values.get_mut(column) {
            *cell = value;
        }
        Ok(())
    }

    /// Ends a row of values under a header row.
    pub fn end_row_of_values(&mut self) {
        let (got, wanted) = (self.table.position, self.table.header.len());
        if got < wanted && got > 0 {
            let row = self.table.row + 1;
            self.spoil(&format!("row {row} has {got} values under {wanted} headings"));
        }
        self.end_row();
    }

    pub fn end_row(&mut self) {
        let table = &mut *self.table;
        if table.row >= table.rows {
            table.cut = true;
        } else {
            let first = table.first_cell + table.row * table.columns;
            for column in 0..table.columns {
                let value = table.values.get(column).copied().unwrap_or(Value::BLANK);
                self.cells.put(first + column, value);
            }
        }
        table.row += 1;
    }

    /// Takes something that is no row in the place of a row.
    pub fn no_row(&mut self) {
        let row = self.table.row + 1;
        self.spoil(&format!("row {row} is no row"));
        self.table.row += 1;
    }

    pub fn end(&mut self) {
        self.missing_headings();
        let Table { input, first_cell, columns, rows, row, cut, broken, .. } = *self.table;
        if broken {
            return self.cells.fill(input, ErrorCode::Value.into());
        }
        if cut {
            self.cells.note(input, NoteKind::Cut);
        }
        for cell in first_cell + row.min(rows) * columns..first_cell + rows * columns {
            self.cells.put(cell, Value::BLANK);
        }
    }

    /// Every heading must be named by the header row or by some row. An empty table needs none.
    fn missing_headings(&mut self) {
        if self.table.row == 0 && self.table.header.is_empty() {
            return;
        }
        let missing = self.table.named.iter().position(|named| !named);
        if let Some(column) = missing
            && !std::mem::replace(&mut self.table.broken, true)
        {
            self.cells.note(self.table.input, NoteKind::MissingHeading(column));
        }
    }

    fn unknown(&mut self, heading: &str) {
        let table = self.cells.rules.interface.inputs.get(self.table.input);
        let table = table.map_or("", |input| input.name.as_str()).into();
        self.cells.unmatched(NameKind::Heading { table }, heading);
    }

    /// The first thing wrong with a table is noted; its cells become `#VALUE!`.
    fn spoil(&mut self, message: &str) {
        if !std::mem::replace(&mut self.table.broken, true) {
            self.cells.malformed(self.table.input, message);
        }
    }
}
