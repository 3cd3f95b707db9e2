//! Sheets of workbooks both ways: rows of values under a header row, with Excel's meaning. How a workbook is read is
//! another crate's business.

pub mod rows;

pub mod read;

pub mod write;
