//! The order in which needed nodes run: running aggregates first, each after what it still needs. Which nodes are
//! needed, and in which lazy branch, is `schedule`'s.

use super::regions::{ROOT, Scheduler};
use crate::compile::graph::{Argument, Graph, Op, Term, each_operand};
use execd_calc::ops::{Op2, Op3};

/// A step of the order before slots are known.
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

/// The nodes that `outputs` need in the order in which they run.
pub fn order(graph: &Graph, outputs: &[Term]) -> Vec<Item> {
    let mut scheduler = Scheduler::new(graph, outputs);
    scheduler.find_regions();
    scheduler.merge_cheap_regions();
    scheduler.order()
}

impl Scheduler<'_> {
    /// All needed nodes, operands first. Running aggregates go first, the shallowest first, each after whatever it still
    /// needs: so the values of one row of a projection are used up before the next row is computed, and few slots
    /// are alive at a time.
    pub fn order(&self) -> Vec<Item> {
        let mut order = Order {
            scheduler: self,
            members: vec![Vec::new(); self.regions.len()],
            done: vec![false; self.graph.nodes.len()],
            items: Vec::with_capacity(self.graph.nodes.len()),
        };
        for id in 0..self.graph.nodes.len() {
            if self.needed[id] {
                order.members[self.region_of[id] as usize].push(id as u32);
            }
        }
        let depths = self.depths();
        let root = order.members[ROOT as usize].clone();
        let mut aggregates: Vec<u32> = root.iter().copied().filter(|&id| self.is_running(id)).collect();
        aggregates.sort_by_key(|&id| depths[id as usize]);
        for id in aggregates.into_iter().chain(root) {
            order.demand(id);
        }
        order.items
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

    /// Longest way from an input, per node.
    fn depths(&self) -> Vec<u32> {
        let mut depths = vec![0; self.graph.nodes.len()];
        for id in 0..self.graph.nodes.len() as u32 {
            let mut depth = 0;
            each_operand(self.graph, id, |operand| depth = depth.max(depths[operand as usize] + 1));
            depths[id as usize] = depth;
        }
        depths
    }
}

/// The order as far as it is written down.
struct Order<'s, 'g> {
    scheduler: &'s Scheduler<'g>,
    members: Vec<Vec<u32>>,
    done: Vec<bool>,
    items: Vec<Item>,
}

impl Order<'_, '_> {
    /// Writes down a node of the outermost region after everything that it needs.
    fn demand(&mut self, id: u32) {
        let mut open = vec![(id, false)];
        while let Some((id, ready)) = open.pop() {
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
    }

    /// Nodes of the outermost region that a node reads, or that the lazy branches of a `Select` read.
    fn needs(&self, id: u32, found: &mut Vec<u32>) {
        let scheduler = self.scheduler;
        each_operand(scheduler.graph, id, |operand| {
            if scheduler.region_of[operand as usize] == ROOT && !self.done[operand as usize] {
                found.push(operand);
            }
        });
        for region in scheduler.live_branches(id) {
            for &member in &self.members[region as usize] {
                self.needs(member, found);
            }
        }
    }

    /// A node, after its lazy branches.
    fn write(&mut self, id: u32) {
        if std::mem::replace(&mut self.done[id as usize], true) {
            return;
        }
        let scheduler = self.scheduler;
        let truth =
            scheduler.graph.node(id).and_then(|node| scheduler.graph.arguments(node).first().copied());
        if let (Some(regions), Some(Argument::Term(truth))) = (scheduler.branches.get(&id), truth) {
            for (&region, when) in regions.iter().zip([true, false]) {
                if !scheduler.lived_in[region as usize] {
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
