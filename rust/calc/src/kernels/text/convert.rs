//! Between numbers and texts: TEXT, FIXED, DOLLAR, VALUE, NUMBERVALUE, VALUETOTEXT, ARRAYTOTEXT.

use crate::coerce;
use crate::digits;
use crate::format::Format;
use crate::function::{Arg, Cx, nth, nth_arg};
use crate::value::{ErrorCode, Unpacked, Value};
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    /// The format code compiled last: most calls in a row have the same one.
    static LAST: RefCell<Option<(String, Option<Rc<Format>>)>> = const { RefCell::new(None) };
}

fn compiled(code: &str) -> Option<Rc<Format>> {
    LAST.with_borrow_mut(|last| {
        if let Some((known, format)) = last
            && known == code
        {
            return format.clone();
        }
        let format = Format::parse(code).map(Rc::new);
        *last = Some((code.to_owned(), format.clone()));
        format
    })
}

pub fn text(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    shown(cx, nth(args, 0), nth(args, 1)).map_or_else(Value::error, |text| cx.add_text(&text))
}

fn shown(cx: &Cx<'_>, value: Value, code: Value) -> Result<String, ErrorCode> {
    let code = cx.text(code)?;
    let mut out = String::with_capacity(32);
    if code.is_empty() {
        return Ok(out);
    }
    let format = compiled(&code).ok_or(ErrorCode::Value)?;
    let number = match value.unpack() {
        Unpacked::Bool(_) => None,
        Unpacked::Text(_) => cx.number(value).ok().filter(|_| !format.is_for_text()),
        _ => Some(cx.number(value)?),
    };
    match number {
        Some(x) => format.write(x, cx.env.date1904, &mut out).map_err(|_| ErrorCode::Value)?,
        None => format.write_text(&cx.text(value)?, &mut out),
    }
    Ok(out)
}

/// Most decimals that FIXED and DOLLAR take.
const MOST_DECIMALS: f64 = 127.0;

/// A number rounded to so many decimals, in a format made for them: `code` gets what stands for the digits.
fn with_decimals(
    cx: &Cx<'_>,
    args: &[Value],
    whole: &str,
    code: impl Fn(&str) -> String,
) -> Result<String, ErrorCode> {
    let x = cx.number(nth(args, 0))?;
    let decimals = args.get(1).map_or(Ok(2.0), |&decimals| coerce::integer(cx, decimals))?;
    if decimals.abs() > MOST_DECIMALS {
        return Err(ErrorCode::Value);
    }
    let x = if decimals < 0.0 { digits::round_half_away(x, decimals as i32) } else { x };
    let zeros = decimals.max(0.0) as usize;
    let places = if zeros > 0 { format!("{whole}.{}", "0".repeat(zeros)) } else { whole.to_owned() };
    let format = compiled(&code(&places)).ok_or(ErrorCode::Value)?;
    let mut out = String::with_capacity(32);
    format.write(x, false, &mut out).map_err(|_| ErrorCode::Value)?;
    Ok(out)
}

pub fn fixed(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let plain = cx.boolean(nth(args, 2));
    let text = plain.and_then(|plain| {
        let whole = if plain { "0" } else { "#,##0" };
        with_decimals(cx, args, whole, str::to_owned)
    });
    text.map_or_else(Value::error, |text| cx.add_text(&text))
}

pub fn dollar(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_decimals(cx, args, "$#,##0", |places| format!("{places};({places})"))
        .map_or_else(Value::error, |text| cx.add_text(&text))
}

pub fn value(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    match nth(args, 0) {
        value if value.is_bool() => ErrorCode::Value.into(),
        value => cx.number(value).into(),
    }
}

pub fn numbervalue(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    number_value(cx, args).into()
}

fn number_value(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let text = cx.text(nth(args, 0))?;
    let separator = |position: usize, default: char| match args.get(position) {
        None => Ok(default),
        Some(&value) => cx.text(value)?.chars().next().ok_or(ErrorCode::Value),
    };
    let (point, group) = (separator(1, '.')?, separator(2, ',')?);
    let plain: String = text.chars().filter(|&c| c != ' ').collect();
    if plain.is_empty() {
        return Ok(0.0);
    }
    let number = plain.trim_end_matches('%');
    let percents = plain.len() - number.len();
    let (whole, decimals) = number.split_once(point).map_or((number, None), |(a, b)| (a, Some(b)));
    if point == group || decimals.is_some_and(|decimals| decimals.contains([point, group])) {
        return Err(ErrorCode::Value);
    }
    let mut standard: String = whole.chars().filter(|&c| c != group).collect();
    if standard.contains(['.', ',', '/', '%']) {
        return Err(ErrorCode::Value);
    }
    if let Some(decimals) = decimals {
        standard.push('.');
        standard.push_str(decimals);
    }
    let x = crate::parse_number::number(&standard).ok_or(ErrorCode::Value)?;
    Ok(x / 100f64.powi(percents.min(400) as i32))
}

pub fn valuetotext(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let strict = strictness(cx, nth(args, 1));
    let mut out = String::new();
    let written = strict.map(|strict| write_value(cx, nth(args, 0), strict, &mut out));
    written.map_or_else(Value::error, |()| cx.add_text(&out))
}

pub fn arraytotext(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    array_text(cx, args).map_or_else(Value::error, |text| cx.add_text(&text))
}

fn array_text(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<String, ErrorCode> {
    let strict = strictness(cx, nth_arg(args, 1))?;
    let Some(array) = args.first() else { return Err(ErrorCode::Value) };
    let grid = cx.grid(array);
    let mut out = String::new();
    if strict {
        out.push('{');
    }
    for row in 0..grid.rows() {
        for col in 0..grid.cols() {
            if row + col > 0 {
                out.push_str(match (strict, col) {
                    (false, _) => ", ",
                    (true, 0) => ";",
                    (true, _) => ",",
                });
            }
            write_value(cx, grid.get(row, col), strict, &mut out);
            if out.len() > super::join::TOO_LONG {
                return Err(ErrorCode::Value);
            }
        }
    }
    if strict {
        out.push('}');
    }
    Ok(out)
}

fn strictness(cx: &Cx<'_>, value: Value) -> Result<bool, ErrorCode> {
    match coerce::whole(cx, value)? {
        0.0 => Ok(false),
        1.0 => Ok(true),
        _ => Err(ErrorCode::Value),
    }
}

/// A value as text; strictly, texts are quoted as in a formula.
fn write_value(cx: &Cx<'_>, value: Value, strict: bool, out: &mut String) {
    match (value.as_error(), cx.text_of(value)) {
        (Some(code), _) => out.push_str(code.text()),
        (None, Some(text)) if strict => {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        }
        _ => out.push_str(&cx.text(value).unwrap_or_default()),
    }
}
