//! How CSV may be spelled.

use crate::error::ServeError;
use crate::files::csv::encoding;
use encoding_rs::Encoding;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What is between fields; if left out a comma, or a semicolon where numbers have a decimal comma.
    pub delimiter: Option<u8>,
    /// What is around fields that hold other marks; nothing if fields have no quotes.
    pub quote: Option<u8>,
    /// The names of the columns, where the first row holds values already.
    pub header: Option<Vec<String>>,
    /// If left out UTF-8, or what a mark before the first character says.
    pub encoding: Option<&'static Encoding>,
    /// Numbers are `1,5`, not `1.5`.
    pub decimal_comma: bool,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect { delimiter: None, quote: Some(b'"'), header: None, encoding: None, decimal_comma: false }
    }
}

/// The marks of a dialect, all of them chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub delimiter: u8,
    pub quote: Option<u8>,
    pub decimal_comma: bool,
}

impl Default for Marks {
    fn default() -> Marks {
        Dialect::default().marks()
    }
}

impl Dialect {
    pub fn marks(&self) -> Marks {
        let usual = if self.decimal_comma { b';' } else { b',' };
        Marks {
            delimiter: self.delimiter.unwrap_or(usual),
            quote: self.quote,
            decimal_comma: self.decimal_comma,
        }
    }

    /// Marks that could be taken for one another are refused.
    pub fn check(&self) -> Result<(), ServeError> {
        let Marks { delimiter, quote, decimal_comma } = self.marks();
        if decimal_comma && delimiter == b',' {
            return Err(ServeError::invalid(
                "numbers with a decimal comma need another delimiter than a comma",
            ));
        }
        if quote == Some(delimiter) {
            return Err(ServeError::invalid("the delimiter and the quote of CSV are the same"));
        }
        Ok(())
    }
}

/// A mark of CSV; `noun` says which one.
pub fn mark(noun: &str, text: &str) -> Result<u8, ServeError> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !b"\r\n".contains(byte) && !byte.is_ascii_alphanumeric() => Ok(*byte),
        _ => Err(ServeError::invalid(format!(
            "a {noun} is one ASCII character, no letter or digit, not '{text}'"
        ))),
    }
}

/// An encoding by one of its names: `utf-8`, `utf-16le`, `windows-1252`, `latin1` …
pub fn encoding(name: &str) -> Result<&'static Encoding, ServeError> {
    encoding::named(name).ok_or_else(|| {
        ServeError::invalid(format!("'{name}' is no encoding that is known here, such as windows-1252"))
    })
}
