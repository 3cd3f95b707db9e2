//! Files that are not zip archives: the message says what they are, as far as their first bytes tell.

use crate::error::{Error, ErrorKind};

const COMPOUND_FILE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Refuses a file that does not start like a zip archive.
pub fn refuse_others(bytes: &[u8]) -> Result<(), Error> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(());
    }
    if bytes.starts_with(COMPOUND_FILE) {
        return Err(compound_file(bytes));
    }
    let what = match bytes {
        [] => "the file is empty",
        [b'P', b'K', ..] => "the file is an empty, split or damaged zip archive",
        [0x09, 0x00 | 0x02 | 0x04 | 0x08, ..] => OLD_XLS,
        [b'%', b'P', b'D', b'F', ..] => "the file is a PDF document",
        _ => text_file(bytes),
    };
    Err(Error::new(ErrorKind::NotAWorkbook, format!("{what}; an xlsx workbook is needed")))
}

const OLD_XLS: &str = "the file is an old binary workbook (xls): save it as xlsx";

/// An OLE2 file can be an encrypted xlsx workbook or an old binary one. Its directory entries are 128 bytes long,
/// aligned, and start with their name in UTF-16.
fn compound_file(bytes: &[u8]) -> Error {
    let holds = |name: &str| {
        let wanted: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        bytes.chunks_exact(128).any(|entry| entry.starts_with(&wanted))
    };
    if holds("EncryptedPackage") || holds("EncryptionInfo") {
        return Error::new(
            ErrorKind::Encrypted,
            "the workbook is protected with a password to open: remove the password in Excel (File, Info, Protect \
             Workbook, Encrypt with Password) and save it again",
        );
    }
    let what = if holds("Workbook") || holds("Book") {
        OLD_XLS
    } else if holds("WordDocument") {
        "the file is an old Word document"
    } else {
        "the file is an OLE2 compound file without a workbook"
    };
    Error::new(ErrorKind::NotAWorkbook, format!("{what}; an xlsx workbook is needed"))
}

fn text_file(bytes: &[u8]) -> &'static str {
    let start = bytes.get(..bytes.len().min(2048)).unwrap_or_default();
    let bytes_of_text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let lower = String::from_utf8_lossy(bytes_of_text).to_ascii_lowercase();
    let lower = lower.trim_start();
    if lower.contains("urn:schemas-microsoft-com:office:spreadsheet") {
        "the file is an XML spreadsheet of 2003: save it as xlsx"
    } else if lower.starts_with("<!doctype html") || lower.contains("<html") || lower.starts_with("<table") {
        "the file is an HTML page, whatever its name says"
    } else if lower.starts_with("<?xml") {
        "the file is an XML document"
    } else if lower.starts_with('{') || lower.starts_with('[') {
        "the file is a JSON text"
    } else if start.starts_with(b"\xFF\xFE")
        || (!start.contains(&0) && std::str::from_utf8(trimmed(start)).is_ok())
    {
        "the file is a plain text, such as csv, whatever its name says"
    } else {
        "the file is not a zip archive"
    }
}

/// The text without a character that was cut in two at its end.
fn trimmed(start: &[u8]) -> &[u8] {
    match std::str::from_utf8(start) {
        Err(error) if error.error_len().is_none() => start.get(..error.valid_up_to()).unwrap_or_default(),
        _ => start,
    }
}
