//! Formula text -> tree -> text -> the same tree.

use execd_model::formula::parse;

/// Marks of sheets, books, tables, ranges, spills and of names with a prefix. A text that has one may hold a name that no
/// workbook can have, which is read as something but not printed exactly: it only must not panic. `pending/formula` has
/// examples.
const QUALIFIERS: [&str; 6] = ["!", "[", "]", ":", "#", "_XL"];

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(tree) = parse(text) else { return };
    let printed = tree.to_string();
    match parse(&printed) {
        _ if QUALIFIERS.iter().any(|mark| text.to_ascii_uppercase().contains(mark)) => {}
        Ok(again) => assert!(again == tree, "{text} is printed as {printed}, which is another formula"),
        Err(error) => panic!("{text} is printed as {printed}, which is {error}"),
    }
}
