//! The kinds of values that a look-up in a constant table can give are those of the table's cells. Knowing them saves
//! later steps conversions.

use super::node::{Argument, Op, Term, kinds};
use super::program::Graph;
use execd_calc::semantics::function::{Columnar, Function};

impl Graph {
    /// The kinds of the cells that a call picks from. None if it is not such a call, or if the cells are not constant.
    pub fn kinds_from_table(&self, function: &Function, arguments: &[Argument]) -> Option<u8> {
        let (range, array) = match (function.columnar?, arguments) {
            (Columnar::Vlookup, [_, Argument::Range(range), ..]) => (*range, 0),
            (Columnar::Index, [Argument::Range(range), positions @ ..]) => {
                // Position 0 is a whole row or column.
                let one_cell =
                    positions.len() == 2 && positions.iter().all(|position| self.names_one(*position));
                (*range, if one_cell { 0 } else { kinds::ARRAY })
            }
            _ => return None,
        };
        let cells = self.constant_kinds(range)?;
        let range = self.ranges.get(range as usize)?;
        let beyond = (range.rows, range.cols) != (range.used_rows, range.used_cols);
        let outside = if beyond { kinds::BLANK } else { 0 };
        Some(cells | outside | array | kinds::ERROR)
    }

    /// True for a position that is at least 1, or an error.
    fn names_one(&self, position: Argument) -> bool {
        match position {
            Argument::Term(Term::Const(value)) => value.as_number().is_some_and(|x| x >= 1.0),
            Argument::Term(Term::Node(id)) => self.node(id).is_some_and(|node| {
                let finds =
                    matches!(node.op, Op::Call(function) if function.columnar == Some(Columnar::Match));
                finds && node.kinds & kinds::ARRAY == 0
            }),
            Argument::Range(_) => false,
        }
    }
}
