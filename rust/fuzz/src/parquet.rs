//! Parquet read as records.

use crate::records::evaluate;

pub fn run(bytes: &[u8]) {
    evaluate(bytes, "parquet");
}
