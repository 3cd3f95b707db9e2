//! What is told about inputs and outputs beside the values, as JSON, prepared once per service.

use crate::codec::encode::scalar::{write_escaped, write_text};
use execd_calc::interface::Interface;

/// The items of `warnings` and `errors`.
#[derive(Debug)]
pub struct Wording {
    inputs: Vec<InputWording>,
    /// Error items up to their messages: one per input, then one per complaint.
    errors: Vec<Vec<u8>>,
    /// Names of the outputs, escaped.
    outputs: Vec<Vec<u8>>,
}

#[derive(Debug)]
struct InputWording {
    absent: Vec<u8>,
    empty: Vec<u8>,
    cut: Vec<u8>,
    /// The messages of failed validations.
    invalid: Vec<String>,
}

/// An empty text was sent where `null` may have been meant.
pub const EMPTY: &str = "Input values submitted with \"\" will be processed as \"\". \
                         Use null to submit blank values for inputs";
/// The table sent was bigger than its range.
pub const CUT: &str = "The table is larger than its range in the workbook and was cut";
/// The message when the workbook's author wrote none.
const INVALID: &str = "Input Not Valid";

impl Wording {
    pub fn new(interface: &Interface) -> Wording {
        let inputs = interface.inputs.iter().map(|input| {
            let name = escaped(&input.name);
            let item = |parts: [&[u8]; 3]| parts.concat();
            let told = |message| [b"\",\"message\":\"", escaped(message).as_slice(), b"\"}"].concat();
            let messages = input.validations.iter().map(|validation| validation.message.as_deref());
            InputWording {
                absent: item([
                    b"{\"source_path\":\"Default Values\",\"message\":\"Input parameter missing for '",
                    &name,
                    b"'. API request processed using the default values saved into the file.\"}",
                ]),
                empty: item([b"{\"source_path\":\"inputs.", &name, &told(EMPTY)]),
                cut: item([b"{\"source_path\":\"inputs.", &name, &told(CUT)]),
                invalid: messages.map(|message| message.unwrap_or(INVALID).to_owned()).collect(),
            }
        });
        let subjects = (0..).map_while(|number| interface.subject(number));
        let errors = subjects.map(|name| {
            [
                b"{\"source_path\":\"$.Input.",
                escaped(name).as_slice(),
                b"\",\"error_category\":\"validation_error\",\"error_type\":\"error.VALIDATION\",\"message\":",
            ]
            .concat()
        });
        let outputs = interface.outputs.iter().map(|output| escaped(&output.name));
        Wording { inputs: inputs.collect(), errors: errors.collect(), outputs: outputs.collect() }
    }

    fn input(&self, input: usize, pick: impl Fn(&InputWording) -> &[u8]) -> &[u8] {
        self.inputs.get(input).map_or(&[], pick)
    }

    pub fn absent(&self, input: usize) -> &[u8] {
        self.input(input, |words| &words.absent)
    }

    pub fn empty(&self, input: usize) -> &[u8] {
        self.input(input, |words| &words.empty)
    }

    pub fn cut(&self, input: usize) -> &[u8] {
        self.input(input, |words| &words.cut)
    }

    /// The message of a failed validation of an input.
    pub fn invalid(&self, input: usize, validation: usize) -> &str {
        self.inputs.get(input).and_then(|words| words.invalid.get(validation)).map_or(INVALID, String::as_str)
    }

    /// Writes an error item about an input or a complaint.
    pub fn write_error(&self, out: &mut Vec<u8>, subject: usize, message: &str, service: &str) {
        let Some(error) = self.errors.get(subject) else { return };
        out.extend_from_slice(error);
        write_text(out, message);
        out.extend_from_slice(b",\"additional_details\":");
        write_text(out, service);
        out.push(b'}');
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

fn escaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_escaped(&mut out, text);
    out
}
