//! The folders of the corpus: workbooks, and their formula cells as another reader found them.

use flate2::read::GzDecoder;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// How the list of a folder is called, after the folder's name.
const LIST: &str = ".cells.jsonl.gz";

/// Least share of usable cells that match, in percent. Real workbooks first, then fixtures and tests of functions.
pub const FLOORS: [(&str, f64); 12] = [
    ("azure-checklists", 99.9),
    ("markov-intro", 99.9),
    ("packt-fm2019", 99.5),
    ("packt-fm365", 99.9),
    ("times-nz", 99.9),
    // Two of its workbooks are circles of cells.
    ("calamine", 89.0),
    ("closedxml", 99.0),
    ("ironcalc", 98.5),
    ("phpspreadsheet", 99.0),
    ("poi", 99.9),
    ("sheetjs", 99.5),
    ("xlcalculator", 99.9),
];

/// Lines of the list by sheet and cell.
pub type Expected = HashMap<(String, String), Json>;

pub struct Listed {
    pub file: PathBuf,
    pub cells: Expected,
}

impl Listed {
    pub fn name(&self) -> String {
        self.file.file_name().unwrap().to_string_lossy().into_owned()
    }
}

pub struct Folder {
    pub name: String,
    pub workbooks: Vec<Listed>,
}

/// Where the corpus is kept: beside the project.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus")
}

/// The folders that have a floor, and those that are there besides.
pub fn names() -> BTreeSet<String> {
    let known = FLOORS.iter().map(|(name, _)| (*name).to_owned());
    let entries = fs::read_dir(corpus()).into_iter().flatten();
    let files = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    known.chain(files.filter_map(|file| file.strip_suffix(LIST).map(str::to_owned))).collect()
}

/// None where the folder is not there.
pub fn folder(name: &str) -> Option<Folder> {
    let list = corpus().join(format!("{name}{LIST}"));
    if !list.exists() {
        return None;
    }
    let mut cells = cells_by_workbook(&list);
    let files = fs::read_dir(corpus().join(name)).unwrap();
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let listed = |file: PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        Listed { file, cells: cells.remove(&name).unwrap_or_default() }
    };
    Some(Folder { name: name.to_owned(), workbooks: files.into_iter().map(listed).collect() })
}

fn cells_by_workbook(list: &Path) -> HashMap<String, Expected> {
    let mut books: HashMap<String, Expected> = HashMap::new();
    for line in BufReader::new(GzDecoder::new(File::open(list).unwrap())).lines() {
        let cell: Json = serde_json::from_str(&line.unwrap()).unwrap();
        let text = |key: &str| cell[key].as_str().unwrap().to_owned();
        books.entry(text("wb")).or_default().insert((text("sheet"), text("cell")), cell);
    }
    books
}
