//! Parts of texts by place: LEN, LEFT, RIGHT, MID, REPLACE.

use super::arguments::{length, place};
use super::units;
use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Unpacked, Value};

pub fn len(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.text(nth(args, 0)).map(|text| units::length(&text) as f64).into()
}

pub fn left(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    length(cx, args, 1, 1.0).and_then(|count| cut(cx, nth(args, 0), |_| (0, count))).into()
}

pub fn right(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    length(cx, args, 1, 1.0)
        .and_then(|count| cut(cx, nth(args, 0), |length| (length.saturating_sub(count), length)))
        .into()
}

pub fn mid(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let bounds = place(cx, args, 1, 1.0).and_then(|from| Ok((from, length(cx, args, 2, 0.0)?)));
    bounds.and_then(|(from, count)| cut(cx, nth(args, 0), |_| (from, from.saturating_add(count)))).into()
}

/// The units `from..to` of a text, where `bounds` gets the text's length.
fn cut(cx: &mut Cx<'_>, value: Value, bounds: impl Fn(usize) -> (usize, usize)) -> Result<Value, ErrorCode> {
    if let Unpacked::Text(id) = value.unpack() {
        let text = cx.heap.text(id);
        let (from, to) = bounds(units::length(text));
        let ((start, starts_inside), (end, ends_inside)) =
            (units::locate(text, from), units::locate(text, to));
        if !starts_inside && !ends_inside {
            let all = start == 0 && end == text.len();
            return Ok(if all { value } else { cx.heap.add_part(id, start, end.max(start)) });
        }
    }
    let text = cx.text(value)?.into_owned();
    let (from, to) = bounds(units::length(&text));
    Ok(cx.heap.write_text(|out| units::write_slice(&text, from, to, out)))
}

pub fn replace(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    replaced(cx, args).map_or_else(Value::error, |text| cx.add_text(&text))
}

fn replaced(cx: &Cx<'_>, args: &[Value]) -> Result<String, ErrorCode> {
    let text = cx.text(nth(args, 0))?;
    let from = place(cx, args, 1, 1.0)?;
    let count = length(cx, args, 2, 0.0)?;
    let new = cx.text(nth(args, 3))?;
    let mut out = String::with_capacity(text.len() + new.len());
    units::write_slice(&text, 0, from, &mut out);
    out.push_str(&new);
    units::write_slice(&text, from.saturating_add(count), usize::MAX, &mut out);
    Ok(out)
}
