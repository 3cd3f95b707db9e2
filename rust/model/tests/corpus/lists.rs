//! The folders of the corpus: workbooks, and their formula cells as another reader found them.

use flate2::read::GzDecoder;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

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

/// In the order of their names; none, with a message, where there is no corpus.
pub fn folders() -> Vec<Folder> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(entries) = fs::read_dir(&corpus) else {
        println!("skipped: no corpus at {}", corpus.display());
        return Vec::new();
    };
    let mut lists: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    lists.retain(|path| path.to_string_lossy().ends_with(".cells.jsonl.gz"));
    lists.sort();
    lists.iter().map(|list| folder(list)).collect()
}

fn folder(list: &Path) -> Folder {
    let path = PathBuf::from(list.to_string_lossy().trim_end_matches(".cells.jsonl.gz"));
    let mut cells = cells_by_workbook(list);
    let mut files: Vec<PathBuf> = fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let listed = |file: PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        Listed { file, cells: cells.remove(&name).unwrap_or_default() }
    };
    Folder {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        workbooks: files.into_iter().map(listed).collect(),
    }
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
