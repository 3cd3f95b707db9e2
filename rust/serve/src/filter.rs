//! Which outputs a caller wants: names, globs or regular expressions, ignoring case.

use crate::codec::names::folded;
use crate::codec::unmatched::{Name, NameKind, Unmatched};
use crate::error::ServeError;
use crate::stop::StopSignal;
use execd_calc::interface::Interface;
use execd_calc::semantics::expression::Expression;
use std::collections::HashMap;

/// The longest entry that is tried as a pattern.
const LONGEST_PATTERN: usize = 512;
const MOST_PATTERNS: usize = 200;
/// What makes an entry more than a name.
const SPECIAL: [char; 14] = ['*', '?', '.', '[', ']', '(', ')', '{', '}', '|', '+', '^', '$', '\\'];

/// The outputs to keep, in the interface's order. Without entries (or with empty ones only) all are kept. An entry
/// keeps the output that it names. An entry that names none is a pattern: it keeps every output that it matches as a
/// glob or as a regular expression over the whole name. Entries that keep nothing are added to `unmatched`.
pub fn choose(
    interface: &Interface,
    entries: &[String],
    stop: &StopSignal,
    unmatched: &mut Unmatched,
) -> Result<Vec<usize>, ServeError> {
    let outputs = &interface.outputs;
    let entries: Vec<&str> =
        entries.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()).collect();
    if entries.is_empty() {
        return Ok((0..outputs.len()).collect());
    }
    let names = outputs.iter().enumerate().map(|(position, output)| (folded(&output.name), position));
    // Of equal names the first counts.
    let names: HashMap<String, usize> = names.rev().collect();
    let mut keep = vec![false; outputs.len()];
    let mut tried = 0;
    for entry in entries {
        let mut found = false;
        if let Some(&position) = names.get(&folded(entry)) {
            keep.iter_mut().skip(position).take(1).for_each(|keep| *keep = true);
            found = true;
        } else if entry.contains(SPECIAL) {
            tried += 1;
            if tried > MOST_PATTERNS {
                return Err(ServeError::TooLarge { what: "patterns in output", limit: MOST_PATTERNS });
            }
            stop.check()?;
            let patterns = patterns(entry);
            for (output, keep) in outputs.iter().zip(&mut keep) {
                stop.check()?;
                let matches = patterns.iter().any(|pattern| is_match(pattern, &output.name));
                *keep |= matches;
                found |= matches;
            }
        }
        if !found {
            unmatched.add(0, Name::new(NameKind::Output, entry));
        }
    }
    Ok(keep.iter().enumerate().filter(|(_, keep)| **keep).map(|(position, _)| position).collect())
}

/// A name for which the pattern is too long does not match.
fn is_match(pattern: &Expression, name: &str) -> bool {
    pattern.for_text(name.len()).is_some_and(|regex| regex.is_match(name))
}

fn patterns(entry: &str) -> Vec<Expression> {
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

fn whole_name(pattern: &str) -> Option<Expression> {
    // Alone first, so that an entry cannot close the group it is put into.
    Expression::new(pattern, true).ok()?;
    Expression::new(&format!("^(?:{pattern})$"), true).ok()
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
            let kept_by = choose(&interface, &entries, &StopSignal::default(), &mut Unmatched::default());
            assert_eq!(kept_by.as_deref(), Ok(kept), "{entries:?}");
        }
        let mut unmatched = Unmatched::default();
        let stop = StopSignal::default();
        let mut many =
            |entry: &str| choose(&interface, &vec![entry.to_owned(); 100_000], &stop, &mut unmatched);
        assert_eq!(many("no_name"), Ok(Vec::new()));
        assert_eq!(many("B.B1"), Ok(vec![3]));
        assert_eq!(many("((a{9}){9}){9}").map_err(|error| error.kind()), Err("too_large"));
        stop.cancel();
        let stopped = choose(&interface, &["A*".to_owned()], &stop, &mut Unmatched::default());
        assert_eq!(stopped, Err(ServeError::Cancelled));
        assert_eq!(unmatched.lines()[0], "'no_name' in output matches no output of the service");
    }
}
