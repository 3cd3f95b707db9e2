//! What the decoders go by, and what they take and give.

use crate::codec::names::Names;
use crate::limits::Limits;
use crate::stop::StopSignal;
use execd_calc::interface::Interface;

/// What does not change while decoding.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub interface: &'a Interface,
    pub names: &'a Names,
    pub limits: &'a Limits,
    pub stop: &'a StopSignal,
    pub date1904: bool,
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
    TooLarge { what: &'static str, limit: usize },
    Stopped,
}
