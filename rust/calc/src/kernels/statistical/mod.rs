//! Statistics of samples, by sub-family. Probability distributions are in `distribution`.

pub mod ranks;
pub mod regression;
pub mod spread;
