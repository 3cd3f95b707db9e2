//! CSV both ways: a header row of names, RFC 4180 quotes, UTF-8.

mod blank_lines;

mod header;

pub mod read;

pub mod write;
