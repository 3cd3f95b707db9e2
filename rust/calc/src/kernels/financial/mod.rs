//! Financial functions, by subject.

pub mod annuity;
mod arguments;
mod calendar;
pub mod cash_flow;
pub mod coupon;
pub mod depreciation;
pub mod discount;
pub mod interest;
pub mod solve;
