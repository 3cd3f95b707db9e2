//! JSON bytes to columns. The fast decoder reads what programs usually write; whatever it does not expect is read by
//! the reference decoder, from the start.

pub mod rules;

pub mod cells;

pub mod table;

pub mod records;

pub mod word;

pub mod number;

pub mod tokens;

pub mod pattern;

pub mod fast;

pub mod reference;

use crate::codec::decode::rules::Rules;
use crate::codec::decoded::Decoded;
use crate::error::ServeError;

/// Decodes the raw bytes of `inputs`.
pub fn decode(raw: &[u8], rules: Rules<'_>) -> Result<Decoded, ServeError> {
    if raw.len() > rules.limits.input_bytes {
        return Err(ServeError::TooLarge { what: "inputs in bytes", limit: rules.limits.input_bytes });
    }
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text,
        Err(error) => {
            let valid = raw.get(..error.valid_up_to()).unwrap_or(&[]);
            let mut place = reference::place_of_failure(std::str::from_utf8(valid).unwrap_or(""), rules);
            place.offset = Some(error.valid_up_to());
            return Err(ServeError::InvalidInput { place, message: "not valid UTF-8".to_owned() });
        }
    };
    match fast::decode(text, rules) {
        Some(decoded) => Ok(decoded),
        None => reference::decode(text, rules),
    }
}
