//! The state of lowering one workbook. Each file beside this one holds some methods of `Lowerer`.

use super::aggregates::{Criteria, Runs};
use super::failure::{Failure, Lowered};
use super::functions::Unknown;
use super::grids::Grids;
use super::memo::Memo;
use super::sheets::Sheets;
use super::values::Abs;
use crate::compile::graph::{Covered, Graph, Term};
use crate::formula::ast::Expr;
use crate::report::Remark;
use crate::workbook::{CellAddress, Place};
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
    /// The results of array formulas by their first cells.
    pub arrays: HashMap<CellAddress, Abs>,
    pub ranges: HashMap<Place, u32>,
    /// By sheet, where the graph keeps the cells that ranges hold.
    pub windows: HashMap<usize, u32>,
    pub grids: Grids,
    pub runs: Runs,
    pub criteria: Criteria,
    /// Steps of chains so far.
    pub chained_steps: usize,
    /// Ranges that dynamic references can reach, if no cell in them depends on the formula that refers to them.
    pub reachable: HashMap<Place, u32>,
    pub reached_cells: usize,
    /// Rows whose formulas are lowered, or that are to be lowered when they are needed.
    pub settled: Covered,
    /// By the first column of wide ranges: the column after the last one whose formulas are settled in their rows.
    pub settled_columns: HashMap<Place, u32>,
    /// Cells that met a circle when they were lowered ahead of need. They are tried again when they are needed.
    pub postponed: HashSet<CellAddress>,
    pub depth: usize,
    /// Of the formula that is being lowered.
    pub memo: Memo,
    /// How many data tables are being lowered inside one another, and how many cells were lowered for data tables.
    pub suppositions: usize,
    pub supposed_cells: usize,
    /// A formula that finds out what it needs may be lowered again after that.
    pub may_want: bool,
    pub wanted: HashSet<(CellAddress, Place)>,
    /// The last failure that may not be final, for the caller who asked for its cell.
    pub provisional: Option<(CellAddress, Failure)>,
    /// Room for the cells whose precedents are being lowered.
    pub spare_set: Option<HashSet<CellAddress>>,
    /// The cells that are half lowered.
    pub pending: Vec<CellAddress>,
    /// How many formula cells were lowered.
    pub lowered_cells: usize,
    /// Calls of what is no function.
    pub unknown: Unknown,
    /// What the author of the workbook should know.
    pub warnings: Vec<Remark>,
    /// The same, to tell each once.
    pub told: HashSet<Remark>,
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
            windows: HashMap::new(),
            grids: Grids::default(),
            runs: Runs::default(),
            criteria: Criteria::default(),
            chained_steps: 0,
            reachable: HashMap::new(),
            reached_cells: 0,
            settled: Covered::default(),
            settled_columns: HashMap::new(),
            postponed: HashSet::new(),
            depth: 0,
            memo: Memo::default(),
            suppositions: 0,
            supposed_cells: 0,
            may_want: false,
            wanted: HashSet::new(),
            provisional: None,
            spare_set: None,
            pending: Vec::new(),
            lowered_cells: 0,
            unknown: Unknown::default(),
            warnings: Vec::new(),
            told: HashSet::new(),
        }
    }
}
