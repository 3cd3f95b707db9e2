//! What the graph is made of.

use execd_calc::semantics::function::Function;
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::values::value::{Unpacked, Value};
use std::hash::{Hash, Hasher};

/// A value known now, or the result of a node.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    Const(Value),
    Node(u32),
}

impl PartialEq for Term {
    fn eq(&self, other: &Term) -> bool {
        match (self, other) {
            (Term::Const(a), Term::Const(b)) => a.same(*b),
            (Term::Node(a), Term::Node(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Term {}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Term::Const(value) => value.bits().hash(state),
            Term::Node(node) => node.hash(state),
        }
    }
}

impl Term {
    pub fn constant(self) -> Option<Value> {
        match self {
            Term::Const(value) => Some(value),
            Term::Node(_) => None,
        }
    }
}

/// An argument of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    Term(Term),
    Range(u32),
}

/// What a node does with its arguments.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Input(u32),
    One(Op1),
    Two(Op2),
    Three(Op3),
    /// The logarithm of a number, with its rest.
    Ln,
    /// `a ^ b`, from `a`, `b` and the logarithm of `a`.
    Power,
    /// `a ^ b` with its rest, from `a`, `b` and the largest exponent that will follow.
    FirstPower,
    /// `a ^ b` with its rest, from `a`, `b`, another power, the step between them, the logarithm and a remainder.
    NextPower,
    Call(&'static Function),
    /// The arguments as an array, row by row.
    Pack {
        rows: u32,
        cols: u32,
    },
    /// One element of an array value.
    Element {
        row: u32,
        col: u32,
    },
}

impl Op {
    /// Equal operations have equal keys, different ones have different keys.
    pub fn key(self) -> (u8, u64) {
        match self {
            Op::Input(cell) => (0, u64::from(cell)),
            Op::One(op) => (1, op as u64),
            Op::Two(op) => (2, hash_of(&op)),
            Op::Three(op) => (3, hash_of(&op)),
            Op::Call(function) => (4, std::ptr::from_ref(function) as u64),
            Op::Pack { rows, cols } => (5, u64::from(rows) << 32 | u64::from(cols)),
            Op::Element { row, col } => (6, u64::from(row) << 32 | u64::from(col)),
            Op::Ln => (7, 0),
            Op::Power => (7, 1),
            Op::FirstPower => (7, 2),
            Op::NextPower => (7, 3),
        }
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Kinds of values, as sets of bits.
pub mod kinds {
    pub const NUMBER: u8 = 1;
    pub const BOOL: u8 = 2;
    pub const TEXT: u8 = 4;
    pub const ERROR: u8 = 8;
    pub const BLANK: u8 = 16;
    pub const ARRAY: u8 = 32;
    pub const NUMERIC: u8 = NUMBER | ERROR;
    pub const SCALAR: u8 = NUMBER | BOOL | TEXT | ERROR;
}

#[derive(Clone, Copy, Debug)]
pub struct Node {
    pub op: Op,
    pub(super) first_argument: u32,
    pub(super) arguments: u32,
    pub kinds: u8,
}

pub fn kinds_of(value: Value) -> u8 {
    match value.unpack() {
        Unpacked::Number(_) => kinds::NUMBER,
        Unpacked::Bool(_) => kinds::BOOL,
        Unpacked::Text(_) => kinds::TEXT,
        Unpacked::Error(_) => kinds::ERROR,
        Unpacked::Blank | Unpacked::Omitted => kinds::BLANK,
        Unpacked::Array(_) => kinds::ARRAY,
    }
}
