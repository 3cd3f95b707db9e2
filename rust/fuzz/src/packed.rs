//! gzip and zstd around records of any format, which is found by the first bytes of what is unpacked.

use crate::records::evaluate;

pub fn run(bytes: &[u8]) {
    evaluate(bytes, "");
}
