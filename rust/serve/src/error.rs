//! What can go wrong with one execution, as the caller sees it. A cell error is a value, never one of these.

use execd_calc::values::budget::Refusal;
use std::fmt;

/// Where in the request a mistake is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1; the header row of the array layout is not a record.
    pub record: Option<usize>,
    pub input: Option<String>,
    /// Bytes from the start of `inputs`.
    pub offset: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inputs")?;
        if let Some(record) = self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(input) = &self.input {
            write!(f, ", input '{input}'")?;
        }
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServeError {
    /// The caller's mistake; the whole call is refused.
    InvalidInput { place: Place, message: String },
    /// The caller's mistake, in a strict call: names that match nothing, a line each.
    Unmatched(Vec<String>),
    /// The caller's mistake: what is around `inputs` is no JSON that all readers agree about.
    InvalidJson(String),
    /// The caller's mistake: more than a limit allows.
    TooLarge { what: &'static str, limit: usize },
    /// All executions together hold as much memory as they may: a call that is made again later may be answered.
    Overloaded,
    /// The time for the execution is over; nothing was kept.
    Deadline,
    /// The client went away; nothing was kept.
    Cancelled,
    /// A file cannot be read or written.
    File { name: String, message: String },
    /// A bug of ours; the text is for the log.
    Internal(String),
}

impl ServeError {
    /// A stable word for the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            ServeError::InvalidInput { .. } | ServeError::Unmatched(_) => "invalid_input",
            ServeError::InvalidJson(_) => "invalid_json",
            ServeError::TooLarge { .. } => "too_large",
            ServeError::Overloaded => "overloaded",
            ServeError::Deadline => "deadline",
            ServeError::Cancelled => "cancelled",
            ServeError::File { .. } => "file",
            ServeError::Internal(_) => "internal",
        }
    }

    /// What went wrong with a file, or with what stands for one.
    pub fn file(name: &str, error: impl fmt::Display) -> ServeError {
        ServeError::File { name: name.to_owned(), message: error.to_string() }
    }

    /// An execution, or all of them together, would hold more than they may.
    pub fn refused(refusal: Refusal, what: &'static str, limit: usize) -> ServeError {
        match refusal {
            Refusal::Everything => ServeError::Overloaded,
            Refusal::Execution | Refusal::Pattern => ServeError::TooLarge { what, limit },
        }
    }

    pub fn invalid(message: impl Into<String>) -> ServeError {
        ServeError::InvalidInput { place: Place::default(), message: message.into() }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::InvalidInput { place, message } => write!(f, "{place}: {message}"),
            ServeError::Unmatched(lines) => write!(f, "strict: {}", lines.join("; ")),
            ServeError::InvalidJson(message) => f.write_str(message),
            ServeError::TooLarge { what, limit } => write!(f, "too large: {what}, at most {limit}"),
            ServeError::Overloaded => {
                f.write_str("other executions hold the memory that this one needs; make the call again later")
            }
            ServeError::Deadline => f.write_str("the execution did not finish within its time limit"),
            ServeError::Cancelled => f.write_str("the execution was cancelled"),
            ServeError::File { name, message } => write!(f, "{name}: {message}"),
            ServeError::Internal(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl std::error::Error for ServeError {}
