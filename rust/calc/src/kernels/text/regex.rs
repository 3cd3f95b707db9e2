//! REGEXTEST, REGEXEXTRACT, REGEXREPLACE on the `regex-lite` crate, which matches in time linear in the text. Excel's
//! patterns are PCRE2: what `regex-lite` lacks (look-around, back-references, Unicode classes) gives `#NAME?`, like any
//! function that does not exist here, never a guess.

use crate::semantics::coerce;
use crate::semantics::expression::{Expression, Unfit};
use crate::semantics::function::{Cx, nth};
use crate::values::budget::Refusal;
use crate::values::value::{ErrorCode, Value};
use regex_lite::{Captures, Regex};
use std::cell::RefCell;
use std::rc::Rc;

/// A pattern, whether it ignores case, and what became of it.
type Known = (String, bool, Result<Rc<Expression>, Unfit>);

thread_local! {
    /// The pattern compiled last: most calls in a row have the same one.
    static LAST: RefCell<Option<Known>> = const { RefCell::new(None) };
}

fn compiled(cx: &Cx<'_>, pattern: &str, ignore_case: bool) -> Result<Rc<Expression>, ErrorCode> {
    let expression = LAST.with_borrow_mut(|last| {
        if let Some((known, case, regex)) = last
            && known == pattern
            && *case == ignore_case
        {
            return regex.clone();
        }
        let regex = Expression::new(pattern, ignore_case).map(Rc::new);
        *last = Some((pattern.to_owned(), ignore_case, regex.clone()));
        regex
    });
    expression.map_err(|unfit| match unfit {
        Unfit::TooLarge => refused(cx),
        Unfit::Wrong if is_beyond(pattern) => ErrorCode::Name,
        Unfit::Wrong => ErrorCode::Value,
    })
}

/// No value of Excel's says that an expression is over the budget: the record is refused.
fn refused(cx: &Cx<'_>) -> ErrorCode {
    cx.heap.refuse(Refusal::Pattern);
    ErrorCode::Timeout
}

/// The expression for a text, unless to match the two would take long.
pub fn fitting<'e>(cx: &Cx<'_>, expression: &'e Expression, text: &str) -> Result<&'e Regex, ErrorCode> {
    expression.for_text(text.len()).ok_or_else(|| refused(cx))
}

/// A pattern for look-ups, which tell upper from lower case as REGEXTEST does.
pub fn pattern(cx: &Cx<'_>, text: &str) -> Result<Rc<Expression>, ErrorCode> {
    compiled(cx, text, false)
}

/// True for a pattern that PCRE2 may know and `regex-lite` does not.
fn is_beyond(pattern: &str) -> bool {
    let escapes = |c: char| c.is_ascii_digit() || "pPKRXghkGZACEQ".contains(c);
    let mut chars = pattern.chars();
    let escaped = std::iter::from_fn(|| {
        chars.find(|&c| c == '\\')?;
        chars.next()
    })
    .any(escapes);
    escaped || ["(?", "++", "*+", "?+", "}+", "[["].iter().any(|mark| pattern.contains(mark))
}

/// The text and the pattern. The case argument is at `case`.
fn subject<'a>(
    cx: &'a Cx<'_>,
    args: &[Value],
    case: usize,
) -> Result<(std::borrow::Cow<'a, str>, Rc<Expression>), ErrorCode> {
    let text = cx.text(nth(args, 0))?;
    let pattern = cx.text(nth(args, 1))?;
    let ignore_case = match coerce::whole(cx, nth(args, case))? {
        0.0 => false,
        1.0 => true,
        _ => return Err(ErrorCode::Value),
    };
    Ok((text, compiled(cx, &pattern, ignore_case)?))
}

pub fn regextest(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let matched = subject(cx, args, 2)
        .and_then(|(text, expression)| Ok(fitting(cx, &expression, &text)?.is_match(&text)));
    matched.map_or_else(Value::error, Value::bool)
}

pub fn regexextract(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let found = match extracted(cx, args) {
        Ok(found) => found,
        Err(code) => return code.into(),
    };
    let cells: Vec<Value> = found.iter().map(|text| cx.add_text(text)).collect();
    cx.add_array(1, cells.len(), cells)
}

/// The first match, all of them, or the groups of the first.
fn extracted(cx: &Cx<'_>, args: &[Value]) -> Result<Vec<String>, ErrorCode> {
    let mode = coerce::whole(cx, nth(args, 2))?;
    let (text, expression) = subject(cx, args, 3)?;
    let regex = fitting(cx, &expression, &text)?;
    let found: Vec<String> = match mode {
        0.0 => regex.find(&text).map(|hit| hit.as_str().to_owned()).into_iter().collect(),
        1.0 => regex
            .find_iter(&text)
            .take_while(|_| !cx.cancelled())
            .map(|hit| hit.as_str().to_owned())
            .collect(),
        2.0 => regex.captures(&text).map_or(Vec::new(), |groups| {
            (1..groups.len())
                .map(|group| groups.get(group).map_or("", |hit| hit.as_str()).to_owned())
                .collect()
        }),
        _ => return Err(ErrorCode::Value),
    };
    if found.is_empty() { Err(ErrorCode::NA) } else { Ok(found) }
}

pub fn regexreplace(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    replaced(cx, args).map_or_else(Value::error, |text| cx.add_text(&text))
}

fn replaced(cx: &Cx<'_>, args: &[Value]) -> Result<String, ErrorCode> {
    let (text, expression) = subject(cx, args, 4)?;
    let regex = fitting(cx, &expression, &text)?;
    let replacement = cx.text(nth(args, 2))?;
    let which = coerce::whole(cx, nth(args, 3))? as i64;
    let wanted = match which {
        0 => None,
        1.. => Some(which as usize - 1),
        // Counted from the end.
        _ => match (regex.find_iter(&text).take_while(|_| !cx.cancelled()).count() as i64).checked_add(which)
        {
            Some(index @ 0..) => Some(index as usize),
            _ => return Ok(text.into_owned()),
        },
    };
    let (mut out, mut last) = (String::with_capacity(text.len()), 0);
    for (index, groups) in regex.captures_iter(&text).enumerate() {
        cx.go_on()?;
        if wanted.is_some_and(|wanted| wanted != index) {
            continue;
        }
        let Some(hit) = groups.get(0) else { break };
        out.push_str(text.get(last..hit.start()).unwrap_or(""));
        expand(&replacement, &groups, &mut out)?;
        last = hit.end();
    }
    out.push_str(text.get(last..).unwrap_or(""));
    Ok(out)
}

/// Writes the replacement: `$1`, `${1}`, `${name}` stand for groups, `$$` for a dollar sign.
fn expand(replacement: &str, groups: &Captures<'_>, out: &mut String) -> Result<(), ErrorCode> {
    let mut rest = replacement;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(literal) = after.strip_prefix('$') {
            out.push('$');
            rest = literal;
            continue;
        }
        let name;
        (name, rest) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').ok_or(ErrorCode::Value)?,
            None => after
                .split_at_checked(after.bytes().take_while(u8::is_ascii_digit).count())
                .unwrap_or(("", after)),
        };
        let group = match name.parse::<usize>() {
            Ok(number) if number < groups.len() => groups.get(number),
            Err(_) if !name.is_empty() => groups.name(name),
            _ => return Err(ErrorCode::Value),
        };
        out.push_str(group.map_or("", |hit| hit.as_str()));
        short_enough(out)?;
    }
    out.push_str(rest);
    short_enough(out)
}

fn short_enough(out: &str) -> Result<(), ErrorCode> {
    if out.len() > super::join::TOO_LONG { Err(ErrorCode::Value) } else { Ok(()) }
}
