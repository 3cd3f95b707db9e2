//! Texts at delimiters: TEXTBEFORE, TEXTAFTER, TEXTSPLIT.

use super::units;
use crate::semantics::coerce;
use crate::semantics::function::{Arg, Cx, nth_arg};
use crate::values::value::{ErrorCode, Value};

/// Delimiters of one argument and how they are compared.
struct Delimiters {
    texts: Vec<String>,
    ignore_case: bool,
}

fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

impl Delimiters {
    fn new(cx: &Cx<'_>, arg: &Arg<'_>, ignore_case: bool) -> Result<Delimiters, ErrorCode> {
        let (mut texts, mut bytes) = (Vec::new(), 0);
        for value in cx.grid(arg).iter() {
            let text = cx.text(value)?;
            bytes += text.len() + size_of::<String>();
            cx.ask(bytes)?;
            cx.go_on()?;
            texts.push(text.into_owned());
        }
        Ok(Delimiters { texts, ignore_case })
    }

    /// Length in bytes of the delimiter that the text begins with.
    fn at_start(&self, cx: &Cx<'_>, text: &str) -> Option<usize> {
        let mut texts = self.texts.iter().take_while(|delimiter| !cx.cancelled_at(delimiter.len()));
        texts.find_map(|delimiter| {
            if !self.ignore_case {
                return text.starts_with(delimiter.as_str()).then_some(delimiter.len());
            }
            let mut rest = text.chars();
            let same = delimiter.chars().all(|wanted| rest.next().is_some_and(|c| fold(c) == fold(wanted)));
            same.then(|| text.len() - rest.as_str().len())
        })
    }

    /// The first delimiter at or after a byte: where it begins and ends.
    fn next(&self, cx: &Cx<'_>, text: &str, from: usize) -> Option<(usize, usize)> {
        let tail = text.get(from..)?;
        tail.char_indices().take_while(|_| !cx.cancelled()).find_map(|(at, _)| {
            let length = self.at_start(cx, tail.get(at..)?)?;
            Some((from + at, from + at + length))
        })
    }

    /// The last delimiter that ends at or before a byte.
    fn previous(&self, cx: &Cx<'_>, text: &str, to: usize) -> Option<(usize, usize)> {
        let head = text.get(..to)?;
        head.char_indices().rev().take_while(|_| !cx.cancelled()).find_map(|(at, _)| {
            let length = self.at_start(cx, head.get(at..)?)?;
            Some((at, at + length))
        })
    }
}

pub fn textbefore(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    part(cx, args, |text, (at, _)| text.get(..at))
}

pub fn textafter(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    part(cx, args, |text, (_, end)| text.get(end..))
}

fn part(cx: &mut Cx<'_>, args: &[Arg<'_>], side: fn(&str, (usize, usize)) -> Option<&str>) -> Value {
    let text = match cx.text(nth_arg(args, 0)) {
        Ok(text) => text.into_owned(),
        Err(code) => return code.into(),
    };
    match delimiter_place(cx, args, &text) {
        Ok(Some(place)) => cx.add_text(side(&text, place).unwrap_or("")),
        Ok(None) => match nth_arg(args, 5) {
            value if value.is_omitted() => ErrorCode::NA.into(),
            value if value.is_blank() => cx.add_text(""),
            value => value,
        },
        Err(code) => code.into(),
    }
}

/// Where the delimiter that is asked for begins and ends.
fn delimiter_place(cx: &Cx<'_>, args: &[Arg<'_>], text: &str) -> Result<Option<(usize, usize)>, ErrorCode> {
    let instance = option(cx, args, 2, 1.0)?;
    let ignore_case = switch(cx, args, 3)?;
    let match_end = switch(cx, args, 4)?;
    let Some(delimiters) = args.get(1) else { return Err(ErrorCode::Value) };
    let delimiters = Delimiters::new(cx, delimiters, ignore_case)?;
    let shortest = delimiters.texts.iter().map(|text| units::length(text)).min().unwrap_or(0);
    let length = units::length(text);
    if instance == 0.0 || (args.len() > 2 && (instance.abs() > length as f64 || shortest > length)) {
        return Err(ErrorCode::Value);
    }
    let backwards = instance < 0.0;
    if shortest == 0 {
        let end = if backwards { text.len() } else { 0 };
        return Ok(Some((end, end)));
    }
    let mut place = if backwards { (text.len(), text.len()) } else { (0, 0) };
    for left in (0..instance.abs() as usize).rev() {
        let next = match backwards {
            true => delimiters.previous(cx, text, place.0),
            false => delimiters.next(cx, text, place.1),
        };
        let edge = if backwards { 0 } else { text.len() };
        place = match next {
            Some(next) => next,
            None if left == 0 && match_end => (edge, edge),
            None => return Ok(None),
        };
    }
    Ok(Some(place))
}

/// An optional whole number; left out it is the default.
fn option(cx: &Cx<'_>, args: &[Arg<'_>], position: usize, default: f64) -> Result<f64, ErrorCode> {
    match nth_arg(args, position) {
        value if value.is_omitted() => Ok(default),
        value => coerce::whole(cx, value),
    }
}

/// An optional 0 or 1.
fn switch(cx: &Cx<'_>, args: &[Arg<'_>], position: usize) -> Result<bool, ErrorCode> {
    match option(cx, args, position, 0.0)? {
        0.0 => Ok(false),
        1.0 => Ok(true),
        _ => Err(ErrorCode::Value),
    }
}

pub fn textsplit(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let rows = match split_rows(cx, args) {
        Ok(rows) => rows,
        Err(code) => return code.into(),
    };
    let cols = rows.iter().map(Vec::len).max().unwrap_or(0);
    if cols == 0 {
        return ErrorCode::Calc.into();
    }
    let pad = match nth_arg(args, 5) {
        value if value.is_omitted() => ErrorCode::NA.into(),
        value => value,
    };
    let mut cells = match cx.room(rows.len(), cols) {
        Ok(room) => room,
        Err(code) => return code.into(),
    };
    for row in &rows {
        cells.extend(row.iter().map(|text| cx.heap.add_text(text)));
        cells.resize(cells.len().next_multiple_of(cols), pad);
    }
    cx.add_array(rows.len(), cols, cells)
}

fn split_rows(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<Vec<String>>, ErrorCode> {
    let text = cx.text(nth_arg(args, 0))?;
    let skip_empty = match nth_arg(args, 3) {
        value if value.is_omitted() => false,
        value => coerce::boolean(cx, value)?,
    };
    let ignore_case = switch(cx, args, 4)?;
    let delimiters = |position: usize| match args.get(position) {
        None => Ok(None),
        Some(Arg::Value(value)) if value.is_omitted() => Ok(None),
        Some(arg) => Delimiters::new(cx, arg, ignore_case).map(Some),
    };
    let (of_cols, of_rows) = (delimiters(1)?, delimiters(2)?);
    let empty =
        |set: &Option<Delimiters>| set.as_ref().is_some_and(|set| set.texts.iter().any(String::is_empty));
    if (of_cols.is_none() && of_rows.is_none()) || empty(&of_cols) || empty(&of_rows) {
        return Err(ErrorCode::Value);
    }
    let pieces = |text: &str, set: &Option<Delimiters>| -> Vec<String> {
        let Some(set) = set else { return vec![text.to_owned()] };
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some((at, end)) = set.next(cx, text, from) {
            found.push(text.get(from..at).unwrap_or("").to_owned());
            from = end;
        }
        found.push(text.get(from..).unwrap_or("").to_owned());
        if skip_empty {
            found.retain(|piece| !piece.is_empty());
        }
        found
    };
    Ok(pieces(&text, &of_rows).iter().map(|row| pieces(row, &of_cols)).collect())
}
