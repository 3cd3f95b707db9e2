//! Statistics of samples, by sub-family. Probability distributions are in `distribution`.

pub mod least_squares;
pub mod ranks;
pub mod regression;
pub mod spread;
