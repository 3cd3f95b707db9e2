//! Which nodes the outputs need, and which of them only a lazy branch needs.

use crate::compile::graph::{
    Argument, Covered, Graph, Op, Term, each_new_operand, each_operand_in_place, needed, node_of,
};
use crate::error::Error;
use execd_calc::semantics::function::flags;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op2, Op3};
use hashbrown::HashMap;

/// A branch whose own steps cost less than this runs for all records, because testing a mask would cost more.
const LEAST_REGION_COST: u32 = 24;
const CALL_COST: u32 = 24;
const CHEAP_CALL_COST: u32 = 4;

/// A lazy branch of a `Select` node: its steps run only for records that take it.
#[derive(Clone, Copy, Debug)]
pub struct Region {
    parent: u32,
    depth: u32,
    cost: u32,
}

/// The region of what runs for all records.
pub const ROOT: u32 = 0;
/// Branches nested deeper than this run for all records.
const MAX_DEPTH: u32 = 64;

/// The needed nodes, each in the innermost lazy branch that holds all its uses.
pub struct Regions<'g> {
    pub graph: &'g Graph,
    pub needed: Vec<bool>,
    pub all: Vec<Region>,
    /// By node, the innermost region that holds all its uses.
    pub region_of: Vec<u32>,
    /// The regions of a `Select` node's two branches.
    pub branches: HashMap<u32, [u32; 2]>,
    /// By region, whether it holds nodes.
    pub lived_in: Vec<bool>,
}

impl<'g> Regions<'g> {
    /// Fails when compiling is to stop.
    pub fn new(graph: &'g Graph, outputs: &[Term]) -> Result<Regions<'g>, Error> {
        let (count, needed) = (graph.nodes.len(), needed(graph, outputs));
        let root = Region { parent: ROOT, depth: 0, cost: 0 };
        let mut regions = Regions {
            graph,
            needed,
            all: vec![root],
            region_of: vec![u32::MAX; count],
            branches: HashMap::new(),
            lived_in: Vec::new(),
        };
        for term in outputs {
            if let Some(id) = node_of(*term) {
                regions.region_of[id as usize] = ROOT;
            }
        }
        regions.find()?;
        regions.merge_cheap();
        Ok(regions)
    }

    /// Operands have smaller numbers than their users, so one pass from the end sees all uses of a node first.
    fn find(&mut self) -> Result<(), Error> {
        let mut in_root = Covered::default();
        for id in (0..self.graph.nodes.len() as u32).rev() {
            self.graph.check()?;
            if !self.needed[id as usize] {
                continue;
            }
            let own = self.region_of[id as usize];
            let lazy = self.lazy_branches(id);
            let Some([yes, no]) = lazy else {
                self.operands_used_in(id, own, &mut in_root);
                continue;
            };
            let depth = self.all.get(own as usize).map_or(0, |region| region.depth) + 1;
            if depth > MAX_DEPTH {
                self.operands_used_in(id, own, &mut in_root);
                continue;
            }
            let first = self.all.len() as u32;
            self.all.extend([Region { parent: own, depth, cost: 0 }; 2]);
            self.branches.insert(id, [first, first + 1]);
            let mut position = 0;
            each_operand_in_place(self.graph, id, |operand| {
                if let Some(operand) = operand {
                    let region = match position {
                        1 if operand == yes => first,
                        2 if operand == no => first + 1,
                        _ => own,
                    };
                    self.used_in(operand, region);
                }
                position += 1;
            });
        }
        Ok(())
    }

    /// Cells of ranges that are used in the outermost region stay there, and are not looked at again.
    fn operands_used_in(&mut self, id: u32, region: u32, in_root: &mut Covered) {
        let graph = self.graph;
        if region == ROOT {
            return each_new_operand(graph, id, in_root, |operand| self.used_in(operand, ROOT));
        }
        let Some(node) = graph.node(id) else { return };
        for argument in graph.arguments(node) {
            match *argument {
                Argument::Term(term) => node_of(term).into_iter().for_each(|id| self.used_in(id, region)),
                Argument::Range(range) => {
                    let mut root = true;
                    graph.each_cell_apart_from(range, in_root, |cell| {
                        self.used_in(cell, region);
                        root &= self.region_of[cell as usize] == ROOT;
                    });
                    if root {
                        graph.each_new_cell(range, in_root, |_| {});
                    }
                }
            }
        }
    }

    /// The nodes of both branches of a `Select` whose condition depends on the record. `u32::MAX` stands for a
    /// constant.
    fn lazy_branches(&self, id: u32) -> Option<[u32; 2]> {
        let node = self.graph.node(id)?;
        let Op::Three(Op3::Select) = node.op else { return None };
        match *self.graph.arguments(node) {
            [Argument::Term(Term::Node(_)), Argument::Term(yes), Argument::Term(no)] => {
                Some([node_of(yes).unwrap_or(u32::MAX), node_of(no).unwrap_or(u32::MAX)])
            }
            _ => None,
        }
    }

    fn used_in(&mut self, operand: u32, region: u32) {
        let known = self.region_of[operand as usize];
        self.region_of[operand as usize] =
            if known == u32::MAX { region } else { self.common(known, region) };
    }

    fn common(&self, mut a: u32, mut b: u32) -> u32 {
        let region = |id: u32| self.all[id as usize];
        while a != b {
            if region(a).depth >= region(b).depth {
                a = region(a).parent;
            } else {
                b = region(b).parent;
            }
        }
        a
    }

    /// The branches of a `Select` that hold nodes of their own.
    pub fn live_branches(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let regions = self.branches.get(&id).into_iter().flatten().copied();
        regions.filter(|&region| self.lived_in[region as usize])
    }

    fn merge_cheap(&mut self) {
        for id in 0..self.graph.nodes.len() {
            if self.needed[id]
                && let Some(region) = self.all.get_mut(self.region_of[id] as usize)
            {
                region.cost = region.cost.saturating_add(cost(&self.graph.nodes[id].op));
            }
        }
        // Inner regions have larger numbers than the regions around them.
        let mut target: Vec<u32> = (0..self.all.len() as u32).collect();
        for id in (1..self.all.len()).rev() {
            let Region { parent, cost, .. } = self.all[id];
            if cost < LEAST_REGION_COST {
                target[id] = parent;
                self.all[parent as usize].cost = self.all[parent as usize].cost.saturating_add(cost);
            }
        }
        for id in 1..target.len() {
            target[id] = if target[id] == id as u32 { id as u32 } else { target[target[id] as usize] };
        }
        self.lived_in = vec![false; self.all.len()];
        for region in &mut self.region_of {
            if *region != u32::MAX {
                *region = target[*region as usize];
                self.lived_in[*region as usize] = true;
            }
        }
    }
}

fn cost(op: &Op) -> u32 {
    match op {
        Op::Input(_) => 0,
        Op::Two(Op2::Operator(BinaryOp::Pow)) => 12,
        Op::One(_) | Op::Two(_) | Op::Three(_) | Op::NextPower => 1,
        Op::Power | Op::Ln => 8,
        Op::FirstPower => CALL_COST,
        Op::Call(function) if function.has(flags::CHEAP) => CHEAP_CALL_COST,
        Op::Call(_) | Op::Pack { .. } | Op::Element { .. } => CALL_COST,
    }
}
