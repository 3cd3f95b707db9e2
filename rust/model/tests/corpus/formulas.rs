//! The texts of formulas parse and print as texts that parse to the same tree. Neighbours whose formulas are the same
//! but for the shift come out of each other.

use super::lists::Folder;
use execd_model::formula::ast::Expr;
use execd_model::formula::{parse, shift};
use std::collections::HashMap;

/// Failures that are shown.
const SHOWN: usize = 20;

struct Line<'f> {
    workbook: String,
    sheet: &'f str,
    cell: &'f str,
    text: &'f str,
    kind: &'f str,
}

impl Line<'_> {
    fn place(&self) -> String {
        format!("{} {}!{}", self.workbook, self.sheet, self.cell)
    }
}

fn lines(folder: &Folder) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    for listed in &folder.workbooks {
        for ((sheet, cell), line) in &listed.cells {
            let field = |name: &str| line[name].as_str().unwrap_or("");
            let workbook = format!("{} {}", folder.name, listed.name());
            lines.push(Line { workbook, sheet, cell, text: field("f"), kind: field("kind") });
        }
    }
    lines
}

pub fn check(folder: &Folder) -> Result<(), String> {
    let mut failures = Vec::new();
    // A data table has no formula of its own.
    for line in lines(folder).iter().filter(|line| line.kind != "t") {
        match parse(line.text) {
            Ok(tree) => {
                let printed = tree.to_string();
                if parse(&printed) != Ok(tree) {
                    failures.push(format!("{}: {} printed as {printed}", line.place(), line.text));
                }
            }
            Err(error) => failures.push(format!("{}: {}: {error}", line.place(), line.text)),
        }
    }
    let count = failures.len();
    failures.truncate(SHOWN);
    if count == 0 { Ok(()) } else { Err(format!("{count} fail:\n{}", failures.join("\n"))) }
}

/// The texts were expanded by another program, so this holds our shift against it.
pub fn check_shifts(folders: &[Folder]) -> Result<(), String> {
    let lines: Vec<Line<'_>> = folders.iter().flat_map(lines).filter(|line| line.kind == "s").collect();
    let by_place: HashMap<_, &Line<'_>> =
        lines.iter().map(|line| ((line.workbook.as_str(), line.sheet, position(line.cell)), line)).collect();
    let (mut equal, mut different) = (0, Vec::new());
    for line in &lines {
        let (row, col) = position(line.cell);
        let Some(above) = by_place.get(&(line.workbook.as_str(), line.sheet, (row - 1, col))) else {
            continue;
        };
        let (Ok(ours), Ok(theirs)) = (parse(above.text), parse(line.text)) else { continue };
        if shift(&ours, 1, 0) == theirs {
            equal += 1;
        } else {
            different.push(format!("{}: {} after {}", line.place(), line.text, above.text));
        }
    }
    let count = different.len();
    different.truncate(SHOWN);
    if equal > 20 * count {
        return Ok(());
    }
    Err(format!("{equal} are equal, {count} differ:\n{}", different.join("\n")))
}

fn position(cell: &str) -> (i64, i64) {
    match parse(cell) {
        Ok(Expr::Reference(reference)) => (reference.first.row.into(), reference.first.col.into()),
        other => panic!("{cell}: {other:?}"),
    }
}
