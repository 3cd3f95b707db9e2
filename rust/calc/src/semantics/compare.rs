//! Excel's order of values, for comparison operators, sorting and look-ups. Wildcards and criteria are not here.
//!
//! Numbers < texts < FALSE < TRUE; numbers compare on their 15-digit view. A blank takes the empty value of the
//! other operand's kind. Texts ignore case. Their order approximates the word sort of Windows: punctuation before
//! symbols, digits and letters, accents only as tie-breakers, a hyphen or apostrophe of no weight but the last.

use crate::numbers::digits::same15;
use crate::semantics::function::Cx;
use crate::values::value::{Unpacked, Value};
use std::cmp::Ordering;

/// Excel's order of two values. Errors and arrays have no order in Excel: callers deal with them first; here they
/// come last, so that a sort is total.
pub fn compare(cx: &Cx<'_>, a: Value, b: Value) -> Ordering {
    if let (Some(x), Some(y)) = (a.as_number(), b.as_number()) {
        return numbers(x, y);
    }
    let left = filled(a.unpack(), b.unpack());
    let right = filled(b.unpack(), a.unpack());
    match (left, right) {
        (Unpacked::Number(x), Unpacked::Number(y)) => numbers(x, y),
        (Unpacked::Text(_), Unpacked::Text(_)) => {
            let (a, b) = (cx.text_of(a).unwrap_or(""), cx.text_of(b).unwrap_or(""));
            if cx.cancelled_at(a.len().min(b.len())) { Ordering::Equal } else { texts(a, b) }
        }
        (Unpacked::Bool(x), Unpacked::Bool(y)) => x.cmp(&y),
        // The empty text that stands for a blank.
        (Unpacked::Text(id), Unpacked::Blank) => texts(cx.heap.text(id), ""),
        (Unpacked::Blank, Unpacked::Text(id)) => texts("", cx.heap.text(id)),
        (left, right) => rank(left).cmp(&rank(right)),
    }
}

/// Excel's `=`.
pub fn equal(cx: &Cx<'_>, a: Value, b: Value) -> bool {
    match (cx.text_of(a), cx.text_of(b)) {
        (Some(x), Some(y)) => !cx.cancelled_at(x.len().min(y.len())) && equal_texts(x, y),
        _ => compare(cx, a, b) == Ordering::Equal,
    }
}

/// Order of two numbers on their 15-digit view.
#[inline]
pub fn numbers(x: f64, y: f64) -> Ordering {
    if same15(x, y) { Ordering::Equal } else { x.total_cmp(&y) }
}

/// A blank as the empty value of the other operand's kind (for a text it stays blank).
fn filled(value: Unpacked, other: Unpacked) -> Unpacked {
    match (value, other) {
        (Unpacked::Omitted, _) => filled(Unpacked::Blank, other),
        (Unpacked::Blank, Unpacked::Bool(_)) => Unpacked::Bool(false),
        (Unpacked::Blank, Unpacked::Text(_)) => Unpacked::Blank,
        (Unpacked::Blank, _) => Unpacked::Number(0.0),
        _ => value,
    }
}

fn rank(value: Unpacked) -> u8 {
    match value {
        Unpacked::Number(_) => 0,
        Unpacked::Text(_) | Unpacked::Blank | Unpacked::Omitted => 1,
        Unpacked::Bool(_) => 2,
        Unpacked::Error(_) => 3,
        Unpacked::Array(_) => 4,
    }
}

/// True when two texts are equal apart from case.
pub fn equal_texts(a: &str, b: &str) -> bool {
    a == b || if a.is_ascii() && b.is_ascii() { a.eq_ignore_ascii_case(b) } else { folded(a).eq(folded(b)) }
}

fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(char::to_lowercase)
}

/// The order of two texts, ignoring case.
pub fn texts(a: &str, b: &str) -> Ordering {
    if equal_texts(a, b) {
        return Ordering::Equal;
    }
    let base = |c: char| primary(unaccented(c));
    let weighty = |c: &char| !matches!(c, '-' | '\'');
    folded(a)
        .filter(weighty)
        .map(base)
        .cmp(folded(b).filter(weighty).map(base))
        .then_with(|| folded(a).map(primary).cmp(folded(b).map(primary)))
}

/// Punctuation, symbols and digits in their collating order; letters follow.
const ORDER: &str = "\t\n\r '-_,;:!?.\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

fn primary(c: char) -> u32 {
    match ORDER.find(c) {
        Some(place) => place as u32,
        None => ORDER.len() as u32 + u32::from(c),
    }
}

/// Accented Latin letters (lower case) by the letter they are sorted with.
const ACCENTED: [(char, &str); 13] = [
    ('a', "àáâãäåāăą"),
    ('c', "çćĉċč"),
    ('d', "ďđ"),
    ('e', "èéêëēĕėęě"),
    ('g', "ĝğġģ"),
    ('i', "ìíîïĩīĭįı"),
    ('l', "ĺļľŀł"),
    ('n', "ñńņňŉ"),
    ('o', "òóôõöøōŏő"),
    ('r', "ŕŗř"),
    ('s', "śŝşšș"),
    ('u', "ùúûüũūŭůűų"),
    ('y', "ýÿŷ"),
];

fn unaccented(c: char) -> char {
    match c {
        '\0'..='\x7f' => c,
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ź' | 'ż' | 'ž' => 'z',
        _ => ACCENTED.iter().find(|(_, marked)| marked.contains(c)).map_or(c, |&(base, _)| base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn kinds_and_blanks() {
        let (env, cancel) = (Env::default(), AtomicBool::new(false));
        let mut heap = Heap::empty();
        let (low, high, empty) = (heap.add_text("ab"), heap.add_text("B"), heap.add_text(""));
        let cx = Cx { heap: &mut heap, env: &env, cancel: &cancel };
        // Excel documentation, "Sort data": numbers, text, FALSE, TRUE.
        let rising = [Value::number(-1.0), Value::number(1e300), empty, low, high, Value::FALSE, Value::TRUE];
        for pair in rising.windows(2) {
            assert_eq!(compare(&cx, pair[0], pair[1]), Ordering::Less);
            assert_eq!(compare(&cx, pair[1], pair[0]), Ordering::Greater);
        }
        for same in [Value::ZERO, empty, Value::FALSE, Value::BLANK, Value::OMITTED] {
            assert!(equal(&cx, Value::BLANK, same) && equal(&cx, same, Value::BLANK));
        }
        assert_eq!(compare(&cx, Value::BLANK, Value::number(-3.0)), Ordering::Greater);
        assert_eq!(compare(&cx, Value::BLANK, low), Ordering::Less);
        assert_eq!(compare(&cx, Value::BLANK, Value::TRUE), Ordering::Less);
        assert!(equal(&cx, Value::number(0.1 + 0.2), Value::number(0.3)));
    }

    #[test]
    fn text_order() {
        assert!(equal_texts("Straße É", "sTRAßE é") && !equal_texts("e", "é"));
        for (a, b) in
            [("a", "B"), ("é", "f"), ("e", "é"), ("_a", "0"), ("9", "a"), ("co-op", "coos"), ("", " ")]
        {
            assert_eq!((texts(a, b), texts(b, a)), (Ordering::Less, Ordering::Greater), "{a} {b}");
        }
    }
}
