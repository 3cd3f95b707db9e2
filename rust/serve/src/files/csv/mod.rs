//! CSV both ways: names of the columns, RFC 4180 quotes, UTF-8; and its dialects.

mod encoding;

pub mod dialect;

mod blank_lines;

pub mod write;

mod header;

pub mod read;
