//! The values of SUMIF and AVERAGEIF: they begin where the third argument begins, and are as many as the cells that are
//! tested.

use crate::compile::graph::{Argument, Op, Term};
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::Abs;
use crate::workbook::{Area, MAX_COL, MAX_ROW, Place};
use execd_calc::kernels;
use execd_calc::kernels::lookup_reference::{lookup, reference};
use execd_calc::values::value::Value;

/// Rows and columns of what is tested, which a record may choose, and the most of them that there can be.
struct Size {
    sides: [Term; 2],
    most: (u32, u32),
    known: bool,
}

impl Lowerer<'_> {
    /// The arguments with values of the right size, if the third is a reference.
    pub fn sized_as_range(&mut self, mut args: Vec<Abs>) -> Lowered<Vec<Abs>> {
        let [tested, _, values] = args.as_mut_slice() else { return Ok(args) };
        let Some(size) = self.size_of_tested(tested) else { return Ok(args) };
        match values {
            Abs::Places(places) => {
                let [place] = places.as_mut_slice() else { return Ok(args) };
                let area = grown((place.area.first_row, place.area.first_col), size.most);
                if size.known {
                    place.area = area;
                } else if (place.rows() as u32) < size.most.0 || (place.cols() as u32) < size.most.1 {
                    let all = Place { area, ..*place };
                    if let Some(sized) = self.corner_in_size(&all, &size) {
                        *values = sized;
                    }
                }
            }
            Abs::Term(term) => {
                if let Some(sized) = self.chosen_in_size(*term, &size)? {
                    *values = sized;
                }
            }
            _ => {}
        }
        Ok(args)
    }

    fn size_of_tested(&mut self, tested: &Abs) -> Option<Size> {
        let known = |rows: usize, cols: usize| Size {
            sides: [rows, cols].map(|side| Term::Const(Value::number(side as f64))),
            most: (rows as u32, cols as u32),
            known: true,
        };
        match tested {
            Abs::Places(places) => match places.as_slice() {
                [place] => Some(known(place.rows(), place.cols())),
                _ => None,
            },
            Abs::Cells(grid) => Some(known(grid.rows, grid.cols)),
            Abs::Term(term) if self.is_chosen_reference(*term) => Some(Size {
                sides: ["ROWS", "COLUMNS"].map(|side| self.graph.call_named(side, &[*term])),
                most: self.most_of_chosen(*term),
                known: false,
            }),
            _ => None,
        }
    }

    /// The most rows and columns of a reference that a record chose.
    fn most_of_chosen(&self, value: Term) -> (u32, u32) {
        let side = |argument: &Argument, most: u32| match argument {
            Argument::Term(Term::Const(size)) => {
                size.as_number().map_or(most, |size| reference::size(size).abs() as u32).clamp(1, most)
            }
            _ => most,
        };
        let most = (MAX_ROW + 1, MAX_COL + 1);
        match self.chosen(value) {
            Some((reference::PICK, arguments)) => match arguments.as_slice() {
                [.., height, width] => (side(height, most.0), side(width, most.1)),
                _ => most,
            },
            _ => most,
        }
    }

    /// The cells of a place from its first one on. None if there are too many.
    fn corner_in_size(&mut self, all: &Place, size: &Size) -> Option<Abs> {
        let range = self.reachable(all).ok()?;
        let corner = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0].map(|number| Term::Const(Value::number(number)));
        let mut arguments: Vec<Argument> = size.sides.iter().map(|&side| Argument::Term(side)).collect();
        arguments.push(Argument::Range(range));
        arguments.extend(corner.map(Argument::Term));
        let sized = self.graph.call(kernels::find(reference::PICK_SIZED)?, &arguments);
        Some(self.as_cells(sized))
    }

    /// A reference that a record chose, in another size. None for another value.
    fn chosen_in_size(&mut self, value: Term, size: &Size) -> Lowered<Option<Abs>> {
        let Some((name, arguments)) = self.chosen(value) else { return Ok(None) };
        let mut all: Vec<Argument> = size.sides.iter().map(|&side| Argument::Term(side)).collect();
        let sized = match name {
            reference::PICK => reference::PICK_SIZED,
            reference::INDIRECT => reference::INDIRECT_SIZED,
            lookup::INDEX_CELLS => {
                let Some(&Argument::Range(range)) = arguments.first() else { return Ok(None) };
                let Some(own) = self.graph.ranges.get(range as usize) else { return Ok(None) };
                let own = [own.rows, own.cols].map(|side| Term::Const(Value::number(side as f64)));
                all.extend(own.map(Argument::Term));
                lookup::INDEX_SIZED
            }
            _ => return Ok(None),
        };
        for argument in arguments {
            all.push(match argument {
                Argument::Range(range) => Argument::Range(self.reaching_further(range, size.most)?),
                term @ Argument::Term(_) => term,
            });
        }
        let Some(function) = kernels::find(sized) else { return Ok(None) };
        let sized = self.graph.call(function, &all);
        Ok(Some(self.as_cells(sized)))
    }

    /// The call that gives the cells of a reference that a record chose.
    fn chosen(&self, value: Term) -> Option<(&'static str, Vec<Argument>)> {
        let (_, cells) = self.call_of(value).filter(|_| self.is_chosen_reference(value))?;
        match cells.as_slice() {
            [Argument::Term(chosen)] => self.call_of(*chosen),
            _ => None,
        }
    }

    fn call_of(&self, term: Term) -> Option<(&'static str, Vec<Argument>)> {
        let Term::Node(id) = term else { return None };
        let node = self.graph.node(id)?;
        match node.op {
            Op::Call(function) => Some((function.name, self.graph.arguments(node).to_vec())),
            _ => None,
        }
    }

    /// The range with as many rows and columns more as begin in its last cell.
    fn reaching_further(&mut self, range: u32, most: (u32, u32)) -> Lowered<u32> {
        let Some(own) = self.graph.ranges.get(range as usize) else { return Ok(range) };
        let (origin, size) = (own.origin, (own.rows as u32, own.cols as u32));
        let size = (size.0.saturating_add(most.0 - 1), size.1.saturating_add(most.1 - 1));
        let area = grown((origin.row, origin.col), size);
        self.reachable(&Place { sheet: origin.sheet as usize, area })
    }
}

/// So many rows and columns, as far as the sheet has them.
fn grown((first_row, first_col): (u32, u32), (rows, cols): (u32, u32)) -> Area {
    let last = |first: u32, count: u32, most: u32| first.saturating_add(count.saturating_sub(1)).min(most);
    Area {
        first_row,
        first_col,
        last_row: last(first_row, rows, MAX_ROW),
        last_col: last(first_col, cols, MAX_COL),
    }
}
