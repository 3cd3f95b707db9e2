//! Which values are an error in every record although they are calculated anew: `A1+B1` where B1 is an error.

use super::graph::{Argument, Graph, Op, Term};
use execd_calc::semantics::function::{Function, Kernel, flags};
use execd_calc::semantics::primitive::{Op1, Op2, Op3};
use execd_calc::values::value::{ErrorCode, Unpacked};

/// By node. The code is that of an operand; in some record another operand's can come before it.
pub struct CertainErrors(Vec<Option<ErrorCode>>);

impl CertainErrors {
    /// Operands have smaller numbers than the nodes that need them.
    pub fn find(graph: &Graph) -> CertainErrors {
        let mut found = CertainErrors(Vec::new());
        for id in 0.. {
            let Some(node) = graph.node(id) else { break };
            let arguments = graph.arguments(node);
            let certain = |at: usize| match arguments.get(at) {
                Some(Argument::Term(term)) => found.of(*term),
                _ => None,
            };
            let code = match node.op {
                Op::One(Op1::Minus | Op1::Percent | Op1::CellValue | Op1::Truth) => certain(0),
                Op::Two(Op2::Times) => None,
                Op::Two(_) => certain(0).or_else(|| certain(1)),
                Op::Three(Op3::Select) | Op::Element { .. } => certain(0),
                Op::Call(function) if passes_errors_on(function) => (0..arguments.len()).find_map(certain),
                _ => None,
            };
            found.0.push(code);
        }
        found
    }

    /// The error that a value is in every record.
    pub fn of(&self, term: Term) -> Option<ErrorCode> {
        match term {
            Term::Const(value) => match value.unpack() {
                Unpacked::Error(code) => Some(code),
                _ => None,
            },
            Term::Node(id) => self.0.get(id as usize).copied().flatten(),
        }
    }
}

/// A function of single values that gives an error for an error: one that does not see errors, or sees them only to
/// tell which comes first.
fn passes_errors_on(function: &Function) -> bool {
    let of_single_values = matches!(function.kernel, Kernel::Scalar(_));
    of_single_values && (!function.has(flags::SEES_ERRORS) || function.has(flags::GIVES_NUMBER))
}
