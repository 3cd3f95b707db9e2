//! A table input of one record on its way into cells: headings, rows, what is missing and what is too much.

use crate::codec::notes::NoteKind;
use crate::codec::records::{Fault, Records, Scalar};
use execd_calc::interface::Shape;
use execd_calc::values::value::{ErrorCode, Value};

/// The table being read. Reused from record to record.
#[derive(Debug, Default)]
pub struct Table {
    input: usize,
    first_cell: usize,
    columns: usize,
    rows: usize,
    /// Rows read so far.
    row: usize,
    /// Column by position in a row, from the header row.
    header: Vec<usize>,
    position: usize,
    cells: Vec<Value>,
    in_row: Vec<bool>,
    ever: Vec<bool>,
    cut: bool,
    broken: bool,
}

impl Records<'_> {
    /// Starts the table of the claimed input. False if the input is no table.
    pub fn begin_table(&mut self, input: usize) -> bool {
        let Some(declared) = self.rules.interface.inputs.get(input) else { return false };
        let Shape::Table { headings, rows } = &declared.shape else { return false };
        let table = &mut self.table;
        (table.input, table.first_cell, table.columns, table.rows) =
            (input, declared.first_cell, headings.len(), *rows);
        (table.row, table.cut, table.broken) = (0, false, false);
        table.header.clear();
        table.cells.resize(headings.len(), Value::BLANK);
        table.in_row.resize(headings.len(), false);
        table.ever.clear();
        table.ever.resize(headings.len(), false);
        true
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
            _ => return self.broken_table("a heading must be a text or a number"),
        };
        match self.rules.names.heading(self.table.input, text) {
            None => self.broken_table(&format!("heading '{}' is unknown", shortened(text))),
            Some(column) => {
                let again = self.table.ever.get_mut(column).is_some_and(|ever| std::mem::replace(ever, true));
                if again {
                    self.broken_table(&format!("heading '{}' appears twice", shortened(text)));
                }
                self.table.header.push(column);
            }
        }
    }

    pub fn begin_row(&mut self) -> Result<(), Fault> {
        let limits = self.rules.limits;
        if self.table.row >= limits.table_rows {
            return Err(Fault::TooLarge { what: "rows of a table", limit: limits.table_rows });
        }
        if self.table.row.is_multiple_of(1024) && self.rules.stop.is_raised() {
            return Err(Fault::Stopped);
        }
        self.table.position = 0;
        self.table.cells.fill(Value::BLANK);
        self.table.in_row.fill(false);
        Ok(())
    }

    /// Where a value under a heading of the open row goes.
    pub fn cell_of_row(&self, column: usize) -> usize {
        self.table.first_cell + self.table.row * self.table.columns + column
    }

    /// The same for the next value of a row under a header row.
    pub fn next_cell_of_row(&self) -> Option<usize> {
        self.table.header.get(self.table.position).map(|&column| self.cell_of_row(column))
    }

    /// The next value of a row under a header row. A value beyond the header is cut.
    pub fn next_cell(&mut self, scalar: Scalar<'_>) -> Result<(), Fault> {
        let column = self.table.header.get(self.table.position).copied();
        self.table.position += 1;
        match column {
            Some(column) => self.cell(column, scalar),
            None => {
                self.table.cut = true;
                Ok(())
            }
        }
    }

    /// The column that a key of a row object names, or what is wrong with the key.
    pub fn key_of_row(&mut self, key: &str) -> Result<Option<usize>, Fault> {
        let likely = self.table.position;
        self.table.position += 1;
        let Some(column) = self.rules.names.heading_likely_at(self.table.input, likely, key) else {
            self.broken_table(&format!("heading '{}' is unknown", shortened(key)));
            return Ok(None);
        };
        if let Some(ever) = self.table.ever.get_mut(column) {
            *ever = true;
        }
        if self.table.in_row.get_mut(column).is_some_and(|seen| std::mem::replace(seen, true)) {
            return Err(Fault::Invalid(format!("the key '{}' appears twice in a table row", shortened(key))));
        }
        Ok(Some(column))
    }

    pub fn cell(&mut self, column: usize, scalar: Scalar<'_>) -> Result<(), Fault> {
        if self.table.row >= self.table.rows {
            return Ok(());
        }
        let value = self.value(self.table.input, scalar)?;
        if let Some(cell) = self.table.cells.get_mut(column) {
            *cell = value;
        }
        Ok(())
    }

    /// Ends a row of values under a header row.
    pub fn end_row_of_values(&mut self) {
        let (got, wanted) = (self.table.position, self.table.header.len());
        if got < wanted && got > 0 {
            let row = self.table.row + 1;
            self.broken_table(&format!("row {row} has {got} values under {wanted} headings"));
        }
        self.end_row();
    }

    pub fn end_row(&mut self) {
        let table = &mut self.table;
        if table.row >= table.rows {
            table.cut = true;
        } else {
            let first = table.first_cell + table.row * table.columns;
            for column in 0..table.columns {
                let value = self.table.cells.get(column).copied().unwrap_or(Value::BLANK);
                self.put(first + column, value);
            }
        }
        self.table.row += 1;
    }

    /// Something in the place of a row that is none.
    pub fn no_row(&mut self) {
        let row = self.table.row + 1;
        self.broken_table(&format!("row {row} is no row"));
        self.table.row += 1;
    }

    pub fn end_table(&mut self) {
        self.missing_headings();
        let Table { input, first_cell, columns, rows, row, cut, broken, .. } = self.table;
        if broken {
            return self.fill(input, ErrorCode::Value.into());
        }
        if cut {
            self.note(input, NoteKind::Cut);
        }
        for cell in first_cell + row.min(rows) * columns..first_cell + rows * columns {
            self.put(cell, Value::BLANK);
        }
    }

    /// Every heading must be named by the header row or by some row. An empty table needs none.
    fn missing_headings(&mut self) {
        if self.table.row == 0 && self.table.header.is_empty() {
            return;
        }
        if let Some(column) = self.table.ever.iter().position(|ever| !ever) {
            let declared = self.rules.interface.inputs.get(self.table.input).map(|input| &input.shape);
            if let Some(Shape::Table { headings, .. }) = declared {
                let text = headings.get(column).map_or("", |heading| heading.text.as_str());
                self.broken_table(&format!("heading '{text}' is missing"));
            }
        }
    }

    /// The first thing wrong with a table is told; its cells become `#VALUE!`.
    pub fn broken_table(&mut self, message: &str) {
        if !std::mem::replace(&mut self.table.broken, true) {
            self.malformed(self.table.input, message);
        }
    }
}

/// A name out of a request, cut to a length that belongs in a message.
pub fn shortened(name: &str) -> &str {
    match name.char_indices().nth(60) {
        Some((end, _)) => name.get(..end).unwrap_or(name),
        None => name,
    }
}
