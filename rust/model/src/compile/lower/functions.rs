//! All functions that can be compiled, by name: families of kernels and special forms alike.

use super::forms;
use execd_calc::kernels;
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::LazyLock;

/// Misspelt names for which the nearest function is looked up in one workbook.
const MOST_COMPARED: usize = 1_000;

static NAMES: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let is_public = |name: &&str| name.starts_with(|c: char| c.is_ascii_alphabetic());
    kernels::all().map(|function| function.name).chain(forms::names()).filter(is_public).collect()
});

/// The names of all functions, sorted, without those that only the compiler uses.
pub fn names() -> &'static BTreeSet<&'static str> {
    &NAMES
}

/// Names that are called in a workbook and are no functions. A name is compared with all functions once.
#[derive(Debug, Default)]
pub struct Unknown(HashMap<Box<str>, Rc<str>>);

impl Unknown {
    /// Why the call of a name that is no function cannot be compiled, with the function that is perhaps meant.
    pub fn reason(&mut self, name: &str) -> Rc<str> {
        if let Some(reason) = self.0.get(name) {
            return reason.clone();
        }
        let meant = if self.0.len() < MOST_COMPARED { nearest(name) } else { None };
        let hint = meant.map_or(String::new(), |meant| format!("; did you mean {meant}?"));
        let reason: Rc<str> = format!("the function {name} is not supported{hint}").into();
        if self.0.len() < MOST_COMPARED {
            self.0.insert(name.into(), reason.clone());
        }
        reason
    }
}

/// The function whose name is a typo or two away.
fn nearest(name: &str) -> Option<&'static str> {
    let most = if name.len() < 5 { 1 } else { 2 };
    let first = name.chars().next();
    let unlike = |other: &&'static str| (strsim::osa_distance(name, other), other.chars().next() != first);
    let near = names().iter().copied().filter(|other| other.len().abs_diff(name.len()) <= most);
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
