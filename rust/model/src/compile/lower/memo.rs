//! What the names and LAMBDAs of one formula came to: each use with the same arguments is lowered once, so that names of
//! names cost as much as there are of them.

use super::at::At;
use super::values::{Abs, Choice, Closure, Grid};
use crate::compile::graph::Term;
use crate::workbook::{CellAddress, Place};
use hashbrown::HashMap;
use std::rc::Rc;

/// Uses that are remembered at a time. A LAMBDA over a large array is used once for each element.
const MOST: usize = 4_096;

#[derive(Default)]
pub struct Memo {
    /// By the cell that a name is seen from, and what is asked of its value: a range, an array.
    names: HashMap<(CellAddress, [bool; 2], Box<str>), Abs>,
    applied: HashMap<Use, Abs>,
}

/// A LAMBDA with the values of its parameters, and what is asked of the result.
#[derive(Clone)]
pub struct Use {
    closure: Rc<Closure>,
    values: Vec<Abs>,
    at: (CellAddress, bool, bool, bool),
}

impl Use {
    pub fn new(closure: &Rc<Closure>, values: &[Abs], at: &At) -> Use {
        let at = (at.cell, at.array, at.forced, at.wants_range);
        Use { closure: Rc::clone(closure), values: values.to_vec(), at }
    }
}

impl Memo {
    pub fn name(&self, home: CellAddress, name: &str, at: &At) -> Option<Abs> {
        if self.names.is_empty() {
            return None;
        }
        self.names.get(&(home, [at.wants_range, at.array], name.to_lowercase().into())).cloned()
    }

    pub fn add_name(&mut self, home: CellAddress, name: &str, at: &At, result: &Abs) {
        if self.names.len() >= MOST {
            self.names.clear();
        }
        self.names.insert((home, [at.wants_range, at.array], name.to_lowercase().into()), result.clone());
    }

    pub fn applied(&self, this: &Use) -> Option<Abs> {
        self.applied.get(this).cloned()
    }

    pub fn add_applied(&mut self, this: Use, result: &Abs) {
        if self.applied.len() >= MOST {
            self.applied.clear();
        }
        self.applied.insert(this, result.clone());
    }
}

/// Arrays, LAMBDAs and choices are the same if they are one object. It lives as long as the entry that holds it.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Term(Term),
    Places(&'a [Place]),
    Grid(*const Grid),
    Cells(*const Grid),
    Lambda(*const Closure),
    Choice(*const Choice),
    Omitted,
}

fn key(value: &Abs) -> Key<'_> {
    match value {
        Abs::Term(term) => Key::Term(*term),
        Abs::Places(places) => Key::Places(places),
        Abs::Grid(grid) => Key::Grid(Rc::as_ptr(grid)),
        Abs::Cells(grid) => Key::Cells(Rc::as_ptr(grid)),
        Abs::Lambda(closure) => Key::Lambda(Rc::as_ptr(closure)),
        Abs::Choice(choice) => Key::Choice(Rc::as_ptr(choice)),
        Abs::Omitted => Key::Omitted,
    }
}

impl PartialEq for Use {
    fn eq(&self, other: &Use) -> bool {
        Rc::ptr_eq(&self.closure, &other.closure)
            && self.at == other.at
            && self.values.iter().map(key).eq(other.values.iter().map(key))
    }
}

impl Eq for Use {}

impl std::hash::Hash for Use {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        Rc::as_ptr(&self.closure).hash(state);
        self.at.hash(state);
        self.values.iter().for_each(|value| key(value).hash(state));
    }
}
