//! Rewrites spellings that Excel writes and the parser crate refuses. Called only for a text that was refused.
//!
//! - `#REF!A1`, left behind by a deleted sheet: `#REF!`
//! - `Table1[a, b]`, a column with a comma: `Table1[[a, b]]`
//! - blanks around the colon of a range: removed
//! - `!A1:B2`, on the sheet that uses the defined name: `A1:B2`

/// The rewritten text, or None when there is nothing to rewrite.
pub(super) fn repair(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, after) = match first {
            '"' | '\'' => quoted(rest, first),
            '[' => column(rest),
            '#' => broken_reference(rest),
            '!' if !repaired.ends_with(is_sheet_end) => ("".into(), rest.get(1..).unwrap_or("")),
            c if c.is_ascii_whitespace() => blanks(rest, repaired.ends_with(':')),
            c => {
                let (one, after) = rest.split_at(c.len_utf8());
                (one.into(), after)
            }
        };
        repaired.push_str(&taken);
        rest = after;
    }
    (repaired != text).then_some(repaired)
}

type Piece<'a> = (std::borrow::Cow<'a, str>, &'a str);

/// A text or a quoted sheet name. At a doubled quote one piece ends and the next begins, which gives the same text.
fn quoted(text: &str, quote: char) -> Piece<'_> {
    let end = text.get(1..).and_then(|inside| inside.find(quote)).map_or(text.len(), |at| at + 2);
    split(text, end)
}

/// A bracket with all it holds. It is doubled if it holds a comma outside inner brackets.
fn column(text: &str) -> Piece<'_> {
    let (mut depth, mut escaped, mut nested, mut comma) = (0usize, false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\'' => escaped = true,
            '[' => {
                depth += 1;
                nested |= depth > 1;
            }
            ']' if depth == 1 => {
                let (taken, after) = split(text, at + 1);
                return if comma && !nested { (format!("[{taken}]").into(), after) } else { (taken, after) };
            }
            ']' => depth -= 1,
            ',' => comma = true,
            _ => {}
        }
    }
    split(text, text.len())
}

/// `#REF!` and the address that may follow it.
fn broken_reference(text: &str) -> Piece<'_> {
    let Some((head, mut after)) =
        text.split_at_checked(5).filter(|(head, _)| head.eq_ignore_ascii_case("#REF!"))
    else {
        return split(text, 1);
    };
    if after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '$') {
        after = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | ':'));
    } else if let Some(doubled) = after.strip_prefix("#REF!") {
        after = doubled;
    }
    (head.into(), after)
}

/// True for a character that the name of a sheet, or its quote, can end with.
fn is_sheet_end(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\'' | '_' | '.' | ']' | '?' | '$') || !c.is_ascii()
}

fn blanks(text: &str, after_colon: bool) -> Piece<'_> {
    let after = text.trim_ascii_start();
    if after_colon || after.starts_with(':') {
        return ("".into(), after);
    }
    split(text, text.len() - after.len())
}

fn split(text: &str, at: usize) -> Piece<'_> {
    let (taken, after) = text.split_at_checked(at).unwrap_or((text, ""));
    (taken.into(), after)
}
