//! The outputs of a block's records as JSON: numbers are written column by column, then put together with what stands
//! between them.

use crate::codec::dates;
use crate::codec::encode::buffer::Buffer;
use crate::codec::encode::number_text::{LANES, LONGEST, NumberText, PIECE, write_numbers};
use crate::codec::encode::scalar::{write_number, write_text};
use crate::codec::encode::template::{Part, Template};
use execd_calc::interface::Format;
use execd_calc::numbers::digits;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};

/// Room for a piece of the template and a number after it.
type Room = [u8; PIECE + LONGEST];
/// The length where there is no number.
const OTHER: usize = usize::MAX;

/// The values of one block.
pub struct Results<'a> {
    /// One per part of the template.
    pub columns: Vec<&'a [Value]>,
    pub heap: &'a Heap,
    /// Why the one record could not be calculated.
    pub refused: Option<String>,
}

/// The numbers of `LANES` records for a part of the template.
struct NumberColumn {
    texts: [NumberText; LANES],
    /// No text is longer. 0 if some values are no numbers.
    longest: usize,
}

/// Writes the records of a block in order.
pub struct RecordWriter<'a> {
    template: &'a Template,
    results: &'a Results<'a>,
    date1904: bool,
    /// The numbers of the last records before `end`, by part of the template.
    columns: Vec<NumberColumn>,
    end: usize,
    /// A value that is no plain number, as text.
    other: Vec<u8>,
}

impl<'a> RecordWriter<'a> {
    pub fn new(template: &'a Template, results: &'a Results<'a>, date1904: bool) -> RecordWriter<'a> {
        let column =
            |part: &Part| NumberColumn { texts: [NumberText::after(&part.piece); LANES], longest: 0 };
        let columns = template.parts.iter().map(column).collect();
        RecordWriter { template, results, date1904, columns, end: 0, other: Vec::new() }
    }

    /// Appends the outputs of one record; `failed` gets the outputs that hold Excel errors.
    pub fn record(&mut self, out: &mut Buffer, record: usize, failed: &mut Vec<usize>) {
        if record >= self.end {
            self.write_from(record - record % LANES);
        }
        let mut done = 0;
        loop {
            done += numbers(out, self.columns.get(done..).unwrap_or(&[]), record % LANES);
            let Some((part, column)) = self.template.parts.get(done).zip(self.results.columns.get(done))
            else {
                break;
            };
            self.other(out, part, column.get(record).copied().unwrap_or(Value::BLANK), failed);
            done += 1;
        }
        out.push(self.template.tail());
    }

    /// Appends any value.
    fn other(&mut self, out: &mut Buffer, part: &Part, value: Value, failed: &mut Vec<usize>) {
        out.push(self.template.before(part));
        self.other.clear();
        let is_error = write_value(&mut self.other, self.results.heap, value, part.format, self.date1904);
        out.push(&self.other);
        if is_error && failed.last() != Some(&part.output) {
            failed.push(part.output);
        }
    }

    /// Writes the numbers of the next records.
    fn write_from(&mut self, first: usize) {
        self.end = first + LANES;
        let parts = self.template.parts.iter().zip(&mut self.columns).zip(&self.results.columns);
        for ((part, NumberColumn { texts, longest }), column) in parts {
            *longest = 0;
            if part.format != Format::General || !part.is_short {
                texts.iter_mut().for_each(|text| text.length = OTHER);
                continue;
            }
            let values = column.get(first..).unwrap_or(&[]);
            let (mut numbers, mut all) = ([0.0; LANES], true);
            for (number, value) in numbers.iter_mut().zip(values) {
                *number = value.lane();
                all &= !number.is_nan();
            }
            if !all {
                numbers.iter_mut().filter(|number| number.is_nan()).for_each(|number| *number = 0.0);
            }
            let most = write_numbers(&numbers, part.length() % PIECE, texts);
            if all {
                *longest = most;
            } else {
                let others = texts.iter_mut().zip(values).filter(|(_, value)| !value.is_number());
                others.for_each(|(text, _)| text.length = OTHER);
            }
        }
    }
}

/// Appends the numbers of one record up to the first value that is no number. Returns how many there were.
fn numbers(out: &mut Buffer, columns: &[NumberColumn], lane: usize) -> usize {
    let room = out.room(columns.len() * size_of::<Room>());
    let (mut at, mut done) = (0, 0);
    for NumberColumn { texts, longest } in columns {
        let Some(text) = texts.get(lane) else { break };
        let Some(room) = room.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<{ size_of::<Room>() }>) else {
            break;
        };
        match longest {
            1..=16 => store::<16>(room, text),
            17..=32 => store::<32>(room, text),
            _ if text.length == OTHER => break,
            _ => *room = text.bytes(),
        }
        at += text.length;
        done += 1;
    }
    out.advance(at);
    done
}

#[inline(always)]
fn store<const N: usize>(room: &mut Room, text: &NumberText) {
    if let Some(place) = room.first_chunk_mut() {
        *place = text.bytes::<N>();
    }
}

/// Writes a value; true if it is an Excel error.
fn write_value(out: &mut Vec<u8>, heap: &Heap, value: Value, format: Format, date1904: bool) -> bool {
    match value.unpack() {
        Unpacked::Number(x) => write_formatted(out, x, format, date1904),
        Unpacked::Text(id) => write_text(out, heap.text(id)),
        Unpacked::Bool(true) => out.extend_from_slice(b"true"),
        Unpacked::Bool(false) => out.extend_from_slice(b"false"),
        Unpacked::Blank | Unpacked::Omitted => out.extend_from_slice(b"null"),
        Unpacked::Error(code) => {
            write_text(out, code.text());
            return true;
        }
        Unpacked::Array(_) => return write_value(out, heap, heap.shown(value), format, date1904),
    }
    false
}

fn write_formatted(out: &mut Vec<u8>, x: f64, format: Format, date1904: bool) {
    let start = out.len();
    out.push(b'"');
    let written = match format {
        Format::General => false,
        Format::Text => {
            out.extend_from_slice(digits::general(x).as_bytes());
            true
        }
        Format::Date | Format::Time | Format::DateTime => dates::write_serial(out, x, format, date1904),
    };
    if written {
        out.push(b'"');
    } else {
        out.truncate(start);
        write_number(out, x);
    }
}
