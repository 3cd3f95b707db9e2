//! Arrow IPC, as a file or as a stream, read as records.

use crate::records::evaluate;

pub fn run(bytes: &[u8]) {
    evaluate(bytes, "arrow");
}
