//! Output columns of a block to JSON, record by record, with the warnings and errors of each record.

pub mod buffer;

pub mod number_text;

pub mod scalar;

pub mod template;

pub mod wording;

pub mod writer;

use crate::codec::encode::buffer::Buffer;
use crate::codec::encode::scalar::write_number;
use crate::codec::encode::template::Template;
use crate::codec::encode::wording::Wording;
use crate::codec::encode::writer::{RecordWriter, Results};
use crate::codec::notes::{NoteKind, Notes, RecordNotes, ones};
use crate::error::ServeError;
use crate::stop::StopSignal;
use execd_calc::values::batch::Batch;
use execd_calc::values::budget::Holding;
use execd_calc::values::heap::Heap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A part adds what it has written to the size of the whole answer each time it has written this many bytes.
const COUNTED: usize = 1 << 16;

/// An answer is in memory twice when its parts are put together.
const COPIES: usize = 2;

/// What does not change over the blocks of a call.
#[derive(Clone, Copy)]
pub struct Style<'a> {
    pub template: &'a Template,
    pub wording: &'a Wording,
    pub notes: &'a Notes,
    /// The records, for what is said about their values.
    pub batch: &'a Batch,
    /// Named in error items.
    pub service: &'a str,
    pub date1904: bool,
    /// The longest answer.
    pub output_bytes: usize,
    /// Bytes that all parts have so far.
    pub written: &'a AtomicUsize,
    /// What the execution holds of its answer.
    pub holding: &'a Holding,
    pub stop: &'a StopSignal,
}

/// Records as JSON: elements with a comma before each. Where the array begins, the comma becomes a bracket.
#[derive(Debug, Default)]
pub struct Written {
    pub outputs: Buffer,
    pub warnings: Vec<u8>,
    pub errors: Vec<u8>,
    pub process_time: Vec<u8>,
    /// Records that have errors.
    pub with_errors: usize,
}

impl Written {
    /// Bytes written.
    pub fn size(&self) -> usize {
        self.outputs.written() + self.warnings.len() + self.errors.len() + self.process_time.len()
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
            self.outputs.push(b",");
            self.outputs.push(header);
        }
        let mut writer = RecordWriter::new(style.template, results, style.date1904);
        let start = self.outputs.written();
        let mut counted = self.size();
        // Records with nothing to tell since the last one that has something.
        let mut silent = 0;
        for (record, told) in (0..records).zip(style.notes.from(first)) {
            style.stop.check()?;
            self.outputs.push(b",");
            writer.record(&mut self.outputs, record, &mut failed);
            if told.none() && failed.is_empty() && !(first + record == 0 && style.notes.unmatched.more()) {
                silent += 1;
            } else {
                self.nothing(std::mem::take(&mut silent));
                match &results.refused {
                    None => {
                        self.warnings(style, first + record, told, &failed);
                        self.errors(style, results.heap, told, None);
                    }
                    Some(reason) => {
                        self.warnings(style, first + record, told, &[]);
                        self.errors(style, results.heap, told, Some((reason, &failed)));
                    }
                }
                failed.clear();
            }
            if self.size() - counted >= COUNTED || record + 1 == records {
                self.nothing(std::mem::take(&mut silent));
                counted = self.count(style, counted)?;
            }
            if record == 0 {
                self.outputs.room((self.outputs.written() - start).saturating_mul(records).min(1 << 24));
            }
        }
        Ok(())
    }

    /// Appends the elements of records that have nothing to tell.
    fn nothing(&mut self, records: usize) {
        for out in [&mut self.warnings, &mut self.errors] {
            out.extend_from_slice(&b",null".repeat(records));
        }
    }

    /// Adds what was written since `counted` to the size of the whole answer, and refuses if that is too large.
    fn count(&self, style: &Style<'_>, counted: usize) -> Result<usize, ServeError> {
        let size = self.size();
        let all = style.written.fetch_add(size - counted, Ordering::Relaxed) + (size - counted);
        if all > style.output_bytes {
            return Err(ServeError::TooLarge { what: "answer in bytes", limit: style.output_bytes });
        }
        let held = style.holding.cover(COPIES * all);
        let limit = style.holding.limit() / COPIES;
        held.map_err(|refusal| ServeError::refused(refusal, "answer in bytes", limit))?;
        Ok(size)
    }

    /// Appends how long each of `records` records took.
    pub fn process_time(&mut self, milliseconds: u64, records: usize) {
        let mut one = vec![b','];
        write_number(&mut one, milliseconds.clamp(1, 1 << 40) as f64);
        self.process_time.extend_from_slice(&one.repeat(records));
    }

    fn warnings(&mut self, style: &Style<'_>, record: usize, told: RecordNotes<'_>, failed: &[usize]) {
        self.warnings.push(b',');
        let mut items = Items::new(&mut self.warnings);
        for (_, name) in told.names {
            wording::write_unmatched(items.next(), name);
        }
        if record == 0 && style.notes.unmatched.more() {
            wording::write_more(items.next());
        }
        for input in ones(told.absent) {
            let for_all = record == 0 && style.batch.records > 1 && style.notes.absent.is_everywhere(input);
            style.wording.write_absent(items.next(), input, for_all.then_some(style.batch.records));
        }
        for note in told.notes {
            match note.kind {
                NoteKind::EmptyText => items.next().extend_from_slice(style.wording.empty(note.input)),
                NoteKind::Cut => items.next().extend_from_slice(style.wording.cut(note.input)),
                NoteKind::Surplus => wording::write_surplus(items.next()),
                _ => {}
            }
        }
        if !failed.is_empty() {
            style.wording.write_excel_errors(items.next(), failed);
        }
        items.end();
    }

    /// `refused` tells which outputs could not be calculated, and why.
    fn errors(
        &mut self,
        style: &Style<'_>,
        heap: &Heap,
        told: RecordNotes<'_>,
        refused: Option<(&str, &[usize])>,
    ) {
        self.errors.push(b',');
        let mut items = Items::new(&mut self.errors);
        for note in told.notes.iter().filter(|note| note.kind.is_error()) {
            style.wording.write_error(items.next(), note, style.batch, heap, style.service);
        }
        let (reason, outputs) = refused.unwrap_or_default();
        for &output in outputs {
            style.wording.write_uncalculated(items.next(), output, reason, style.service);
        }
        self.with_errors += usize::from(items.end());
    }
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

    /// Whether there was any.
    fn end(self) -> bool {
        self.out.extend_from_slice(if self.any { b"]" } else { b"null" });
        self.any
    }
}
