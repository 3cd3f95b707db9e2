//! Columns of the records that go through to the answers unchanged.

pub mod choice;

pub mod columns;

pub mod json;

pub mod text;

pub mod typed;

pub mod cells;

pub use choice::Carry;
