//! All functions that can be compiled, by name: families of kernels and special forms alike.

use super::forms;
use execd_calc::kernels;
use std::collections::BTreeSet;

/// The names of all functions, sorted, without those that only the compiler uses.
pub fn names() -> BTreeSet<&'static str> {
    let is_public = |name: &&str| name.starts_with(|c: char| c.is_ascii_alphabetic());
    kernels::all().map(|function| function.name).chain(forms::names()).filter(is_public).collect()
}

/// Why the call of a name that is no function cannot be compiled, with the function that is perhaps meant.
pub fn unknown(name: &str) -> String {
    let hint = nearest(name).map_or(String::new(), |meant| format!("; did you mean {meant}?"));
    format!("the function {name} is not supported{hint}")
}

/// The function whose name is a typo or two away.
fn nearest(name: &str) -> Option<&'static str> {
    let most = if name.len() < 5 { 1 } else { 2 };
    let first = name.chars().next();
    let unlike = |other: &&'static str| (strsim::osa_distance(name, other), other.chars().next() != first);
    let near = names().into_iter().filter(|other| other.len().abs_diff(name.len()) <= most);
    near.min_by_key(unlike).filter(|other| unlike(other).0 <= most)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_is_near_its_function() {
        for (name, function) in [
            ("SUMM", Some("SUM")),
            ("VLOKUP", Some("VLOOKUP")),
            ("ROUDN", Some("ROUND")),
            ("AVERGAE", Some("AVERAGE")),
            ("IFERORR", Some("IFERROR")),
            ("SUMME", Some("SUM")),
            ("NOSUCHFUNCTION", None),
            ("WEBSERVICE", None),
        ] {
            assert_eq!(nearest(name), function, "{name}");
        }
    }
}
