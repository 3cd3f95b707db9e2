//! What is told about inputs and outputs beside the values, as JSON, prepared once per service.

use crate::codec::encode::scalar::{write_escaped, write_number, write_text};
use crate::codec::names::shortened;
use crate::codec::notes::{CUT, EMPTY, Note, SURPLUS};
use crate::codec::phrases::{Phrases, Refused};
use crate::codec::unmatched::Name;
use execd_calc::interface::{Constant, Format, Interface};
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::Heap;
use execd_calc::words;
use std::sync::Arc;

/// The items of `warnings` and `errors`.
#[derive(Debug)]
pub struct Wording {
    interface: Arc<Interface>,
    date1904: bool,
    inputs: Vec<InputWording>,
    /// Error items up to their messages: one per input, then one per complaint.
    errors: Vec<Vec<u8>>,
    /// Names of the outputs, escaped.
    outputs: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct InputWording {
    /// Without the closing brace.
    absent: Vec<u8>,
    empty: Vec<u8>,
    cut: Vec<u8>,
    /// The rules of the validations, as members of an item.
    rules: Vec<Vec<u8>>,
}

impl Wording {
    pub fn new(interface: Arc<Interface>, date1904: bool) -> Wording {
        let phrases = Phrases { interface: &interface, date1904 };
        let inputs = interface.inputs.iter().map(|input| {
            let name = escaped(&input.name);
            let item = |parts: [&[u8]; 3]| parts.concat();
            let rules = (0..input.validations.len()).map(|validation| {
                let mut rule = b",\"rule\":".to_vec();
                write_text(&mut rule, &phrases.rule(input, validation));
                rule
            });
            InputWording {
                absent: item([
                    b"{\"source_path\":\"Default Values\",\"message\":\"Input parameter missing for '",
                    &name,
                    b"'. API request processed using the default values saved into the file.\"",
                ]),
                empty: warning(&format!("inputs.{}", input.name), EMPTY),
                cut: warning(&format!("inputs.{}", input.name), CUT),
                rules: rules.collect(),
            }
        });
        let inputs = inputs.collect();
        let subjects = (0..).map_while(|number| interface.subject(number));
        let errors = subjects.map(|name| {
            [
                b"{\"source_path\":\"$.Input.",
                escaped(name).as_slice(),
                b"\",\"error_category\":\"validation_error\",\"error_type\":\"error.VALIDATION\",\"message\":",
            ]
            .concat()
        });
        let errors = errors.collect();
        let outputs = interface.outputs.iter().map(|output| escaped(&output.name)).collect();
        Wording { inputs, errors, outputs, date1904, interface }
    }

    fn input(&self, input: usize, pick: impl Fn(&InputWording) -> &[u8]) -> &[u8] {
        self.inputs.get(input).map_or(&[], pick)
    }

    /// Writes that an input was left out: by one record, or by all of so many.
    pub fn write_absent(&self, out: &mut Vec<u8>, input: usize, records: Option<usize>) {
        out.extend_from_slice(self.input(input, |words| &words.absent));
        if let Some(records) = records {
            out.extend_from_slice(b",\"records\":");
            write_number(out, records as f64);
        }
        out.push(b'}');
    }

    pub fn empty(&self, input: usize) -> &[u8] {
        self.input(input, |words| &words.empty)
    }

    pub fn cut(&self, input: usize) -> &[u8] {
        self.input(input, |words| &words.cut)
    }

    /// Writes the item of an error. What breaks a rule is told with the rule.
    pub fn write_error(&self, out: &mut Vec<u8>, note: &Note, batch: &Batch, heap: &Heap, service: &str) {
        let Some(error) = self.errors.get(note.input) else { return };
        out.extend_from_slice(error);
        write_text(out, &self.phrases().message(note));
        out.extend_from_slice(b",\"additional_details\":");
        write_text(out, service);
        if let Some(refused) = self.phrases().refused(note, batch, heap) {
            self.write_refused(out, note.input, &refused);
        }
        out.push(b'}');
    }

    /// The members that tell which value breaks which rule.
    fn write_refused(&self, out: &mut Vec<u8>, input: usize, refused: &Refused<'_>) {
        let rule = self.inputs.get(input).and_then(|input| input.rules.get(refused.validation));
        out.extend_from_slice(rule.map_or(&[], Vec::as_slice));
        let format = refused.format;
        out.extend_from_slice(b",\"value\":");
        match &refused.value {
            Constant::Blank => out.extend_from_slice(b"null"),
            Constant::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Constant::Number(x) if matches!(format, Format::General | Format::Text) => write_number(out, *x),
            other => write_text(out, shortened(&words::value(other, format, self.date1904))),
        }
        if let Some((row, heading)) = refused.place {
            out.extend_from_slice(b",\"row\":");
            write_number(out, row as f64);
            out.extend_from_slice(b",\"heading\":");
            write_text(out, heading);
        }
    }

    /// Writes the item of an output that could not be calculated.
    pub fn write_uncalculated(&self, out: &mut Vec<u8>, output: usize, reason: &str, service: &str) {
        out.extend_from_slice(b"{\"source_path\":\"$.Output.");
        out.extend_from_slice(self.outputs.get(output).map_or(&[], Vec::as_slice));
        out.extend_from_slice(
            b"\",\"error_category\":\"limit_error\",\"error_type\":\"error.LIMIT\",\"message\":",
        );
        write_text(out, reason);
        out.extend_from_slice(b",\"additional_details\":");
        write_text(out, service);
        out.push(b'}');
    }

    fn phrases(&self) -> Phrases<'_> {
        Phrases { interface: &self.interface, date1904: self.date1904 }
    }

    /// Writes the warning that names outputs with Excel errors.
    pub fn write_excel_errors(&self, out: &mut Vec<u8>, outputs: &[usize]) {
        out.extend_from_slice(
            b"{\"message\":\"Output results include Excel errors in the following outputs: ",
        );
        for (position, &output) in outputs.iter().enumerate() {
            if position > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(self.outputs.get(output).map_or(&[], Vec::as_slice));
        }
        out.extend_from_slice(b"\"}");
    }
}

/// Writes that a name matches nothing.
pub fn write_unmatched(out: &mut Vec<u8>, name: &Name) {
    out.extend_from_slice(&warning(&name.source_path(), &format!("{name} and was ignored")));
}

/// Writes that there are more names that match nothing.
pub fn write_more(out: &mut Vec<u8>) {
    out.extend_from_slice(&warning("inputs", &format!("{} and were ignored", Name::MORE)));
}

/// Writes that a record has more values than names.
pub fn write_surplus(out: &mut Vec<u8>) {
    out.extend_from_slice(&warning("inputs", SURPLUS));
}

fn warning(source_path: &str, message: &str) -> Vec<u8> {
    let mut item = b"{\"source_path\":".to_vec();
    write_text(&mut item, source_path);
    item.extend_from_slice(b",\"message\":");
    write_text(&mut item, message);
    item.push(b'}');
    item
}

fn escaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_escaped(&mut out, text);
    out
}
