//! Stored values that are no oracle, each with its reason and a second engine that agrees with us or cannot tell.

use std::collections::HashMap;
use std::path::Path;

/// Folder, workbook, sheet, cell.
pub type Place = [String; 4];

/// Waived cells; the value says whether one was needed.
pub fn read() -> HashMap<Place, bool> {
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
