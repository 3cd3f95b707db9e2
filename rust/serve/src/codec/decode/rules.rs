//! What the decoders go by, and what they take and give.

use crate::codec::names::Names;
use crate::limits::Limits;
use crate::stop::StopSignal;
use execd_calc::interface::Interface;
use execd_calc::values::budget::{Holding, Refusal};

/// What does not change while decoding.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub interface: &'a Interface,
    pub names: &'a Names,
    pub limits: &'a Limits,
    pub stop: &'a StopSignal,
    /// What the execution holds of its inputs, where that is counted.
    pub holding: Option<&'a Holding>,
    pub date1904: bool,
}

impl Rules<'_> {
    /// Bytes of inputs that the execution may hold.
    pub fn most_held(&self) -> usize {
        self.holding.map_or(self.limits.memory, Holding::limit)
    }
}

/// A JSON value that can stand in a cell.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'t> {
    Null,
    Bool(bool),
    Number(f64),
    Text(&'t str),
    /// An array or an object, which no cell holds.
    Nested,
}

/// Why decoding ends early. The place is known to `Records`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Invalid(String),
    TooLarge {
        what: &'static str,
        limit: usize,
    },
    /// The execution, or all of them, would hold more than they may.
    Refused(Refusal),
    Stopped,
}

/// The inputs that would be more than an execution may hold.
pub const HELD: &str = "memory of the inputs in bytes";
