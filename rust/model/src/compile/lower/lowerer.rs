//! The state of lowering one workbook. What is done with it is in the files of this folder, each a part of `Lowerer`.

use super::failure::{Failure, Lowered};
use super::place::Place;
use super::sheets::Sheets;
use super::values::Abs;
use crate::compile::graph::{Graph, Term};
use crate::formula::ast::Expr;
use crate::workbook::CellAddress;
use hashbrown::{HashMap, HashSet};
use std::rc::Rc;

/// What is known of a cell.
#[derive(Clone, Debug)]
pub enum State {
    Pending,
    Done(Term),
    Failed(Failure),
}

pub struct Lowerer<'w> {
    pub sheets: Sheets<'w>,
    pub graph: Graph,
    pub inputs: HashMap<CellAddress, u32>,
    pub states: HashMap<CellAddress, State>,
    pub trees: HashMap<CellAddress, Rc<Expr>>,
    pub shared_trees: HashMap<(usize, u32, u32), Lowered<Rc<Expr>>>,
    pub name_trees: HashMap<(usize, String), Lowered<Rc<Expr>>>,
    /// Results of array formulas by their first cell.
    pub arrays: HashMap<CellAddress, Abs>,
    pub ranges: HashMap<Place, u32>,
    /// Ranges that a record chooses from, where no cell depends on the formula that chooses.
    pub reachable: HashMap<Place, u32>,
    pub reached_cells: usize,
    pub settled: HashSet<Place>,
    /// Cells that met a circle when they were lowered before anyone needed them.
    pub postponed: HashSet<CellAddress>,
    pub depth: usize,
    /// Data tables being evaluated inside one another, and the cells lowered for them.
    pub suppositions: usize,
    pub supposed_cells: usize,
    /// The last failure that was not written down, for whoever asked for its cell.
    pub provisional: Option<(CellAddress, Failure)>,
    pub pending: usize,
    /// Formula cells lowered so far.
    pub lowered_cells: usize,
    /// What the author of the workbook may want to know.
    pub warnings: Vec<String>,
}

impl<'w> Lowerer<'w> {
    pub fn new(sheets: Sheets<'w>, graph: Graph, inputs: HashMap<CellAddress, u32>) -> Lowerer<'w> {
        Lowerer {
            sheets,
            graph,
            inputs,
            states: HashMap::new(),
            trees: HashMap::new(),
            shared_trees: HashMap::new(),
            name_trees: HashMap::new(),
            arrays: HashMap::new(),
            ranges: HashMap::new(),
            reachable: HashMap::new(),
            reached_cells: 0,
            settled: HashSet::new(),
            postponed: HashSet::new(),
            depth: 0,
            suppositions: 0,
            supposed_cells: 0,
            provisional: None,
            pending: 0,
            lowered_cells: 0,
            warnings: Vec::new(),
        }
    }
}
