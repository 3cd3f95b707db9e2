//! From graph to plan: which nodes the outputs need, which of them only a lazy branch needs, in what order they run
//! and which slot each takes.

use super::graph::{Argument as GraphArgument, Graph, Op, RangeContent, Term};
use execd_calc::heap::{Array, Heap, Layer, Store};
use execd_calc::ops::{Op2, Op3};
use execd_calc::plan::{Argument, Content, InputSlot, Operand, Plan, PlanRange, Step};
use execd_calc::range::Table;
use execd_calc::value::{Unpacked, Value};
use hashbrown::HashMap;
use std::sync::Arc;

/// A branch whose own steps cost less than this runs for all records: testing a mask is dearer.
const LEAST_REGION_COST: u32 = 24;
const CALL_COST: u32 = 24;

/// A lazy branch of a `Select` node: its steps run only for records that take it.
#[derive(Clone, Copy, Debug)]
struct Region {
    parent: u32,
    depth: u32,
    cost: u32,
}

const ROOT: u32 = 0;
/// Branches inside branches beyond this run for all records.
const MAX_DEPTH: u32 = 64;

/// Orders the nodes that `outputs` need into a plan. `inputs` are the defaults of the input cells.
pub fn plan(graph: &Graph, outputs: &[Term], inputs: &[Value], date1904: bool) -> Plan {
    let mut scheduler = Scheduler::new(graph, outputs);
    scheduler.find_regions();
    scheduler.merge_cheap_regions();
    let order = scheduler.order();
    Emitter::new(graph, &order).emit(outputs, inputs, date1904)
}

/// A step of the order before slots are known.
#[derive(Clone, Copy, Debug)]
enum Item {
    Node(u32),
    Enter { truth: Term, when: bool },
    Leave,
}

struct Scheduler<'g> {
    graph: &'g Graph,
    needed: Vec<bool>,
    regions: Vec<Region>,
    /// Innermost region that holds all uses of a node.
    region_of: Vec<u32>,
    /// The regions of a `Select` node's two branches.
    branches: HashMap<u32, [u32; 2]>,
    /// Regions that hold nodes.
    lived_in: Vec<bool>,
}

impl<'g> Scheduler<'g> {
    fn new(graph: &'g Graph, outputs: &[Term]) -> Scheduler<'g> {
        let count = graph.nodes.len();
        let mut needed = vec![false; count];
        let mut open: Vec<u32> = outputs.iter().filter_map(|term| node_of(*term)).collect();
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut needed[id as usize], true) {
                continue;
            }
            each_operand(graph, id, |operand| open.push(operand));
        }
        let root = Region { parent: ROOT, depth: 0, cost: 0 };
        let mut scheduler = Scheduler {
            graph,
            needed,
            regions: vec![root],
            region_of: vec![u32::MAX; count],
            branches: HashMap::new(),
            lived_in: Vec::new(),
        };
        for term in outputs {
            if let Some(id) = node_of(*term) {
                scheduler.region_of[id as usize] = ROOT;
            }
        }
        scheduler
    }

    /// Operands have smaller numbers than their users, so one pass from the end sees all uses of a node first.
    fn find_regions(&mut self) {
        for id in (0..self.graph.nodes.len() as u32).rev() {
            if !self.needed[id as usize] {
                continue;
            }
            let own = self.region_of[id as usize];
            let lazy = self.lazy_branches(id);
            let Some([yes, no]) = lazy else {
                each_operand(self.graph, id, |operand| self.used_in(operand, own));
                continue;
            };
            let depth = self.regions.get(own as usize).map_or(0, |region| region.depth) + 1;
            if depth > MAX_DEPTH {
                each_operand(self.graph, id, |operand| self.used_in(operand, own));
                continue;
            }
            let first = self.regions.len() as u32;
            self.regions.extend([Region { parent: own, depth, cost: 0 }; 2]);
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
    }

    /// The nodes of both branches when a `Select` chooses between computed values; `u32::MAX` stands for a constant.
    fn lazy_branches(&self, id: u32) -> Option<[u32; 2]> {
        let node = self.graph.node(id)?;
        let Op::Three(Op3::Select) = node.op else { return None };
        match *self.graph.arguments(node) {
            [GraphArgument::Term(Term::Node(_)), GraphArgument::Term(yes), GraphArgument::Term(no)] => {
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
        let region = |id: u32| self.regions[id as usize];
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
    fn live_branches(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let regions = self.branches.get(&id).into_iter().flatten().copied();
        regions.filter(|&region| self.lived_in[region as usize])
    }

    fn merge_cheap_regions(&mut self) {
        for id in 0..self.graph.nodes.len() {
            if self.needed[id]
                && let Some(region) = self.regions.get_mut(self.region_of[id] as usize)
            {
                region.cost = region.cost.saturating_add(cost(&self.graph.nodes[id].op));
            }
        }
        // Inner regions have larger numbers than the regions around them.
        let mut target: Vec<u32> = (0..self.regions.len() as u32).collect();
        for id in (1..self.regions.len()).rev() {
            let Region { parent, cost, .. } = self.regions[id];
            if cost < LEAST_REGION_COST {
                target[id] = parent;
                self.regions[parent as usize].cost = self.regions[parent as usize].cost.saturating_add(cost);
            }
        }
        for id in 1..target.len() {
            target[id] = if target[id] == id as u32 { id as u32 } else { target[target[id] as usize] };
        }
        self.lived_in = vec![false; self.regions.len()];
        for region in &mut self.region_of {
            if *region != u32::MAX {
                *region = target[*region as usize];
                self.lived_in[*region as usize] = true;
            }
        }
    }

    /// All needed nodes, operands first. Running aggregates go first, the shallowest first, each after whatever it still
    /// needs: so the values of one row of a projection are used up before the next row is computed, and few slots
    /// are alive at a time.
    fn order(&self) -> Vec<Item> {
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
        if let (Some(regions), Some(GraphArgument::Term(truth))) = (scheduler.branches.get(&id), truth) {
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

fn cost(op: &Op) -> u32 {
    match op {
        Op::Input(_) => 0,
        Op::One(_) | Op::Two(_) | Op::Three(_) => 1,
        Op::Power => 8,
        Op::Call(_) | Op::Pack { .. } | Op::Element { .. } => CALL_COST,
    }
}

fn node_of(term: Term) -> Option<u32> {
    match term {
        Term::Node(id) => Some(id),
        Term::Const(_) => None,
    }
}

/// Calls `f` with each node that a node reads, ranges included, once per use.
fn each_operand(graph: &Graph, id: u32, mut f: impl FnMut(u32)) {
    each_operand_in_place(graph, id, |operand| {
        if let Some(operand) = operand {
            f(operand);
        }
    });
}

fn each_operand_in_place(graph: &Graph, id: u32, mut f: impl FnMut(Option<u32>)) {
    let Some(node) = graph.node(id) else { return };
    for argument in graph.arguments(node) {
        match *argument {
            GraphArgument::Term(term) => f(node_of(term)),
            GraphArgument::Range(range) => {
                if let Some(RangeContent::Terms(terms)) =
                    graph.ranges.get(range as usize).map(|range| &range.content)
                {
                    terms.iter().filter_map(|term| node_of(*term)).for_each(|id| f(Some(id)));
                }
            }
        }
    }
}

/// Turns the order into steps with slots.
struct Emitter<'g> {
    graph: &'g Graph,
    order: &'g [Item],
    /// Position of the last item that reads a node.
    last_use: Vec<usize>,
    slot_of: Vec<u32>,
    free: Vec<u32>,
    plan: Plan,
    store: Store,
    constant_of: HashMap<u64, u32>,
    range_of: HashMap<u32, u32>,
}

impl<'g> Emitter<'g> {
    fn new(graph: &'g Graph, order: &'g [Item]) -> Emitter<'g> {
        let count = graph.nodes.len();
        let mut last_use = vec![0; count];
        for (position, item) in order.iter().enumerate() {
            match *item {
                Item::Node(id) => each_operand(graph, id, |operand| last_use[operand as usize] = position),
                Item::Enter { truth: Term::Node(id), .. } => last_use[id as usize] = position,
                _ => {}
            }
        }
        Emitter {
            graph,
            order,
            last_use,
            slot_of: vec![u32::MAX; count],
            free: Vec::new(),
            plan: Plan::default(),
            store: Store::new(Layer::Constant),
            constant_of: HashMap::new(),
            range_of: HashMap::new(),
        }
    }

    fn emit(mut self, outputs: &[Term], inputs: &[Value], date1904: bool) -> Plan {
        for term in outputs {
            if let Some(id) = node_of(*term) {
                self.last_use[id as usize] = usize::MAX;
            }
        }
        self.load_inputs(inputs);
        let mut entered = Vec::new();
        for (position, item) in self.order.iter().enumerate() {
            match *item {
                Item::Node(id) => self.node(id, position),
                Item::Enter { truth, when } => {
                    entered.push(self.plan.steps.len());
                    let truth = self.operand(truth);
                    self.plan.steps.push(Step::Enter { truth, when, end: 0 });
                }
                Item::Leave => {
                    self.plan.steps.push(Step::Leave);
                    let after = self.plan.steps.len() as u32;
                    if let Some(Step::Enter { end, .. }) =
                        entered.pop().and_then(|at| self.plan.steps.get_mut(at))
                    {
                        *end = after;
                    }
                }
            }
        }
        self.plan.outputs = outputs.iter().map(|term| self.operand(*term)).collect();
        self.plan.output_cells = outputs.len();
        self.plan.input_cells = inputs.len();
        self.plan.date1904 = date1904;
        self.plan.store = Arc::new(self.store);
        self.plan
    }

    /// Inputs are in their slots before the first step.
    fn load_inputs(&mut self, inputs: &[Value]) {
        for item in self.order {
            if let Item::Node(id) = *item
                && let Some(Op::Input(cell)) = self.graph.node(id).map(|node| node.op)
            {
                let slot = self.take_slot(id);
                let default = inputs.get(cell as usize).copied().unwrap_or(Value::BLANK);
                let default = self.frozen(default);
                self.plan.inputs.push(InputSlot { cell: cell as usize, slot, default });
            }
        }
    }

    fn node(&mut self, id: u32, position: usize) {
        let graph = self.graph;
        let Some(node) = graph.node(id) else { return };
        if matches!(node.op, Op::Input(_)) {
            return;
        }
        let arguments = graph.arguments(node);
        let operands: Vec<Argument> = arguments.iter().map(|argument| self.argument(*argument)).collect();
        // Calls read their arguments record by record, so their result needs a slot of its own.
        let in_place =
            matches!(node.op, Op::One(_) | Op::Two(_) | Op::Three(_) | Op::Power | Op::Element { .. });
        if in_place {
            self.release(id, position);
        }
        let out = self.take_slot(id);
        if !in_place {
            self.release(id, position);
        }
        let step = self.step(node.op, &operands, out);
        self.plan.steps.extend(step);
    }

    fn step(&mut self, op: Op, operands: &[Argument], out: u32) -> Option<Step> {
        let single = |at: usize| match operands.get(at) {
            Some(Argument::Operand(operand)) => Some(*operand),
            _ => None,
        };
        Some(match op {
            Op::Input(_) => return None,
            Op::One(op) => Step::One { op, a: single(0)?, out },
            Op::Two(op) => Step::Two { op, a: single(0)?, b: single(1)?, out },
            Op::Three(op) => Step::Three { op, a: single(0)?, b: single(1)?, c: single(2)?, out },
            Op::Power => Step::Power { a: single(0)?, b: single(1)?, high: single(2)?, low: single(3)?, out },
            Op::Element { row, col } => Step::Element { a: single(0)?, row, col, out },
            Op::Call(function) => Step::Call {
                function,
                first: self.add_arguments(operands),
                count: operands.len() as u32,
                out,
            },
            Op::Pack { rows, cols } => Step::Pack { first: self.add_arguments(operands), rows, cols, out },
        })
    }

    fn add_arguments(&mut self, arguments: &[Argument]) -> u32 {
        let first = self.plan.arguments.len() as u32;
        self.plan.arguments.extend_from_slice(arguments);
        first
    }

    fn take_slot(&mut self, id: u32) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.plan.slots += 1;
            self.plan.slots as u32 - 1
        });
        self.slot_of[id as usize] = slot;
        slot
    }

    /// Frees the slots of operands that nothing reads later.
    fn release(&mut self, id: u32, position: usize) {
        let graph = self.graph;
        each_operand(graph, id, |operand| {
            let slot = self.slot_of[operand as usize];
            if self.last_use[operand as usize] == position && slot != u32::MAX {
                self.free.push(slot);
                self.slot_of[operand as usize] = u32::MAX;
            }
        });
    }

    fn argument(&mut self, argument: GraphArgument) -> Argument {
        match argument {
            GraphArgument::Term(term) => Argument::Operand(self.operand(term)),
            GraphArgument::Range(range) => Argument::Range(self.range(range)),
        }
    }

    fn operand(&mut self, term: Term) -> Operand {
        match term {
            Term::Node(id) => Operand::slot(self.slot_of[id as usize]),
            Term::Const(value) => {
                if let Some(&at) = self.constant_of.get(&value.bits()) {
                    return Operand::constant(at);
                }
                let at = self.plan.constants.len() as u32;
                let frozen = self.frozen(value);
                self.plan.constants.push(frozen);
                self.constant_of.insert(value.bits(), at);
                Operand::constant(at)
            }
        }
    }

    /// Slots are resolved at the step that reads the range, so a range with computed cells is laid out per step;
    /// tables are shared.
    fn range(&mut self, id: u32) -> u32 {
        if let Some(&range) = self.range_of.get(&id) {
            return range;
        }
        let graph = self.graph;
        let Some(range) = graph.ranges.get(id as usize) else { return u32::MAX };
        let at = self.plan.ranges.len() as u32;
        let content = match &range.content {
            RangeContent::Table(table) => {
                self.range_of.insert(id, at);
                let cells = table.cells.iter().map(|&cell| self.frozen(cell)).collect();
                Content::Table(Arc::new(Table::new(table.rows, table.cols, cells)))
            }
            RangeContent::Terms(terms) => {
                Content::Operands(terms.iter().map(|&term| self.operand(term)).collect())
            }
        };
        self.plan.ranges.push(PlanRange {
            rows: range.rows,
            cols: range.cols,
            used_rows: range.used_rows,
            used_cols: range.used_cols,
            origin: range.origin,
            content,
        });
        at
    }

    fn frozen(&mut self, value: Value) -> Value {
        freeze(&self.graph.heap, &mut self.store, value)
    }
}

/// The value with its text or array moved to the plan's store.
fn freeze(heap: &Heap, store: &mut Store, value: Value) -> Value {
    match value.unpack() {
        Unpacked::Text(id) => store.add_text(heap.text(id)),
        Unpacked::Array(id) => {
            let array = heap.array(id);
            let cells = array.cells.iter().map(|&cell| freeze(heap, store, cell)).collect();
            store.add_array(Array { rows: array.rows, cols: array.cols, cells })
        }
        _ => value,
    }
}
