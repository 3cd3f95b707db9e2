//! Takes the body of a request apart without decoding it: where the value of `inputs` lies, and what is around it. The
//! value itself is decoded by `codec`; what the keys around it mean is the host's business.

#![allow(
    unsafe_code,
    reason = "what is compiled for a processor's features may only be called where it has them"
)]

use crate::error::ServeError;
#[cfg(target_arch = "x86_64")]
use execd_calc::math::processor::Avx2;
use memchr::{memchr2, memchr3};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// A request: where the value of `inputs` lies in its body, and the body with `null` in the place of that value.
#[derive(Debug, PartialEq, Eq)]
pub struct Envelope {
    pub inputs: Range<usize>,
    pub rest: Vec<u8>,
}

/// No honest request has more bytes around its `inputs`.
const LONGEST: usize = 1 << 20;

/// Takes a body apart. The rest is then valid JSON in which no object has a key twice. The value of `inputs` is not
/// checked: if it decodes as one JSON value, the body as a whole is valid.
///
/// `None` if the body is no object, which its first bytes tell, or a short one without the key `inputs`.
pub fn scan(body: &[u8]) -> Option<Result<Envelope, ServeError>> {
    let Some(inputs) = find_inputs(body) else {
        let start = space(body, 0);
        let is_short = body.len() <= LONGEST || start <= LONGEST && body.get(start) != Some(&b'{');
        return (!is_short).then(|| Err(why_not(body)));
    };
    let (before, after) = (body.get(..inputs.start)?, body.get(inputs.end..)?);
    if before.len() + after.len() > LONGEST {
        return Some(Err(too_long()));
    }
    let rest = [before, b"null", after].concat();
    Some(check(&rest).map(|()| Envelope { inputs, rest }))
}

/// What is wrong with a long body in which `inputs` was not found. No keys are collected: there may be millions.
fn why_not(body: &[u8]) -> ServeError {
    let read = serde_json::from_slice::<IgnoredAny>(body);
    read.map_or_else(|error| ServeError::InvalidJson(not_valid(&error.to_string())), |_| too_long())
}

fn too_long() -> ServeError {
    ServeError::TooLarge { what: "bytes of the request without its inputs", limit: LONGEST }
}

fn not_valid(error: &str) -> String {
    let reason = if error.starts_with("recursion limit") { "it nests too deeply" } else { error };
    format!("the request is not valid JSON: {reason}")
}

/// Refuses what is not valid JSON, and an object that has a key twice: readers disagree about which of the two counts.
pub fn check(json: &[u8]) -> Result<(), ServeError> {
    let mut repeated = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    let result = Value { repeated: &mut repeated }.deserialize(&mut reader).and_then(|()| reader.end());
    result.map_err(|error| {
        ServeError::InvalidJson(match repeated {
            Some(key) => format!("the request has the key '{}' twice", shortened(&key)),
            None => not_valid(&error.to_string()),
        })
    })
}

/// A caller's word as a message shows it.
fn shortened(word: &str) -> String {
    const MOST: usize = 100;
    match word.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", word.get(..end).unwrap_or_default()),
        None => word.to_owned(),
    }
}

/// Any JSON value, read for nothing but the keys in it.
struct Value<'a> {
    /// The first key that an object has twice.
    repeated: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(Value { repeated: self.repeated })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if seen.contains(&key) {
                *self.repeated = Some(key);
                return Err(Error::custom("a key stands twice"));
            }
            seen.insert(key);
            members.next_value_seed(Value { repeated: self.repeated })?;
        }
        Ok(())
    }
}

/// Where the value of the first key `inputs` of the outermost object lies, if the body is valid JSON.
fn find_inputs(body: &[u8]) -> Option<Range<usize>> {
    let mut at = after(body, 0, b'{')?;
    loop {
        let key = after(body, at, b'"')?;
        let key_end = end_of_string(body, key)?;
        let value = space(body, after(body, key_end, b':')?);
        let value_end = end_of_value(body, value)?;
        if is_inputs(body.get(key - 1..key_end)?) {
            return Some(value..value_end);
        }
        at = after(body, value_end, b',')?;
    }
}

/// Whether a key, with its quotes, is `inputs`, spelled in any way.
fn is_inputs(key: &[u8]) -> bool {
    key == b"\"inputs\""
        || key.contains(&b'\\') && serde_json::from_slice::<String>(key).is_ok_and(|key| key == "inputs")
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
        b'[' => end_of_array(body, at + 1),
        b'{' => end_of_object(body, at + 1),
        _ => Some(at + body.get(at..)?.iter().take_while(|byte| !matches!(byte, b',' | b'}')).count()),
    }
}

/// Counts only braces: of a valid value the brackets in between are balanced.
fn end_of_object(body: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 1_usize;
    while depth > 0 {
        let found = at + memchr3(b'{', b'}', b'"', body.get(at..)?)?;
        at = found + 1;
        match body.get(found) {
            Some(b'"') => at = end_of_string(body, at)?,
            Some(b'{') => depth += 1,
            _ => depth -= 1,
        }
    }
    Some(at)
}

/// Counts only brackets, in blocks: `inputs` is an array with quotes every few bytes.
fn end_of_array(body: &[u8], start: usize) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if Avx2::detect().is_some() {
        // SAFETY: the processor has what the function is compiled for.
        return unsafe { end_of_array_avx2(body, start) };
    }
    end_of_array_by(body, start, marks)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn end_of_array_avx2(body: &[u8], start: usize) -> Option<usize> {
    end_of_array_by(body, start, |block| marks_avx2(block))
}

#[inline(always)]
fn end_of_array_by(body: &[u8], start: usize, marks: impl Fn(&[u8; BLOCK]) -> (u64, u64)) -> Option<usize> {
    let (blocks, rest) = body.get(start..)?.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    last.get_mut(..rest.len())?.copy_from_slice(rest);
    let mut place = Inside { depth: 1, text: false, escaped: false };
    let mut blocks = blocks.iter().chain([&last]).enumerate();
    blocks.find_map(|(number, block)| Some(start + number * BLOCK + place.pass(block, &marks)?))
}

const BLOCK: usize = 64;

/// Where in an array a position is.
#[derive(Clone, Copy)]
struct Inside {
    depth: usize,
    text: bool,
    /// The next byte comes after a backslash in a text.
    escaped: bool,
}

impl Inside {
    /// Goes past a block; the position after the end of the array, if it ends here.
    #[inline(always)]
    fn pass(&mut self, block: &[u8; BLOCK], marks: impl Fn(&[u8; BLOCK]) -> (u64, u64)) -> Option<usize> {
        let before = *self;
        if self.escaped {
            return self.pass_bytes(block);
        }
        let (quotes, mut brackets) = marks(block);
        let texts = parities(quotes) ^ if self.text { u64::MAX } else { 0 };
        while brackets != 0 {
            let found = brackets.trailing_zeros() as usize;
            brackets &= brackets - 1;
            match block.get(found) {
                Some(b'\\') => {
                    // A quote after it may not count.
                    *self = before;
                    return self.pass_bytes(block);
                }
                _ if texts >> found & 1 == 1 => {}
                Some(b'[') => self.depth += 1,
                _ => self.depth -= 1,
            }
            if self.depth == 0 {
                return Some(found + 1);
            }
        }
        self.text = texts >> (BLOCK - 1) == 1;
        None
    }

    fn pass_bytes(&mut self, block: &[u8; BLOCK]) -> Option<usize> {
        for (at, byte) in block.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.text => self.escaped = true,
                b'"' => self.text = !self.text,
                _ if self.text => {}
                b'[' => self.depth += 1,
                b']' => self.depth -= 1,
                _ => {}
            }
            if self.depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }
}

/// Every bit becomes the parity of itself and those below: from an opening quote to before the closing one.
fn parities(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// Which bytes are quotes, and which are brackets or backslashes: `[`, `\` and `]` are neighbours.
fn marks(block: &[u8; BLOCK]) -> (u64, u64) {
    let (mut quotes, mut brackets) = ([0; BLOCK], [0; BLOCK]);
    for ((quote, bracket), &byte) in quotes.iter_mut().zip(&mut brackets).zip(block) {
        *quote = u8::from(byte == b'"');
        *bracket = u8::from(byte.wrapping_sub(b'[') <= b']' - b'[');
    }
    (bits_of(&quotes), bits_of(&brackets))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn marks_avx2(block: &[u8; BLOCK]) -> (u64, u64) {
    use std::arch::x86_64::{
        __m256i, _mm256_cmpeq_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_sub_epi8,
    };
    let (mut quotes, mut brackets) = (0, 0);
    for half in block.as_chunks::<32>().0.iter().rev() {
        // SAFETY: any 32 bytes are a vector.
        let bytes = unsafe { std::mem::transmute::<[u8; 32], __m256i>(*half) };
        let quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'"' as i8));
        let from = _mm256_sub_epi8(bytes, _mm256_set1_epi8(b'[' as i8));
        let bracket = _mm256_cmpeq_epi8(_mm256_min_epu8(from, _mm256_set1_epi8((b']' - b'[') as i8)), from);
        quotes = quotes << 32 | u64::from(_mm256_movemask_epi8(quote) as u32);
        brackets = brackets << 32 | u64::from(_mm256_movemask_epi8(bracket) as u32);
    }
    (quotes, brackets)
}

/// One bit for every byte, which is 0 or 1.
fn bits_of(flags: &[u8; BLOCK]) -> u64 {
    // Multiplying moves bit 0 of byte n to bit 56 + n.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let words = flags.as_chunks().0.iter().rev();
    words.fold(0, |bits, word| bits << 8 | u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56)
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
    fn a_long_body_without_inputs_is_told_at_once() {
        let long = "x".repeat(LONGEST);
        let kind = |body: String| scan(body.as_bytes()).map(|found| found.map_err(|error| error.kind()));
        assert_eq!(kind(format!(r#"{{"a":"{long}"}}"#)), Some(Err("too_large")));
        assert_eq!(kind(format!(r#"{{"a":"{long}""#)), Some(Err("invalid_json")));
        assert_eq!(kind(format!(r#"{{"inputs":["{long}"}}"#)), Some(Err("invalid_json")));
        assert_eq!(kind(" ".repeat(2 * LONGEST)), Some(Err("invalid_json")));
        assert_eq!(kind(format!(r#"[1,"{long}"]"#)), None);
        assert_eq!(kind(r#"{"a":1}"#.to_owned()), None);
        let found = scan(format!(r#"{{"a":1,"inp\u0075ts":["{long}"]}}"#).as_bytes()).unwrap().unwrap();
        assert_eq!(found.rest, br#"{"a":1,"inp\u0075ts":null}"#);
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
    fn texts_end_where_they_end_in_whatever_block() {
        // The texts hold brackets, quotes and backslashes; the padding moves them over the edges of blocks.
        for padding in 0..130 {
            let texts = r#""[", "]]", "\"]", "\\", "a\\\"[", [[], "é["]"#;
            let value = format!("[{} {texts}]", "1,".repeat(padding / 2) + &" ".repeat(padding % 2));
            let body = format!(r#"{{"inputs":{value},"output":["]"]}}"#);
            let range = find_inputs(body.as_bytes()).unwrap();
            assert_eq!(&body[range], value, "{padding}");
        }
    }

    #[test]
    fn blocks_have_the_same_marks_on_every_processor() {
        let all: Vec<u8> = (0..=255).chain(*b"[[\"\\]]\"[").cycle().take(64 * 300).collect();
        for block in all.as_chunks::<BLOCK>().0 {
            let expected = |wanted: &[u8]| {
                let bits = block.iter().rev();
                bits.fold(0_u64, |bits, byte| bits << 1 | u64::from(wanted.contains(byte)))
            };
            let expected = (expected(b"\""), expected(b"[\\]"));
            assert_eq!(marks(block), expected);
            #[cfg(target_arch = "x86_64")]
            if Avx2::detect().is_some() {
                // SAFETY: the processor has what the function is compiled for.
                assert_eq!(unsafe { marks_avx2(block) }, expected);
            }
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let body = format!(r#"{{"inputs":{}{}}}"#, "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(find_inputs(body.as_bytes()), Some(10..2_000_010));
    }

    #[test]
    fn the_rest_is_checked_and_has_null_for_the_inputs() {
        let body = br#"{"service":"a/b","inputs":[[1,2]],"output":["x"]}"#;
        let envelope = scan(body).unwrap().unwrap();
        assert_eq!(&body[envelope.inputs.clone()], b"[[1,2]]");
        assert_eq!(envelope.rest, br#"{"service":"a/b","inputs":null,"output":["x"]}"#);
    }

    #[test]
    fn doubtful_json_is_refused_by_name() {
        let deep = format!(r#"{{"x":{}{},"inputs":[]}}"#, "[".repeat(1_000), "]".repeat(1_000));
        for (body, words) in [
            (r#"{"inputs":[1],"inputs":[2]}"#, "'inputs' twice"),
            (r#"{"inputs":[1],"a":{"b":[{"c":1,"\u0063":2}]}}"#, "'c' twice"),
            (r#"{"inputs":[1],"a":NaN}"#, "not valid JSON"),
            (r#"{"inputs":[1],"a":1e999}"#, "not valid JSON"),
            (r#"{"inputs":[1]}}"#, "not valid JSON"),
            (deep.as_str(), "too deeply"),
        ] {
            let refused = scan(body.as_bytes()).unwrap().unwrap_err().to_string();
            assert!(refused.contains(words), "{body}: {refused}");
        }
        let long = format!(r#"{{"inputs":[1],"a":"{}"}}"#, "x".repeat(LONGEST));
        assert!(matches!(scan(long.as_bytes()), Some(Err(ServeError::TooLarge { .. }))));
    }
}
