//! One JSON text both ways: an array of records as in Execute v4, objects or rows under a header row. It is read and
//! written record by record.

mod elements;

pub mod read;

pub mod write;
