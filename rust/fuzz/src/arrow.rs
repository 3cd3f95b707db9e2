//! Arrow IPC, as a file or as a stream, read as records; and its record batches as they come over the C interface, which
//! nobody has checked.

use crate::records::evaluate;

pub fn run(bytes: &[u8]) {
    evaluate(bytes, "arrow");
}
