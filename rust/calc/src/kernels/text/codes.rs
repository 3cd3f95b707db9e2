//! Characters and their numbers: CHAR and CODE in Windows-1252, UNICHAR and UNICODE, ENCODEURL.

use crate::semantics::coerce;
use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Value};

/// What Windows-1252 has at 0x80..=0x9F; the five unused places stand for themselves.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

pub fn char(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let code = match coerce::whole(cx, nth(args, 0)) {
        Ok(code) if (1.0..256.0).contains(&code) => code as u8,
        Ok(_) => return ErrorCode::Value.into(),
        Err(code) => return code.into(),
    };
    let index = usize::from(code).wrapping_sub(0x80);
    let c = WINDOWS.get(index).copied().unwrap_or(char::from(code));
    cx.heap.write_text(|out| out.push(c))
}

pub fn code(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    first_char(cx, args).map(|c| f64::from(windows_code(c))).into()
}

/// The character's place in Windows-1252, that of `?` if it has none.
fn windows_code(c: char) -> u8 {
    match WINDOWS.iter().position(|&windows| windows == c) {
        Some(index) => 0x80 + index as u8,
        None => u8::try_from(u32::from(c)).unwrap_or(b'?'),
    }
}

fn first_char(cx: &Cx<'_>, args: &[Value]) -> Result<char, ErrorCode> {
    cx.text(nth(args, 0))?.chars().next().ok_or(ErrorCode::Value)
}

pub fn unichar(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let code = match coerce::whole(cx, nth(args, 0)) {
        Ok(code) if (1.0..1_114_112.0).contains(&code) => code as u32,
        Ok(_) => return ErrorCode::Value.into(),
        Err(code) => return code.into(),
    };
    match char::from_u32(code) {
        Some(c) if code & 0xFFFE != 0xFFFE => cx.heap.write_text(|out| out.push(c)),
        // Half a character, or a code point that Unicode never assigns.
        _ => ErrorCode::NA.into(),
    }
}

pub fn unicode(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    first_char(cx, args).map(|c| f64::from(u32::from(c))).into()
}

pub fn encodeurl(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let text = match cx.text(nth(args, 0)) {
        Ok(text) => text,
        Err(code) => return code.into(),
    };
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.extend([byte >> 4, byte & 15].map(|half| {
                    char::from_digit(u32::from(half), 16).map_or('0', |digit| digit.to_ascii_uppercase())
                }));
            }
        }
    }
    cx.add_text(&out)
}
