//! Ceilings for one call. Every one is a field, so that a host can set it and a test can reach it.

use crate::error::ServeError;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the raw `inputs`.
    pub input_bytes: usize,
    pub records: usize,
    /// Rows sent for one table of one record, used or not.
    pub table_rows: usize,
    /// Bytes of all texts of a batch together.
    pub text_bytes: usize,
    /// Input values kept: records times input cells that differ from the default, plus what their notes take.
    pub values: usize,
    /// Records of a file or a table that are read at once, where no format has a smaller figure.
    pub chunk: usize,
    /// Bytes, packed or unpacked, of one batch of an Arrow file or one page of a Parquet file, which is read as a whole;
    /// and of the answers to records of a file that are read at once, as far as they are texts.
    pub batch: usize,
    /// Length of the answer.
    pub output_bytes: usize,
    /// Bytes that an execution may hold of its inputs, and as many of texts and arrays that formulas make. Records of a
    /// block hold theirs together where that fits. What is less than a megabyte for each thread is not counted.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            input_bytes: 128 << 20,
            records: 2_000_000,
            table_rows: 1_048_576,
            text_bytes: 128 << 20,
            values: 32 << 20,
            chunk: usize::MAX,
            batch: usize::MAX,
            output_bytes: 512 << 20,
            memory: 512 << 20,
        }
    }
}

/// What all executions of a process may hold together of inputs, texts, arrays and answers, unless the engine is told
/// another figure.
pub const WORKER_MEMORY: usize = 2 << 30;

/// Counts the answers to records that are read at once, on any thread.
pub struct AnswerBytes {
    bytes: AtomicUsize,
    most: usize,
}

impl AnswerBytes {
    pub fn new(most: usize) -> AnswerBytes {
        AnswerBytes { bytes: AtomicUsize::new(0), most }
    }

    pub fn add(&self, bytes: usize) -> Result<(), ServeError> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= self.most {
            return Ok(());
        }
        let what =
            "bytes of answers to the records that are read at once; a smaller chunk of them needs less";
        Err(ServeError::TooLarge { what, limit: self.most })
    }
}

/// How deep JSON may nest, the array of records counting as 1.
pub const MAX_DEPTH: usize = 64;
