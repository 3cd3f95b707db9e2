//! Why a workbook cannot be read or compiled. An error in a cell (`#N/A`) is a value, not an `Error`.

use std::fmt;

/// The kinds stay the same: callers map them to statuses and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not a zip, not an xlsx, truncated, broken XML.
    NotAWorkbook,
    /// Password-protected.
    Encrypted,
    /// The file exceeds one of the `Limits`.
    TooLarge,
    /// A formula or feature that cannot be compiled.
    Unsupported,
    /// Cells that refer to themselves.
    Circular,
    /// The `Xinput_` and `Xoutput_` names are missing or contradict each other.
    Interface,
    /// It was stopped from outside.
    Stopped,
}

#[derive(Debug)]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
