//! Texts put together: CONCATENATE, CONCAT, TEXTJOIN.

use crate::semantics::coerce;
use crate::semantics::function::{Arg, Cx, MAX_TEXT_UNITS};
use crate::values::range::Grid;
use crate::values::value::{ErrorCode, Value};

/// A text of more bytes than this is too long for a cell, whatever its characters.
pub const TOO_LONG: usize = MAX_TEXT_UNITS * 3;

pub fn concatenate(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let mut out = String::new();
    for &value in args {
        if let Err(code) = append(cx, value, &mut out) {
            return code.into();
        }
    }
    cx.add_text(&out)
}

fn append(cx: &Cx<'_>, value: Value, out: &mut String) -> Result<(), ErrorCode> {
    out.push_str(&cx.text(value)?);
    if out.len() > TOO_LONG { Err(ErrorCode::Value) } else { Ok(()) }
}

pub fn concat(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let mut out = String::new();
    for arg in args {
        for (count, value) in cx.grid(arg).iter().enumerate() {
            let go_on = if count % 4096 == 0 { cx.go_on() } else { Ok(()) };
            if let Err(code) = go_on.and_then(|()| append(cx, value, &mut out)) {
                return code.into();
            }
        }
    }
    cx.add_text(&out)
}

pub fn textjoin(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    joined(cx, args).map_or_else(Value::error, |text| cx.add_text(&text))
}

fn joined(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<String, ErrorCode> {
    let [delimiters, skip, texts @ ..] = args else { return Err(ErrorCode::Value) };
    let (mut between, mut bytes) = (Vec::new(), 0);
    for value in cx.grid(delimiters).iter() {
        let text = cx.text(value)?;
        bytes += text.len() + size_of::<String>();
        cx.ask(bytes)?;
        cx.go_on()?;
        between.push(text.into_owned());
    }
    if between.is_empty() {
        between.push(String::new());
    }
    let skip = match skip.value() {
        value if value.is_omitted() => true,
        value => coerce::boolean(cx, value)?,
    };
    let skip_blank = skip || between.iter().all(String::is_empty);
    let (mut out, mut count) = (String::new(), 0);
    for arg in texts {
        for (place, value) in cells(cx.grid(arg), skip_blank).enumerate() {
            if place % 4096 == 0 {
                cx.go_on()?;
            }
            let text = cx.text(value)?;
            if skip && text.is_empty() {
                continue;
            }
            if count > 0 {
                out.push_str(between.get((count - 1) % between.len()).map_or("", String::as_str));
            }
            out.push_str(&text);
            count += 1;
            if out.len() > TOO_LONG {
                return Err(ErrorCode::Value);
            }
        }
    }
    Ok(out)
}

/// The cells row by row: all of them when blanks count, else the used ones.
fn cells(grid: Grid<'_>, skip_blank: bool) -> impl Iterator<Item = Value> + '_ {
    let (rows, cols) = if skip_blank { grid.used() } else { (grid.rows(), grid.cols()) };
    (0..rows).flat_map(move |row| (0..cols).map(move |col| grid.get(row, col)))
}
