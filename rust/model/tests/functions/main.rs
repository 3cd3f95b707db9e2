//! The cases of `tests/functions` on every path: folded when a workbook is compiled, and as a plan over batches.
//! Case files and their oracles are described in `tests/functions/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod arrays;
mod batches;
mod book;
mod cases;
mod clock;
mod columns;
mod expected;
mod expressions;
mod operators;
mod powers;
mod records;
mod references;
mod spills;
mod tables;
