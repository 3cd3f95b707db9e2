//! Texts in texts: FIND, SEARCH, SUBSTITUTE, EXACT.

use super::arguments::place;
use super::units;
use crate::semantics::function::{Cx, nth};
use crate::semantics::wildcard::Pattern;
use crate::values::value::{ErrorCode, Value};
use std::borrow::Cow;

pub fn find(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    position(cx, args, |wanted, text| text.find(wanted)).into()
}

pub fn search(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    position(cx, args, |wanted, text| Pattern::new(&without_idle_tildes(wanted)).find(cx, text)).into()
}

/// In SEARCH a `~` before anything but a wildcard or another `~` means nothing, at the end too.
fn without_idle_tildes(wanted: &str) -> Cow<'_, str> {
    if !wanted.contains('~') {
        return Cow::Borrowed(wanted);
    }
    let (mut out, mut chars) = (String::with_capacity(wanted.len()), wanted.chars());
    while let Some(c) = chars.next() {
        match (c, if c == '~' { chars.next() } else { None }) {
            ('~', Some(escaped @ ('*' | '?' | '~'))) => out.extend(['~', escaped]),
            ('~', escaped) => out.extend(escaped),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The place of the first hit at or after the start, counted from 1; `hit` gives a byte of the text it is shown.
fn position(
    cx: &Cx<'_>,
    args: &[Value],
    hit: impl Fn(&str, &str) -> Option<usize>,
) -> Result<f64, ErrorCode> {
    let wanted = cx.text(nth(args, 0))?;
    let text = cx.text(nth(args, 1))?;
    let start = place(cx, args, 2, 1.0)?;
    if start > units::length(&text) {
        return Err(ErrorCode::Value);
    }
    let (from, inside) = units::locate(&text, start);
    let from = if inside { from + 4 } else { from };
    let rest = text.get(from..).unwrap_or("");
    let at = if wanted.is_empty() { Some(0) } else { hit(&wanted, rest) }.ok_or(ErrorCode::Value)?;
    Ok((start + usize::from(inside) + units::length(rest.get(..at).unwrap_or("")) + 1) as f64)
}

pub fn substitute(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    match substituted(cx, args) {
        Ok(Some(text)) => cx.add_text(&text),
        // Nothing to replace: the text itself, which need not be copied.
        Ok(None) if nth(args, 0).is_text() => nth(args, 0),
        Ok(None) => match cx.text(nth(args, 0)).map(String::from) {
            Ok(text) => cx.add_text(&text),
            Err(code) => code.into(),
        },
        Err(code) => code.into(),
    }
}

fn substituted(cx: &Cx<'_>, args: &[Value]) -> Result<Option<String>, ErrorCode> {
    let text = cx.text(nth(args, 0))?;
    let old = cx.text(nth(args, 1))?;
    let new = cx.text(nth(args, 2))?;
    let which = match args.get(3) {
        Some(_) => Some(place(cx, args, 3, 1.0)?),
        None => None,
    };
    if old.is_empty() {
        return Ok(None);
    }
    match which {
        None if text.contains(&*old) => Ok(Some(replace_all(cx, &text, &old, &new))),
        None => Ok(None),
        Some(which) => Ok(text.match_indices(&*old).nth(which).map(|(at, _)| {
            let mut out = String::with_capacity(text.len() + new.len());
            out.push_str(text.get(..at).unwrap_or(""));
            out.push_str(&new);
            out.push_str(text.get(at + old.len()..).unwrap_or(""));
            out
        })),
    }
}

/// Stops growing soon after the result is too long for a cell, so that no input makes it huge.
fn replace_all(cx: &Cx<'_>, text: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = 0;
    for (at, _) in text.match_indices(old) {
        out.push_str(text.get(last..at).unwrap_or(""));
        out.push_str(new);
        last = at + old.len();
        if out.len() > super::join::TOO_LONG || cx.cancelled() {
            break;
        }
    }
    out.push_str(text.get(last..).unwrap_or(""));
    out
}

pub fn exact(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let same = cx.text(nth(args, 0)).and_then(|left| Ok(left == cx.text(nth(args, 1))?));
    same.map_or_else(Value::error, Value::bool)
}
