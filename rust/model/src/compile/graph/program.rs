//! The program as a graph of single values. Nodes with the same operation and arguments are one node.

use super::budget::Budget;
use super::node::{Argument, Node, Op, Term, kinds, kinds_of};
use super::range_argument::{RangeArgument, RangeContent};
use super::sheet_terms::SheetTerms;
use crate::error::Error;
use crate::limits::Limits;
use execd_calc::semantics::function::{Cx, Env, Function};
use execd_calc::values::budget::Budget as Memory;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::cell::Cell;
use std::hash::BuildHasher;
use std::sync::Arc;

#[derive(Debug)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub(super) arguments: Vec<Argument>,
    pub ranges: Vec<RangeArgument>,
    /// What windows look at.
    pub sheets: Vec<SheetTerms>,
    /// Cells of the tables that were made for folding.
    pub(super) table_cells: Cell<usize>,
    /// Results of calls over constant ranges.
    pub(super) folded_calls: HashMap<(*const Function, Box<[Argument]>), Value>,
    pub heap: Heap,
    pub env: Env,
    /// Calls that depend on the clock are evaluated now instead of in each execution. True for a recalculation.
    pub fold_volatile: bool,
    shared: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pub(super) budget: Budget,
}

impl Graph {
    pub fn new(env: Env, fold_volatile: bool, limits: &Limits) -> Graph {
        let mut heap = Heap::empty();
        heap.set_budget(limits.bytes, Arc::new(Memory::new(limits.bytes)));
        Graph {
            nodes: Vec::new(),
            arguments: Vec::new(),
            ranges: Vec::new(),
            sheets: Vec::new(),
            table_cells: Cell::new(0),
            folded_calls: HashMap::new(),
            heap,
            env,
            fold_volatile,
            shared: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            budget: Budget::new(limits),
        }
    }

    pub fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    pub fn arguments(&self, node: &Node) -> &[Argument] {
        let first = node.first_argument as usize;
        self.arguments.get(first..first + node.arguments as usize).unwrap_or(&[])
    }

    pub fn cx(&mut self) -> Cx<'_> {
        Cx { heap: &mut self.heap, env: &self.env, cancel: &self.budget.stop }
    }

    pub fn kinds(&self, term: Term) -> u8 {
        match term {
            Term::Const(value) => kinds_of(value),
            Term::Node(id) => self.node(id).map_or(kinds::SCALAR, |node| node.kinds),
        }
    }

    pub fn text(&mut self, text: &str) -> Term {
        Term::Const(self.heap.add_text(text))
    }

    /// Rows and columns of a value.
    pub fn size_of(&self, value: Value) -> (usize, usize) {
        match value.unpack() {
            Unpacked::Array(id) => {
                let array = self.heap.array(id);
                (array.rows, array.cols)
            }
            _ => (1, 1),
        }
    }

    /// True if the term may be an array whose size depends on a record.
    pub fn is_array(&self, term: Term) -> bool {
        matches!(term, Term::Node(_)) && self.kinds(term) & kinds::ARRAY != 0
    }

    /// A new graph with the nodes of `order`, operands first. `change` gets the graph so far, an old node and the
    /// node's arguments in the new graph, and may replace the node by a term. Fails when compiling is to stop.
    pub fn rebuilt(
        mut self,
        outputs: &[Term],
        order: &[u32],
        mut change: impl FnMut(&mut Graph, u32, &[Argument]) -> Option<Term>,
    ) -> Result<(Graph, Vec<Term>), Error> {
        let (nodes, arguments) = (std::mem::take(&mut self.nodes), std::mem::take(&mut self.arguments));
        self.shared.clear();
        let mut new = vec![Term::Const(Value::BLANK); nodes.len()];
        let mapped = |new: &[Term], term: Term| match term {
            Term::Node(id) => new.get(id as usize).copied().unwrap_or(term),
            Term::Const(_) => term,
        };
        for &id in order {
            self.check()?;
            let Some(node) = nodes.get(id as usize) else { continue };
            let first = node.first_argument as usize;
            let old = arguments.get(first..first + node.arguments as usize).unwrap_or(&[]);
            let moved: Vec<Argument> = old
                .iter()
                .map(|argument| match *argument {
                    Argument::Term(term) => Argument::Term(mapped(&new, term)),
                    Argument::Range(_) => *argument,
                })
                .collect();
            let changed = change(&mut self, id, &moved);
            new[id as usize] = changed.unwrap_or_else(|| self.share(node.op, &moved, node.kinds));
        }
        for range in &mut self.ranges {
            if let RangeContent::Terms(terms) = &mut range.content {
                terms.iter_mut().for_each(|term| *term = mapped(&new, *term));
            }
        }
        for sheet in &mut self.sheets {
            sheet.each_mut(|term| *term = mapped(&new, *term));
        }
        let outputs = outputs.iter().map(|&term| mapped(&new, term)).collect();
        Ok((self, outputs))
    }

    pub fn share(&mut self, op: Op, arguments: &[Argument], kinds: u8) -> Term {
        let hash = self.hasher.hash_one((op.key(), arguments));
        let found = self.shared.find(hash, |&id| {
            self.node(id).is_some_and(|node| node.op.key() == op.key() && self.arguments(node) == arguments)
        });
        if let Some(&id) = found {
            return Term::Node(id);
        }
        let id = self.nodes.len() as u32;
        let first_argument = self.arguments.len() as u32;
        self.arguments.extend_from_slice(arguments);
        self.nodes.push(Node { op, first_argument, arguments: arguments.len() as u32, kinds });
        let (nodes, all, hasher) = (&self.nodes, &self.arguments, &self.hasher);
        self.shared.insert_unique(hash, id, |&id| {
            let Some(node) = nodes.get(id as usize) else { return 0 };
            let first = node.first_argument as usize;
            let arguments = all.get(first..first + node.arguments as usize).unwrap_or(&[]);
            hasher.hash_one((node.op.key(), arguments))
        });
        Term::Node(id)
    }
}
