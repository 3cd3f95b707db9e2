//! From ordered nodes to steps: gives each result a slot for as long as it is needed, and collects constants and
//! ranges.

use super::order::{Item, order};
use super::pools::Pools;
use crate::compile::graph::{
    Argument as GraphArgument, Covered, Graph, Op, RangeContent, Term, Window, node_of,
};
use crate::error::Error;
use execd_calc::plan::{Argument, Content, InputSlot, Operand, Plan, PlanRange, Step};
use execd_calc::values::heap::{Heap, Layer, Store};
use execd_calc::values::range::Table;
use execd_calc::values::value::{Unpacked, Value};
use hashbrown::HashMap;
use std::sync::Arc;

/// Items between two looks at the budget.
const CHECKED: usize = 4_096;

/// Orders the nodes that `outputs` need into a plan. `inputs` are the defaults of the input cells.
/// Fails when compiling is to stop.
pub fn plan(graph: &Graph, outputs: &[Term], inputs: &[Value], date1904: bool) -> Result<Plan, Error> {
    let order = order(graph, outputs)?;
    Emitter::new(graph, &order)?.emit(outputs, inputs, date1904)
}

/// Turns the order into steps with slots.
pub struct Emitter<'g> {
    graph: &'g Graph,
    order: &'g [Item],
    /// Position of the last item that reads a node.
    last_use: Vec<usize>,
    /// Cells of ranges by the position of the last item that reads them, the last ones first.
    ending: Vec<(usize, u32)>,
    slot_of: Vec<u32>,
    /// The same for the rests of powers and logarithms.
    rest_last_use: Vec<usize>,
    rest_of: Vec<u32>,
    free: Vec<u32>,
    plan: Plan,
    store: Store,
    constant_of: HashMap<u64, u32>,
    range_of: HashMap<u32, u32>,
    pools: Pools,
    /// Which cells of the pools have their operands.
    filled: Covered,
}

impl<'g> Emitter<'g> {
    pub fn new(graph: &'g Graph, order: &'g [Item]) -> Result<Emitter<'g>, Error> {
        let count = graph.nodes.len();
        let (mut last_use, mut rest_last_use) = (vec![0; count], vec![0; count]);
        let (mut covered, mut cells) = (Covered::default(), Vec::new());
        let last = |uses: &mut Vec<usize>, id: u32, position: usize| {
            let known = &mut uses[id as usize];
            *known = position.max(*known);
        };
        // From the end, so that a cell of a range is met first where it is read last.
        for (position, item) in order.iter().enumerate().rev() {
            if position % CHECKED == 0 {
                graph.check()?;
            }
            match *item {
                Item::Node(id) => {
                    let arguments = graph.node(id).map_or(&[][..], |node| graph.arguments(node));
                    for argument in arguments.iter().rev() {
                        match *argument {
                            GraphArgument::Term(term) => {
                                node_of(term).into_iter().for_each(|id| last(&mut last_use, id, position));
                            }
                            GraphArgument::Range(range) => graph.each_new_cell(range, &mut covered, |cell| {
                                last(&mut last_use, cell, position);
                                cells.push(cell);
                            }),
                        }
                    }
                    each_rest(graph, id, |operand| last(&mut rest_last_use, operand, position));
                }
                Item::Enter { truth: Term::Node(id), .. } => last(&mut last_use, id, position),
                _ => {}
            }
        }
        // The last cells first, to be taken from the end.
        let mut ending: Vec<(usize, u32)> =
            cells.iter().map(|&cell| (last_use[cell as usize], cell)).collect();
        ending.sort_by_key(|(end, _)| std::cmp::Reverse(*end));
        let pools = Pools::new(graph, order.iter().filter_map(|item| item.node()));
        let plan = Plan { cells: vec![Operand::constant(0); pools.cells as usize], ..Plan::default() };
        Ok(Emitter {
            graph,
            order,
            last_use,
            ending,
            slot_of: vec![u32::MAX; count],
            rest_last_use,
            rest_of: vec![u32::MAX; count],
            free: Vec::new(),
            plan,
            store: Store::new(Layer::Constant),
            constant_of: HashMap::new(),
            range_of: HashMap::new(),
            pools,
            filled: Covered::default(),
        })
    }

    pub fn emit(mut self, outputs: &[Term], inputs: &[Value], date1904: bool) -> Result<Plan, Error> {
        for term in outputs {
            if let Some(id) = node_of(*term) {
                self.last_use[id as usize] = usize::MAX;
            }
        }
        self.load_inputs(inputs);
        let mut entered = Vec::new();
        for (position, item) in self.order.iter().enumerate() {
            if position % CHECKED == 0 {
                self.graph.check()?;
            }
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
        Ok(self.plan)
    }

    /// Inputs have their slots before the first step.
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
        // A call reads its arguments record by record while it writes, so its result needs a slot of its own.
        let in_place = !matches!(node.op, Op::Call(_) | Op::Pack { .. });
        let step = match node.op {
            Op::Ln | Op::Power | Op::FirstPower | Op::NextPower => self.power(id, position, &operands),
            op => {
                if in_place {
                    self.release(id, position);
                }
                let out = self.take_slot(id);
                if !in_place {
                    self.release(id, position);
                }
                self.step(op, &operands, out)
            }
        };
        self.plan.steps.extend(step);
    }

    fn step(&mut self, op: Op, operands: &[Argument], out: u32) -> Option<Step> {
        let single = |at: usize| match operands.get(at) {
            Some(Argument::Operand(operand)) => Some(*operand),
            _ => None,
        };
        Some(match op {
            Op::Input(_) | Op::Ln | Op::Power | Op::FirstPower | Op::NextPower => return None,
            Op::One(op) => Step::One { op, a: single(0)?, out },
            Op::Two(op) => Step::Two { op, a: single(0)?, b: single(1)?, out },
            Op::Three(op) => Step::Three { op, a: single(0)?, b: single(1)?, c: single(2)?, out },
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

    /// A step that reads or writes rests, which have slots of their own.
    fn power(&mut self, id: u32, position: usize, operands: &[Argument]) -> Option<Step> {
        let (graph, node) = (self.graph, self.graph.node(id)?);
        let single = |at: usize| match operands.get(at) {
            Some(Argument::Operand(operand)) => Some(*operand),
            _ => None,
        };
        let rest = |at: usize| match graph.arguments(node).get(at) {
            Some(GraphArgument::Term(Term::Node(id))) => Some(Operand::slot(self.rest_of[*id as usize])),
            _ => None,
        };
        // The arguments of `NextPower` are looked up before their slots are freed.
        let climb = match *operands {
            [a, b, from, step, ln, remainder] => {
                let [from_rest, step_rest] = [rest(2)?, rest(3)?].map(Argument::Operand);
                Some([a, b, from, from_rest, step, step_rest, ln, remainder])
            }
            _ => None,
        };
        let low = rest(2);
        self.release(id, position);
        let out = self.take_slot(id);
        if let Op::Power = node.op {
            return Some(Step::Power { a: single(0)?, b: single(1)?, high: single(2)?, low: low?, out });
        }
        let rest = self.free_slot();
        if self.rest_last_use[id as usize] > position {
            self.rest_of[id as usize] = rest;
        } else {
            self.free.push(rest);
        }
        Some(match (node.op, climb) {
            (Op::Ln, _) => Step::Ln { a: single(0)?, out, rest },
            (Op::FirstPower, _) => {
                Step::FirstPower { a: single(0)?, b: single(1)?, reach: single(2)?, out, rest }
            }
            (_, Some(climb)) => Step::NextPower { first: self.add_arguments(&climb), out, rest },
            _ => return None,
        })
    }

    fn add_arguments(&mut self, arguments: &[Argument]) -> u32 {
        let first = self.plan.arguments.len() as u32;
        self.plan.arguments.extend_from_slice(arguments);
        first
    }

    fn take_slot(&mut self, id: u32) -> u32 {
        let slot = self.free_slot();
        self.slot_of[id as usize] = slot;
        slot
    }

    fn free_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.plan.slots += 1;
            self.plan.slots as u32 - 1
        })
    }

    /// Frees the slots of operands that no later step reads.
    fn release(&mut self, id: u32, position: usize) {
        let graph = self.graph;
        let Some(node) = graph.node(id) else { return };
        for argument in graph.arguments(node) {
            if let GraphArgument::Term(Term::Node(operand)) = *argument
                && self.last_use[operand as usize] == position
            {
                self.free_slot_of(operand);
            }
        }
        while let Some((_, cell)) = self.ending.pop_if(|(end, _)| *end <= position) {
            // Not an output, which is read after the end.
            if self.last_use[cell as usize] == position {
                self.free_slot_of(cell);
            }
        }
        each_rest(graph, id, |operand| {
            let slot = self.rest_of[operand as usize];
            if self.rest_last_use[operand as usize] == position && slot != u32::MAX {
                self.free.push(slot);
                self.rest_of[operand as usize] = u32::MAX;
            }
        });
    }

    fn free_slot_of(&mut self, id: u32) {
        let slot = std::mem::replace(&mut self.slot_of[id as usize], u32::MAX);
        if slot != u32::MAX {
            self.free.push(slot);
        }
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

    fn range(&mut self, id: u32) -> u32 {
        if let Some(&range) = self.range_of.get(&id) {
            return range;
        }
        let graph = self.graph;
        let Some(range) = graph.ranges.get(id as usize) else { return u32::MAX };
        let at = self.plan.ranges.len() as u32;
        self.range_of.insert(id, at);
        let table = if self.pools.has_table(id) { graph.table(id) } else { None };
        let content = match (table, &range.content) {
            (Some(table), _) => {
                let cells = table.cells.iter().map(|&cell| self.frozen(cell)).collect();
                Content::Table(Arc::new(Table::new(table.rows, table.cols, cells)))
            }
            (None, RangeContent::Window(window)) => Content::Operands { first: self.window(window) },
            (None, _) => {
                let first = self.plan.cells.len() as u32;
                graph.each_cell(id, |term| {
                    let operand = self.operand(term);
                    self.plan.cells.push(operand);
                });
                Content::Operands { first }
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

    /// Where the cells of a window are in `Plan::cells`. Each gets its operand when a step reads it first: the slot stays
    /// the same until the last one has read it.
    fn window(&mut self, window: &Window) -> u32 {
        let graph = self.graph;
        let (Some(pool), Some(sheet)) = (self.pools.of(window), graph.sheets.get(window.sheet as usize))
        else {
            return 0;
        };
        let place = |row: u32, col: u32| {
            (pool.first + (row - pool.rows.start) * window.cols + (col - window.col)) as usize
        };
        for col in window.col_range() {
            let rows = window.row_range();
            let open = if pool.shared { self.filled.take((pool.first, col), &rows) } else { [rows, 0..0] };
            for rows in open {
                for (row, term) in rows.clone().zip(sheet.slice(col, &rows)) {
                    let operand = self.operand(term.unwrap_or(Term::Const(Value::BLANK)));
                    if let Some(cell) = self.plan.cells.get_mut(place(row, col)) {
                        *cell = operand;
                    }
                }
            }
        }
        place(window.row, window.col) as u32
    }

    fn frozen(&mut self, value: Value) -> Value {
        freeze(&self.graph.heap, &mut self.store, value)
    }
}

/// Calls `f` with each node whose rest a node reads.
fn each_rest(graph: &Graph, id: u32, mut f: impl FnMut(u32)) {
    let Some(node) = graph.node(id) else { return };
    let read = match node.op {
        Op::Power => 2..3,
        Op::NextPower => 2..4,
        _ => 0..0,
    };
    for argument in graph.arguments(node).get(read).unwrap_or(&[]) {
        if let GraphArgument::Term(Term::Node(id)) = argument {
            f(*id);
        }
    }
}

/// The value with its text or array copied to the plan's store.
fn freeze(heap: &Heap, store: &mut Store, value: Value) -> Value {
    match value.unpack() {
        Unpacked::Text(id) => store.add_text(heap.text(id)),
        Unpacked::Array(id) => {
            let frozen = heap.array(id).map(|cell| freeze(heap, store, cell));
            store.add_array(frozen)
        }
        _ => value,
    }
}
