//! Formula text to tree. Sheets' contents and evaluation are elsewhere.

pub mod ast;
