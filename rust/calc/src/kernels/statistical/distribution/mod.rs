//! Probability distributions, by sub-family. Their mathematics is in `special`; here are Excel's names, argument
//! orders and limits.

mod arguments;
pub mod continuous;
pub mod discrete;
pub mod normal;
pub mod tested;
