//! Names as a file spells them: with the prefixes of newer functions, and with the sheet or workbook they belong to.

use super::ast::{Expr, SheetName};
use super::error::ParseError;

/// Prefixes of newer functions, of variables of LET and LAMBDA, and of functions passed as values. A name can have
/// several.
const PREFIXES: [&str; 4] = ["_xlfn.", "_xlws.", "_xlpm.", "_xleta."];

/// A name without these prefixes.
fn bare(name: &str) -> &str {
    let mut rest = name;
    while let Some(shorter) = PREFIXES.iter().find_map(|prefix| strip_ignoring_case(rest, prefix)) {
        rest = shorter;
    }
    rest
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && !tail.is_empty()).then_some(tail)
}

pub(super) fn name(text: &str) -> Result<Expr, ParseError> {
    let (scope, name) = match split_scope(text) {
        Some((scope, name)) => (Some(scope), name),
        None => (None, text),
    };
    let name = bare(name);
    if !is_name(name) {
        return Err(ParseError::new(format!("not a name: {name}")));
    }
    Ok(Expr::Name { scope, name: name.into() })
}

/// The upper-case name of a function. A scope stays (`[1]!F`), so that a function of another workbook is unknown here.
pub(super) fn function(text: &str) -> Result<String, ParseError> {
    let name = bare(text);
    if !is_name(split_scope(name).map_or(name, |(_, name)| name)) {
        return Err(ParseError::new(format!("not a function: {name}")));
    }
    Ok(name.to_uppercase())
}

/// True for a letter, `_` or `\`, followed by any of these, digits, `.` and `?`. Letters of every script are allowed.
fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    let starts =
        letters.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '\\') || !c.is_ascii());
    starts && letters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '\\' | '.' | '?') || !c.is_ascii())
}

/// Splits `Sheet!name`, `'Sheet 1'!name`, `[1]!name` and the like.
pub(super) fn split_scope(text: &str) -> Option<(SheetName, &str)> {
    let (scope, name) = match text.strip_prefix('\'') {
        Some(quoted) => {
            let end = quoted.find("'!")?;
            (quoted.get(..end)?.replace("''", "'"), quoted.get(end + 2..)?)
        }
        None => {
            let (scope, name) = text.split_once('!')?;
            (scope.to_owned(), name)
        }
    };
    (!scope.is_empty()).then(|| (sheet_name(&scope), name))
}

fn sheet_name(text: &str) -> SheetName {
    let book_and_sheet = text.rfind('[').and_then(|at| {
        let (path, rest) = text.split_at_checked(at)?;
        let (book, sheet) = rest.get(1..)?.split_once(']')?;
        Some((format!("{path}{book}"), sheet))
    });
    match book_and_sheet {
        Some((book, sheet)) => SheetName::External { book: book.into(), sheet: sheet.into() },
        None => SheetName::Local(text.into()),
    }
}
