//! Finding inputs and table headings by name, ignoring case and Unicode's normal forms. Built once per interface.

use execd_calc::interface::{Interface, Shape};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

type Index = HashMap<Box<str>, usize>;

#[derive(Debug)]
pub struct Names {
    inputs: Index,
    /// Headings by input; empty for a scalar.
    headings: Vec<Index>,
    /// The headings as the workbook spells them, in order.
    spelled: Vec<Vec<Box<str>>>,
}

impl Names {
    pub fn new(interface: &Interface) -> Names {
        let inputs = index(interface.inputs.iter().map(|input| input.name.as_str()));
        let headings = interface
            .inputs
            .iter()
            .map(|input| match &input.shape {
                Shape::Scalar => Index::new(),
                Shape::Table { headings, .. } => index(headings.iter().map(|heading| heading.text.as_str())),
            })
            .collect();
        let spelled = interface.inputs.iter().map(|input| match &input.shape {
            Shape::Scalar => Vec::new(),
            Shape::Table { headings, .. } => {
                headings.iter().map(|heading| heading.text.as_str().into()).collect()
            }
        });
        Names { inputs, headings, spelled: spelled.collect() }
    }

    pub fn input(&self, name: &str) -> Option<usize> {
        find(&self.inputs, name)
    }

    /// Most rows spell their headings as the workbook does and in its order: `likely` is tried first.
    pub fn heading_likely_at(&self, input: usize, likely: usize, text: &str) -> Option<usize> {
        if self.spelled.get(input)?.get(likely).is_some_and(|spelled| **spelled == *text) {
            return Some(likely);
        }
        self.heading(input, text)
    }

    pub fn heading(&self, input: usize, text: &str) -> Option<usize> {
        find(self.headings.get(input)?, text)
    }
}

/// The first of two equal names wins; a workbook with such names does not compile.
fn index<'a>(names: impl Iterator<Item = &'a str>) -> Index {
    let mut index = Index::new();
    for (position, name) in names.enumerate() {
        index.entry(folded(name).into_boxed_str()).or_insert(position);
    }
    index
}

/// What all spellings of a name have in common.
pub fn folded(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

/// A name from a request, cut to a length that belongs in a message.
pub fn shortened(name: &str) -> &str {
    match name.char_indices().nth(60) {
        Some((end, _)) => name.get(..end).unwrap_or(name),
        None => name,
    }
}

/// The longest name that is folded without an allocation.
const SHORT: usize = 64;

fn find(index: &Index, name: &str) -> Option<usize> {
    if name.is_ascii() && name.len() <= SHORT {
        let mut folded = [0; SHORT];
        let folded = folded.get_mut(..name.len())?;
        folded.copy_from_slice(name.as_bytes());
        folded.make_ascii_lowercase();
        index.get(std::str::from_utf8(folded).ok()?).copied()
    } else {
        index.get(folded(name).as_str()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use execd_calc::interface::{Format, Heading, Input};

    #[test]
    fn names_ignore_case_and_normal_forms() {
        let input = |name: &str, shape| Input {
            name: name.to_owned(),
            shape,
            first_cell: 0,
            defaults: Vec::new(),
            format: Format::General,
            formats: Vec::new(),
            validations: Vec::new(),
            description: None,
            address: String::new(),
        };
        let headings = vec![Heading { text: "B.B1".to_owned(), numeric: false }];
        let interface = Interface {
            inputs: vec![input("Größe", Shape::Scalar), input("Tab", Shape::Table { headings, rows: 1 })],
            ..Interface::default()
        };
        let names = Names::new(&interface);
        assert_eq!(names.input("GRÖSSE"), None);
        assert_eq!(names.input("GRÖßE"), Some(0));
        assert_eq!(names.input("gro\u{308}ße"), Some(0), "a letter and its diaeresis apart");
        assert_eq!(names.input("tAB"), Some(1));
        assert_eq!(names.heading(1, "b.b1"), Some(0));
        assert_eq!((names.heading(0, "b.b1"), names.heading(9, "x")), (None, None));
        assert_eq!((0..2).map(|likely| names.heading_likely_at(1, likely, "B.B1")).max(), Some(Some(0)));
        assert_eq!(
            (names.heading_likely_at(1, 0, "b.b1"), names.heading_likely_at(1, 0, "B")),
            (Some(0), None)
        );
    }
}
