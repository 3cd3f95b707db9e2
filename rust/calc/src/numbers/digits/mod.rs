//! Excel's 15 significant digits: the decimal view that comparison, rounding, truncation and display work on. No
//! knowledge of any function's arguments. From the bottom up.

mod decimal;

pub mod rounding;

pub(crate) use decimal::TENS;
pub use decimal::{
    Decimal, ceil, decimal, decimal_inlined, floor, general, same15, trunc, view, write_general, write_plain,
    write_scientific,
};
pub use rounding::{round_down, round_fast, round_half_away, round_up};

#[cfg(test)]
mod tests;
