//! Functions that give arrays: their shapes, their order, matrices.

pub mod dynamic;
pub mod matrix;
pub mod record;
pub mod reshape;
