//! The state of the reference decoder, and how a mistake in the text is explained.

use crate::codec::decode::records::Records;
use crate::codec::decode::rules::{Fault, Rules};
use crate::codec::decoded::{Decoded, Layout};
use crate::error::ServeError;
use serde::de::Error;

pub struct Decoder<'a> {
    pub records: Records<'a>,
    /// What went wrong, when it was not the JSON.
    fault: Option<Fault>,
}

impl<'a> Decoder<'a> {
    pub fn new(rules: Rules<'a>) -> Decoder<'a> {
        Decoder { records: Records::new(rules), fault: None }
    }

    pub fn finish(self, layout: Layout, nothing: bool) -> Decoded {
        self.records.finish(layout, nothing)
    }

    /// Remembers the fault. The error returned only ends serde's work.
    pub fn fail<E: Error>(&mut self, fault: Fault) -> E {
        let text = match &fault {
            Fault::Invalid(message) => message.clone(),
            _ => String::new(),
        };
        self.fault = Some(fault);
        E::custom(text)
    }

    /// Fails if the result is a fault.
    pub fn pass<T, E: Error>(&mut self, result: Result<T, Fault>) -> Result<T, E> {
        result.map_err(|fault| self.fail(fault))
    }

    /// The error of the whole decoding, with its place.
    pub fn explain(self, text: &str, error: &serde_json::Error) -> ServeError {
        let offset = offset_of(text, error.line(), error.column());
        let fault = self.fault.unwrap_or_else(|| Fault::Invalid(syntax_message(text, offset, error)));
        self.records.error(fault, Some(offset))
    }
}

/// The byte at serde_json's line and column, both counted from 1.
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

fn syntax_message(text: &str, offset: usize, error: &serde_json::Error) -> String {
    let at = |offset: usize| text.get(offset..).unwrap_or("");
    for literal in ["NaN", "Infinity", "-Infinity"] {
        if at(offset).starts_with(literal) && !at(offset.wrapping_sub(1)).starts_with('-')
            || at(offset.wrapping_sub(1)).starts_with(literal)
        {
            return format!("{literal} is no JSON; a blank is null");
        }
    }
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(head, _)| head);
    match message {
        "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
            "lone surrogate in an escape".to_owned()
        }
        _ => message.to_owned(),
    }
}
