//! Output columns of a block to JSON, record by record, with the warnings and errors of each record.

use crate::codec::dates;
use crate::codec::notes::{NoteKind, Notes, Remarks, ones};
use crate::codec::number::{Room, put, put_number, write_number, write_text};
use crate::codec::template::{Template, Wording};
use crate::error::ServeError;
use crate::stop::StopSignal;
use execd_calc::digits;
use execd_calc::heap::Heap;
use execd_calc::interface::Format;
use execd_calc::value::{Unpacked, Value};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of a part after which they are counted to the whole answer.
const COUNTED: usize = 1 << 16;

/// What does not change over the blocks of a call.
#[derive(Clone, Copy)]
pub struct Style<'a> {
    pub template: &'a Template,
    pub wording: &'a Wording,
    pub notes: &'a Notes,
    /// Named in error items.
    pub service: &'a str,
    pub date1904: bool,
    /// Longest answer, and what all parts of it have so far.
    pub output_bytes: usize,
    pub written: &'a AtomicUsize,
    pub stop: &'a StopSignal,
}

/// The values of one block.
pub struct Results<'a> {
    /// One per part of the template.
    pub columns: Vec<&'a [Value]>,
    pub heap: &'a Heap,
}

/// Records as JSON: elements with a comma before each, which becomes a bracket where the array begins.
#[derive(Debug, Default)]
pub struct Written {
    pub outputs: Vec<u8>,
    pub warnings: Vec<u8>,
    pub errors: Vec<u8>,
    pub process_time: Vec<u8>,
}

impl Written {
    /// Bytes written.
    pub fn size(&self) -> usize {
        self.outputs.len() + self.warnings.len() + self.errors.len() + self.process_time.len()
    }

    /// Appends `records` records, of which the first has number `first` in the batch.
    pub fn block(
        &mut self,
        style: &Style<'_>,
        results: &Results<'_>,
        first: usize,
        records: usize,
    ) -> Result<(), ServeError> {
        let mut failed = Vec::new();
        if let Some(header) = style.template.header.as_deref().filter(|_| first == 0) {
            self.outputs.push(b',');
            self.outputs.extend_from_slice(header);
        }
        let start = self.outputs.len();
        let mut counted = self.size();
        // Records about which there is nothing to tell, since the last one about which there is.
        let mut silent = 0;
        for (record, remarks) in (0..records).zip(style.notes.from(first)) {
            style.stop.check()?;
            self.outputs.push(b',');
            write_record(&mut self.outputs, style.template, results, record, style.date1904, &mut failed);
            if remarks.none() && failed.is_empty() {
                silent += 1;
            } else {
                self.nothing(std::mem::take(&mut silent));
                self.warnings(style, remarks, &failed);
                self.errors(style, remarks);
                failed.clear();
            }
            if self.size() - counted >= COUNTED || record + 1 == records {
                self.nothing(std::mem::take(&mut silent));
                counted = self.count(style, counted)?;
            }
            if record == 0 {
                self.outputs.reserve((self.outputs.len() - start).saturating_mul(records).min(1 << 24));
            }
        }
        Ok(())
    }

    /// Appends the elements of records about which there is nothing to tell.
    fn nothing(&mut self, records: usize) {
        for out in [&mut self.warnings, &mut self.errors] {
            out.extend_from_slice(&b",null".repeat(records));
        }
    }

    /// Adds what was written since `counted` to the size of the whole answer, and refuses to let that grow too large.
    fn count(&self, style: &Style<'_>, counted: usize) -> Result<usize, ServeError> {
        let size = self.size();
        let all = style.written.fetch_add(size - counted, Ordering::Relaxed) + (size - counted);
        if all > style.output_bytes {
            return Err(ServeError::TooLarge { what: "answer in bytes", limit: style.output_bytes });
        }
        Ok(size)
    }

    /// Appends how long each of `records` records took.
    pub fn process_time(&mut self, milliseconds: u64, records: usize) {
        let mut one = vec![b','];
        write_number(&mut one, milliseconds.clamp(1, 1 << 40) as f64);
        self.process_time.extend_from_slice(&one.repeat(records));
    }

    fn warnings(&mut self, style: &Style<'_>, remarks: Remarks<'_>, failed: &[usize]) {
        self.warnings.push(b',');
        let mut items = Items::new(&mut self.warnings);
        for input in ones(remarks.absent) {
            items.next().extend_from_slice(style.wording.absent(input));
        }
        for note in remarks.notes {
            match note.kind {
                NoteKind::EmptyText => items.next().extend_from_slice(style.wording.empty(note.input)),
                NoteKind::Cut => items.next().extend_from_slice(style.wording.cut(note.input)),
                NoteKind::Malformed(_) | NoteKind::Invalid(_) | NoteKind::Complaint(_) => {}
            }
        }
        if !failed.is_empty() {
            style.wording.write_excel_errors(items.next(), failed);
        }
        items.end();
    }

    fn errors(&mut self, style: &Style<'_>, remarks: Remarks<'_>) {
        self.errors.push(b',');
        let mut items = Items::new(&mut self.errors);
        for note in remarks.notes {
            let message = match &note.kind {
                NoteKind::Malformed(message) | NoteKind::Complaint(message) => &**message,
                NoteKind::Invalid(validation) => style.wording.invalid(note.input, *validation),
                NoteKind::EmptyText | NoteKind::Cut => continue,
            };
            style.wording.write_error(items.next(), note.input, message, style.service);
        }
        items.end();
    }
}

/// Writes the outputs of one record; `failed` gets the outputs that hold Excel errors.
pub fn write_record(
    out: &mut Vec<u8>,
    template: &Template,
    results: &Results<'_>,
    record: usize,
    date1904: bool,
    failed: &mut Vec<usize>,
) {
    let mut at = make_room(out, template);
    for (part, column) in template.parts.iter().zip(&results.columns) {
        let value = column.get(record).copied().unwrap_or(Value::BLANK);
        let room = out.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<{ size_of::<Room>() }>);
        match (value.as_number(), part.piece, room) {
            (Some(x), Some((piece, length)), Some(room)) if part.format == Format::General => {
                put(room, 0, piece, length);
                at += put_number(room, length.min(piece.len()), x);
            }
            _ => {
                out.truncate(at);
                out.extend_from_slice(template.before(part));
                let is_error = write_value(out, results.heap, value, part.format, date1904);
                if is_error && failed.last() != Some(&part.output) {
                    failed.push(part.output);
                }
                at = make_room(out, template);
            }
        }
    }
    out.truncate(at);
    out.extend_from_slice(template.tail());
}

/// Makes a text longer by as much as a record of numbers takes, and gives the position where it ended.
fn make_room(out: &mut Vec<u8>, template: &Template) -> usize {
    let at = out.len();
    out.resize(at + template.longest() + size_of::<Room>(), 0);
    at
}

/// `null`, or an array that opens with its first item.
struct Items<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

impl<'a> Items<'a> {
    fn new(out: &'a mut Vec<u8>) -> Items<'a> {
        Items { out, any: false }
    }

    fn next(&mut self) -> &mut Vec<u8> {
        self.out.push(if self.any { b',' } else { b'[' });
        self.any = true;
        self.out
    }

    fn end(self) {
        self.out.extend_from_slice(if self.any { b"]" } else { b"null" });
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
        Unpacked::Array(id) => {
            // A cell shows the first value of an array; arrays do not hold arrays.
            let first = heap.array(id).get(0, 0).filter(|first| !first.is_array());
            return write_value(out, heap, first.unwrap_or(Value::BLANK), format, date1904);
        }
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
