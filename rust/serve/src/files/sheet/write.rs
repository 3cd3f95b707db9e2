//! Answers to a sheet: what is carried, the outputs, errors and warnings. Values have Excel's types: dates are serials of
//! the 1900 system, Excel errors are errors and told in `errors`, too. Rows wait in a file of their own until the end.

use crate::engine::Block;
use crate::files::carry::cells::{Cell, DAYS_1904};
use crate::flat::OutputColumn;
use crate::remarks::Remarks;
use execd_calc::interface::Format;
use execd_calc::numbers::digits::general;
use execd_calc::run::Frame;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};
use rust_xlsxwriter::{Format as Look, Formula, Workbook, Worksheet, XlsxError};
use std::error::Error;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows of a sheet in Excel, and columns.
const MOST_ROWS: u32 = 1 << 20;
const MOST_COLUMNS: usize = 1 << 14;

pub struct SheetWriter {
    workbook: Workbook,
    looks: Looks,
    /// Columns of the answers, without those that are carried.
    width: usize,
    row: u32,
}

/// How dates, times and moments are shown.
struct Looks {
    date: Look,
    time: Look,
    moment: Look,
}

impl SheetWriter {
    /// Begins a sheet with a header row. The last `width` names are those of the answers.
    pub fn new<'n>(
        names: impl Iterator<Item = &'n str>,
        width: usize,
    ) -> Result<SheetWriter, Box<dyn Error>> {
        let look = |code: &str| Look::new().set_num_format(code);
        let looks =
            Looks { date: look("yyyy-mm-dd"), time: look("hh:mm:ss"), moment: look("yyyy-mm-dd hh:mm:ss") };
        let mut writer = SheetWriter { workbook: Workbook::new(), looks, width, row: 1 };
        written(|| {
            let sheet = writer.workbook.add_worksheet_with_constant_memory()?;
            for (column, name) in names.enumerate() {
                if column >= MOST_COLUMNS {
                    return Err(format!(
                        "a sheet has {MOST_COLUMNS} columns, which are too few; choose outputs"
                    )
                    .into());
                }
                sheet.write_string(0, column as u16, name)?;
            }
            Ok(())
        })?;
        Ok(writer)
    }

    /// Writes the records of a chunk: carried columns, and the cells that `write_block` gave.
    pub fn write(&mut self, carried: &[Vec<Cell>], parts: &[Vec<Cell>]) -> Result<(), Box<dyn Error>> {
        let SheetWriter { workbook, looks, width, row } = self;
        written(|| {
            let sheet = workbook.worksheet_from_index(0)?;
            let records = parts.iter().flat_map(|part| part.chunks((*width).max(1)));
            for (record, cells) in records.enumerate() {
                if *row >= MOST_ROWS {
                    return Err(format!(
                        "a sheet has {MOST_ROWS} rows, which are too few; write csv or parquet"
                    )
                    .into());
                }
                let carried = carried.iter().map(|column| column.get(record).unwrap_or(&Cell::Blank));
                for (column, cell) in carried.chain(cells).enumerate() {
                    looks
                        .put(sheet, *row, column as u16, cell)
                        .map_err(|error| format!("row {}, column {}: {error}", *row + 1, column + 1))?;
                }
                *row += 1;
            }
            Ok(())
        })
    }

    /// Writes the workbook.
    pub fn finish(mut self, bytes: &mut (impl Write + Send)) -> Result<(), Box<dyn Error>> {
        let mut bytes = Failing { bytes, error: None };
        let saved = written(|| Ok(self.workbook.save_to_writer(&mut bytes)?));
        bytes.error.map_or(saved, |error| Err(error.into()))
    }
}

/// Takes bytes and drops them after the first error, which is kept: an archive is ended even then, and would complain.
struct Failing<'w, W> {
    bytes: &'w mut W,
    error: Option<io::Error>,
}

impl<W: Write> Write for Failing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_some() {
            return Ok(bytes.len());
        }
        self.bytes.write(bytes).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.error = Some(error);
            }
            kind.into()
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.error.is_some() { Ok(()) } else { self.bytes.flush() }
    }
}

/// Writes with a crate that panics where its own file cannot be written.
fn written(write: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| {
        Err("the rows cannot be put aside; perhaps the disk for temporary files is full".into())
    })
}

impl Looks {
    fn put(&self, sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell) -> Result<(), XlsxError> {
        match cell {
            Cell::Blank => {}
            Cell::Number(x) => drop(sheet.write_number(row, column, *x)?),
            Cell::Dated(x, format) => {
                let look = match format {
                    Format::Date => &self.date,
                    Format::Time => &self.time,
                    _ => &self.moment,
                };
                sheet.write_number_with_format(row, column, *x, look)?;
            }
            Cell::Text(text) => drop(sheet.write_string(row, column, text.as_ref())?),
            Cell::Bool(truth) => drop(sheet.write_boolean(row, column, *truth)?),
            Cell::Error(code) => {
                let formula = Formula::new(format!("={}", code.text())).set_result(code.text());
                sheet.write_formula(row, column, formula)?;
            }
        }
        Ok(())
    }
}

/// Appends the cells of a block, record by record.
pub fn write_block(
    out: &mut Vec<Cell>,
    columns: &[OutputColumn],
    frame: &Frame,
    block: Block,
    mut remarks: Remarks,
    date1904: bool,
) {
    let values: Vec<_> = columns.iter().map(|column| frame.output(column.cell)).collect();
    for record in 0..block.records {
        for (column, values) in columns.iter().zip(&values) {
            let value = values.get(record).copied().unwrap_or(Value::BLANK);
            let cell = cell(frame.heap(), value, column.format, date1904);
            if let Cell::Error(code) = cell {
                remarks.output(record, &column.name, code.text());
            }
            out.push(cell);
        }
        for texts in [&mut remarks.errors, &mut remarks.warnings] {
            out.push(texts.remove(&record).map_or(Cell::Blank, |text| Cell::Text(text.into())));
        }
    }
}

fn cell(heap: &Heap, value: Value, format: Format, date1904: bool) -> Cell {
    match heap.shown(value).unpack() {
        Unpacked::Number(x) => match format {
            Format::Text => Cell::Text(general(x).into()),
            Format::General => Cell::Number(x),
            Format::Date | Format::DateTime if date1904 => Cell::Dated(x + DAYS_1904, format),
            _ => Cell::Dated(x, format),
        },
        Unpacked::Text(id) => Cell::Text(heap.text(id).into()),
        Unpacked::Bool(truth) => Cell::Bool(truth),
        Unpacked::Error(code) => Cell::Error(code),
        Unpacked::Blank | Unpacked::Omitted | Unpacked::Array(_) => Cell::Blank,
    }
}
