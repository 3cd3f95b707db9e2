//! Mathematics and trigonometry.

pub mod combinatorics;
pub mod math;
pub mod numerals;
pub mod rounding;
pub mod trig;
