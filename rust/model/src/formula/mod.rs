//! Formula text to tree. Sheets' contents and evaluation are elsewhere.

pub mod ast;
pub mod parse;
pub mod print;
mod reference;
mod repair;
pub mod shift;
mod table;

pub use parse::{MAX_HEIGHT, ParseError, parse};
pub use shift::shift;
