//! Data validation of the inputs of a batch, and the complaints of the workbook's own cells. A failure becomes a note
//! about the record and stops nothing.

mod check;

mod passing;

use crate::codec::decoded::Decoded;
use crate::codec::notes::{Note, NoteKind};
use crate::engine::{Block, Engine, Work};
use crate::error::ServeError;
use crate::limits::Limits;
use crate::stop::StopSignal;
use check::{Check, Lists, Verdict};
use execd_calc::interface::{Constant, Format, Input, Interface, Shape, Validation};
use execd_calc::run::Frame;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::budget::{Holding, Refusal};
use execd_calc::values::heap::{Heap, Layer, Store};
use execd_calc::values::value::{Unpacked, Value};
use passing::Passing;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Notes every record with a value that breaks a validation of its input, or about which a cell complains. Values left to
/// the workbook, values that could not be taken, blanks where the author ignores them and blank rows of tables are not
/// checked. A text that passes as a number becomes that number: formulas would take it for a text.
pub fn validate(
    engine: &Engine,
    decoded: &mut Decoded,
    interface: &Interface,
    env: &Env,
    limits: &Limits,
    stop: &StopSignal,
) -> Result<(), ServeError> {
    let judges = judges(interface, &decoded.batch);
    let (constant, changing): (Vec<Judge>, Vec<Judge>) =
        judges.partition(|judge| judge.validation.rule.is_constant());
    let holding = engine.holding(limits.memory);
    let told = Told { limits, holding: &holding, bytes: AtomicUsize::new(0) };
    let mut found = Findings::default();
    for judge in &constant {
        judge.all_records(decoded, env.date1904, stop, &told, &mut found)?;
    }
    found.sort();
    told.add(found.size())?;
    found.take_numbers(decoded);
    if let Some(plan) = &interface.rules
        && !(changing.is_empty() && interface.complaints.is_empty())
    {
        let parts = engine.evaluate(
            &Work { plan, env, stop, memory: limits.memory, times: None },
            &decoded.batch,
            |_| Findings::default(),
            |found, frame, block| {
                if let Some(refused) = block.refused {
                    let unjudged = |judge: &Judge<'_>| judge.unjudged(block.first, refused.to_string());
                    found.notes.extend(changing.iter().map(unjudged));
                    return Ok(());
                }
                let before = found.size();
                let listed = engine.holding(limits.memory);
                for judge in &changing {
                    let mut lists = Lists::new(&listed);
                    judge.block(decoded, frame, block, (env.date1904, stop), &mut lists, found)?;
                }
                let messages = complaints(interface, frame, block, found);
                told.add(found.size() - before + messages)
            },
        )?;
        parts.into_iter().for_each(|part| found.join(part));
    }
    found.take_numbers(decoded);
    found.into_notes(decoded);
    Ok(())
}

/// What is told of all records so far.
struct Told<'a> {
    limits: &'a Limits,
    holding: &'a Holding,
    /// What it takes in an answer, at least, and in memory, at most.
    bytes: AtomicUsize,
}

/// No error item of an answer is shorter, and no note takes more memory.
const ITEM: usize = 128;

impl Told<'_> {
    /// Counts more, and refuses what cannot be told in an answer.
    fn add(&self, bytes: usize) -> Result<(), ServeError> {
        self.check(self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes)
    }

    fn check(&self, bytes: usize) -> Result<(), ServeError> {
        let limit = self.limits.output_bytes;
        if bytes > limit {
            return Err(ServeError::TooLarge { what: "answer in bytes", limit });
        }
        let held = self.holding.cover(bytes);
        held.map_err(|refusal| {
            ServeError::refused(refusal, "what is told of records, in bytes", self.holding.limit())
        })
    }
}

/// What judging has found.
#[derive(Default)]
struct Findings {
    /// Each with the number of its message among those of its input.
    notes: Vec<(usize, Note)>,
    /// Texts that stand for numbers: cell, record and number.
    numbers: Vec<(usize, usize, f64)>,
    /// Notes when they were last sorted.
    settled: usize,
}

impl Findings {
    /// Notes among which those that say the same are looked for anew.
    const MANY: usize = 1 << 16;

    /// What they take in an answer, at least, and in memory, at most.
    fn size(&self) -> usize {
        self.notes.len() * ITEM + self.numbers.len() * size_of::<(usize, usize, f64)>()
    }

    /// Keeps them few, and refuses what cannot be told in an answer.
    fn settle(&mut self, told: &Told<'_>) -> Result<(), ServeError> {
        if self.notes.len() + self.numbers.len() <= 2 * self.settled + Findings::MANY {
            return Ok(());
        }
        self.sort();
        self.settled = self.notes.len() + self.numbers.len();
        told.check(self.size())
    }

    fn join(&mut self, mut other: Findings) {
        self.notes.append(&mut other.notes);
        self.numbers.append(&mut other.numbers);
    }

    /// Puts the numbers into the places of their texts.
    fn take_numbers(&mut self, decoded: &mut Decoded) {
        for (cell, record, number) in self.numbers.drain(..) {
            let Some(column) = decoded.batch.columns.get_mut(cell) else { continue };
            let mut values = std::mem::take(column).into_values();
            if let Some(value) = values.get_mut(record) {
                *value = Value::number(number);
            }
            *column = values.into();
        }
    }

    /// A table may break its rule in many cells: one note for a message is enough.
    fn sort(&mut self) {
        let subject = |(message, note): &(usize, Note)| (note.record, note.input, *message);
        self.notes.sort_by_key(subject);
        self.notes.dedup_by(|later, earlier| {
            subject(later) == subject(earlier) && matches!(earlier.1.kind, NoteKind::Invalid { .. })
        });
    }

    fn into_notes(mut self, decoded: &mut Decoded) {
        if self.notes.is_empty() {
            return;
        }
        self.sort();
        decoded.notes.list.extend(self.notes.into_iter().map(|(_, note)| note));
        decoded.notes.list.sort_by_key(|note| note.record);
    }
}

/// Notes what cells of the workbook say about the records of a block. Gives the bytes of the messages.
fn complaints(interface: &Interface, frame: &Frame, block: Block, found: &mut Findings) -> usize {
    let mut bytes = 0;
    for (number, complaint) in interface.complaints.iter().enumerate() {
        let subject = interface.inputs.len() + number;
        for (index, value) in frame.output(complaint.result).iter().enumerate() {
            let message = match value.unpack() {
                Unpacked::Text(id) => frame.heap().text(id),
                Unpacked::Error(code) => code.text(),
                _ => "",
            };
            if !message.is_empty() {
                bytes += message.len();
                let kind = NoteKind::Complaint(message.into());
                found.notes.push((0, Note { record: block.first + index, input: subject, kind }));
            }
        }
    }
    bytes
}

/// A validation and the input it belongs to.
struct Judge<'a> {
    input: usize,
    declared: &'a Input,
    /// Its place among the validations of the input.
    number: usize,
    validation: &'a Validation,
    /// The number of the first validation of the input with the same message.
    message: usize,
}

/// The validations of cells for which values were sent.
fn judges<'a>(interface: &'a Interface, batch: &Batch) -> impl Iterator<Item = Judge<'a>> {
    let inputs = interface.inputs.iter().enumerate();
    let all = inputs.flat_map(|(input, declared)| {
        let mut messages = HashMap::new();
        declared.validations.iter().enumerate().map(move |(number, validation)| {
            let message = *messages.entry(validation.message.as_deref()).or_insert(number);
            Judge { input, declared, number, validation, message }
        })
    });
    all.filter(|judge| judge.columns(batch).next().is_some())
}

impl Judge<'_> {
    /// The cells that were sent, with their columns.
    fn columns<'b>(&self, batch: &'b Batch) -> impl Iterator<Item = (usize, &'b [Value])> {
        let cells = self.validation.cells.iter();
        let columns =
            cells.filter_map(|&cell| Some((cell, batch.columns.get(cell).map(|column| &**column)?)));
        columns.filter(|(_, column)| !column.is_empty())
    }

    /// Judges one value.
    #[inline]
    fn value(
        &self,
        decoded: &Decoded,
        check: &Check,
        heap: &Heap,
        (cell, record, value): (usize, usize, Value),
        date1904: bool,
        found: &mut Findings,
    ) {
        match check.judge(heap, value, date1904) {
            Verdict::Passes => {}
            Verdict::PassesAs(_) if check.is_list() && self.is_text(cell) => {}
            Verdict::PassesAs(number) => found.numbers.push((cell, record, number)),
            Verdict::Blank if self.validation.ignore_blank || self.is_blank_row(decoded, cell, record) => {}
            Verdict::Blank | Verdict::Fails => self.refuse(decoded, cell, record, found),
        }
    }

    /// The workbook holds a text here, so texts stay texts.
    fn is_text(&self, cell: usize) -> bool {
        let default = self.declared.defaults.get(cell - self.declared.first_cell);
        self.declared.format == Format::Text || matches!(default, Some(Constant::Text(_)))
    }

    /// The cell lies in a row of a table that has nothing in this record.
    fn is_blank_row(&self, decoded: &Decoded, cell: usize, record: usize) -> bool {
        let Shape::Table { headings, .. } = &self.declared.shape else { return false };
        let width = headings.len().max(1);
        let first = cell - (cell - self.declared.first_cell) % width;
        let columns = decoded.batch.columns.get(first..first + width).unwrap_or(&[]);
        columns.iter().all(|column| column.get(record).is_none_or(|value| value.is_blank()))
    }

    /// Judges by a rule that is the same in every record.
    fn all_records(
        &self,
        decoded: &Decoded,
        date1904: bool,
        stop: &StopSignal,
        told: &Told<'_>,
        found: &mut Findings,
    ) -> Result<(), ServeError> {
        let texts = Arc::clone(&decoded.batch.store);
        let heap = Heap::new(Arc::new(Store::new(Layer::Constant)), texts);
        let mut lists = Lists::new(told.holding);
        let check = Check::new(&self.validation.rule, &heap, date1904, &mut lists, stop, |_| Value::BLANK);
        let Ok(check) = check else { return Ok(()) };
        let mut passing = Passing::new(&check, &heap, date1904);
        for (cell, column) in self.columns(&decoded.batch) {
            for (number, (record, value)) in passing.doubtful(column).enumerate() {
                if number.is_multiple_of(4096) {
                    stop.check()?;
                    found.settle(told)?;
                }
                self.value(decoded, &check, &heap, (cell, record, value), date1904, found);
            }
        }
        Ok(())
    }

    /// Judges the records of a block by what the plan of the rules gives for each of them.
    fn block(
        &self,
        decoded: &Decoded,
        frame: &Frame,
        block: Block,
        (date1904, stop): (bool, &StopSignal),
        lists: &mut Lists<'_>,
        found: &mut Findings,
    ) -> Result<(), ServeError> {
        for index in 0..block.records {
            stop.check()?;
            let record = block.first + index;
            let result = |number: usize| frame.output(number).get(index).copied().unwrap_or(Value::BLANK);
            let check = match Check::new(&self.validation.rule, frame.heap(), date1904, lists, stop, result) {
                Ok(check) => check,
                Err(Refusal::Everything) => return Err(ServeError::Overloaded),
                Err(_) => {
                    let reason = format!("not checked: its list needs more than {} bytes", lists.limit());
                    found.notes.push(self.unjudged(record, reason));
                    continue;
                }
            };
            for (cell, column) in self.columns(&decoded.batch) {
                let value = column.get(record).copied().unwrap_or(Value::BLANK);
                self.value(decoded, &check, frame.heap(), (cell, record, value), date1904, found);
            }
        }
        Ok(())
    }

    /// What is told of a record that could not be judged.
    fn unjudged(&self, record: usize, reason: String) -> (usize, Note) {
        (self.message, Note { record, input: self.input, kind: NoteKind::Malformed(reason.into()) })
    }

    #[cold]
    fn refuse(&self, decoded: &Decoded, cell: usize, record: usize, found: &mut Findings) {
        if decoded.notes.absent.is_absent(record, self.input) {
            return;
        }
        let kind = NoteKind::Invalid { validation: self.number, cell };
        found.notes.push((self.message, Note { record, input: self.input, kind }));
    }
}
