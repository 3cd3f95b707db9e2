//! The fast decoder against the reference decoder on random and mutated requests: the same batch or the same refusal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

mod sample;

use execd_serve::codec::decode::{decode, fast, reference};
use sample::{Setting, all, interface};

/// xorshift64*: the same cases in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() >> 32) as usize % count
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const KEYS: &[&str] = &["A", "a", "Name", "NAME", "Day", "T", "other", "", "\\u0041", "é"];
const HEADINGS: &[&str] = &["K", "k", "B.B1", "13", "13", "Q"];
const SPACE: &[&str] = &["", "", "", "", " ", "\n", "\t\r\n "];
const SCALARS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "12",
    "-3.5",
    "1e3",
    "1E+2",
    "0.1e-2",
    "123456789012345678",
    "0.30000000000000004",
    "9007199254740993",
    "12345678901234567890123",
    "1e400",
    "01",
    "1.",
    "-",
    "\"\"",
    "\"x\"",
    "\"2008-01-01\"",
    "\"a longer text than eight bytes\"",
    "\"esc\\n\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "\"\\ud800\"",
    "\"é😀\"",
    "\"tab\t\"",
    "NaN",
    "{}",
    "[1]",
    "1e-400",
    "5e-324",
    "1.7976931348623157e308",
];

/// A request that is mostly right.
fn request(random: &mut Random) -> String {
    let mut out = String::from("[");
    let count = random.below(5);
    let arrays = random.below(2) == 0;
    let width = random.below(5);
    for record in 0..count {
        if record > 0 {
            out += ",";
        }
        out += random.pick(SPACE);
        match (arrays, record, random.below(20)) {
            (_, _, 0) => out += random.pick(&["null", "[]", "{}", "7"]),
            (true, 0, _) => list(random, &mut out, width, |random, out| quoted(out, random.pick(KEYS))),
            (true, ..) => list(random, &mut out, width, value),
            (false, ..) => object(random, &mut out, KEYS, value),
        }
        out += random.pick(SPACE);
    }
    out + "]" + random.pick(SPACE)
}

fn quoted(out: &mut String, text: &str) {
    *out += "\"";
    *out += text;
    *out += "\"";
}

fn list(random: &mut Random, out: &mut String, width: usize, mut item: impl FnMut(&mut Random, &mut String)) {
    *out += "[";
    let width = if random.below(8) == 0 { random.below(6) } else { width };
    for position in 0..width {
        if position > 0 {
            *out += ",";
        }
        *out += random.pick(SPACE);
        item(random, out);
    }
    *out += "]";
}

fn object(
    random: &mut Random,
    out: &mut String,
    keys: &[&str],
    mut item: impl FnMut(&mut Random, &mut String),
) {
    *out += "{";
    let skip = random.below(3);
    let mut first = true;
    for key in keys {
        if random.below(skip + 1) > 0 || random.below(3) == 0 {
            continue;
        }
        if !std::mem::replace(&mut first, false) {
            *out += ",";
        }
        quoted(out, key);
        *out += random.pick(SPACE);
        *out += ":";
        item(random, out);
    }
    *out += "}";
}

fn scalar(random: &mut Random, out: &mut String) {
    let common = random.below(4) > 0;
    *out += random.pick(if common { &SCALARS[..12] } else { SCALARS });
}

fn value(random: &mut Random, out: &mut String) {
    match random.below(6) {
        0 => {
            let rows = random.below(4);
            list(random, out, rows, |random, out| object(random, out, &["K", "B.B1", "13"], scalar));
        }
        1 => {
            let rows = 1 + random.below(4);
            let mut header = true;
            list(random, out, rows, |random, out| {
                let heading = std::mem::take(&mut header);
                let mut column = 0;
                list(random, out, 3, |random, out| {
                    column += 1;
                    match heading {
                        true if random.below(6) > 0 => *out += ["\"K\"", "\"B.B1\"", "13"][(column - 1) % 3],
                        true => quoted(out, random.pick(HEADINGS)),
                        false => scalar(random, out),
                    }
                });
            });
        }
        _ => scalar(random, out),
    }
}

fn mutate(random: &mut Random, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + random.below(2) {
        let at = random.below(bytes.len());
        match random.below(3) {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = b"[]{},:\"\\0123456789.eE+-tnf \n\x00\x7F\xC3\xFF"[random.below(32)],
            _ => bytes.insert(at, b"[]{},:\"\\0-.e \xA9"[random.below(14)]),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

/// True if the fast decoder did the work alone.
fn compare(setting: &Setting, bytes: &[u8]) -> bool {
    let shown = String::from_utf8_lossy(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(decode(bytes, setting.rules()).is_err(), "{shown}");
        return false;
    };
    let Some(fast) = fast::decode(text, setting.rules()) else { return false };
    match reference::decode(text, setting.rules()) {
        Ok(reference) => assert_eq!(all(&fast), all(&reference), "{shown}"),
        Err(error) => panic!("accepted {shown}, which is {error}"),
    }
    true
}

#[test]
fn random_requests() {
    let setting = Setting::new(interface());
    let mut random = Random(0x5EED);
    let (mut alone, mut mutated_alone) = (0, 0);
    const ROUNDS: usize = 30_000;
    for _ in 0..ROUNDS {
        let text = request(&mut random);
        alone += usize::from(compare(&setting, text.as_bytes()));
        mutated_alone += usize::from(compare(&setting, &mutate(&mut random, &text)));
    }
    // The comparison must not be an empty one.
    assert!(alone > ROUNDS / 10 && mutated_alone > ROUNDS / 100, "{alone} and {mutated_alone} of {ROUNDS}");
}

/// A batch whose records are spelled alike but for their values, and now and then for something else too.
fn alike(random: &mut Random) -> Vec<u8> {
    const VALUE: &str = "7777";
    let mut record = String::new();
    let a_value = |_: &mut Random, out: &mut String| *out += VALUE;
    let rows = |random: &mut Random, out: &mut String| match random.below(4) {
        0 => list(random, out, 2, |random, out| object(random, out, &["K", "B.B1", "13"], a_value)),
        1 => *out += "[[\"13\",\"K\",\"B.B1\"],[7777,7777,7777]]",
        _ => *out += VALUE,
    };
    object(random, &mut record, &["a", "Name", "Day", "T", "other"], rows);
    let mut out = b"[".to_vec();
    for number in 0..2 + random.below(4) {
        if number > 0 {
            out.push(b',');
        }
        let mut one = record.clone();
        while one.contains(VALUE) {
            let good = &SCALARS[..if random.below(12) > 0 { 14 } else { SCALARS.len() }];
            one = one.replacen(VALUE, random.pick(good), 1);
        }
        match random.below(16) {
            0 => out.extend(mutate(random, &one)),
            _ => out.extend(one.bytes()),
        }
        out.extend(random.pick(SPACE).bytes());
    }
    out.push(b']');
    out
}

#[test]
fn records_alike() {
    let setting = Setting::new(interface());
    let mut random = Random(0xA11CE);
    const ROUNDS: usize = 30_000;
    let alone = (0..ROUNDS).filter(|_| compare(&setting, &alike(&mut random))).count();
    assert!(alone > ROUNDS / 20, "{alone} of {ROUNDS}");
}
