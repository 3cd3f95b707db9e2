//! What is said about a record, in words that are the same in every format. How JSON wraps them is in `encode::wording`.

use crate::codec::names::shortened;
use crate::codec::notes::{CUT, EMPTY, Note, NoteKind, SURPLUS};
use execd_calc::interface::{Constant, Format, Input, Interface, Shape};
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::Value;
use execd_calc::words;
use std::borrow::Cow;

/// The message of a validation for which the workbook's author wrote none.
pub const INVALID: &str = "Input Not Valid";

/// What is said about inputs of one service.
#[derive(Clone, Copy, Debug)]
pub struct Phrases<'a> {
    pub interface: &'a Interface,
    pub date1904: bool,
}

impl<'a> Phrases<'a> {
    /// What is wrong with a record, by the note of an error.
    pub fn message(&self, note: &'a Note) -> Cow<'a, str> {
        let input = self.interface.inputs.get(note.input);
        match &note.kind {
            NoteKind::Malformed(message) | NoteKind::Complaint(message) => Cow::Borrowed(message),
            NoteKind::MissingHeading(column) => {
                Cow::Owned(format!("heading '{}' is missing", heading(input, *column)))
            }
            NoteKind::Invalid { validation, .. } => {
                let validation = input.and_then(|input| input.validations.get(*validation));
                Cow::Borrowed(validation.and_then(|one| one.message.as_deref()).unwrap_or(INVALID))
            }
            NoteKind::EmptyText | NoteKind::Cut | NoteKind::Surplus => Cow::Borrowed(""),
        }
    }

    /// The same with the value and the rule that it breaks: `Input Not Valid: 12 is not a whole number between 18 and 99`.
    pub fn error(&self, note: &Note, batch: &Batch, heap: &Heap) -> String {
        let message = self.message(note);
        match self.refused(note, batch, heap) {
            None => message.into_owned(),
            Some(Refused { validation, value, format, place }) => {
                let rule = self.interface.inputs.get(note.input).map(|input| self.rule(input, validation));
                let rule = rule.unwrap_or_default();
                let place =
                    place.map_or(String::new(), |(row, heading)| format!(" in {heading}, row {row},"));
                let value = match words::value(&value, format, self.date1904) {
                    shown if shown.is_empty() => "a blank".to_owned(),
                    shown => shortened(&shown).to_owned(),
                };
                format!("{message}: {value}{place} is not {rule}")
            }
        }
    }

    /// A warning about a record.
    pub fn warning(note: &Note) -> &'static str {
        match note.kind {
            NoteKind::EmptyText => EMPTY,
            NoteKind::Cut => CUT,
            NoteKind::Surplus => SURPLUS,
            _ => "",
        }
    }

    /// The value that breaks a validation.
    pub fn refused(&self, note: &Note, batch: &Batch, heap: &Heap) -> Option<Refused<'a>> {
        let NoteKind::Invalid { validation, cell } = note.kind else { return None };
        let input = self.interface.inputs.get(note.input)?;
        let value = batch.columns.get(cell).and_then(|column| column.get(note.record)).copied();
        Some(Refused {
            validation,
            value: Constant::of(heap, value.unwrap_or(Value::BLANK)),
            format: input.formats.get(column(input, cell)).copied().unwrap_or(input.format),
            place: place(input, cell),
        })
    }

    /// The rule of a validation in words. The formulas of a workbook are not for its callers.
    pub fn rule(&self, input: &Input, validation: usize) -> String {
        let validation = input.validations.get(validation);
        validation.map_or(String::new(), |one| one.rule.describe(&[], self.date1904))
    }
}

/// A value that breaks a validation.
#[derive(Clone, Debug)]
pub struct Refused<'a> {
    /// The number of the validation among those of the input.
    pub validation: usize,
    pub value: Constant,
    /// How its cell shows it.
    pub format: Format,
    /// In a table: the row, from 1, and the heading.
    pub place: Option<(usize, &'a str)>,
}

/// The row, from 1, and the heading of a cell of a table.
fn place(input: &Input, cell: usize) -> Option<(usize, &str)> {
    let Shape::Table { headings, .. } = &input.shape else { return None };
    let row = (cell - input.first_cell) / headings.len().max(1);
    let heading = headings.get(column(input, cell))?;
    Some((row + 1, heading.text.as_str()))
}

/// The column of a cell; 0 for a scalar.
fn column(input: &Input, cell: usize) -> usize {
    match &input.shape {
        Shape::Scalar => 0,
        Shape::Table { headings, .. } => (cell - input.first_cell) % headings.len().max(1),
    }
}

fn heading(input: Option<&Input>, column: usize) -> &str {
    match input.map(|input| &input.shape) {
        Some(Shape::Table { headings, .. }) => {
            headings.get(column).map_or("", |heading| heading.text.as_str())
        }
        _ => "",
    }
}
