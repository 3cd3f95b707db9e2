//! The case files, and that they cover every function. What a case gives is checked in `expected` and `batches`.

use execd_model::compile::function_names;
use execd_model::formula::ast::Expr;
use execd_model::formula::parse;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One row of a case file.
#[derive(Debug)]
pub struct Case {
    /// `math.csv:12`
    pub place: String,
    pub formula: String,
    pub expected: String,
    pub oracle: String,
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/functions")
}

/// File names and their cases, in the order of the names.
pub fn files() -> Vec<(String, Vec<Case>)> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "csv")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no case files in {}", folder().display());
    paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

pub fn all() -> Vec<Case> {
    files().into_iter().flat_map(|(_, cases)| cases).collect()
}

fn read(path: &Path) -> Vec<Case> {
    let name = path.file_name().unwrap().to_string_lossy();
    let mut reader = csv::Reader::from_path(path).unwrap();
    assert_eq!(reader.headers().unwrap(), vec!["formula", "expected", "oracle"], "headings of {name}");
    let rows = reader.records().map(|row| row.unwrap_or_else(|error| panic!("{name}: {error}")));
    rows.map(|row| {
        let line = row.position().map_or(0, csv::Position::line);
        let field = |at: usize| row.get(at).unwrap_or_default().to_owned();
        Case { place: format!("{name}:{line}"), formula: field(0), expected: field(1), oracle: field(2) }
    })
    .collect()
}

/// Every part of a tree, the tree itself first.
pub fn each_part(expr: &Expr, visit: &mut impl FnMut(&Expr)) {
    visit(expr);
    match expr {
        Expr::Unary(_, a) | Expr::Spill(a) | Expr::Intersected(a) => each_part(a, visit),
        Expr::Binary(_, a, b) | Expr::RangeOf(a, b) | Expr::Intersection(a, b) => {
            each_part(a, visit);
            each_part(b, visit);
        }
        Expr::Union(items) | Expr::Call { args: items, .. } => {
            items.iter().for_each(|item| each_part(item, visit));
        }
        Expr::Invoke { callee, args } => {
            each_part(callee, visit);
            args.iter().for_each(|arg| each_part(arg, visit));
        }
        _ => {}
    }
}

#[test]
fn every_case_names_formula_value_and_oracle() {
    let incomplete = |case: &Case| {
        !case.formula.starts_with('=') || case.expected.is_empty() || case.oracle.trim().is_empty()
    };
    let places: Vec<String> = all().into_iter().filter(incomplete).map(|case| case.place).collect();
    assert!(places.is_empty(), "{}", places.join("\n"));
}

#[test]
fn every_function_has_a_case() {
    let mut named = BTreeSet::new();
    for case in all() {
        let tree = parse(&case.formula).unwrap_or_else(|error| panic!("{}: {error}", case.place));
        each_part(&tree, &mut |part| {
            if let Expr::Call { name, .. } = part {
                named.insert(name.to_string());
            }
        });
    }
    let functions = function_names();
    let missing: Vec<&str> = functions.iter().copied().filter(|name| !named.contains(*name)).collect();
    assert!(missing.is_empty(), "{} functions without a case: {}", missing.len(), missing.join(" "));
    let unknown: Vec<&str> =
        named.iter().map(String::as_str).filter(|name| !functions.contains(name)).collect();
    assert!(unknown.is_empty(), "cases of functions that do not exist: {}", unknown.join(" "));
}
