//! Statistics of samples, by sub-family, and probability distributions.

pub mod distribution;
pub mod least_squares;
pub mod ranks;
pub mod regression;
pub mod spread;
