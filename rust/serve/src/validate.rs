//! Data validation of the inputs of a batch, and the complaints of the workbook's own cells. A failure is a note on the
//! record and stops nothing.

use crate::codec::notes::{Note, NoteKind};
use crate::codec::records::Decoded;
use crate::engine::{Block, Engine, Work};
use crate::error::ServeError;
use crate::limits::Limits;
use crate::stop::StopSignal;
use execd_calc::interface::{Bound, Constant, Input, Interface, Limit, Rule, Validation};
use execd_calc::numbers::digits::general;
use execd_calc::run::Frame;
use execd_calc::semantics::coerce::number_from_text;
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::{Heap, Layer, Store};
use execd_calc::values::value::{Unpacked, Value};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Notes every record whose value breaks a validation of its input, or that a cell complains about. Values left to the workbook, blanks and values
/// that could not be taken are not looked at.
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
    let mut found = Vec::new();
    for judge in constant {
        judge.all_records(decoded, env.date1904, stop, &mut found)?;
    }
    if let Some(plan) = &interface.rules
        && !(changing.is_empty() && interface.complaints.is_empty())
    {
        let told = AtomicUsize::new(0);
        let parts = engine.evaluate(
            &Work { plan, batch: &decoded.batch, env, stop },
            |_| Vec::new(),
            |found, frame, block| {
                for judge in &changing {
                    judge.block(decoded, frame, block, env.date1904, stop, found)?;
                }
                let before = found.len();
                complaints(interface, frame, block, found);
                let bytes = found.iter().skip(before).map(|note| note.kind.bytes()).sum();
                if told.fetch_add(bytes, Ordering::Relaxed) + bytes > limits.output_bytes {
                    return Err(ServeError::TooLarge { what: "answer in bytes", limit: limits.output_bytes });
                }
                Ok(())
            },
        )?;
        found.extend(parts.into_iter().flatten());
    }
    if !found.is_empty() {
        // A table may break its rule in many cells: one item tells it.
        found.sort_by_key(|note| (note.record, note.input));
        found.dedup();
        decoded.notes.list.append(&mut found);
        decoded.notes.list.sort_by_key(|note| note.record);
    }
    Ok(())
}

/// What cells of the workbook say about the records of a block.
fn complaints(interface: &Interface, frame: &Frame, block: Block, found: &mut Vec<Note>) {
    for (number, complaint) in interface.complaints.iter().enumerate() {
        let subject = interface.inputs.len() + number;
        for (index, value) in frame.output(complaint.result).iter().enumerate() {
            let message = match value.unpack() {
                Unpacked::Text(id) => frame.heap().text(id),
                Unpacked::Error(code) => code.text(),
                _ => "",
            };
            if !message.is_empty() {
                let kind = NoteKind::Complaint(message.into());
                found.push(Note { record: block.first + index, input: subject, kind });
            }
        }
    }
}

/// A validation and the input it belongs to.
struct Judge<'a> {
    input: usize,
    declared: &'a Input,
    validation: &'a Validation,
}

/// The validations of cells for which values were sent.
fn judges<'a>(interface: &'a Interface, batch: &Batch) -> impl Iterator<Item = Judge<'a>> {
    let inputs = interface.inputs.iter().enumerate();
    let all = inputs.flat_map(|(input, declared)| {
        declared.validations.iter().map(move |validation| Judge { input, declared, validation })
    });
    all.filter(|judge| judge.columns(batch).next().is_some())
}

impl Judge<'_> {
    fn columns<'b>(&self, batch: &'b Batch) -> impl Iterator<Item = &'b [Value]> {
        let columns = self.validation.cells.iter().filter_map(|&cell| batch.columns.get(cell));
        columns.map(Vec::as_slice).filter(|column| !column.is_empty())
    }

    /// Judges by a rule that is the same in every record.
    fn all_records(
        &self,
        decoded: &Decoded,
        date1904: bool,
        stop: &StopSignal,
        found: &mut Vec<Note>,
    ) -> Result<(), ServeError> {
        let texts = Arc::clone(&decoded.batch.store);
        let heap = Heap::new(Arc::new(Store::new(Layer::Constant)), texts);
        let check = Check::new(&self.validation.rule, &heap, date1904, &mut Lists::new(), |_| Value::BLANK);
        for column in self.columns(&decoded.batch) {
            for (record, &value) in column.iter().enumerate() {
                if record.is_multiple_of(4096) {
                    stop.check()?;
                }
                if !check.admits(&heap, value, date1904) {
                    self.refuse(decoded, record, found);
                }
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
        date1904: bool,
        stop: &StopSignal,
        found: &mut Vec<Note>,
    ) -> Result<(), ServeError> {
        let mut lists = Lists::new();
        for index in 0..block.records {
            stop.check()?;
            let result = |number: usize| frame.output(number).get(index).copied().unwrap_or(Value::BLANK);
            let check = Check::new(&self.validation.rule, frame.heap(), date1904, &mut lists, result);
            let record = block.first + index;
            for column in self.columns(&decoded.batch) {
                let value = column.get(record).copied().unwrap_or(Value::BLANK);
                if !check.admits(frame.heap(), value, date1904) {
                    self.refuse(decoded, record, found);
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn refuse(&self, decoded: &Decoded, record: usize, found: &mut Vec<Note>) {
        if decoded.notes.absent.is_absent(record, self.input) {
            return;
        }
        let same = |other: &Validation| other.message == self.validation.message;
        let kind = NoteKind::Invalid(self.declared.validations.iter().position(same).unwrap_or(0));
        found.push(Note { record, input: self.input, kind });
    }
}

/// Lists of a block by their handles: records choose among few.
type Lists = HashMap<u64, Rc<Offers>>;

/// A rule made ready for values.
enum Check {
    Everything,
    Nothing,
    Number { bound: Bound<f64>, whole: bool },
    Length(Bound<f64>),
    List(Rc<Offers>),
}

impl Check {
    /// The check of a record whose results of the rules' plan `result` gives.
    fn new(
        rule: &Rule,
        heap: &Heap,
        date1904: bool,
        lists: &mut Lists,
        result: impl Fn(usize) -> Value,
    ) -> Check {
        let limit = |limit: Limit| match limit {
            Limit::Constant(x) => Ok(x),
            Limit::Result(number) => match result(number).unpack() {
                Unpacked::Blank => Err(Check::Everything),
                Unpacked::Bool(b) => Ok(f64::from(u8::from(b))),
                other => number_of(other, heap, date1904).ok_or(Check::Nothing),
            },
        };
        let bounded = match rule {
            Rule::Whole(bound) => bound.with(limit).map(|bound| Check::Number { bound, whole: true }),
            Rule::Decimal(bound) | Rule::Date(bound) | Rule::Time(bound) => {
                bound.with(limit).map(|bound| Check::Number { bound, whole: false })
            }
            Rule::TextLength(bound) => bound.with(limit).map(Check::Length),
            Rule::List(entries) => Ok(Check::List(Rc::new(Offers::new(entries.iter().cloned())))),
            Rule::ListFrom(number) => Ok(Check::listed(result(*number), heap, lists)),
            Rule::Holds(number) => Ok(match result(*number).unpack() {
                Unpacked::Blank | Unpacked::Bool(true) => Check::Everything,
                _ => Check::Nothing,
            }),
        };
        bounded.unwrap_or_else(|check| check)
    }

    fn listed(list: Value, heap: &Heap, lists: &mut Lists) -> Check {
        let entries = match list.unpack() {
            Unpacked::Blank => return Check::Everything,
            Unpacked::Error(_) => return Check::Nothing,
            Unpacked::Array(id) => heap.array(id).cells.as_slice(),
            _ => &[list],
        };
        let offers = lists
            .entry(list.bits())
            .or_insert_with(|| Rc::new(Offers::new(entries.iter().map(|&entry| Constant::of(heap, entry)))));
        Check::List(Rc::clone(offers))
    }

    fn admits(&self, heap: &Heap, value: Value, date1904: bool) -> bool {
        match (self, value.unpack()) {
            (Check::Everything, _) | (_, Unpacked::Blank | Unpacked::Omitted | Unpacked::Error(_)) => true,
            (Check::Nothing, _) => false,
            (Check::Number { bound, whole }, kind) => number_of(kind, heap, date1904)
                .is_some_and(|x| bound.admits(x) && (!whole || x.fract() == 0.0)),
            (Check::Length(bound), Unpacked::Text(id)) => {
                bound.admits(heap.text(id).encode_utf16().count() as f64)
            }
            (Check::Length(bound), Unpacked::Number(x)) => bound.admits(general(x).len() as f64),
            (Check::Length(bound), Unpacked::Bool(b)) => bound.admits(b.to_string().len() as f64),
            (Check::List(offers), Unpacked::Number(x)) => offers.number(x),
            (Check::List(offers), Unpacked::Bool(b)) => offers.text(if b { "true" } else { "false" }),
            (Check::List(offers), Unpacked::Text(id)) => offers.text(heap.text(id)),
            (_, Unpacked::Array(_)) => false,
        }
    }
}

/// Numbers, and texts that read as one.
fn number_of(value: Unpacked, heap: &Heap, date1904: bool) -> Option<f64> {
    match value {
        Unpacked::Number(x) => Some(x),
        Unpacked::Text(id) => number_from_text(heap.text(id), date1904),
        _ => None,
    }
}

/// The values of a list. Blanks offer nothing.
struct Offers {
    texts: HashSet<String>,
    /// Ascending.
    numbers: Vec<f64>,
}

impl Offers {
    fn new(entries: impl Iterator<Item = Constant>) -> Offers {
        let (mut texts, mut numbers) = (HashSet::new(), Vec::new());
        for entry in entries {
            match entry {
                Constant::Blank => {}
                Constant::Number(x) => numbers.push(x + 0.0),
                Constant::Bool(b) => drop(texts.insert(b.to_string())),
                Constant::Error(code) => drop(texts.insert(code.text().to_lowercase())),
                Constant::Text(text) => {
                    numbers.extend(text.trim().parse::<f64>().map(|x| x + 0.0).ok());
                    texts.insert(text.to_lowercase());
                }
            }
        }
        numbers.sort_by(f64::total_cmp);
        Offers { texts, numbers }
    }

    fn number(&self, x: f64) -> bool {
        self.numbers.binary_search_by(|offered| offered.total_cmp(&(x + 0.0))).is_ok()
    }

    fn text(&self, text: &str) -> bool {
        self.texts.contains(&text.to_lowercase()) || text.trim().parse().is_ok_and(|x| self.number(x))
    }
}
