//! Texts changed as a whole: case, spaces, control characters, repetition.

use super::arguments::length;
use super::units;
use crate::semantics::function::{Arg, Cx, MAX_TEXT_UNITS, nth};
use crate::values::value::{ErrorCode, Unpacked, Value};

/// The text with `change` applied.
fn changed(cx: &mut Cx<'_>, args: &[Value], change: impl Fn(&str, &mut String)) -> Value {
    let text = match cx.text(nth(args, 0)) {
        Ok(text) => text,
        Err(code) => return code.into(),
    };
    let mut out = String::with_capacity(text.len());
    change(&text, &mut out);
    cx.add_text(&out)
}

pub fn upper(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    changed(cx, args, |text, out| out.extend(text.chars().map(upper_char)))
}

pub fn lower(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    changed(cx, args, |text, out| out.extend(text.chars().map(lower_char)))
}

pub fn proper(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    changed(cx, args, |text, out| {
        let mut in_word = false;
        for c in text.chars() {
            out.push(if in_word { lower_char(c) } else { upper_char(c) });
            in_word = c.is_alphabetic();
        }
    })
}

/// Excel maps single characters: `ß` has no capital of one character and stays.
fn upper_char(c: char) -> char {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

fn lower_char(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

/// No space at the ends, one between words; only the space character counts.
pub fn trim(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    if let Unpacked::Text(id) = nth(args, 0).unpack() {
        let text = cx.heap.text(id);
        let trimmed = text.trim_matches(' ');
        if !trimmed.contains("  ") {
            let from = text.len() - text.trim_start_matches(' ').len();
            let (to, all) = (from + trimmed.len(), trimmed.len() == text.len());
            return if all { nth(args, 0) } else { cx.heap.add_part(id, from.min(to), to) };
        }
    }
    changed(cx, args, |text, out| {
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    })
}

pub fn clean(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    changed(cx, args, |text, out| out.extend(text.chars().filter(|&c| c >= ' ')))
}

pub fn rept(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    repeated(cx, args).map_or_else(Value::error, |text| cx.add_text(&text))
}

fn repeated(cx: &Cx<'_>, args: &[Value]) -> Result<String, ErrorCode> {
    let text = cx.text(nth(args, 0))?;
    let times = length(cx, args, 1, 0.0)?;
    if units::length(&text).saturating_mul(times) > MAX_TEXT_UNITS {
        return Err(ErrorCode::Value);
    }
    Ok(if text.is_empty() { String::new() } else { text.repeat(times) })
}

/// Full-width characters are narrowed only where a double-byte language is set.
pub fn asc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    changed(cx, args, |text, out| out.push_str(text))
}

pub fn t(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let value = args.first().map_or(Value::BLANK, |arg| cx.grid(arg).get(0, 0));
    if value.is_text() || value.is_error() { value } else { cx.heap.add_text("") }
}
