//! The corpus of the project's own in `tests/corpus`: each workbook has a CSV file of the values that another program
//! calculated, so that a bare clone checks something.

use super::lists::{Expected, Folder, Listed};
use execd_model::limits::Limits;
use execd_model::recalculate;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub const NAME: &str = "tests/corpus";

pub fn folder() -> Folder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(NAME);
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|it| it == "xlsx")).collect();
    files.sort();
    let listed = |file: PathBuf| Listed { cells: cells(&file.with_extension("csv")), file };
    Folder { name: NAME.to_owned(), workbooks: files.into_iter().map(listed).collect() }
}

fn cells(list: &Path) -> Expected {
    let mut reader = csv::Reader::from_path(list).unwrap();
    let rows = reader.deserialize().map(Result::unwrap);
    rows.map(|(sheet, cell, kind, value): (String, String, String, String)| {
        let value: Json = match kind.as_str() {
            "number" => json!(value.parse::<f64>().unwrap()),
            "bool" => json!(value == "TRUE"),
            "text" | "error" => json!(value),
            _ => panic!("{}: {kind} is no kind", list.display()),
        };
        ((sheet, cell), json!({ "v": value }))
    })
    .collect()
}

/// The lists have every cell that a formula fills, and no other.
pub fn check_cells(folder: &Folder) -> Result<(), String> {
    let mut problems = Vec::new();
    for listed in &folder.workbooks {
        let rows = recalculate(&fs::read(&listed.file).unwrap(), &Limits::default(), 0.0).unwrap();
        let found: BTreeSet<_> = rows.into_iter().map(|row| (row.sheet, row.cell)).collect();
        let wanted: BTreeSet<_> = listed.cells.keys().cloned().collect();
        let different = found.symmetric_difference(&wanted);
        problems.extend(different.map(|(sheet, cell)| format!("{} {sheet}!{cell}", listed.name())));
    }
    match problems.is_empty() && !folder.workbooks.is_empty() {
        true => Ok(()),
        false => Err(format!("found or listed only: {}", problems.join(", "))),
    }
}
