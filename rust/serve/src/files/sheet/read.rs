//! Rows of a sheet to input columns. The first row with a value is the header row. A cell that holds nothing is a blank; a
//! row without any value is a record of blanks where records follow, and nothing at the end.

use crate::codec::dates;
use crate::codec::decode::records::Records;
use crate::codec::decode::rules::{Fault, Rules, Scalar};
use crate::codec::decoded::Layout;
use crate::error::ServeError;
use crate::files::carry::cells::DAYS_1904;
use crate::files::carry::columns::Columns;
use crate::files::chunk::Chunk;
use crate::files::options::RunOptions;
use crate::files::sheet::rows::{Rows, SheetRow, SheetValue, WorkbookFile};
use crate::files::source::{CHUNK_BYTES, CHUNK_RECORDS};
use crate::flat::{Destination, InputColumns};
use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use execd_calc::interface::Format;
use execd_calc::numbers::digits::general;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct SheetReader {
    rows: Rows,
    /// Where the cells of a column go, by column. Others have no heading.
    cells: BTreeMap<u32, Target>,
    inputs: InputColumns,
    carried: Columns,
    values: Vec<StringBuilder>,
    /// The row that is to come, records of blanks before it, and the number of the row after it.
    held: Option<SheetRow>,
    blank_rows: u32,
    next_row: u32,
}

/// What is done with a column.
#[derive(Clone, Copy, Debug, Default)]
struct Target {
    /// The input and its cell.
    input: Option<(usize, usize)>,
    carry: Option<usize>,
}

impl SheetReader {
    /// Reads the header row. `name` is what the file is called in messages.
    pub fn new(
        name: &str,
        file: Box<dyn WorkbookFile>,
        rules: Rules<'_>,
        options: &RunOptions,
    ) -> Result<SheetReader, ServeError> {
        let Some(read) = options.read_rows else {
            return Err(ServeError::file(name, "workbooks are not read here; save it as csv"));
        };
        let stop = options.execute.stop.shared_flag();
        let mut rows = Rows::start(read, file, options.sheet.clone(), stop)
            .map_err(|error| ServeError::Internal(error.to_string()))?;
        let header = loop {
            match rows.next().transpose().map_err(|error| ServeError::file(name, error))? {
                Some(row) if row.cells.is_empty() => {}
                found => break found.unwrap_or_default(),
            }
        };
        let headings: Vec<String> = header.cells.iter().map(|(_, value)| shown(value)).collect();
        let names: Vec<&str> = headings.iter().map(String::as_str).collect();
        let carry = options.carry.choose(&names);
        let is_carried = |at: usize| carry.as_ref().is_ok_and(|carry| carry.contains(&at));
        let inputs = InputColumns::new(rules, &names, |_| false, is_carried)?;
        let carry = carry?;
        let columns = header.cells.iter().map(|(column, _)| *column);
        let target = |at: usize| Target {
            input: match inputs.destinations.get(at).copied().flatten() {
                Some(Destination::Cell { input, cell }) => Some((input, cell)),
                _ => None,
            },
            carry: carry.iter().position(|&carried| carried == at),
        };
        let cells = columns.enumerate().map(|(at, column)| (column, target(at))).collect();
        let carried = Columns::of_texts(carry.iter().filter_map(|&at| names.get(at).copied()), true);
        let values = carry.iter().map(|_| StringBuilder::new()).collect();
        let next_row = header.number + 1;
        Ok(SheetReader { rows, cells, inputs, carried, values, held: None, blank_rows: 0, next_row })
    }

    pub fn carried(&self) -> &Columns {
        &self.carried
    }

    /// The next records, or `None` at the end.
    pub fn next(&mut self, name: &str, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        let (mut records, most) = self.inputs.begin(CHUNK_RECORDS, rules);
        let mut bytes = 0;
        while records.count() < most && bytes < CHUNK_BYTES {
            let Some(row) = self.row().map_err(|error| ServeError::file(name, error))? else { break };
            bytes += row.cells.iter().map(|(_, value)| size(value)).sum::<usize>();
            self.take(&row, &mut records).map_err(|fault| records.error(fault, None))?;
        }
        if records.count() == 0 {
            return Ok(None);
        }
        let carried = self.values.iter_mut().map(|values| Arc::new(values.finish()) as ArrayRef).collect();
        Ok(Some(Chunk { decoded: records.finish(Layout::Objects, false), carried }))
    }

    /// The next row, also one that the workbook leaves out because it is blank.
    fn row(&mut self) -> Result<Option<SheetRow>, String> {
        while self.held.is_none() {
            match self.rows.next().transpose()? {
                Some(row) if row.cells.is_empty() => {}
                Some(row) => {
                    self.blank_rows = row.number.saturating_sub(self.next_row);
                    self.next_row = row.number + 1;
                    self.held = Some(row);
                }
                None => return Ok(None),
            }
        }
        if self.blank_rows > 0 {
            self.blank_rows -= 1;
            return Ok(Some(SheetRow::default()));
        }
        Ok(self.held.take())
    }

    fn take(&mut self, row: &SheetRow, records: &mut Records<'_>) -> Result<(), Fault> {
        records.begin_record()?;
        let mut cells = row.cells.iter().peekable();
        for (&column, target) in &self.cells {
            while let Some((other, _)) = cells.next_if(|(other, _)| *other < column) {
                unnamed(records, *other);
            }
            let value = cells.next_if(|(other, _)| *other == column).map(|(_, value)| value);
            if let Some((input, cell)) = target.input {
                records.claim(input);
                put(records, input, cell, value)?;
            }
            if let Some(values) = target.carry.and_then(|carry| self.values.get_mut(carry)) {
                values.append_option(value.map(as_json));
            }
        }
        cells.for_each(|(other, _)| unnamed(records, *other));
        records.release();
        self.inputs.blanks.iter().for_each(|&cell| records.blank(cell));
        records.end_record();
        Ok(())
    }
}

fn put(
    records: &mut Records<'_>,
    input: usize,
    cell: usize,
    value: Option<&SheetValue>,
) -> Result<(), Fault> {
    let scalar = match value {
        None => Scalar::Null,
        Some(SheetValue::Number(number)) => Scalar::Number(*number),
        Some(SheetValue::Date(days)) if records.rules().date1904 => Scalar::Number(days - DAYS_1904),
        Some(SheetValue::Date(days)) => Scalar::Number(*days),
        Some(SheetValue::Text(text)) => Scalar::Text(text),
        Some(SheetValue::Bool(truth)) => Scalar::Bool(*truth),
        Some(SheetValue::Error(code)) => {
            records.failed_cell(input, cell, &format!("the cell holds {}", code.text()), *code);
            return Ok(());
        }
    };
    records.single_cell(input, cell, scalar)
}

/// Tells of a value that has no heading, once.
#[cold]
fn unnamed(records: &mut Records<'_>, column: u32) {
    records.input(&format!("column {}, which has no heading", letters(column)));
}

/// A column as Excel calls it.
fn letters(column: u32) -> String {
    let (mut letters, mut left) = (Vec::new(), column + 1);
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + (left % 26) as u8));
        left /= 26;
    }
    letters.iter().rev().collect()
}

/// A heading as it is seen.
fn shown(value: &SheetValue) -> String {
    match value {
        SheetValue::Number(number) => general(*number),
        SheetValue::Date(days) => date(*days),
        SheetValue::Text(text) => text.to_string(),
        SheetValue::Bool(truth) => (if *truth { "TRUE" } else { "FALSE" }).to_owned(),
        SheetValue::Error(code) => code.text().to_owned(),
    }
}

fn date(days: f64) -> String {
    let format = if days.fract() == 0.0 { Format::Date } else { Format::DateTime };
    let mut text = Vec::new();
    if dates::write_serial(&mut text, days, format, false) {
        return String::from_utf8_lossy(&text).into_owned();
    }
    general(days)
}

/// A carried value, as those of JSON are held.
fn as_json(value: &SheetValue) -> String {
    match value {
        SheetValue::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            format!("{}", *number as i64)
        }
        SheetValue::Number(number) => serde_json::Value::from(*number).to_string(),
        SheetValue::Bool(truth) => truth.to_string(),
        other => serde_json::Value::from(shown(other)).to_string(),
    }
}

/// Up to here every whole number is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn size(value: &SheetValue) -> usize {
    match value {
        SheetValue::Text(text) => text.len(),
        _ => size_of::<f64>(),
    }
}
