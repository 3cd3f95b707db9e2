//! The function families and the look-up by name. A family file holds its kernels and ends in its table.

pub mod aggregates;
mod arguments;
pub mod arrays;
pub mod datetime;
pub mod engineering;
pub mod financial;
pub mod logic;
pub mod lookup_reference;
pub mod math_trig;
pub mod sample;
mod sorting;
pub mod statistical;
pub mod text;

use crate::semantics::function::Function;
use std::collections::HashMap;
use std::sync::OnceLock;

/// All families. One line each.
#[rustfmt::skip]
const FAMILIES: &[&[Function]] = &[
    aggregates::aggregate::TABLE,
    aggregates::conditional::TABLE,
    aggregates::database::TABLE,
    aggregates::subtotal::TABLE,
    arrays::dynamic::TABLE,
    arrays::matrix::TABLE,
    arrays::record::TABLE,
    arrays::reshape::TABLE,
    datetime::TABLE,
    engineering::bessel::TABLE,
    engineering::bits::TABLE,
    engineering::complex::TABLE,
    engineering::radix::TABLE,
    engineering::units::TABLE,
    financial::annuity::TABLE,
    financial::cash_flow::TABLE,
    financial::coupon::TABLE,
    financial::depreciation::TABLE,
    financial::discount::TABLE,
    financial::interest::TABLE,
    logic::information::TABLE,
    logic::logical::TABLE,
    lookup_reference::address::TABLE,
    lookup_reference::lookup::TABLE,
    lookup_reference::reference::TABLE,
    math_trig::combinatorics::TABLE,
    math_trig::math::TABLE,
    math_trig::numerals::TABLE,
    math_trig::rounding::TABLE,
    math_trig::trig::TABLE,
    statistical::distribution::continuous::TABLE,
    statistical::distribution::discrete::TABLE,
    statistical::distribution::normal::TABLE,
    statistical::distribution::tested::TABLE,
    statistical::least_squares::TABLE,
    statistical::ranks::TABLE,
    statistical::regression::TABLE,
    statistical::spread::TABLE,
    text::TABLE,
    text::infix::TABLE,
];

/// The function with this upper-case name.
pub fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: OnceLock<HashMap<&'static str, &'static Function>> = OnceLock::new();
    BY_NAME.get_or_init(|| all().map(|function| (function.name, function)).collect()).get(name).copied()
}

/// Every row of every family.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_upper_case() {
        let mut seen = std::collections::HashSet::new();
        for function in all() {
            assert!(seen.insert(function.name), "{} has two rows", function.name);
            assert_eq!(function.name, function.name.to_uppercase());
        }
    }
}
