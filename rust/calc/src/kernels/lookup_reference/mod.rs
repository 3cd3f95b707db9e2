//! Look-ups, and functions of references.

pub mod address;
pub mod lookup;
pub mod reference;
pub mod search;
