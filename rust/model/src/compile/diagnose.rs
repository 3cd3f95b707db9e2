//! What keeps outputs from being compiled, all of it, and where an error in an output comes from. For messages only: a
//! cell counts as a precedent when a formula names it, also if its value is not needed.

use super::lower::{Failure, Lowerer, functions};
use crate::error::ErrorKind;
use crate::formula::ast::Expr;
use crate::report::Unsupported;
use crate::workbook::{CellAddress, Place};
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use std::collections::VecDeque;

/// Cells, and parts of formulas, that are looked at for one workbook. What is beyond is not told.
const MOST_LOOKED_AT: usize = 1_000_000;
/// How deep names are followed into names.
const MAX_NAMES: usize = 8;
/// Entries of a report, and cells of a circle.
const MOST_TOLD: usize = 1_000;

pub struct Diagnosis<'l, 'w> {
    pub lowerer: &'l mut Lowerer<'w>,
    looked_at: usize,
}

/// What has been found, each once.
#[derive(Default)]
struct Found {
    entries: Vec<Unsupported>,
    told: HashSet<(String, String, String)>,
    /// Sheets and cells of which the reason is among the entries.
    explained: HashSet<(String, String)>,
}

impl Found {
    fn add(&mut self, entry: Unsupported) {
        let (sheet, cell) = place(&entry);
        if self.told.insert((sheet.clone(), cell.clone(), entry.reason.clone())) {
            self.entries.push(entry);
        }
        self.explained.insert((sheet, cell));
    }
}

fn place(entry: &Unsupported) -> (String, String) {
    (entry.sheet.clone(), entry.cell.clone())
}

impl<'l, 'w> Diagnosis<'l, 'w> {
    pub fn new(lowerer: &'l mut Lowerer<'w>) -> Diagnosis<'l, 'w> {
        Diagnosis { lowerer, looked_at: 0 }
    }

    /// The cells that keep these outputs from being compiled, nearest to the outputs first; at least one for each output.
    pub fn unsupported(&mut self, outputs: &[CellAddress]) -> Vec<Unsupported> {
        let mut found = Found::default();
        let mut waiting: VecDeque<CellAddress> = outputs.iter().copied().collect();
        let mut seen: HashSet<CellAddress> = HashSet::new();
        while let Some(at) = waiting.pop_front() {
            let at = self.owner(at);
            if found.entries.len() >= MOST_TOLD || self.is_exhausted() {
                break;
            }
            if !seen.insert(at) {
                continue;
            }
            if let Err(failure) = self.lowerer.term(at) {
                self.add_reasons(at, &failure, &mut found);
                waiting.extend(self.precedents(at));
            }
        }
        for &at in outputs {
            // A cell that no formula names, because an OFFSET reaches it, has not been met.
            if let Err(failure) = self.lowerer.term(at) {
                let origin = self.origin(at, &failure);
                if !found.explained.contains(&place(&origin)) {
                    found.add(origin);
                }
            }
        }
        found.entries
    }

    /// The cell where a failure began, and why.
    fn origin(&self, at: CellAddress, failure: &Failure) -> Unsupported {
        match failure.origin.as_deref() {
            Some(origin) => origin.clone(),
            None => self.lowerer.describe(at, &failure.reason),
        }
    }

    /// Adds the reasons of its own for which a cell cannot be compiled.
    fn add_reasons(&mut self, at: CellAddress, failure: &Failure, found: &mut Found) {
        for entry in self.unknown_functions(at) {
            found.add(entry);
        }
        let origin = self.origin(at, failure);
        if place(&origin) != place(&self.lowerer.describe(at, "")) {
            return;
        }
        if failure.kind == ErrorKind::Circular
            && let Some(circle) = self.circle(at)
        {
            found.explained.insert(place(&origin));
            found.add(circle);
        } else {
            found.add(origin);
        }
    }

    /// One entry for each unknown function of a formula, not only for the first.
    fn unknown_functions(&mut self, at: CellAddress) -> Vec<Unsupported> {
        let Ok(tree) = self.lowerer.tree(at) else { return Vec::new() };
        let (mut called, mut variables) = (Vec::new(), HashSet::new());
        let mut parts = 0;
        each_part(&tree, &mut |part| {
            parts += 1;
            if let Expr::Call { name, args } = part {
                if matches!(&**name, "LET" | "LAMBDA") {
                    variables.extend(args.iter().filter_map(|arg| match arg {
                        Expr::Name { name, .. } => Some(name.to_uppercase()),
                        _ => None,
                    }));
                }
                called.push(name.clone());
            }
        });
        self.looked_at += parts;
        let known = functions::names();
        called.dedup();
        called.retain(|name| {
            !known.contains(&**name)
                && !variables.contains(&name.to_uppercase())
                && !matches!(self.lowerer.name_tree(name, at), Ok(Some(_)))
        });
        let mut reason = |name: &str| self.lowerer.unknown.reason(name);
        let reasons: Vec<_> = called.iter().map(|name| reason(name)).collect();
        reasons.iter().map(|reason| self.lowerer.describe(at, reason)).collect()
    }

    /// The shortest way from a cell back to itself, told of its first cell. Each cell needs the next one.
    fn circle(&mut self, start: CellAddress) -> Option<Unsupported> {
        let mut needed_by: HashMap<CellAddress, CellAddress> = HashMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(at) = waiting.pop_front() {
            for next in self.precedents(at) {
                if next == start {
                    return Some(self.closed(start, at, &needed_by));
                }
                if let Entry::Vacant(entry) = needed_by.entry(next) {
                    entry.insert(at);
                    waiting.push_back(next);
                }
            }
        }
        None
    }

    fn closed(
        &self,
        start: CellAddress,
        last: CellAddress,
        needed_by: &HashMap<CellAddress, CellAddress>,
    ) -> Unsupported {
        let before = |at: &CellAddress| needed_by.get(at).copied().filter(|_| *at != start);
        let mut cells: Vec<CellAddress> = std::iter::successors(Some(last), before).collect();
        cells.reverse();
        let first = cells.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(index, _)| index);
        cells.rotate_left(first);
        cells.extend(cells.first().copied());
        let mut labels: Vec<String> =
            cells.iter().take(MOST_TOLD).map(|at| self.lowerer.label(*at)).collect();
        if cells.len() > MOST_TOLD {
            labels.push(format!("and {} more", cells.len() - MOST_TOLD));
        }
        let reason = format!("circular reference: {}", labels.join(" → "));
        self.lowerer.describe(cells.first().copied().unwrap_or(start), &reason)
    }

    /// The cell that something comes from: the first cell on the way back whose formula names no cell that has it, too.
    pub fn source(
        &mut self,
        at: CellAddress,
        has: impl Fn(&mut Lowerer<'w>, CellAddress) -> bool,
    ) -> CellAddress {
        let mut at = at;
        let mut seen = HashSet::new();
        while seen.insert(at) {
            let precedents = self.precedents(at);
            let Some(next) = precedents.into_iter().find(|next| has(self.lowerer, *next)) else { break };
            at = next;
        }
        at
    }

    /// The cells that hold something and that the formula of a cell names. None of a cell that is an input.
    fn precedents(&mut self, at: CellAddress) -> Vec<CellAddress> {
        let mut cells = Vec::new();
        if self.lowerer.inputs.contains_key(&at) || self.is_exhausted() {
            return cells;
        }
        let at = self.owner(at);
        let Ok(tree) = self.lowerer.tree(at) else { return cells };
        let mut places = Vec::new();
        self.places(&tree, at, MAX_NAMES, &mut places);
        for place in places {
            if self.is_exhausted() {
                break;
            }
            let held = match place.is_cell() {
                true => vec![place.first_cell()],
                false => self.lowerer.sheets.held_cells(&place),
            };
            self.looked_at += held.len().max(1);
            cells.extend(held.into_iter().map(|cell| self.owner(cell)));
        }
        cells
    }

    /// The places that an expression names.
    fn places(&mut self, tree: &Expr, at: CellAddress, names: usize, found: &mut Vec<Place>) {
        let mut named = Vec::new();
        let (lowerer, looked_at) = (&*self.lowerer, &mut self.looked_at);
        each_part(tree, &mut |part| {
            *looked_at += 1;
            match part {
                Expr::Reference(reference) => {
                    found.extend(lowerer.reference(reference, at).unwrap_or_default())
                }
                Expr::Table(reference) => {
                    found.extend(lowerer.table_reference(reference, at).ok().and_then(Result::ok))
                }
                Expr::Name { name, .. } | Expr::Call { name, .. } => named.push(name.clone()),
                _ => {}
            }
        });
        if names == 0 || self.is_exhausted() {
            return;
        }
        for name in named {
            if let Ok(Some(tree)) = self.lowerer.name_tree(&name, at) {
                self.places(&tree, at, names - 1, found);
            }
        }
    }

    fn is_exhausted(&self) -> bool {
        self.looked_at >= MOST_LOOKED_AT
    }

    /// The first cell of the array formula that a cell belongs to, or the cell.
    fn owner(&self, at: CellAddress) -> CellAddress {
        self.lowerer.sheets.owner(at).map_or(at, |(row, col)| CellAddress { row, col, ..at })
    }
}

fn each_part<'e>(expr: &'e Expr, f: &mut impl FnMut(&'e Expr)) {
    f(expr);
    match expr {
        Expr::Unary(_, a) | Expr::Spill(a) | Expr::Intersected(a) => each_part(a, f),
        Expr::Binary(_, a, b) | Expr::RangeOf(a, b) | Expr::Intersection(a, b) => {
            each_part(a, f);
            each_part(b, f);
        }
        Expr::Union(parts) | Expr::Call { args: parts, .. } => {
            parts.iter().for_each(|part| each_part(part, f));
        }
        Expr::Invoke { callee, args } => {
            each_part(callee, f);
            args.iter().for_each(|arg| each_part(arg, f));
        }
        _ => {}
    }
}
