//! Why a file is no workbook for us, with the place. Cell errors are values, not this.

use std::fmt;

/// Stable kinds; callers map them to statuses and exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Not a zip, not an xlsx, truncated, broken XML.
    NotAWorkbook,
    /// Password-protected.
    Encrypted,
    /// A limit for hostile files was met.
    TooLarge,
    /// A formula or feature that cannot be compiled.
    Unsupported,
    /// Cells that refer to themselves.
    Circular,
    /// No or contradictory `Xinput_`/`Xoutput_` names.
    Interface,
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
