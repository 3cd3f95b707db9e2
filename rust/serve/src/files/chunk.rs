//! What is read at once.

use crate::codec::decoded::Decoded;
use arrow_array::ArrayRef;

pub struct Chunk {
    pub decoded: Decoded,
    /// The values of the carried columns, one per record.
    pub carried: Vec<ArrayRef>,
}
