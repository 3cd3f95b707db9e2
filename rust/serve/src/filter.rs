//! Which outputs a caller wants: names, globs or regular expressions, ignoring case.

use execd_calc::interface::Interface;
use regex_lite::{Regex, RegexBuilder};

/// Longest entry that is tried as a pattern, and the size a compiled one may have.
const LONGEST_PATTERN: usize = 512;
const PATTERN_BYTES: usize = 1 << 20;

/// The outputs to keep, in the interface's order. No entries (or only empty ones) keep all. An entry keeps the output
/// it names; one that names none keeps every output that it matches as a glob or, over the whole name, as a regular
/// expression.
pub fn choose(interface: &Interface, entries: &[String]) -> Vec<usize> {
    let entries: Vec<&str> =
        entries.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()).collect();
    let mut keep = vec![entries.is_empty(); interface.outputs.len()];
    for entry in entries {
        let folded = entry.to_lowercase();
        let named = interface.outputs.iter().position(|output| output.name.to_lowercase() == folded);
        let patterns = if named.is_some() { Vec::new() } else { patterns(entry) };
        for (position, (output, keep)) in interface.outputs.iter().zip(&mut keep).enumerate() {
            *keep |= named == Some(position) || patterns.iter().any(|pattern| pattern.is_match(&output.name));
        }
    }
    keep.iter().enumerate().filter(|(_, keep)| **keep).map(|(position, _)| position).collect()
}

fn patterns(entry: &str) -> Vec<Regex> {
    if entry.len() > LONGEST_PATTERN {
        return Vec::new();
    }
    let glob: String = entry
        .chars()
        .map(|c| match c {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            c => regex_lite::escape(c.encode_utf8(&mut [0; 4])),
        })
        .collect();
    [glob.as_str(), entry].into_iter().filter_map(whole_name).collect()
}

fn whole_name(pattern: &str) -> Option<Regex> {
    // Alone first, so that an entry cannot close the group it is put into.
    let build = |pattern: &str| {
        RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_BYTES).build().ok()
    };
    build(pattern)?;
    build(&format!("^(?:{pattern})$"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use execd_calc::interface::{Output, Shape};

    #[test]
    fn any_reading_keeps_an_output() {
        let output = |name: &str| Output {
            name: name.to_owned(),
            shape: Shape::Scalar,
            first_cell: 0,
            formats: Vec::new(),
            description: None,
            address: String::new(),
        };
        let names = ["value_a", "Value_B", "valuation_by_x", "B.B1", "A1", "A11"];
        let interface = Interface { outputs: names.map(output).to_vec(), ..Interface::default() };
        let table: [(&[&str], &[usize]); 11] = [
            (&[], &[0, 1, 2, 3, 4, 5]),
            (&["", " "], &[0, 1, 2, 3, 4, 5]),
            (&["VALUE_a"], &[0]),
            (&["value_*", "valuation_by_*"], &[0, 1, 2]),
            (&["val.*_."], &[0, 1, 2]),
            (&["A1"], &[4]),
            (&["A1?"], &[4, 5]),
            (&["b.b1"], &[3]),
            (&["a)|(.*"], &[]),
            (&["(a{1000}){1000}"], &[]),
            (&["@Sheet1!B2:D4"], &[]),
        ];
        for (entries, kept) in table {
            let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
            assert_eq!(choose(&interface, &entries), kept, "{entries:?}");
        }
    }
}
