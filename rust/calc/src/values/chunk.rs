//! Columns in pieces: how many values loops take at a time.

use crate::values::value::Value;

/// Lanes that are loaded, computed and stored together. Slots are whole chunks, so loops have no tails, and an
/// operation may write the slot it reads.
pub const LANES: usize = 16;

pub type Chunk = [Value; LANES];
