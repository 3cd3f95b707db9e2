//! Data validation of the inputs of a batch, column by column. A failure is a note on the record and stops nothing.

use crate::codec::notes::{Note, NoteKind};
use crate::codec::records::Decoded;
use crate::error::ServeError;
use crate::stop::StopSignal;
use execd_calc::batch::Batch;
use execd_calc::coerce::number_from_text;
use execd_calc::digits::general;
use execd_calc::heap::{Heap, Layer, Store};
use execd_calc::interface::{Bound, Constant, Interface, Rule};
use execd_calc::value::{Unpacked, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Notes every record whose value breaks the validation of its input. Values left to the workbook, blanks and values
/// that could not be taken are not looked at.
pub fn validate(
    decoded: &mut Decoded,
    interface: &Interface,
    date1904: bool,
    stop: &StopSignal,
) -> Result<(), ServeError> {
    let mut found = Vec::new();
    let texts = texts_of(&decoded.batch);
    for (input, declared) in interface.inputs.iter().enumerate() {
        let Some(validation) = &declared.validation else { continue };
        let check = Check::new(&validation.rule, date1904);
        let cells = declared.first_cell..declared.first_cell + declared.shape.cells();
        let before = found.len();
        for column in cells.filter_map(|cell| decoded.batch.columns.get(cell)) {
            for (record, &value) in column.iter().enumerate() {
                if record.is_multiple_of(4096) {
                    stop.check()?;
                }
                if !check.admits(&texts, value) && !decoded.notes.absent.is_absent(record, input) {
                    found.push(Note { record, input, kind: NoteKind::Invalid });
                }
            }
        }
        let own = found.get_mut(before..).unwrap_or(&mut []);
        own.sort_by_key(|note| note.record);
    }
    // A table may break its rule in many cells: one item tells it.
    found.dedup();
    if !found.is_empty() {
        decoded.notes.list.append(&mut found);
        decoded.notes.list.sort_by_key(|note| note.record);
    }
    Ok(())
}

fn texts_of(batch: &Batch) -> Heap {
    Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::clone(&batch.store))
}

/// A rule made ready for many values.
enum Check {
    Number { bound: Bound, whole: bool, date1904: bool },
    Length(Bound),
    List { texts: HashSet<String>, numbers: Vec<f64> },
}

impl Check {
    fn new(rule: &Rule, date1904: bool) -> Check {
        let number = |bound: &Bound, whole| Check::Number { bound: *bound, whole, date1904 };
        match rule {
            Rule::Whole(bound) => number(bound, true),
            Rule::Decimal(bound) | Rule::Date(bound) | Rule::Time(bound) => number(bound, false),
            Rule::TextLength(bound) => Check::Length(*bound),
            Rule::List(entries) => Check::list(entries),
        }
    }

    fn list(entries: &[Constant]) -> Check {
        let (mut texts, mut numbers) = (HashSet::new(), Vec::new());
        for entry in entries {
            match entry {
                Constant::Blank => {}
                Constant::Number(x) => numbers.push(*x),
                Constant::Bool(b) => drop(texts.insert(b.to_string())),
                Constant::Error(code) => drop(texts.insert(code.text().to_lowercase())),
                Constant::Text(text) => {
                    numbers.extend(text.trim().parse::<f64>().ok());
                    texts.insert(text.to_lowercase());
                }
            }
        }
        Check::List { texts, numbers }
    }

    fn admits(&self, heap: &Heap, value: Value) -> bool {
        match (self, value.unpack()) {
            (_, Unpacked::Blank | Unpacked::Omitted | Unpacked::Error(_)) => true,
            (Check::Number { bound, whole, date1904 }, kind) => {
                let number = match kind {
                    Unpacked::Number(x) => Some(x),
                    Unpacked::Text(id) => number_from_text(heap.text(id), *date1904),
                    _ => None,
                };
                number.is_some_and(|x| bound.admits(x) && (!whole || x.fract() == 0.0))
            }
            (Check::Length(bound), Unpacked::Text(id)) => {
                bound.admits(heap.text(id).encode_utf16().count() as f64)
            }
            (Check::Length(bound), Unpacked::Number(x)) => bound.admits(general(x).len() as f64),
            (Check::Length(bound), Unpacked::Bool(b)) => bound.admits(b.to_string().len() as f64),
            (Check::List { numbers, .. }, Unpacked::Number(x)) => numbers.contains(&x),
            (Check::List { texts, .. }, Unpacked::Bool(b)) => {
                texts.contains(if b { "true" } else { "false" })
            }
            (Check::List { texts, numbers }, Unpacked::Text(id)) => {
                let text = heap.text(id);
                texts.contains(&text.to_lowercase())
                    || text.trim().parse::<f64>().is_ok_and(|number| numbers.contains(&number))
            }
            (_, Unpacked::Array(_)) => false,
        }
    }
}
