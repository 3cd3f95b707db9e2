//! What-if data tables. Each cell of the table is the value of a formula with other values in the table's input cells.

use super::aggregates::{Criteria, Runs};
use super::failure::{Failure, Lowered};
use super::grids::Grids;
use super::lowerer::{Lowerer, State};
use super::values::Abs;
use crate::compile::graph::{Covered, Term};
use crate::workbook::{CellAddress, CellFormula, Place};
use execd_calc::semantics::primitive::Op1;
use execd_calc::values::value::{ErrorCode, Value};
use hashbrown::{HashMap, HashSet};

/// How deep data tables may need other data tables.
const MAX_NESTING: usize = 4;
/// How many formula cells may be lowered for all data tables. Each cell of a table lowers what its formula needs again.
const MAX_LOWERED: usize = 4_000_000;

/// An input cell of the table, if there is one, and the cell whose value it gets.
type Substitution = (Option<(u32, u32)>, (u32, u32));

impl Lowerer<'_> {
    /// Lowers the cells of the table that `anchor` is the first cell of.
    pub fn lower_data_table(&mut self, anchor: CellAddress) -> Lowered<()> {
        let Some(&CellFormula::DataTable { area, row_input, col_input, two_dimensional }) =
            self.cell(anchor).and_then(|cell| cell.formula.as_ref())
        else {
            return Err(Failure::unsupported("no data table"));
        };
        let known_inputs = usize::from(row_input.is_some()) + usize::from(col_input.is_some());
        let deleted = known_inputs < if two_dimensional { 2 } else { 1 };
        let (Some(above), Some(left)) = (area.first_row.checked_sub(1), area.first_col.checked_sub(1)) else {
            return Err(Failure::unsupported("a data table without a row above or a column to its left"));
        };
        for row in area.first_row..=area.last_row {
            for col in area.first_col..=area.last_col {
                let term = if deleted {
                    Term::Const(Value::error(ErrorCode::Ref))
                } else {
                    let formula = match (two_dimensional, row_input) {
                        (true, _) => (above, left),
                        (false, Some(_)) => (row, left),
                        (false, None) => (above, col),
                    };
                    let inputs = [(row_input, (above, col)), (col_input, (row, left))];
                    self.supposed_value(anchor, formula, inputs)?
                };
                let term = self.graph.one(Op1::CellValue, term);
                self.fill(CellAddress { row, col, ..anchor }, term);
            }
        }
        Ok(())
    }

    /// The value of `formula` if each input cell has the value of its heading. All cells are on the sheet of `anchor`.
    fn supposed_value(
        &mut self,
        anchor: CellAddress,
        formula: (u32, u32),
        inputs: [Substitution; 2],
    ) -> Lowered<Term> {
        let on_sheet = |(row, col): (u32, u32)| CellAddress { row, col, ..anchor };
        let mut supposed = HashMap::new();
        for (input, heading) in inputs {
            if let Some(input) = input {
                supposed.insert(on_sheet(input), State::Done(self.term(on_sheet(heading))?));
            }
        }
        if self.suppositions >= MAX_NESTING || self.supposed_cells > MAX_LOWERED {
            return Err(Failure::unsupported("the data tables need too many cells"));
        }
        // Cells that are half lowered stay so, because that is how circles are found.
        let mut states: HashMap<CellAddress, State> =
            self.pending.iter().map(|at| (*at, State::Pending)).collect();
        states.extend(supposed);
        let outside = Lowerings {
            states: std::mem::replace(&mut self.states, states),
            arrays: std::mem::take(&mut self.arrays),
            ranges: std::mem::take(&mut self.ranges),
            windows: std::mem::take(&mut self.windows),
            grids: std::mem::take(&mut self.grids),
            runs: std::mem::take(&mut self.runs),
            criteria: std::mem::take(&mut self.criteria),
            reachable: std::mem::take(&mut self.reachable),
            settled: std::mem::take(&mut self.settled),
            settled_columns: std::mem::take(&mut self.settled_columns),
            postponed: std::mem::take(&mut self.postponed),
        };
        let lowered_before = self.lowered_cells;
        self.graph.check()?;
        self.suppositions += 1;
        let result = self.term(on_sheet(formula));
        self.suppositions -= 1;
        self.supposed_cells += self.lowered_cells - lowered_before;
        self.lowered_cells = lowered_before;
        self.states = outside.states;
        self.arrays = outside.arrays;
        self.ranges = outside.ranges;
        self.windows = outside.windows;
        self.grids = outside.grids;
        self.runs = outside.runs;
        self.criteria = outside.criteria;
        self.reachable = outside.reachable;
        self.settled = outside.settled;
        self.settled_columns = outside.settled_columns;
        self.postponed = outside.postponed;
        result
    }
}

/// What was lowered for one set of values in input cells.
struct Lowerings {
    states: HashMap<CellAddress, State>,
    arrays: HashMap<CellAddress, Abs>,
    ranges: HashMap<Place, u32>,
    windows: HashMap<usize, u32>,
    grids: Grids,
    runs: Runs,
    criteria: Criteria,
    reachable: HashMap<Place, u32>,
    settled: Covered,
    settled_columns: HashMap<Place, u32>,
    postponed: HashSet<CellAddress>,
}
