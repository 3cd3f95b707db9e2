//! Formulas: from text to tree and back.

pub mod ast;
mod error;
mod names;
mod parse;
mod print;
mod reference;
mod repair;
mod shift;
mod table;

pub use error::ParseError;
pub use parse::{MAX_HEIGHT, parse};
pub use shift::shift;
