//! Formula text -> tree -> text -> the same tree.

use execd_model::formula::parse;

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(tree) = parse(text) else { return };
    let printed = tree.to_string();
    match parse(&printed) {
        Ok(again) => assert!(again == tree, "{text} is printed as {printed}, which is another formula"),
        Err(error) => panic!("{text} is printed as {printed}, which is {error}"),
    }
}
