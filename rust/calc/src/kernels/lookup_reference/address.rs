//! Where cells are, as numbers and texts: ROW, COLUMN, ROWS, COLUMNS, ADDRESS. References are built by the compiler.

use crate::semantics::coerce;
use crate::semantics::function::{Arg, Cx, Function, Param, flags, nth, scalar, shaped};
use crate::semantics::properties::Limit;
use crate::values::value::{ErrorCode, Value};
use std::fmt::Write;

const MAX_ROW: f64 = 1_048_576.0;
const MAX_COLUMN: f64 = 16_384.0;

pub const TABLE: &[Function] = &[
    shaped("ROW", 1, 1, &[Param::Reference], row).with(flags::GIVES_ARRAY),
    shaped("COLUMN", 1, 1, &[Param::Reference], column).with(flags::GIVES_ARRAY),
    shaped("ROWS", 1, 1, &[Param::Any], rows).limited(Limit::Rows),
    shaped("COLUMNS", 1, 1, &[Param::Any], columns).limited(Limit::Columns),
    scalar("ADDRESS", 2, 5, address),
];

fn row(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let Some(Arg::Range(range)) = args.first() else { return Value::error(ErrorCode::Value) };
    let (first, count) = (range.origin.row, range.rows);
    numbers(cx, first, count, |count| (count, 1))
}

fn column(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let Some(Arg::Range(range)) = args.first() else { return Value::error(ErrorCode::Value) };
    let (first, count) = (range.origin.col, range.cols);
    numbers(cx, first, count, |count| (1, count))
}

fn numbers(cx: &mut Cx<'_>, first: u32, count: usize, shape: fn(usize) -> (usize, usize)) -> Value {
    let mut cells = match cx.room(count, 1) {
        Ok(room) => room,
        Err(code) => return code.into(),
    };
    cells.extend((0..count).map(|i| Value::number(f64::from(first) + 1.0 + i as f64)));
    let (rows, cols) = shape(count);
    cx.add_array(rows, cols, cells)
}

fn rows(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    side(cx, args, |grid| grid.rows())
}

fn columns(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    side(cx, args, |grid| grid.cols())
}

fn side(cx: &Cx<'_>, args: &[Arg<'_>], length: fn(&crate::values::range::Grid<'_>) -> usize) -> Value {
    let Some(arg) = args.first() else { return Value::error(ErrorCode::Value) };
    match arg {
        // A single value has one; an error comes back.
        Arg::Value(value) if value.is_error() => *value,
        _ => Value::number(length(&cx.grid(arg)) as f64),
    }
}

/// How the two coordinates of an address are fixed.
#[derive(Clone, Copy)]
struct Fixed {
    row: bool,
    col: bool,
}

fn address(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    match address_text(cx, args) {
        Ok(text) => cx.add_text(&text),
        Err(code) => Value::error(code),
    }
}

fn address_text(cx: &Cx<'_>, args: &[Value]) -> Result<String, ErrorCode> {
    let row = coerce::integer(cx, nth(args, 0))?;
    let col = coerce::integer(cx, nth(args, 1))?;
    let kind = if nth(args, 2).is_omitted() { 1.0 } else { coerce::integer(cx, nth(args, 2))? };
    let fixed = match kind {
        1.0 => Fixed { row: true, col: true },
        2.0 => Fixed { row: true, col: false },
        3.0 => Fixed { row: false, col: true },
        4.0 => Fixed { row: false, col: false },
        _ => return Err(ErrorCode::Value),
    };
    let a1 = nth(args, 3).is_omitted() || cx.boolean(nth(args, 3))?;
    let mut text = String::new();
    if !nth(args, 4).is_omitted() {
        text.push_str(&sheet_prefix(&cx.text(nth(args, 4))?));
    }
    if a1 {
        write_a1(&mut text, row, col, fixed)?
    } else {
        write_r1c1(&mut text, row, col, fixed)?
    }
    Ok(text)
}

fn write_a1(text: &mut String, row: f64, col: f64, fixed: Fixed) -> Result<(), ErrorCode> {
    if !(1.0..=MAX_ROW).contains(&row) || !(1.0..=MAX_COLUMN).contains(&col) {
        return Err(ErrorCode::Value);
    }
    let dollar = |fixed: bool| if fixed { "$" } else { "" };
    let letters = column_letters(col as u32);
    let _ = write!(text, "{}{}{}{}", dollar(fixed.col), letters, dollar(fixed.row), row);
    Ok(())
}

/// In R1C1 style relative coordinates are distances, which may be zero or negative.
fn write_r1c1(text: &mut String, row: f64, col: f64, fixed: Fixed) -> Result<(), ErrorCode> {
    for (letter, number, fixed, limit) in [('R', row, fixed.row, MAX_ROW), ('C', col, fixed.col, MAX_COLUMN)]
    {
        let lowest = if fixed { 1.0 } else { -limit };
        if number < lowest || number > limit {
            return Err(ErrorCode::Value);
        }
        text.push(letter);
        let _ = match (fixed, number) {
            (true, _) => write!(text, "{number}"),
            (false, 0.0) => Ok(()),
            (false, _) => write!(text, "[{number}]"),
        };
    }
    Ok(())
}

/// `A` for 1, `AA` for 27.
fn column_letters(mut number: u32) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        let digit = (number - 1) % 26;
        letters.push(char::from(b'A' + digit as u8));
        number = (number - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The sheet's name and `!`, in quotes where a reference would need them. An empty name gives `!`.
fn sheet_prefix(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']'))
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if plain { format!("{name}!") } else { format!("'{}'!", name.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::column_letters;

    #[test]
    fn letters_of_columns() {
        assert_eq!([1, 26, 27, 702, 703, 16_384].map(column_letters), ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}
