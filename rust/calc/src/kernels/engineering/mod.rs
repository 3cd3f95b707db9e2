//! Engineering functions.

pub mod bessel;
pub mod bits;
pub mod complex;
pub mod radix;
pub mod units;
