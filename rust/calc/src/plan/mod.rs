//! The compiled program: constants, steps and slots. No trees, and no cell addresses but the origins of ranges.

pub(crate) mod executable;
pub mod machine_code;

use crate::semantics::function::Function;
use crate::semantics::primitive::{Op1, Op2, Op3};
use crate::values::heap::{Layer, Store};
use crate::values::range::{Origin, Table};
use crate::values::value::Value;
use machine_code::Code;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A slot, or a constant of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operand(u32);

const CONSTANT: u32 = 1 << 31;

impl Operand {
    pub fn slot(index: u32) -> Operand {
        Operand(index)
    }

    pub fn constant(index: u32) -> Operand {
        Operand(index | CONSTANT)
    }

    pub fn as_constant(self) -> Option<usize> {
        (self.0 & CONSTANT != 0).then_some((self.0 & !CONSTANT) as usize)
    }

    /// The slot's index; none for a constant.
    pub fn in_slot(self) -> Option<u32> {
        (self.0 & CONSTANT == 0).then_some(self.0)
    }

    /// The slot's index; meaningless for a constant.
    pub fn as_slot(self) -> usize {
        (self.0 & !CONSTANT) as usize
    }
}

/// An argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    Operand(Operand),
    /// Index into `Plan::ranges`.
    Range(u32),
}

/// One instruction. `out` is a slot.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    One {
        op: Op1,
        a: Operand,
        out: u32,
    },
    Two {
        op: Op2,
        a: Operand,
        b: Operand,
        out: u32,
    },
    Three {
        op: Op3,
        a: Operand,
        b: Operand,
        c: Operand,
        out: u32,
    },
    /// The logarithm of `a`; what its rounding lost goes to the slot `rest`.
    Ln {
        a: Operand,
        out: u32,
        rest: u32,
    },
    /// `a ^ b`, given the logarithm of `a` in two parts.
    Power {
        a: Operand,
        b: Operand,
        high: Operand,
        low: Operand,
        out: u32,
    },
    /// `a ^ b`, and what its rounding lost, for further powers of `a` up to `a ^ reach`.
    FirstPower {
        a: Operand,
        b: Operand,
        reach: Operand,
        out: u32,
        rest: u32,
    },
    /// `a ^ b` with its rest from another power of `a`. Arguments from `Plan::arguments[first]` on: `a`, `b`, the other
    /// power and its rest, the power that both differ by and its rest, the logarithm of `a`, and what `b` is above
    /// the sum of the two exponents (`power::climb`).
    NextPower {
        first: u32,
        out: u32,
        rest: u32,
    },
    /// `count` arguments from `Plan::arguments[first]` on.
    Call {
        function: &'static Function,
        first: u32,
        count: u32,
        out: u32,
    },
    /// An array of `rows` x `cols` arguments from `Plan::arguments[first]` on.
    Pack {
        first: u32,
        rows: u32,
        cols: u32,
        out: u32,
    },
    Element {
        a: Operand,
        row: u32,
        col: u32,
        out: u32,
    },
    /// Only records whose `truth` is `when` need the steps up to `end` (the one after the matching `Leave`); when
    /// there are none, they are skipped.
    Enter {
        truth: Operand,
        when: bool,
        end: u32,
    },
    Leave,
}

/// The cells behind a range argument.
#[derive(Debug)]
pub enum Content {
    Table(Arc<Table>),
    /// One operand per used cell, row by row, from `Plan::cells[first]` on. Ranges that overlap share them.
    Operands {
        first: u32,
    },
}

#[derive(Debug)]
pub struct PlanRange {
    pub rows: usize,
    pub cols: usize,
    pub used_rows: usize,
    pub used_cols: usize,
    pub origin: Origin,
    pub content: Content,
}

/// An input cell that the plan reads.
#[derive(Clone, Copy, Debug)]
pub struct InputSlot {
    pub cell: usize,
    pub slot: u32,
    pub default: Value,
}

/// A compiled workbook. Immutable and shared between threads.
#[derive(Debug)]
pub struct Plan {
    /// Input cells and output cells, numbered as in `Interface`.
    pub input_cells: usize,
    pub output_cells: usize,
    /// Texts and arrays of the constants.
    pub store: Arc<Store>,
    pub constants: Vec<Value>,
    pub ranges: Vec<PlanRange>,
    /// The computed cells of ranges. Each is one value, so its slot does not change between the steps that read it.
    pub cells: Vec<Operand>,
    pub arguments: Vec<Argument>,
    pub steps: Vec<Step>,
    pub slots: usize,
    pub inputs: Vec<InputSlot>,
    pub outputs: Vec<Operand>,
    /// The workbook counts days from 1904.
    pub date1904: bool,
    /// Made when the plan first runs over few or many records; None where there is nothing to gain.
    pub code: [OnceLock<Option<Code>>; 2],
}

impl Plan {
    /// Where in `cells` those of a range are; nowhere for a table.
    pub fn cells_of(&self, range: &PlanRange) -> Range<usize> {
        match range.content {
            Content::Table(_) => 0..0,
            Content::Operands { first } => {
                let first = (first as usize).min(self.cells.len());
                first..(first + range.used_rows * range.used_cols).min(self.cells.len())
            }
        }
    }
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            input_cells: 0,
            output_cells: 0,
            store: Arc::new(Store::new(Layer::Constant)),
            constants: Vec::new(),
            ranges: Vec::new(),
            cells: Vec::new(),
            arguments: Vec::new(),
            steps: Vec::new(),
            slots: 0,
            inputs: Vec::new(),
            outputs: Vec::new(),
            date1904: false,
            code: [OnceLock::new(), OnceLock::new()],
        }
    }
}
