//! Finds `inputs` in the body of a request without decoding anything, so that the envelope around it and the value
//! itself can be decoded apart. Neither is checked here.

use memchr::{memchr2, memchr3};
use std::ops::Range;

/// Where the value of the first key `inputs` of the outermost object lies. `None` if the body does not have that shape,
/// or spells the key with escapes.
///
/// The range is the value if the bytes in it decode as one JSON value and the body with `null` in its place decodes too:
/// then the body as a whole is valid.
pub fn find_inputs(body: &[u8]) -> Option<Range<usize>> {
    let mut at = after(body, 0, b'{')?;
    loop {
        let key = after(body, at, b'"')?;
        let key_end = end_of_string(body, key)?;
        let value = space(body, after(body, key_end, b':')?);
        let value_end = end_of_value(body, value)?;
        if body.get(key..key_end.checked_sub(1)?) == Some(b"inputs") {
            return Some(value..value_end);
        }
        at = after(body, value_end, b',')?;
    }
}

/// The position after white space.
fn space(body: &[u8], at: usize) -> usize {
    let rest = body.get(at..).unwrap_or(&[]);
    at + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count()
}

/// The position after white space and `byte`.
fn after(body: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = space(body, at);
    (body.get(at) == Some(&byte)).then_some(at + 1)
}

/// The position after the closing quote of a string that begins at `at`, its opening quote left out.
fn end_of_string(body: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr2(b'"', b'\\', body.get(at..)?)?;
        if body.get(found) == Some(&b'"') {
            return Some(found + 1);
        }
        at = found + 2;
    }
}

fn end_of_value(body: &[u8], at: usize) -> Option<usize> {
    match body.get(at)? {
        b'"' => end_of_string(body, at + 1),
        b'[' => end_of_nest(body, at + 1, b'[', b']'),
        b'{' => end_of_nest(body, at + 1, b'{', b'}'),
        _ => Some(at + body.get(at..)?.iter().take_while(|byte| !matches!(byte, b',' | b'}')).count()),
    }
}

/// Counts only one kind of bracket: of a valid value the other kind is balanced in between.
fn end_of_nest(body: &[u8], mut at: usize, open: u8, close: u8) -> Option<usize> {
    let mut depth = 1_usize;
    while depth > 0 {
        let found = at + memchr3(open, close, b'"', body.get(at..)?)?;
        at = found + 1;
        match body.get(found) {
            Some(b'"') => at = end_of_string(body, at)?,
            Some(byte) if *byte == open => depth += 1,
            _ => depth -= 1,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_found_wherever_the_key_stands() {
        for (body, value) in [
            (r#"{"inputs":[1,[2]],"service":"a"}"#, "[1,[2]]"),
            (r#" { "service" : "x\"]}" , "inputs" : [ "]" , "\\" ] } "#, r#"[ "]" , "\\" ]"#),
            (r#"{"a":{"inputs":[1]},"inputs":{"b":"}"}}"#, r#"{"b":"}"}"#),
            (r#"{"a":-1.5e3,"b":null,"inputs":null}"#, "null"),
            (r#"{"inputs":"text","inputs":[1]}"#, r#""text""#),
        ] {
            let range = find_inputs(body.as_bytes()).unwrap();
            assert_eq!(&body[range], value, "{body}");
        }
    }

    #[test]
    fn other_bodies_have_none() {
        for body in [
            "",
            "{}",
            "[1]",
            r#"{"input":1}"#,
            r#"{"inputs":[1"#,
            r#"{"inputs":["a]}"#,
            r#"{"inputs""#,
            "{\"a\\",
        ] {
            assert_eq!(find_inputs(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let body = format!(r#"{{"inputs":{}{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(find_inputs(body.as_bytes()), Some(10..2_000_010));
    }
}
