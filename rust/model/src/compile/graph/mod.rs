//! The program as a graph of single values.

pub mod array_bounds;
mod fold;
mod lookup_kinds;
mod node;
mod operands;
mod program;
mod texts;

pub use node::{Argument, Node, Op, RangeArgument, RangeContent, Term, kinds};
pub use operands::{each_operand, each_operand_in_place, needed, node_of};
pub use program::Graph;
