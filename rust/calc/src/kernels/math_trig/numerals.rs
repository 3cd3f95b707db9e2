//! Numbers written in other ways: Roman numerals, other bases.

use crate::kernels::arguments::ordered;
use crate::numbers::digits::trunc;
use crate::semantics::coerce::integer;
use crate::semantics::function::{Cx, Function, nth, scalar};
use crate::values::value::{ErrorCode, Unpacked, Value};

pub const TABLE: &[Function] = &[
    scalar("ROMAN", 1, 2, roman),
    scalar("ARABIC", 1, 1, arabic),
    ordered("BASE", 2, 3, base),
    ordered("DECIMAL", 2, 2, decimal),
];

const SYMBOLS: [(char, u32); 7] =
    [('M', 1000), ('D', 500), ('C', 100), ('L', 50), ('X', 10), ('V', 5), ('I', 1)];

fn roman(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    match roman_text(cx, args) {
        Ok(text) => cx.add_text(&text),
        Err(code) => code.into(),
    }
}

fn roman_text(cx: &Cx<'_>, args: &[Value]) -> Result<String, ErrorCode> {
    let number = integer(cx, nth(args, 0))?;
    let form = match nth(args, 1).unpack() {
        Unpacked::Omitted => 0.0,
        Unpacked::Bool(classic) => f64::from(u8::from(!classic)) * 4.0,
        _ => integer(cx, nth(args, 1))?,
    };
    if !(0.0..4000.0).contains(&number) || !(0.0..=4.0).contains(&form) {
        return Err(ErrorCode::Value);
    }
    Ok(write_roman(number as u32, form as usize))
}

/// Largest piece first. A piece is a symbol, or a smaller symbol before a larger one: in form 0 the next lower
/// power of ten, in each further form symbols one step lower as well.
fn write_roman(mut number: u32, form: usize) -> String {
    let mut pieces: Vec<(u32, String)> = Vec::new();
    for (place, &(symbol, value)) in SYMBOLS.iter().enumerate() {
        pieces.push((value, symbol.to_string()));
        let nearest = place + 2 - place % 2;
        for &(before, less) in SYMBOLS.iter().take(nearest + form + 1).skip(nearest) {
            pieces.push((value - less, format!("{before}{symbol}")));
        }
    }
    pieces.sort_by_key(|&(value, ref text)| (std::cmp::Reverse(value), text.len()));
    let mut out = String::new();
    for (value, text) in pieces {
        while number >= value {
            out.push_str(&text);
            number -= value;
        }
    }
    out
}

fn arabic(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    cx.text(nth(args, 0)).and_then(|text| read_roman(text.trim())).into()
}

/// A symbol before a larger one counts down, in whatever order they stand.
fn read_roman(text: &str) -> Result<f64, ErrorCode> {
    let (sign, letters) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    if letters.len() > 255 {
        return Err(ErrorCode::Value);
    }
    let (mut total, mut highest) = (0.0, 0.0f64);
    for c in letters.chars().rev() {
        let symbol = SYMBOLS.iter().find(|(symbol, _)| symbol.eq_ignore_ascii_case(&c));
        let value = f64::from(symbol.ok_or(ErrorCode::Value)?.1);
        total += if value < highest { -value } else { value };
        highest = highest.max(value);
    }
    Ok(sign * total)
}

/// A radix from 2 to 36.
fn radix(cx: &Cx<'_>, value: Value) -> Result<u32, ErrorCode> {
    let radix = integer(cx, value)?;
    if (2.0..=36.0).contains(&radix) { Ok(radix as u32) } else { Err(ErrorCode::Num) }
}

fn base(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    match base_text(cx, args) {
        Ok(text) => cx.add_text(&text),
        Err(code) => code.into(),
    }
}

fn base_text(cx: &Cx<'_>, args: &[Value]) -> Result<String, ErrorCode> {
    let number = trunc(cx.number(nth(args, 0))?);
    let radix = radix(cx, nth(args, 1))?;
    let length = integer(cx, nth(args, 2))?;
    if !(0.0..9_007_199_254_740_992.0).contains(&number) || !(0.0..256.0).contains(&length) {
        return Err(ErrorCode::Num);
    }
    let mut rest = number as u64;
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        digits.push(char::from_digit((rest % u64::from(radix)) as u32, radix).unwrap_or('0'));
        rest /= u64::from(radix);
    }
    digits.resize(digits.len().max(length as usize), '0');
    Ok(digits.iter().rev().map(char::to_ascii_uppercase).collect())
}

fn decimal(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    decimal_of(cx, args).into()
}

fn decimal_of(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let text = cx.text(nth(args, 0))?;
    let radix = radix(cx, nth(args, 1))?;
    if text.len() > 255 {
        return Err(ErrorCode::Value);
    }
    let mut number = 0.0;
    for c in text.trim_start().chars() {
        let digit = c.to_digit(radix).ok_or(ErrorCode::Num)?;
        number = number * f64::from(radix) + f64::from(digit);
    }
    Ok(number)
}
