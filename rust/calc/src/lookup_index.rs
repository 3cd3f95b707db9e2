//! Indexes over constant tables, built on first use: hash for exact matches, sortedness for approximate ones.

/// The indexes of one table.
#[derive(Debug, Default)]
pub struct Indexes {}
