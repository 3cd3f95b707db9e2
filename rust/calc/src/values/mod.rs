//! Values, and what holds them: texts and arrays, ranges of cells, the inputs of a batch. From the bottom up.

pub mod value;

pub mod chunk;

pub mod budget;

mod store;

pub mod heap;

pub mod lookup_index;

pub mod range;

pub mod column;

pub mod batch;
