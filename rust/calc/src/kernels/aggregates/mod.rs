//! Sums, counts and other aggregates over ranges, plain and under conditions.

pub mod aggregate;
pub mod conditional;
pub mod criteria;
pub mod database;
pub mod subtotal;
