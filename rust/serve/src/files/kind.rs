//! The formats of files: what the suffix of a name says, and what the first bytes say.

use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Csv,
    Ndjson,
    Parquet,
    /// Arrow IPC. Both of its formats are read, and the one with a footer is written.
    Arrow,
}

/// How a file is compressed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Gzip,
    Zstd,
}

/// Arrow's format with a footer begins with these bytes; its stream format does not.
pub const ARROW_FILE: &[u8] = b"ARROW1";
/// What the stream format begins with.
const ARROW_STREAM: &[u8] = b"\xFF\xFF\xFF\xFF";
const PARQUET: &[u8] = b"PAR1";

/// What is wrong with a name that does not tell its format.
pub const SUFFIXES: &str = "the suffix must be .csv, .ndjson, .jsonl, .parquet, .arrow, .ipc or .feather, alone or before \
                            .gz or .zst; or name the format with --from or --to";

impl FileKind {
    /// A format by the name that options have for it.
    pub fn named(name: &str) -> Option<FileKind> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Some(FileKind::Csv),
            "ndjson" | "jsonl" => Some(FileKind::Ndjson),
            "parquet" => Some(FileKind::Parquet),
            "arrow" | "ipc" | "feather" => Some(FileKind::Arrow),
            _ => None,
        }
    }

    /// What a file holds, by the first bytes that are not white space. What looks like nothing else is CSV.
    pub fn of_bytes(start: &[u8]) -> FileKind {
        match start {
            _ if start.starts_with(PARQUET) => FileKind::Parquet,
            _ if start.starts_with(ARROW_FILE) || start.starts_with(ARROW_STREAM) => FileKind::Arrow,
            [b'{' | b'[', ..] => FileKind::Ndjson,
            _ => FileKind::Csv,
        }
    }
}

impl Packing {
    /// By the first bytes, as RFC 1952 and RFC 8878 have them.
    pub fn of_bytes(start: &[u8]) -> Option<Packing> {
        match start {
            [0x1F, 0x8B, ..] => Some(Packing::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Packing::Zstd),
            _ => None,
        }
    }
}

/// What the suffixes of a name say: `None` inside where one is missing or says nothing.
pub fn of_name(path: &Path) -> (Option<FileKind>, Option<Packing>) {
    let packing = match suffix(path).as_deref() {
        Some("gz") => Some(Packing::Gzip),
        Some("zst") => Some(Packing::Zstd),
        _ => None,
    };
    let inner = if packing.is_some() { path.with_extension("") } else { path.to_owned() };
    (suffix(&inner).and_then(|suffix| FileKind::named(&suffix)), packing)
}

/// In lower case.
pub fn suffix(path: &Path) -> Option<String> {
    Some(path.extension()?.to_string_lossy().to_lowercase())
}
