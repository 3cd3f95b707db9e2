//! The program as a graph of single values.

pub mod array_bounds;
mod budget;
mod costs;
mod covered;
mod fold;
mod lookup_kinds;
mod node;
mod operands;
mod program;
mod range_argument;
mod ranges;
mod sheet_terms;
mod texts;

pub use covered::Covered;
pub use node::{Argument, Node, Op, Term, kinds};
pub use operands::{each_new_operand, each_operand_in_place, needed, node_of};
pub use program::Graph;
pub use range_argument::{MOST_TABLE_CELLS, RangeArgument, RangeContent};
pub use sheet_terms::{SheetTerms, Window};
