//! The formats of files.

use crate::error::ServeError;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Csv,
    Ndjson,
    Parquet,
    /// Arrow IPC. Both of its formats are read, and the one with a footer is written.
    Arrow,
}

impl FileKind {
    /// What a file holds, by its suffix.
    pub fn of(path: &Path) -> Result<FileKind, ServeError> {
        let suffix = path.extension().and_then(|suffix| suffix.to_str()).unwrap_or("").to_lowercase();
        match suffix.as_str() {
            "csv" => Ok(FileKind::Csv),
            "ndjson" | "jsonl" => Ok(FileKind::Ndjson),
            "parquet" => Ok(FileKind::Parquet),
            "arrow" | "ipc" | "feather" => Ok(FileKind::Arrow),
            _ => Err(ServeError::file(
                &path.to_string_lossy(),
                "the suffix must be .csv, .ndjson, .jsonl, .parquet, .arrow, .ipc or .feather",
            )),
        }
    }
}
