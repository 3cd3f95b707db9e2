//! CSV both ways: a header row of input names, comma, RFC 4180 quotes, UTF-8. A field is a number (`.5`, `5.` and
//! `+1` too, but not `007`) or TRUE/FALSE if it reads as one and its input is not a text; an empty field is a blank, and
//! so is a blank line in a file of one column.

use crate::codec::dates;
use crate::codec::decode::records::Records;
use crate::codec::decode::rules::{Fault, Rules, Scalar};
use crate::codec::decode::tokens::Tokens;
use crate::codec::decoded::{Decoded, Layout};
use crate::codec::encode::scalar::write_number;
use crate::engine::Block;
use crate::error::{Place, ServeError};
use crate::files::blank_lines::BlankLines;
use crate::files::source::CHUNK_RECORDS;
use crate::flat::{Columns, Destination, OutputColumn};
use ::csv::{ByteRecord, Reader, ReaderBuilder};
use execd_calc::interface::{Constant, Format};
use execd_calc::numbers::digits::general;
use execd_calc::run::Frame;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{ErrorCode, Unpacked, Value};
use std::io::{Chain, Read};

/// Comes after the file as a record of its own. A field whose quote is not closed ends with it.
const END: &[u8] = b"\n\xFFend of file\xFF";

pub struct CsvReader<R> {
    reader: Reader<Chain<BlankLines<R>, &'static [u8]>>,
    columns: Vec<Option<CsvColumn>>,
    header: Columns,
    record: ByteRecord,
}

impl<R: Read> CsvReader<R> {
    /// Reads the header row. `name` is what the file is called in messages.
    pub fn new(name: &str, file: R, rules: Rules<'_>) -> Result<CsvReader<R>, ServeError> {
        let file = BlankLines::new(file).chain(END);
        let mut reader = ReaderBuilder::new().buffer_capacity(1 << 18).flexible(true).from_reader(file);
        let first = reader.byte_headers().map_err(|error| ServeError::file(name, error))?;
        if is_open(first) {
            return Err(ServeError::file(name, format!("header row: {OPEN}")));
        }
        let names: Result<Vec<&str>, _> =
            first.iter().filter(|_| !is_end(first)).map(std::str::from_utf8).collect();
        let names = names.map_err(|_| ServeError::file(name, "header row: not valid UTF-8"))?;
        let header: Vec<&str> = names.iter().map(|name| name.trim_start_matches('\u{FEFF}')).collect();
        let header = Columns::new(rules, &header, |_| false)?;
        let columns = header.destinations.iter().map(|column| CsvColumn::new((*column)?, rules)).collect();
        Ok(CsvReader { reader, columns, header, record: ByteRecord::new() })
    }

    /// The next records, or `None` at the end.
    pub fn next(&mut self, name: &str, rules: Rules<'_>) -> Result<Option<Decoded>, ServeError> {
        let mut records = Records::new(rules);
        records.expect(CHUNK_RECORDS);
        records.join_unmatched(&self.header.unmatched);
        while records.count() < CHUNK_RECORDS {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) if !is_end(&self.record) => {}
                Ok(_) => break,
                Err(error) => return Err(ServeError::file(name, error)),
            }
            if let Err(fault) = self.take(&mut records) {
                return Err(explain(fault, &records, rules));
            }
        }
        Ok((records.count() > 0).then(|| records.finish(Layout::Objects, false)))
    }

    fn take(&self, records: &mut Records<'_>) -> Result<(), Fault> {
        let columns = &self.columns;
        records.begin_record()?;
        if is_open(&self.record) {
            return Err(Fault::Invalid(OPEN.to_owned()));
        }
        if self.record.len() < columns.len() {
            let (fields, columns) = (self.record.len(), columns.len());
            return Err(Fault::Invalid(format!("{fields} of the header's {columns} columns are there")));
        }
        // A decimal comma or a missing quote would otherwise go unnoticed.
        if let Some(field) = self.record.iter().skip(columns.len()).find(|field| !field.is_empty()) {
            let (field, columns) = (String::from_utf8_lossy(field), columns.len());
            let message = format!("\"{field}\" comes after the last of the header's {columns} columns");
            return Err(Fault::Invalid(message));
        }
        for (field, column) in self.record.iter().zip(columns) {
            let Some(column) = column else { continue };
            records.claim(column.input);
            let text =
                std::str::from_utf8(field).map_err(|_| Fault::Invalid("not valid UTF-8".to_owned()))?;
            match column.scalar(text) {
                Scalar::Number(number) if number.is_infinite() => {
                    records.failed_cell(column.input, column.cell, "the number is too large", ErrorCode::Num);
                }
                scalar => records.single_cell(column.input, column.cell, scalar)?,
            }
        }
        self.header.blanks.iter().for_each(|&cell| records.blank(cell));
        for &(input, heading) in &self.header.incomplete {
            records.missing_heading(input, heading);
        }
        records.end_record();
        Ok(())
    }
}

const OPEN: &str = "a quote is not closed";

fn is_end(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == END.get(1..)
}

fn is_open(record: &ByteRecord) -> bool {
    record.iter().next_back().is_some_and(|field| field.ends_with(END))
}

fn explain(fault: Fault, records: &Records<'_>, rules: Rules<'_>) -> ServeError {
    let (record, input) = records.place();
    match fault {
        Fault::Invalid(message) => {
            ServeError::InvalidInput { place: Place { record, input, offset: None }, message }
        }
        Fault::TooLarge { what, limit } => ServeError::TooLarge { what, limit },
        Fault::Stopped => rules.stop.reason(),
    }
}

/// A column of the file that names an input cell.
struct CsvColumn {
    input: usize,
    cell: usize,
    /// The workbook holds a text here: `007` stays a text.
    text: bool,
}

impl CsvColumn {
    fn new(destination: Destination, rules: Rules<'_>) -> Option<CsvColumn> {
        let Destination::Cell { input, cell } = destination else { return None };
        let declared = rules.interface.inputs.get(input)?;
        let default = declared.defaults.get(cell - declared.first_cell);
        let text = declared.format == Format::Text || matches!(default, Some(Constant::Text(_)));
        Some(CsvColumn { input, cell, text })
    }

    fn scalar<'t>(&self, field: &'t str) -> Scalar<'t> {
        if field.is_empty() {
            return Scalar::Null;
        }
        if self.text {
            return Scalar::Text(field);
        }
        match number_of(field) {
            Some(number) => Scalar::Number(number),
            _ if field.eq_ignore_ascii_case("true") => Scalar::Bool(true),
            _ if field.eq_ignore_ascii_case("false") => Scalar::Bool(false),
            _ => Scalar::Text(field),
        }
    }
}

/// The number that a field reads as. One that is too large for a double is infinite.
fn number_of(field: &str) -> Option<f64> {
    let mut tokens = Tokens::new(field);
    if let Some(number) = tokens.number()
        && tokens.at_end()
    {
        return Some(number);
    }
    let unsigned = field.strip_prefix(['+', '-']).unwrap_or(field).as_bytes();
    let spelled = unsigned.iter().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(byte));
    let padded = matches!(unsigned, [b'0', b'0'..=b'9', ..]);
    if spelled && !padded { field.parse().ok() } else { None }
}

pub fn write_header(out: &mut Vec<u8>, columns: &[OutputColumn]) {
    for (position, column) in columns.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write_field(out, &column.name);
    }
    out.push(b'\n');
}

/// Appends the lines of a block.
pub fn write_block(out: &mut Vec<u8>, columns: &[OutputColumn], frame: &Frame, block: Block, date1904: bool) {
    let values: Vec<_> = columns.iter().map(|column| frame.output(column.cell)).collect();
    for record in 0..block.records {
        let start = out.len();
        for (position, (column, values)) in columns.iter().zip(&values).enumerate() {
            if position > 0 {
                out.push(b',');
            }
            if let Some(&value) = values.get(record) {
                write_value(out, frame.heap(), value, column.format, date1904);
            }
        }
        if out.len() == start {
            // An empty line would be no record to many readers.
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
    }
}

fn write_value(out: &mut Vec<u8>, heap: &Heap, value: Value, format: Format, date1904: bool) {
    match value.unpack() {
        Unpacked::Number(x) => match format {
            Format::Text => write_field(out, &general(x)),
            _ if dates::write_serial(out, x, format, date1904) => {}
            _ => write_number(out, x),
        },
        Unpacked::Text(id) => write_field(out, heap.text(id)),
        Unpacked::Bool(b) => out.extend_from_slice(if b { b"TRUE" } else { b"FALSE" }),
        Unpacked::Blank | Unpacked::Omitted => {}
        Unpacked::Error(code) => out.extend_from_slice(code.text().as_bytes()),
        Unpacked::Array(_) => write_value(out, heap, heap.shown(value), format, date1904),
    }
}

/// An empty text is quoted, so that it differs from a blank.
fn write_field(out: &mut Vec<u8>, text: &str) {
    let quoted = text.is_empty() || text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if !quoted {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
