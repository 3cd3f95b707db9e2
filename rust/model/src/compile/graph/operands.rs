//! What a node reads, and which nodes some outputs need.

use super::covered::Covered;
use super::node::{Argument, Term};
use super::program::Graph;
use super::range_argument::RangeContent;

/// For each node, whether `outputs` need it.
pub fn needed(graph: &Graph, outputs: &[Term]) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes.len()];
    let mut covered = Covered::default();
    let mut open: Vec<u32> = outputs.iter().filter_map(|term| node_of(*term)).collect();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut needed[id as usize], true) {
            each_new_operand(graph, id, &mut covered, |operand| open.push(operand));
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

/// Calls `f` with each node that a node reads, in ranges, too, once per use, and with None for each constant argument.
pub fn each_operand_in_place(graph: &Graph, id: u32, mut f: impl FnMut(Option<u32>)) {
    let Some(node) = graph.node(id) else { return };
    for argument in graph.arguments(node) {
        match *argument {
            Argument::Term(term) => f(node_of(term)),
            Argument::Range(range) if graph.is_constant(range) => {}
            Argument::Range(range) => graph.each_cell(range, |term| {
                if let Some(id) = node_of(term) {
                    f(Some(id));
                }
            }),
        }
    }
}

/// Calls `f` with each node that a node reads, without the cells of sheets that are covered, which it covers.
pub fn each_new_operand(graph: &Graph, id: u32, covered: &mut Covered, mut f: impl FnMut(u32)) {
    let Some(node) = graph.node(id) else { return };
    for argument in graph.arguments(node) {
        match *argument {
            Argument::Term(term) => node_of(term).into_iter().for_each(&mut f),
            Argument::Range(range) => graph.each_new_cell(range, covered, &mut f),
        }
    }
}

impl Graph {
    fn is_constant(&self, range: u32) -> bool {
        self.ranges.get(range as usize).is_none_or(|range| range.constant)
    }

    /// The columns of sheets that a range looks at.
    pub fn columns_of(&self, range: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let window = match self.ranges.get(range as usize).map(|range| (range.constant, &range.content)) {
            Some((false, RangeContent::Window(window))) => Some(*window),
            _ => None,
        };
        window.into_iter().flat_map(|window| window.col_range().map(move |col| (window.sheet, col)))
    }

    /// The nodes among the cells of a range, without those of a sheet that are covered. Covers them.
    pub fn each_new_cell(&self, range: u32, covered: &mut Covered, f: impl FnMut(u32)) {
        self.each_cell_apart_from(range, covered, f);
        if let Some(RangeContent::Window(window)) =
            self.ranges.get(range as usize).map(|range| &range.content)
        {
            for col in window.col_range() {
                covered.add((window.sheet, col), &window.row_range());
            }
        }
    }

    /// The nodes among the cells of a range, without those of a sheet that are covered.
    pub fn each_cell_apart_from(&self, range: u32, covered: &Covered, mut f: impl FnMut(u32)) {
        if self.is_constant(range) {
            return;
        }
        let Some(RangeContent::Window(window)) = self.ranges.get(range as usize).map(|range| &range.content)
        else {
            return self.each_cell(range, |term| node_of(term).into_iter().for_each(&mut f));
        };
        let Some(sheet) = self.sheets.get(window.sheet as usize) else { return };
        for col in window.col_range() {
            for rows in covered.rest((window.sheet, col), &window.row_range()) {
                sheet.slice(col, &rows).iter().flatten().filter_map(|term| node_of(*term)).for_each(&mut f);
            }
        }
    }
}
