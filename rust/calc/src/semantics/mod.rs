//! What Excel means by an operation on the values of one record: conversions, comparisons, operators, calls and how
//! they are lifted over arrays. From the bottom up.

pub mod properties;

pub mod function;

pub mod coerce;

pub mod compare;

pub mod wildcard;

pub mod expression;

pub mod operator;

pub mod lift;

pub mod primitive;
