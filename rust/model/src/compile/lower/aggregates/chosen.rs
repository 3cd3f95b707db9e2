//! SUMIFS and the like, where the criteria and the cells that they look at are known: an aggregate of the cells that are
//! chosen. The other cells of the values are not needed at all.

use super::criteria::{Chosen, Key, Line};
use super::runs::{Adds, Total};
use crate::compile::graph::Term;
use crate::compile::lower::at::At;
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, constant};
use crate::workbook::{CellAddress, MAX_COL, MAX_ROW, Place};
use execd_calc::kernels::aggregates::criteria::Criterion;
use execd_calc::semantics::properties::Chain;
use execd_calc::values::value::{Unpacked, Value};

/// A range with the criterion that its cells have to meet.
type Pair<'a> = (&'a Abs, &'a Abs);

impl Lowerer<'_> {
    /// The result of a conditional aggregate. None if the function is none, or if something depends on a record.
    pub fn over_chosen(&mut self, chain: Chain, args: &[Abs], at: &At) -> Lowered<Option<Abs>> {
        let adds = match chain {
            Chain::SumIf | Chain::SumIfs => Adds::Sum,
            Chain::MeanIf | Chain::MeanIfs => Adds::Mean,
            Chain::MinIfs => Adds::Min,
            Chain::MaxIfs => Adds::Max,
            Chain::CountIf | Chain::CountIfs => return self.count_chosen(&pairs(args)),
            _ => return Ok(None),
        };
        match (chain, args) {
            (Chain::SumIf | Chain::MeanIf, [range, criterion]) => {
                self.add_chosen(adds, range, &[(range, criterion)], at)
            }
            (Chain::SumIf | Chain::MeanIf, [range, criterion, values]) => {
                match (single_place(range), single_place(values)) {
                    (Some(range_place), Some(values)) => match resized(values, range_place) {
                        Some(values) => {
                            self.add_chosen(adds, &Abs::Places(vec![values]), &[(range, criterion)], at)
                        }
                        None => Ok(None),
                    },
                    _ => Ok(None),
                }
            }
            (Chain::SumIfs | Chain::MeanIfs | Chain::MinIfs | Chain::MaxIfs, [values, rest @ ..]) => {
                self.add_chosen(adds, values, &pairs(rest), at)
            }
            _ => Ok(None),
        }
    }

    fn count_chosen(&mut self, pairs: &[Pair<'_>]) -> Lowered<Option<Abs>> {
        let Some((first, place)) = pairs.first().and_then(|(range, _)| line(single_place(range)?)) else {
            return Ok(None);
        };
        let all = place.rows().max(place.cols());
        let mut used = 0;
        for (range, _) in pairs {
            let Some((_, place)) = single_place(range).and_then(line) else { return Ok(None) };
            let (rows, cols) = self.sheets.used(&place);
            used = used.max(if first.down { rows } else { cols });
        }
        // Blank cells beyond those in use may meet the criteria, too.
        if used == 0 || used < all && self.all_meet_blank(pairs)? {
            return Ok(None);
        }
        Ok(self.choose(first.down, pairs, all, used)?.map(|chosen| {
            let count = match chosen {
                Chosen::Run(run) => run.len(),
                Chosen::List { count, .. } => count,
                Chosen::Found(found) => found.len(),
            };
            constant(Value::number(count as f64))
        }))
    }

    fn all_meet_blank(&mut self, pairs: &[Pair<'_>]) -> Lowered<bool> {
        for (_, criterion) in pairs {
            match self.known_criterion(criterion)? {
                Some((_, criterion)) if criterion.matches(&self.graph.cx(), Value::BLANK) => {}
                Some(_) => return Ok(false),
                None => {}
            }
        }
        Ok(true)
    }

    fn add_chosen(&mut self, adds: Adds, values: &Abs, pairs: &[Pair<'_>], at: &At) -> Lowered<Option<Abs>> {
        let Some((start, place)) = single_place(values).and_then(line) else { return Ok(None) };
        let (rows, cols) = self.sheets.used(&place);
        let (all, used) = if start.down { (place.rows(), rows) } else { (place.cols(), cols) };
        if used == 0 || pairs.is_empty() {
            return Ok(None);
        }
        let Some(chosen) = self.choose(start.down, pairs, all, used)? else { return Ok(None) };
        let total = match chosen {
            Chosen::Run(run) if run.is_empty() => Some(Total::default()),
            Chosen::Run(run) => {
                let part = part(&place, start.down, run.start, run.end);
                self.want(&[part], at)?;
                self.add_place(adds, Total::default(), &part)?
            }
            Chosen::Found(found) => {
                let cells = self.chosen_cells(&place, start.down, &found, at)?;
                self.add_found(adds, Total::default(), &cells).and_then(|totals| totals.last().copied())
            }
            Chosen::List { list, count } => {
                let corner =
                    CellAddress { sheet: place.sheet, row: place.area.first_row, col: place.area.first_col };
                let (sums, generation) = ((adds, corner), self.criteria.generation());
                let Some((total, new)) = self.criteria.total(list, &sums, count) else { return Ok(None) };
                let cells = self.chosen_cells(&place, start.down, &new, at)?;
                let Some(totals) = self.add_found(adds, total, &cells) else { return Ok(None) };
                let last = totals.last().copied().unwrap_or(total);
                self.criteria.keep((generation, list), sums, count, totals.get(1..).unwrap_or(&[]).to_vec());
                Some(last)
            }
        };
        Ok(total.map(|total| self.result_of(adds, total)))
    }

    /// The cells of a line at some positions.
    fn chosen_cells(&mut self, place: &Place, down: bool, positions: &[u32], at: &At) -> Lowered<Vec<Term>> {
        let places: Vec<Place> = positions.iter().map(|&at| part(place, down, at, at + 1)).collect();
        self.want(&places, at)?;
        let cells = places.iter().map(|place| {
            self.term(CellAddress {
                sheet: place.sheet,
                row: place.area.first_row,
                col: place.area.first_col,
            })
        });
        cells.collect()
    }

    /// The total before the cells and those after each of them. None if a chain may not be made.
    fn add_found(&mut self, adds: Adds, total: Total, cells: &[Term]) -> Option<Vec<Total>> {
        let varies = cells.iter().chain(&total.term).any(|term| term.constant().is_none());
        if varies && !self.may_chain(cells.len()) {
            return None;
        }
        let mut totals = vec![total];
        for cell in cells {
            let last = totals.last().copied().unwrap_or_default();
            totals.push(self.add_cells(adds, last, std::slice::from_ref(cell))?);
        }
        Some(totals)
    }

    /// The cells of lines of `all` cells, `used` of which hold something, that meet all criteria. None if a criterion
    /// or a cell depends on a record.
    fn choose(&mut self, down: bool, pairs: &[Pair<'_>], all: usize, used: usize) -> Lowered<Option<Chosen>> {
        self.criteria.tidy();
        let (mut criteria, mut places, mut frequent) = (Vec::with_capacity(pairs.len()), Vec::new(), true);
        for (range, criterion) in pairs {
            let Some((start, place)) = single_place(range).and_then(line) else { return Ok(None) };
            let (length, width) =
                if down { (place.rows(), place.cols()) } else { (place.cols(), place.rows()) };
            if length != all || width != 1 {
                return Ok(None);
            }
            let Some((key, criterion)) = self.known_criterion(criterion)? else { return Ok(None) };
            let start = Line { down, ..start };
            frequent &= self.criteria.is_frequent(start);
            criteria.push((start, key, criterion));
            places.push(part(&place, down, 0, used as u32));
        }
        if !frequent {
            return self.search(&criteria, &places, used);
        }
        for ((line, ..), place) in criteria.iter().zip(&places) {
            if !self.read_line(*line, place, used)? {
                return Ok(None);
            }
        }
        let chosen = self.criteria.choose(&self.graph.cx(), &criteria, used);
        Ok(chosen.filter(|_| self.graph.is_lasting()))
    }

    /// Looks through lines of `used` cells.
    fn search(
        &mut self,
        criteria: &[(Line, Key, Criterion)],
        places: &[Place],
        used: usize,
    ) -> Lowered<Option<Chosen>> {
        let mut lines = Vec::with_capacity(places.len());
        for place in places {
            let window = self.window(place, (place.rows(), place.cols()))?;
            if self.graph.has_node(&window) {
                return Ok(None);
            }
            lines.push(self.window_terms(&window));
        }
        let cx = self.graph.cx();
        let meets = |at: usize| {
            let mut pairs = criteria.iter().zip(&lines);
            pairs.all(|((.., criterion), line)| {
                let cell = line.get(at).and_then(|cell| cell.constant()).unwrap_or(Value::BLANK);
                criterion.matches(&cx, cell)
            })
        };
        let found = (0..used).filter(|&at| meets(at)).map(|at| at as u32).collect();
        Ok(self.graph.is_lasting().then_some(Chosen::Found(found)))
    }

    /// Reads a line of criteria as far as it is used. False if one of its cells depends on a record.
    fn read_line(&mut self, line: Line, place: &Place, used: usize) -> Lowered<bool> {
        loop {
            let known = self.criteria.known(&line);
            if known >= used || self.criteria.is_fickle(&line) {
                return Ok(!self.criteria.is_fickle(&line));
            }
            let new = part(place, line.down, known as u32, used as u32);
            let window = self.window(&new, (new.rows(), new.cols()))?;
            if self.graph.has_node(&window) {
                return Ok(false);
            }
            // A formula that was lowered on the way may have read on.
            if self.criteria.known(&line) == known {
                let cells = self.window_terms(&window);
                self.criteria.read(&self.graph.cx(), line, &cells);
                if !self.graph.is_lasting() {
                    self.criteria.set_fickle(line);
                }
            }
        }
    }

    fn known_criterion(&mut self, criterion: &Abs) -> Lowered<Option<(Key, Criterion)>> {
        let Some(Term::Const(value)) = self.one_term(criterion)? else { return Ok(None) };
        let key = match value.unpack() {
            Unpacked::Array(_) => return Ok(None),
            Unpacked::Text(id) => Key::Text(self.graph.heap.text(id).into()),
            _ => Key::Bits(value.bits()),
        };
        let criterion = Criterion::parse(&self.graph.cx(), value);
        Ok(self.graph.is_lasting().then_some((key, criterion)))
    }
}

/// Ranges with their criteria; none if one has no criterion.
fn pairs(args: &[Abs]) -> Vec<Pair<'_>> {
    let (pairs, rest) = args.as_chunks::<2>();
    if rest.is_empty() {
        pairs.iter().map(|[range, criterion]| (range, criterion)).collect()
    } else {
        Vec::new()
    }
}

fn single_place(abs: &Abs) -> Option<Place> {
    match abs {
        Abs::Places(places) => match *places.as_slice() {
            [place] => Some(place),
            _ => None,
        },
        _ => None,
    }
}

/// A range of one column or one row as a line.
fn line(place: Place) -> Option<(Line, Place)> {
    let down = place.cols() == 1;
    let line = Line { sheet: place.sheet, row: place.area.first_row, col: place.area.first_col, down };
    (down || place.rows() == 1).then_some((line, place))
}

/// The cells of a line from `start` to `end`, which is not among them.
fn part(place: &Place, down: bool, start: u32, end: u32) -> Place {
    let mut area = place.area;
    if down {
        (area.first_row, area.last_row) = (area.first_row + start, area.first_row + end - 1);
    } else {
        (area.first_col, area.last_col) = (area.first_col + start, area.first_col + end - 1);
    }
    Place { area, ..*place }
}

/// The values of SUMIF: as many as the cells that are tested. None beyond the edge of the sheet.
fn resized(values: Place, tested: Place) -> Option<Place> {
    let mut area = values.area;
    area.last_row = area.first_row + (tested.area.last_row - tested.area.first_row);
    area.last_col = area.first_col + (tested.area.last_col - tested.area.first_col);
    (area.last_row <= MAX_ROW && area.last_col <= MAX_COL).then_some(Place { area, ..values })
}
