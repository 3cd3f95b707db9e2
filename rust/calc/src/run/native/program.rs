//! What a segment calculates: values, each made once, and the instructions that make them. Knows no steps and no
//! registers.

use super::instructions::{Fused, Operation};
use crate::plan::executable::{VECTOR, Vector};
use std::collections::HashMap;

/// An index into `Program::values`.
pub type ValueId = usize;

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    Slot(u32),
    /// A slot that still holds an input.
    Input {
        index: usize,
        slot: u32,
    },
    /// An index into the constants.
    Constant(usize),
    /// The instruction that makes it.
    Instruction,
}

#[derive(Clone, Copy, Debug)]
pub enum Instruction {
    Operate {
        operation: Operation,
        a: ValueId,
        b: ValueId,
    },
    /// a b + c, or a b - c.
    Fuse {
        kind: Fused,
        a: ValueId,
        b: ValueId,
        c: ValueId,
    },
    Blend {
        mask: ValueId,
        yes: ValueId,
        no: ValueId,
    },
}

/// Constants of all segments, each as often as there are lanes.
#[derive(Default)]
pub struct Pool {
    places: HashMap<u64, usize>,
    pub vectors: Vec<Vector>,
}

impl Pool {
    pub fn place(&mut self, bits: u64) -> usize {
        let vectors = &mut self.vectors;
        *self.places.entry(bits).or_insert_with(|| {
            vectors.push(Vector([f64::from_bits(bits); VECTOR]));
            vectors.len() - 1
        })
    }
}

/// Values and instructions of one segment.
pub struct Program<'p> {
    pool: &'p mut Pool,
    pub values: Vec<Source>,
    /// Instructions and what they make.
    pub instructions: Vec<(Instruction, ValueId)>,
    sources: HashMap<Source, ValueId>,
    /// What an operation on two values has made.
    operations: HashMap<(Operation, ValueId, ValueId), ValueId>,
}

impl<'p> Program<'p> {
    pub fn new(pool: &'p mut Pool) -> Program<'p> {
        Program {
            pool,
            values: Vec::new(),
            instructions: Vec::new(),
            sources: HashMap::new(),
            operations: HashMap::new(),
        }
    }

    pub fn bits(&mut self, bits: u64) -> ValueId {
        let place = self.pool.place(bits);
        self.source(Source::Constant(place))
    }

    pub fn source(&mut self, source: Source) -> ValueId {
        let values = &mut self.values;
        *self.sources.entry(source).or_insert_with(|| {
            values.push(source);
            values.len() - 1
        })
    }

    pub fn operate(&mut self, operation: Operation, a: ValueId, b: ValueId) -> ValueId {
        let known = self.operations.get(&(operation, a, b)).copied();
        known.unwrap_or_else(|| {
            let made = self.push(Instruction::Operate { operation, a, b });
            self.operations.insert((operation, a, b), made);
            made
        })
    }

    pub fn fuse(&mut self, kind: Fused, a: ValueId, b: ValueId, c: ValueId) -> ValueId {
        self.push(Instruction::Fuse { kind, a, b, c })
    }

    pub fn push(&mut self, instruction: Instruction) -> ValueId {
        self.values.push(Source::Instruction);
        self.instructions.push((instruction, self.values.len() - 1));
        self.values.len() - 1
    }
}
