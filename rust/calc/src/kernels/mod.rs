//! The function families and the look-up by name. A family file holds its kernels and ends in its table.

pub mod address;
pub mod aggregate;
pub mod bessel;
pub mod combinatorics;
pub mod complex;
pub mod conditional;
pub mod criteria;
pub mod database;
pub mod datetime;
pub mod distribution;
pub mod dynamic;
pub mod engineering;
pub mod financial;
pub mod information;
pub mod logical;
pub mod lookup;
pub mod math;
pub mod matrix;
pub mod numerals;
pub mod operators;
pub mod radix;
pub mod record;
pub mod reference;
pub mod reshape;
pub mod rounding;
pub mod sample;
pub mod search;
pub mod statistical;
pub mod subtotal;
pub mod text;
pub mod trig;
pub mod units;

use crate::function::{Function, flags};
use std::collections::HashMap;
use std::sync::OnceLock;

/// All families. One line each.
#[rustfmt::skip]
const FAMILIES: &[&[Function]] = &[
    address::TABLE,
    aggregate::TABLE,
    bessel::TABLE,
    combinatorics::TABLE,
    complex::TABLE,
    conditional::TABLE,
    database::TABLE,
    datetime::TABLE,
    distribution::continuous::TABLE,
    distribution::discrete::TABLE,
    distribution::normal::TABLE,
    distribution::tested::TABLE,
    dynamic::TABLE,
    engineering::TABLE,
    financial::annuity::TABLE,
    financial::cash_flow::TABLE,
    financial::coupon::TABLE,
    financial::depreciation::TABLE,
    financial::discount::TABLE,
    financial::interest::TABLE,
    information::TABLE,
    logical::TABLE,
    lookup::TABLE,
    math::TABLE,
    matrix::TABLE,
    numerals::TABLE,
    operators::TABLE,
    radix::TABLE,
    record::TABLE,
    reference::TABLE,
    reshape::TABLE,
    rounding::TABLE,
    statistical::least_squares::TABLE,
    statistical::ranks::TABLE,
    statistical::regression::TABLE,
    statistical::spread::TABLE,
    subtotal::TABLE,
    text::TABLE,
    trig::TABLE,
    units::TABLE,
];

/// Families whose functions all give numbers or errors.
const NUMERIC_FAMILIES: &[&[Function]] = &[
    aggregate::TABLE,
    combinatorics::TABLE,
    conditional::TABLE,
    datetime::TABLE,
    distribution::continuous::TABLE,
    distribution::discrete::TABLE,
    distribution::normal::TABLE,
    distribution::tested::TABLE,
    math::TABLE,
    rounding::TABLE,
    statistical::spread::TABLE,
    trig::TABLE,
];

/// True when a call of the function with single values gives a number or an error.
pub fn gives_number(function: &Function) -> bool {
    use std::collections::HashSet;
    static NAMES: OnceLock<HashSet<&'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        NUMERIC_FAMILIES.iter().flat_map(|family| family.iter()).map(|function| function.name).collect()
    });
    function.has(flags::GIVES_NUMBER) || names.contains(function.name)
}

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
