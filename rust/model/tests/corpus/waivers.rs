//! Stored values that are no oracle, each with its reason and a second engine that agrees with us or cannot tell.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

/// Folder, workbook, sheet, cell.
pub type Place = [String; 4];

/// Waived cells of a folder; the value says whether one was needed.
pub fn of_folder(name: &str) -> HashMap<Place, bool> {
    read().into_iter().filter(|(place, _)| place[0] == name).collect()
}

pub fn check(folders: &BTreeSet<String>) -> Result<(), String> {
    let unknown: Vec<String> =
        read().into_keys().map(|place| place[0].clone()).filter(|name| !folders.contains(name)).collect();
    if unknown.is_empty() { Ok(()) } else { Err(format!("no such folders: {}", unknown.join(", "))) }
}

fn read() -> HashMap<Place, bool> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus_waivers.csv");
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let headings = ["folder", "workbook", "sheet", "cell", "reason", "second engine"];
    assert_eq!(reader.headers().unwrap(), headings.as_slice(), "headings of {}", path.display());
    let mut waivers = HashMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        assert!(row.iter().all(|field| !field.trim().is_empty()), "a waiver without reason: {row:?}");
        let place: Place = std::array::from_fn(|at| row[at].to_owned());
        assert!(waivers.insert(place, false).is_none(), "a cell is waived twice: {row:?}");
    }
    waivers
}
