//! The order in which needed nodes run: running totals first, each after what it still needs.

use super::regions::{ROOT, Regions};
use crate::compile::graph::{Argument, Covered, Graph, Op, Term, node_of};
use crate::error::Error;
use execd_calc::semantics::primitive::{Op2, Op3};
use hashbrown::HashMap;

/// A position in the order. `Enter` and `Leave` enclose the nodes of a lazy branch.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    Node(u32),
    Enter { truth: Term, when: bool },
    Leave,
}

impl Item {
    pub fn node(self) -> Option<u32> {
        match self {
            Item::Node(id) => Some(id),
            _ => None,
        }
    }
}

/// The nodes that `outputs` need in the order in which they run. Fails when compiling is to stop.
pub fn order(graph: &Graph, outputs: &[Term]) -> Result<Vec<Item>, Error> {
    Regions::new(graph, outputs)?.order()
}

impl Regions<'_> {
    /// All needed nodes, operands first. Running totals come as early as possible, those nearest to the inputs first.
    /// So the values of one row of a projection are used before the next row is computed, and few slots are in use at
    /// a time.
    fn order(&self) -> Result<Vec<Item>, Error> {
        let mut order = Order {
            regions: self,
            members: vec![Vec::new(); self.all.len()],
            done: vec![false; self.graph.nodes.len()],
            items: Vec::with_capacity(self.graph.nodes.len()),
            written: Covered::default(),
        };
        for id in 0..self.graph.nodes.len() {
            if self.needed[id] {
                order.members[self.region_of[id] as usize].push(id as u32);
            }
        }
        let depths = self.depths()?;
        let root = order.members[ROOT as usize].clone();
        let mut totals: Vec<u32> = root.iter().copied().filter(|&id| self.is_running(id)).collect();
        totals.sort_by_key(|&id| depths[id as usize]);
        for id in totals.into_iter().chain(root) {
            order.demand(id)?;
        }
        Ok(order.items)
    }

    fn is_running(&self, id: u32) -> bool {
        matches!(
            self.graph.node(id).map(|node| node.op),
            Some(
                Op::Two(Op2::Sum | Op2::Min | Op2::Max)
                    | Op::Three(Op3::CountIf(_) | Op3::Found(_) | Op3::SumTimes)
            )
        )
    }

    /// By node, the longest way from an input. Cells of ranges count with the deepest that ranges have met in their
    /// column so far.
    fn depths(&self) -> Result<Vec<u32>, Error> {
        let graph = self.graph;
        let mut depths: Vec<u32> = Vec::with_capacity(graph.nodes.len());
        let (mut columns, mut seen) = (HashMap::new(), Covered::default());
        for node in &graph.nodes {
            graph.check()?;
            let mut depth = 0;
            for argument in graph.arguments(node) {
                match *argument {
                    Argument::Term(term) => {
                        depth = depth.max(node_of(term).map_or(0, |id| depths[id as usize] + 1));
                    }
                    Argument::Range(range) => {
                        let mut found = 0;
                        graph
                            .each_new_cell(range, &mut seen, |id| found = found.max(depths[id as usize] + 1));
                        depth = depth.max(found);
                        for column in graph.columns_of(range) {
                            let known: &mut u32 = columns.entry(column).or_insert(0);
                            *known = found.max(*known);
                            depth = depth.max(*known);
                        }
                    }
                }
            }
            depths.push(depth);
        }
        Ok(depths)
    }
}

/// The order so far.
struct Order<'s, 'g> {
    regions: &'s Regions<'g>,
    members: Vec<Vec<u32>>,
    done: Vec<bool>,
    items: Vec<Item>,
    /// Cells of ranges that are done, or belong to a lazy branch.
    written: Covered,
}

impl Order<'_, '_> {
    /// Appends a node of the outermost region after everything that it needs.
    fn demand(&mut self, id: u32) -> Result<(), Error> {
        let mut open = vec![(id, false)];
        while let Some((id, ready)) = open.pop() {
            self.regions.graph.check()?;
            if self.done[id as usize] {
                continue;
            }
            if ready {
                self.write(id);
                continue;
            }
            open.push((id, true));
            let mut needs = Vec::new();
            self.needs(id, &mut needs);
            open.extend(needs.into_iter().rev().map(|id| (id, false)));
        }
        Ok(())
    }

    /// The nodes of the outermost region that a node or its lazy branches read.
    fn needs(&mut self, id: u32, found: &mut Vec<u32>) {
        let regions = self.regions;
        let mut need = |operand: u32| {
            let needed = regions.region_of[operand as usize] == ROOT && !self.done[operand as usize];
            if needed {
                found.push(operand);
            }
            needed
        };
        let graph = regions.graph;
        for argument in graph.node(id).map_or(&[][..], |node| graph.arguments(node)) {
            match *argument {
                Argument::Term(term) => _ = node_of(term).map(&mut need),
                Argument::Range(range) => {
                    let mut all = true;
                    graph.each_cell_apart_from(range, &self.written, |cell| all &= !need(cell));
                    if all {
                        graph.each_new_cell(range, &mut self.written, |_| {});
                    }
                }
            }
        }
        for region in regions.live_branches(id) {
            let members = std::mem::take(&mut self.members[region as usize]);
            members.iter().for_each(|&member| self.needs(member, found));
            self.members[region as usize] = members;
        }
    }

    /// Appends a node after its lazy branches.
    fn write(&mut self, id: u32) {
        if std::mem::replace(&mut self.done[id as usize], true) {
            return;
        }
        let regions = self.regions;
        let truth = regions.graph.node(id).and_then(|node| regions.graph.arguments(node).first().copied());
        if let (Some(branches), Some(Argument::Term(truth))) = (regions.branches.get(&id), truth) {
            for (&region, when) in branches.iter().zip([true, false]) {
                if !regions.lived_in[region as usize] {
                    continue;
                }
                self.items.push(Item::Enter { truth, when });
                for member in std::mem::take(&mut self.members[region as usize]) {
                    self.write(member);
                }
                self.items.push(Item::Leave);
            }
        }
        self.items.push(Item::Node(id));
    }
}
