//! What a node reads, and which nodes some outputs need.

use super::node::{Argument, RangeContent, Term};
use super::program::Graph;

/// For each node, whether `outputs` need it.
pub fn needed(graph: &Graph, outputs: &[Term]) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes.len()];
    let mut open: Vec<u32> = outputs.iter().filter_map(|term| node_of(*term)).collect();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut needed[id as usize], true) {
            each_operand(graph, id, |operand| open.push(operand));
        }
    }
    needed
}

pub fn node_of(term: Term) -> Option<u32> {
    match term {
        Term::Node(id) => Some(id),
        Term::Const(_) => None,
    }
}

/// Calls `f` with each node that a node reads, in ranges, too, once per use.
pub fn each_operand(graph: &Graph, id: u32, mut f: impl FnMut(u32)) {
    each_operand_in_place(graph, id, |operand| {
        if let Some(operand) = operand {
            f(operand);
        }
    });
}

pub fn each_operand_in_place(graph: &Graph, id: u32, mut f: impl FnMut(Option<u32>)) {
    let Some(node) = graph.node(id) else { return };
    for argument in graph.arguments(node) {
        match *argument {
            Argument::Term(term) => f(node_of(term)),
            Argument::Range(range) => {
                if let Some(RangeContent::Terms(terms)) =
                    graph.ranges.get(range as usize).map(|range| &range.content)
                {
                    terms.iter().filter_map(|term| node_of(*term)).for_each(|id| f(Some(id)));
                }
            }
        }
    }
}
