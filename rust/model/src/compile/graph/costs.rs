//! What the graph counts against its budget.

use super::node::{Argument, Node, Term};
use super::program::Graph;
use crate::error::Error;
use execd_calc::values::value::{Unpacked, Value};
use std::sync::atomic::Ordering;

/// A node with its place in the table of shared nodes.
const NODE: usize = size_of::<Node>() + 2 * size_of::<u32>();

/// A use of a LAMBDA, with the values of its variables.
const USE: usize = 256;

impl Graph {
    /// Fails when the graph has become too large, or when compiling is to stop. The message does not name a formula.
    #[inline]
    pub fn check(&self) -> Result<(), Error> {
        let bytes = match self.heap.refused() {
            None => self.nodes.len() * NODE + self.arguments.len() * size_of::<Argument>(),
            Some(_) => usize::MAX >> 1,
        };
        self.budget.check(self.nodes.len(), bytes)
    }

    /// Whether compiling was told to stop, which it stays.
    pub fn is_stopped(&self) -> bool {
        self.budget.stop.load(Ordering::Relaxed)
    }

    /// Counts the text or array of a value that was calculated.
    pub(super) fn keep(&mut self, value: Value) {
        self.budget.kept += match value.unpack() {
            Unpacked::Text(id) => self.heap.text(id).len(),
            Unpacked::Array(id) => self.heap.array(id).cells.len() * size_of::<Value>(),
            _ => 0,
        };
    }

    /// What is kept now, for `release`.
    pub fn mark(&self) -> (usize, usize) {
        (self.heap.local_arrays(), self.budget.kept)
    }

    /// Forgets the arrays that were made since. Nothing may hold one of them.
    pub fn release(&mut self, (arrays, kept): (usize, usize)) {
        self.heap.forget_arrays(arrays);
        self.budget.kept = kept;
    }

    /// Counts a use of a LAMBDA.
    pub fn keep_use(&mut self) {
        self.budget.kept += USE;
    }

    /// Counts terms that are kept beside the nodes.
    pub fn keep_terms(&mut self, count: usize) {
        self.budget.kept += count * size_of::<Term>();
    }
}
