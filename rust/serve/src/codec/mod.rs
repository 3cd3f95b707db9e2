//! JSON bytes to columns and back, by the `Interface`. What both directions need comes first.

pub mod dates;

pub mod escape;

pub mod names;

pub mod unmatched;

pub mod notes;

pub mod decoded;

pub mod phrases;

pub mod decode;

pub mod encode;
