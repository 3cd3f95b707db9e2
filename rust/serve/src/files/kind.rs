//! The formats of files: their names, what the suffix of a name says, and what the first bytes say.

use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Csv,
    /// A JSON object per line.
    Ndjson,
    /// One JSON text: an array of records as in Execute v4, objects or rows under a header row.
    Json,
    Parquet,
    /// Arrow IPC with a footer.
    Arrow,
    /// Arrow IPC from front to back.
    ArrowStream,
    /// A sheet of an Excel workbook.
    Xlsx,
}

/// Every format with its names, which are suffixes, too. The first one is how options call it.
const FORMATS: [(FileKind, &[&str]); 7] = [
    (FileKind::Csv, &["csv"]),
    (FileKind::Ndjson, &["ndjson", "jsonl"]),
    (FileKind::Json, &["json"]),
    (FileKind::Parquet, &["parquet"]),
    (FileKind::Arrow, &["arrow", "ipc", "feather"]),
    (FileKind::ArrowStream, &["arrows", "arrow-stream"]),
    (FileKind::Xlsx, &["xlsx"]),
];

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
/// An archive, which is what a workbook is.
const ZIP: &[u8] = b"PK\x03\x04";

/// What is wrong with a name that does not tell its format.
pub const SUFFIXES: &str = "the suffix must be .csv, .ndjson, .jsonl, .json, .parquet, .arrow, .ipc, .feather, .arrows or \
                            .xlsx, alone or before .gz or .zst; or name the format with --from or --to";

impl FileKind {
    /// A format by the name that options have for it.
    pub fn named(name: &str) -> Option<FileKind> {
        let name = name.to_ascii_lowercase();
        FORMATS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(kind, _)| *kind)
    }

    /// What options call it.
    pub fn name(self) -> &'static str {
        let found = FORMATS.iter().find(|(kind, _)| *kind == self);
        found.and_then(|(_, names)| names.first()).copied().unwrap_or_default()
    }

    /// What a file holds, by the first bytes that are not white space. What looks like nothing else is CSV. An object
    /// that does not end on its line is no NDJSON.
    pub fn of_bytes(start: &[u8]) -> FileKind {
        match start {
            _ if start.starts_with(PARQUET) => FileKind::Parquet,
            _ if start.starts_with(ARROW_FILE) => FileKind::Arrow,
            _ if start.starts_with(ARROW_STREAM) => FileKind::ArrowStream,
            _ if start.starts_with(ZIP) => FileKind::Xlsx,
            [b'[', ..] | [b'{', b'\n' | b'\r', ..] => FileKind::Json,
            [b'{', ..] => FileKind::Ndjson,
            _ => FileKind::Csv,
        }
    }

    /// The same of a file that is said to be of this format: Arrow's two share a name.
    pub fn refined(self, start: &[u8]) -> FileKind {
        match self {
            FileKind::Arrow | FileKind::ArrowStream if start.starts_with(ARROW_FILE) => FileKind::Arrow,
            FileKind::Arrow | FileKind::ArrowStream => FileKind::ArrowStream,
            other => other,
        }
    }

    /// Whether it is read from its end, or from any place.
    pub fn has_footer(self) -> bool {
        matches!(self, FileKind::Parquet | FileKind::Arrow | FileKind::Xlsx)
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
