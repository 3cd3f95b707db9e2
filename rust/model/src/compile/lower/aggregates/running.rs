//! Aggregates that go through their cells one after the other, as chains of small steps. What a range adds is kept line by
//! line, so that a longer range from the same cell on (`SUM(C$2:C9)`, `SUM(C$2:C10)`) takes one more step and not a
//! chain of its own.

use super::runs::{Adds, Run, Total, start};
use crate::compile::graph::{Term, kinds};
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::Abs;
use crate::workbook::Place;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::{Op2, Op3};
use execd_calc::values::value::{ErrorCode, Value};
use hashbrown::hash_map::Entry;

/// Longer ranges stay calls, because a chain has one step per cell.
const MAX_CHAIN: usize = 1 << 18;
/// Chains of so few steps are always made: so many for each formula are no more than its share.
const FEW: usize = 8;
/// Steps of all chains together, besides two for each formula. Beyond, aggregates stay calls: ranges that share no step
/// (`SUM(C2:C$9)`, `SUM(C3:C$9)`) would have as many steps as cells times formulas.
const MOST_STEPS: usize = 1 << 20;

impl Lowerer<'_> {
    /// The chain that stands for a function of cells and values. None if the call has to stay.
    pub fn running(&mut self, adds: Adds, args: &[Abs]) -> Lowered<Option<Total>> {
        let mut varies = false;
        for arg in args {
            varies |= match arg {
                // Values that are not cells follow other rules, except numbers that are added.
                Abs::Term(term) if self.is_numeric(*term) && adds.takes_values() => term.constant().is_none(),
                Abs::Term(_) | Abs::Omitted | Abs::Lambda(_) | Abs::Choice(_) => return Ok(None),
                Abs::Places(places) => {
                    let mut varies = false;
                    for place in places {
                        varies |= self.place_varies(adds, place)?;
                    }
                    varies
                }
                Abs::Grid(grid) | Abs::Cells(grid) => grid.terms.iter().any(|term| term.constant().is_none()),
            };
        }
        if !varies {
            // A kernel is faster, but not where ranges go on from one another.
            return match args {
                [Abs::Places(places)] => match places.as_slice() {
                    [place] if self.goes_on(adds, place) => self.add_place(adds, Total::default(), place),
                    _ => Ok(None),
                },
                _ => Ok(None),
            };
        }
        let mut total = Total::default();
        for arg in args {
            let added = match arg {
                Abs::Term(term) => self.add_cells(adds, total, std::slice::from_ref(term)),
                Abs::Places(places) => {
                    let mut added = Some(total);
                    for place in places {
                        let Some(total) = added else { break };
                        added = self.add_place(adds, total, place)?;
                    }
                    added
                }
                Abs::Grid(grid) | Abs::Cells(grid) if self.may_chain(grid.terms.len()) => {
                    self.add_cells(adds, total, &grid.terms)
                }
                _ => None,
            };
            match added {
                Some(added) => total = added,
                None => return Ok(None),
            }
        }
        Ok(Some(total))
    }

    /// The result of an aggregate, from its last total.
    pub fn result_of(&mut self, adds: Adds, total: Total) -> Abs {
        let zero = Term::Const(Value::ZERO);
        let count = Term::Const(Value::number(total.count as f64));
        let term = total.term.unwrap_or(zero);
        Abs::Term(match adds {
            Adds::Sum => self.flushed(term),
            Adds::Mean if total.count == 0 => Term::Const(Value::error(ErrorCode::Div0)),
            Adds::Mean => {
                let sum = self.flushed(term);
                self.graph.two(Op2::Operator(BinaryOp::Div), sum, count)
            }
            Adds::Filled => count,
            Adds::Min | Adds::Max | Adds::Numbers | Adds::Meeting(..) => term,
        })
    }

    /// A running total after its last step.
    pub fn flushed(&mut self, total: Term) -> Term {
        self.graph.two(Op2::Operator(BinaryOp::Add), total, Term::Const(Value::ZERO))
    }

    pub fn is_numeric(&self, term: Term) -> bool {
        self.graph.kinds(term) & !kinds::NUMERIC == 0
    }

    /// True if a chain of so many steps could be made.
    pub fn could_chain(&self, steps: usize) -> bool {
        let all = self.chained_steps + steps;
        steps <= FEW || steps <= MAX_CHAIN && all <= MOST_STEPS + 2 * self.sheets.formula_count
    }

    /// The same, and counts the steps.
    pub fn may_chain(&mut self, steps: usize) -> bool {
        let allowed = self.could_chain(steps);
        if allowed {
            self.chained_steps += steps;
        }
        allowed
    }

    /// A place after a total. None if a cell forbids a chain, or if it would be too long.
    pub fn add_place(&mut self, adds: Adds, from: Total, place: &Place) -> Lowered<Option<Total>> {
        let used = self.sheets.used(place);
        if used.0 == 0 || used.1 == 0 {
            return Ok(Some(from));
        }
        let (start, lines) = start(adds, from.term, place, used);
        let known = self.runs.known(&start);
        let mut total = match known.checked_sub(1) {
            _ if known >= lines => self.runs.total(&start, lines),
            Some(_) => self.runs.total(&start, known),
            None => Some(Total { count: 0, ..from }),
        };
        if known < lines {
            let window = self.window(&start.lines(place, known, lines), start.size(known, lines))?;
            let cells = self.window_terms(&window);
            let width = start.width.max(1);
            let varies_from = cells.iter().position(|cell| cell.constant().is_none()).map(|at| at / width);
            let first = total.and_then(|total| total.term);
            if (varies_from.is_some() || matches!(first, Some(Term::Node(_)))) && !self.may_chain(cells.len())
            {
                return Ok(None);
            }
            let mut totals = Vec::new();
            for line in cells.chunks(width) {
                total = total.and_then(|total| self.add_cells(adds, total, line));
                totals.push(total);
            }
            self.runs.keep(start, known, totals, varies_from);
        }
        Ok(total.map(|total| Total { count: from.count + total.count, ..total }))
    }

    /// Cells after a total. None if one of them forbids a chain.
    pub fn add_cells(&mut self, adds: Adds, mut total: Total, cells: &[Term]) -> Option<Total> {
        for &cell in cells {
            total = self.add_cell(adds, total, cell)?;
        }
        Some(total)
    }

    fn add_cell(&mut self, adds: Adds, total: Total, cell: Term) -> Option<Total> {
        let kinds = self.graph.kinds(cell);
        let fits = match (adds, cell) {
            (Adds::Meeting(..), Term::Const(value)) => !value.is_text(),
            (_, Term::Const(_)) | (Adds::Sum, _) => true,
            (Adds::Numbers, _) => kinds & kinds::ARRAY == 0,
            (Adds::Filled, _) => kinds & (kinds::ARRAY | kinds::BLANK) == 0,
            _ => self.is_numeric(cell),
        };
        if !fits {
            return None;
        }
        let counts = match (adds, cell.constant()) {
            (Adds::Filled, Some(value)) => !value.is_blank(),
            (Adds::Numbers | Adds::Meeting(..), _) | (_, None) => true,
            // Known blanks, texts and booleans do not count.
            (_, Some(value)) => value.is_number() || value.is_error(),
        };
        if !counts {
            return Some(total);
        }
        let zero = Term::Const(Value::ZERO);
        let term = match (adds, total.term) {
            (Adds::Filled, term) => term,
            (Adds::Numbers, term) => {
                let least = Term::Const(Value::number(f64::MIN));
                Some(self.graph.three(Op3::CountIf(BinaryOp::Ge), term.unwrap_or(zero), cell, least))
            }
            (Adds::Meeting(op, bits), term) => {
                let number = Term::Const(Value::number(f64::from_bits(bits)));
                Some(self.graph.three(Op3::CountIf(op), term.unwrap_or(zero), cell, number))
            }
            (_, None) if self.is_numeric(cell) => Some(cell),
            (Adds::Min, term) => Some(self.graph.two(Op2::Min, term.unwrap_or(zero), cell)),
            (Adds::Max, term) => Some(self.graph.two(Op2::Max, term.unwrap_or(zero), cell)),
            (Adds::Sum | Adds::Mean, term) => Some(self.graph.two(Op2::Sum, term.unwrap_or(zero), cell)),
        };
        Some(Total { term, count: total.count + 1 })
    }

    fn place_varies(&mut self, adds: Adds, place: &Place) -> Lowered<bool> {
        let used = self.sheets.used(place);
        if used.0 == 0 || used.1 == 0 {
            return Ok(false);
        }
        let (start, lines) = start(adds, None, place, used);
        let known = self.runs.known(&start).min(lines);
        if self.runs.varies(&start, known) {
            return Ok(true);
        }
        let window = self.window(&start.lines(place, known, lines), start.size(known, lines))?;
        Ok(self.graph.has_node(&window))
    }

    /// True if another range began at the same cell.
    fn goes_on(&mut self, adds: Adds, place: &Place) -> bool {
        let (start, _) = start(adds, None, place, self.sheets.used(place));
        match self.runs.by_start.entry(start) {
            Entry::Occupied(_) => true,
            Entry::Vacant(entry) => {
                entry.insert(Run::default());
                false
            }
        }
    }
}
