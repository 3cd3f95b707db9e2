//! CSV to input columns. A field is a number (`.5`, `5.` and `+1` too, but not `007`) or TRUE/FALSE if it reads as one
//! and its input is not a text; an empty field is a blank, and so is a blank line in a file of one column. A number has a
//! decimal point or, in such a dialect, a decimal comma: where a comma is no delimiter, `1,500` otherwise fails its record
//! rather than being read as 1500.

use crate::codec::decode::records::Records;
use crate::codec::decode::rules::{Fault, Rules, Scalar};
use crate::codec::decode::tokens::Tokens;
use crate::codec::decoded::Layout;
use crate::error::{Place, ServeError};
use crate::files::carry::columns::Columns;
use crate::files::chunk::Chunk;
use crate::files::csv::blank_lines::BlankLines;
use crate::files::csv::dialect::Marks;
use crate::files::csv::encoding::{Decoded, decoded};
use crate::files::csv::header::Header;
use crate::files::options::RunOptions;
use crate::files::source::{CHUNK_BYTES, CHUNK_RECORDS};
use crate::flat::{Destination, InputColumns};
use ::csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};
use arrow_array::ArrayRef;
use arrow_array::builder::StringBuilder;
use execd_calc::interface::{Constant, Format};
use execd_calc::values::value::ErrorCode;
use memchr::memchr_iter;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Comes after the file as a record of its own. A field whose quote is not closed ends with it.
const END: &[u8] = b"\n\xFFend of file\xFF";

type Rows<R> = Within<BlankLines<Chain<Cursor<Vec<u8>>, BufReader<Decoded<R>>>>>;

pub struct CsvReader<R> {
    reader: Reader<Chain<Rows<R>, &'static [u8]>>,
    marks: Marks,
    columns: Vec<Option<CsvColumn>>,
    inputs: InputColumns,
    record: ByteRecord,
    /// Where the last record ended, for the reader below.
    place: Arc<AtomicU64>,
    carried: Columns,
    /// Positions of the carried columns, and their values in this chunk.
    carry: Vec<usize>,
    values: Vec<StringBuilder>,
}

impl<R: Read> CsvReader<R> {
    /// Reads the header row. `name` is what the file is called in messages.
    pub fn new(
        name: &str,
        file: R,
        rules: Rules<'_>,
        options: &RunOptions,
    ) -> Result<CsvReader<R>, ServeError> {
        options.dialect.check()?;
        let file = decoded(file, options.dialect.encoding).map_err(|error| ServeError::file(name, error))?;
        let mut file = BufReader::with_capacity(1 << 18, file);
        let header = Header::read(&mut file, &options.dialect);
        let header = header.map_err(|error| ServeError::file(name, error))?;
        let marks = header.marks;
        let place = Arc::new(AtomicU64::new(0));
        let rows = BlankLines::new(Cursor::new(header.row.clone()).chain(file), marks);
        let most = rules.limits.input_bytes as u64;
        let file = Within {
            reader: rows,
            read: 0,
            place: Arc::clone(&place),
            most,
            delimiter: marks.delimiter,
            delimiters: 0,
        };
        let file = file.chain(END);
        let mut reader = ReaderBuilder::new()
            .buffer_capacity(1 << 18)
            .flexible(true)
            .delimiter(marks.delimiter)
            .quoting(marks.quote.is_some())
            .quote(marks.quote.unwrap_or(b'"'))
            .from_reader(file);
        let first = reader.byte_headers().map_err(|error| ServeError::file(name, error))?;
        if is_open(first) {
            return Err(ServeError::file(name, format!("header row: {OPEN}")));
        }
        let names: Result<Vec<&str>, _> =
            first.iter().filter(|_| !is_end(first)).map(std::str::from_utf8).collect();
        let names = names.map_err(|_| ServeError::file(name, "header row: not valid UTF-8"))?;
        let carry = options.carry.choose(&names);
        let is_carried = |column: usize| carry.as_ref().is_ok_and(|carry| carry.contains(&column));
        let inputs = InputColumns::new(rules, &names, |_| false, is_carried);
        let inputs = inputs.map_err(|error| header.explain(error, rules))?;
        let carry = carry?;
        let names = carry.iter().filter_map(|&column| names.get(column).copied());
        let carried = Columns::of_texts(names, false);
        let columns = inputs.destinations.iter().map(|column| CsvColumn::new((*column)?, rules)).collect();
        let values = carry.iter().map(|_| StringBuilder::new()).collect();
        Ok(CsvReader {
            reader,
            marks,
            columns,
            inputs,
            record: ByteRecord::new(),
            place,
            carried,
            carry,
            values,
        })
    }

    pub fn carried(&self) -> &Columns {
        &self.carried
    }

    /// The next records, or `None` at the end.
    pub fn next(&mut self, name: &str, rules: Rules<'_>) -> Result<Option<Chunk>, ServeError> {
        let (mut records, most) = self.inputs.begin(CHUNK_RECORDS, rules);
        let end = self.reader.position().byte() + CHUNK_BYTES as u64;
        while records.count() < most && self.reader.position().byte() < end {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) if !is_end(&self.record) => {}
                Ok(_) => break,
                Err(error) => return Err(unreadable(name, error, records.count())),
            }
            self.place.store(self.reader.position().byte(), Ordering::Relaxed);
            if let Err(fault) = self.take(&mut records) {
                return Err(records.error(fault, None));
            }
        }
        if records.count() == 0 {
            return Ok(None);
        }
        let carried = self.values.iter_mut().map(|values| Arc::new(values.finish()) as ArrayRef).collect();
        Ok(Some(Chunk { decoded: records.finish(Layout::Objects, false), carried }))
    }

    fn take(&mut self, records: &mut Records<'_>) -> Result<(), Fault> {
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
            match column.scalar(text_of(field)?, self.marks.decimal_comma) {
                Scalar::Number(number) if number.is_infinite() => {
                    records.failed_cell(column.input, column.cell, "the number is too large", ErrorCode::Num);
                }
                Scalar::Text(text) if !column.text && has_other_mark(text, self.marks) => {
                    let why = if self.marks.decimal_comma { COMMA_NEEDED } else { POINT_NEEDED };
                    records.failed_cell(column.input, column.cell, why, ErrorCode::Value);
                }
                scalar => records.single_cell(column.input, column.cell, scalar)?,
            }
        }
        records.release();
        self.inputs.blanks.iter().for_each(|&cell| records.blank(cell));
        for (&column, values) in self.carry.iter().zip(&mut self.values) {
            let text = text_of(self.record.get(column).unwrap_or_default())?;
            values.append_option((!text.is_empty()).then_some(text));
        }
        records.end_record();
        Ok(())
    }
}

fn text_of(field: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(field).map_err(|_| Fault::Invalid("not valid UTF-8".to_owned()))
}

/// Bytes of a record after which its delimiters are counted, and how many it may have there: a field takes more memory
/// than a delimiter.
const LONG_RECORD: u64 = 1 << 20;
const MOST_DELIMITERS: usize = 4 << 20;

/// Fails when more than `most` bytes have been read since the last record ended: a record is held in memory.
struct Within<R> {
    reader: R,
    read: u64,
    place: Arc<AtomicU64>,
    most: u64,
    delimiter: u8,
    delimiters: usize,
}

impl<R: Read> Read for Within<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let unended = self.read.saturating_sub(self.place.load(Ordering::Relaxed));
        if unended > self.most {
            let message =
                format!("the record is longer than {} bytes; perhaps a quote is not closed", self.most);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let count = self.reader.read(buffer)?;
        self.read += count as u64;
        if unended < LONG_RECORD {
            self.delimiters = 0;
            return Ok(count);
        }
        self.delimiters += memchr_iter(self.delimiter, buffer.get(..count).unwrap_or_default()).count();
        if self.delimiters > MOST_DELIMITERS {
            let message = format!("the record has more than {MOST_DELIMITERS} fields");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(count)
    }
}

/// A record that is too long is a mistake at its place.
fn unreadable(name: &str, error: ::csv::Error, records: usize) -> ServeError {
    match error.kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => ServeError::InvalidInput {
            place: Place { record: Some(records + 1), ..Place::default() },
            message: error.to_string(),
        },
        _ => ServeError::file(name, error),
    }
}

const OPEN: &str = "a quote is not closed";

fn is_end(record: &ByteRecord) -> bool {
    record.len() == 1 && record.get(0) == END.get(1..)
}

fn is_open(record: &ByteRecord) -> bool {
    record.iter().next_back().is_some_and(|field| field.ends_with(END))
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

    fn scalar<'t>(&self, field: &'t str, decimal_comma: bool) -> Scalar<'t> {
        if field.is_empty() {
            return Scalar::Null;
        }
        if self.text {
            return Scalar::Text(field);
        }
        match if decimal_comma { number_with_comma(field) } else { number_of(field) } {
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

/// The same with a decimal comma. Points would be taken for thousands by some and for decimals by others.
fn number_with_comma(field: &str) -> Option<f64> {
    match field.split_once(',') {
        _ if field.contains('.') => None,
        None => number_of(field),
        Some((whole, fraction)) => number_of(&format!("{whole}.{fraction}")),
    }
}

const POINT_NEEDED: &str = "a number has a decimal point, not a comma";
const COMMA_NEEDED: &str = "a number has a decimal comma, and no points";

/// Digits with the mark of other countries: a number, and not the same one in all of them. Where fields are parted by
/// commas, a field with a comma was meant to be a text.
fn has_other_mark(field: &str, marks: Marks) -> bool {
    let other = match (marks.decimal_comma, marks.delimiter) {
        (true, _) => '.',
        (false, b',') => return false,
        (false, _) => ',',
    };
    let unsigned = field.trim().trim_start_matches(['+', '-']);
    unsigned.contains(other)
        && unsigned.starts_with(|first: char| first.is_ascii_digit() || first == other)
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b",.eE+-".contains(&byte))
}
