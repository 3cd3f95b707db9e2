//! Between numbers and texts: TEXT, FIXED, DOLLAR, VALUE, NUMBERVALUE, VALUETOTEXT, ARRAYTOTEXT.

use crate::numbers::digits;
use crate::numbers::format::Format;
use crate::semantics::coerce;
use crate::semantics::function::{Arg, Cx, nth, nth_arg};
use crate::values::value::{ErrorCode, TextId, Unpacked, Value};
use std::cell::RefCell;

/// Format codes that a thread keeps compiled.
const KEPT: usize = 16;

/// The format codes compiled last, `None` for what Excel refuses.
struct Formats {
    known: Vec<(String, Option<Format>)>,
    /// Place that the next one takes.
    next: usize,
}

thread_local! {
    static FORMATS: RefCell<Formats> = const { RefCell::new(Formats { known: Vec::new(), next: 0 }) };
}

/// `f` with the compiled format code; `None` for a code that Excel refuses.
fn with_format<R>(code: &str, f: impl FnOnce(&Format) -> R) -> Option<R> {
    FORMATS.with_borrow_mut(|Formats { known, next }| {
        let at = known.iter().position(|(text, _)| text == code).unwrap_or_else(|| {
            let format = (code.to_owned(), Format::parse(code));
            let at = *next % KEPT;
            *next = at + 1;
            match known.get_mut(at) {
                Some(place) => *place = format,
                None => known.push(format),
            }
            at
        });
        known.get(at).and_then(|(_, format)| format.as_ref()).map(f)
    })
}

pub fn text(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    if let (Some(x), Unpacked::Text(code)) = (nth(args, 0).as_number(), nth(args, 1).unpack())
        && let Some(shown) = number_text(cx, x, code)
    {
        return shown.into();
    }
    cx.write_text(|cx, out| write_shown(cx, nth(args, 0), nth(args, 1), out))
}

/// A number in a format whose text is not local to this block, written directly into the heap.
fn number_text(cx: &mut Cx<'_>, x: f64, code: TextId) -> Option<Result<Value, ErrorCode>> {
    let date1904 = cx.env.date1904;
    cx.heap.write_by(code, |code, out| {
        if code.is_empty() {
            return Ok(());
        }
        let written = with_format(code, |format| format.write(x, date1904, out));
        written.and_then(Result::ok).ok_or(ErrorCode::Value)
    })
}

fn write_shown(cx: &Cx<'_>, value: Value, code: Value, out: &mut String) -> Result<(), ErrorCode> {
    let code = cx.text(code)?;
    if code.is_empty() {
        return Ok(());
    }
    let write = |format: &Format| {
        let number = match value.unpack() {
            Unpacked::Bool(_) => None,
            Unpacked::Text(_) => cx.number(value).ok().filter(|_| !format.is_for_text()),
            _ => Some(cx.number(value)?),
        };
        match number {
            Some(x) => format.write(x, cx.env.date1904, out).map_err(|_| ErrorCode::Value),
            None => {
                format.write_text(&cx.text(value)?, out);
                Ok(())
            }
        }
    };
    with_format(&code, write).unwrap_or(Err(ErrorCode::Value))
}

/// Most decimals that FIXED and DOLLAR take.
const MOST_DECIMALS: f64 = 127.0;

/// A number rounded to as many decimals as the second argument says. `code` makes the format code around the
/// placeholders for its digits.
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
    let mut out = String::with_capacity(32);
    let written = with_format(&code(&places), |format| format.write(x, false, &mut out));
    written.and_then(Result::ok).map(|()| out).ok_or(ErrorCode::Value)
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
    let x = crate::numbers::parse_number::number(&standard).ok_or(ErrorCode::Value)?;
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
