//! Structured references, `Table1[[#Headers],[A]:[B]]`, from their text. The parser crate is not used for them: it
//! trims column names, drops a workbook before the table and misreads `[@[A]:[B]]`.

use super::ast::{Expr, SheetName, TableReference};
use super::error::ParseError;
use super::names::split_scope;

pub(super) fn read(text: &str) -> Result<Expr, ParseError> {
    let (scope, rest) = scoped(text);
    let (table, specifier) = match rest.find('[') {
        Some(at) => rest.split_at(at),
        None => return Err(malformed(text)),
    };
    let content =
        specifier.strip_prefix('[').and_then(|s| s.strip_suffix(']')).ok_or_else(|| malformed(text))?;
    // The table of another workbook must not be taken for one of ours, so it becomes a name that nobody knows.
    if let Some(scope @ SheetName::External { .. }) = scope {
        return Ok(Expr::Name { scope: Some(scope), name: rest.into() });
    }
    let mut reference = TableReference {
        table: (!table.is_empty()).then(|| table.into()),
        headers: false,
        data: false,
        totals: false,
        this_row: false,
        columns: None,
    };
    fill(&mut reference, content).ok_or_else(|| malformed(text))?;
    Ok(Expr::Table(reference))
}

fn malformed(text: &str) -> ParseError {
    ParseError::new(format!("not a table reference: {text}"))
}

/// The sheet or workbook before the table, if there is one: then `!` comes before the table's own bracket.
fn scoped(text: &str) -> (Option<SheetName>, &str) {
    let own_book = text.strip_prefix("[0]!").or_else(|| text.strip_prefix("'[0]'!"));
    if let Some(rest) = own_book {
        return (None, rest);
    }
    let after_book = match text.strip_prefix('[') {
        Some(inside) => inside.find(']').map_or(text, |end| inside.get(end + 1..).unwrap_or("")),
        None => text,
    };
    let is_scoped = text.starts_with('\'')
        || match (after_book.find('!'), after_book.find('[')) {
            (Some(mark), Some(bracket)) => mark < bracket,
            _ => false,
        };
    match split_scope(text) {
        Some((scope, rest)) if is_scoped => (Some(scope), rest),
        _ => (None, text),
    }
}

/// Reads what stands between the outer brackets.
fn fill(reference: &mut TableReference, content: &str) -> Option<()> {
    let trimmed = content.trim();
    if trimmed.is_empty() {
        return Some(());
    }
    if let Some(column) = trimmed.strip_prefix('@') {
        reference.this_row = true;
        return if column.trim().is_empty() { Some(()) } else { columns(reference, column.trim_start()) };
    }
    if trimmed.starts_with('#') {
        return special(reference, trimmed);
    }
    if trimmed.starts_with('[') { items(reference, trimmed) } else { columns(reference, content) }
}

/// `[#Headers],[#Data],[A]:[B]`
fn items(reference: &mut TableReference, content: &str) -> Option<()> {
    let mut rest = content;
    loop {
        let (inside, after) = bracketed(rest)?;
        let after = after.trim_start();
        if inside.trim_start().starts_with('#') {
            special(reference, inside.trim())?;
            rest = after;
        } else if inside.trim() == "@" {
            reference.this_row = true;
            rest = after;
        } else if let Some(second) = after.strip_prefix(':') {
            let (last, after) = bracketed(second.trim_start())?;
            set_columns(reference, inside, last)?;
            rest = after.trim_start();
        } else {
            set_columns(reference, inside, inside)?;
            rest = after;
        }
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return rest.is_empty().then_some(()),
        }
    }
}

/// A bare column, `[A]`, or `[A]:[B]`. A bare name is not trimmed: the name of a column may begin or end with a space.
fn columns(reference: &mut TableReference, text: &str) -> Option<()> {
    if text.starts_with('[') {
        return items(reference, text);
    }
    match first_bracket(text) {
        Some(_) => None,
        None => set_columns(reference, text, text),
    }
}

fn set_columns(reference: &mut TableReference, first: &str, last: &str) -> Option<()> {
    if reference.columns.is_some() || first.is_empty() || last.is_empty() {
        return None;
    }
    reference.columns = Some((unescape(first), unescape(last)));
    Some(())
}

fn special(reference: &mut TableReference, item: &str) -> Option<()> {
    let words: Vec<&str> = item.split_whitespace().collect();
    match words.join(" ").to_ascii_lowercase().as_str() {
        "#all" => {
            reference.headers = true;
            reference.data = true;
            reference.totals = true;
        }
        "#headers" => reference.headers = true,
        "#data" => reference.data = true,
        "#totals" => reference.totals = true,
        "#this row" => reference.this_row = true,
        _ => return None,
    }
    Some(())
}

/// The inside of the bracket that `text` starts with, still escaped, and what follows it.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('[')?;
    let end = first_bracket(inside)?;
    let after = inside.get(end..)?.strip_prefix(']')?;
    Some((inside.get(..end)?, after))
}

/// Where the first bracket stands that is not escaped.
fn first_bracket(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let plain = !escaped;
        escaped = plain && c == '\'';
        (plain && matches!(c, '[' | ']')).then_some(at)
    })
}

/// `'` makes the next character an ordinary one.
fn unescape(name: &str) -> Box<str> {
    let mut plain = String::with_capacity(name.len());
    let mut letters = name.chars();
    while let Some(c) = letters.next() {
        match c {
            '\'' => plain.extend(letters.next()),
            c => plain.push(c),
        }
    }
    plain.into()
}
