//! How SpreadsheetML writes special characters and flags in texts, on top of XML's own escapes.

use std::borrow::Cow;

/// True for `1`, `true` and `on`.
pub fn flag(value: &str) -> bool {
    matches!(value.trim(), "1" | "true" | "on")
}

/// Decodes `_x000D_` (ECMA-376 part 1, ST_Xstring): four hexadecimal digits of a UTF-16 unit. `_x005F_` is the
/// underscore that starts a literal `_x000D_`.
pub fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find("_x") else { return Cow::Borrowed(text) };
    let mut out = String::new();
    let mut rest = text;
    let mut search = first;
    let mut high: Option<u16> = None;
    let mut changed = false;
    while let Some(at) = rest.get(search..).and_then(|tail| tail.find("_x")).map(|at| at + search) {
        let Some(unit) = escaped_unit(rest, at) else {
            search = at + 2;
            continue;
        };
        let before = rest.get(..at).unwrap_or_default();
        if !before.is_empty() {
            flush(&mut out, &mut high);
            out.push_str(before);
        }
        push_unit(&mut out, &mut high, unit);
        rest = rest.get(at + 7..).unwrap_or_default();
        search = 0;
        changed = true;
    }
    if !changed {
        return Cow::Borrowed(text);
    }
    flush(&mut out, &mut high);
    out.push_str(rest);
    Cow::Owned(out)
}

fn escaped_unit(text: &str, at: usize) -> Option<u16> {
    let escape = text.as_bytes().get(at..at + 7)?;
    let digits = escape.get(2..6)?;
    if escape.get(6) != Some(&b'_') || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A surrogate pair comes as two escapes in a row. Half a pair becomes the replacement character.
fn push_unit(out: &mut String, high: &mut Option<u16>, unit: u16) {
    if let (Some(first), 0xDC00..=0xDFFF) = (*high, unit) {
        *high = None;
        out.extend(char::decode_utf16([first, unit]).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        return;
    }
    flush(out, high);
    match unit {
        0xD800..=0xDBFF => *high = Some(unit),
        _ => out.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
}

fn flush(out: &mut String, high: &mut Option<u16>) {
    if high.take().is_some() {
        out.push(char::REPLACEMENT_CHARACTER);
    }
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn escapes_of_utf16_units() {
        assert_eq!(unescape("plain_x"), "plain_x");
        assert_eq!(unescape("a_x000D_\nb"), "a\r\nb");
        assert_eq!(unescape("_x005F_x000D_"), "_x000D_");
        assert_eq!(unescape("_xD83D__xDE00_!"), "\u{1F600}!");
        assert_eq!(unescape("_xD83D_!"), "\u{FFFD}!");
        assert_eq!(unescape("_x00G0_ _x000_ _x0041_é"), "_x00G0_ _x000_ Aé");
    }
}
