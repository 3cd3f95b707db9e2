//! NDJSON both ways: one JSON object per line; empty lines are skipped.

pub mod read;

pub mod write;
