//! Logical functions, and what tells kinds of values apart.

pub mod information;
pub mod logical;
