//! INDIRECT: a reference if its text is known, a choice between references if only the sheet is unknown, else a value
//! that each record looks up in the cells that the text could name.

use crate::compile::graph::{Argument, Op, Term, kinds};
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Grid, Single, error};
use crate::error::ErrorKind;
use crate::formula::ast::{Expr, Reference};
use crate::formula::parse;
use crate::workbook::{CellAddress, MAX_COL, MAX_ROW, Place};
use execd_calc::kernels::lookup_reference::reference;
use execd_calc::semantics::function::flags;
use execd_calc::semantics::operator::BinaryOp;
use execd_calc::semantics::primitive::Op2;
use execd_calc::values::value::{ErrorCode, Unpacked};
use std::rc::Rc;

/// How many parts of a text are looked at.
const MAX_PARTS: usize = 64;
/// How many references a text may choose between. With more, each record looks its cell up.
const MAX_CANDIDATES: usize = 64;

impl Lowerer<'_> {
    pub fn indirect_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let text = match self.single_argument(args, 0, &at.for_value())? {
            Some(Single::One(term)) => term,
            Some(Single::Many(grid)) if grid.terms.len() == 1 => grid.at(0, 0),
            _ => return Err(Failure::unsupported("INDIRECT with an array of references")),
        };
        let a1 = match args.get(1) {
            None => true,
            Some(_) => match self.known(args, 1, at)? {
                Some(value) => self.graph.cx().boolean(value).unwrap_or(true),
                None => return Err(Failure::unsupported("INDIRECT with a style that depends on an input")),
            },
        };
        let Term::Const(value) = text else { return self.indirect_per_record(text, a1, at) };
        let text = match value.unpack() {
            Unpacked::Error(code) => return Ok(error(code)),
            _ => self.graph.cx().text(value).map(|text| text.into_owned()).unwrap_or_default(),
        };
        let text = if a1 { text } else { a1_from_r1c1(&text, at.cell).unwrap_or_default() };
        // A formula can leave out the sheet before `!`, a text cannot.
        if text.trim_start().starts_with('!') {
            return Ok(error(ErrorCode::Ref));
        }
        match parse(&text) {
            Ok(tree @ (Expr::Reference(_) | Expr::Name { .. } | Expr::Table(_) | Expr::RangeOf(..))) => {
                match self.lower(&tree, at) {
                    Ok(Abs::Places(places)) => Ok(Abs::Places(places)),
                    Ok(_) => Ok(error(ErrorCode::Ref)),
                    Err(failure) if failure.kind == ErrorKind::Circular => Err(failure),
                    Err(_) => Ok(error(ErrorCode::Ref)),
                }
            }
            _ => Ok(error(ErrorCode::Ref)),
        }
    }

    fn indirect_per_record(&mut self, text: Term, a1: bool, at: &At) -> Lowered<Abs> {
        if !a1 {
            return Err(Failure::unsupported("INDIRECT in R1C1 style that depends on an input"));
        }
        let parts = self.text_parts(text);
        if let Some(result) = self.indirect_by_sheet(text, &parts, at)? {
            return Ok(result);
        }
        let mut arguments = vec![Argument::Term(text)];
        for sheet in self.sheets_of(&parts, at) {
            let name = self.sheets.book.sheets.get(sheet).map_or("", |sheet| sheet.name.as_str());
            arguments.push(Argument::Term(self.graph.text(name)));
            arguments.push(Argument::Range(self.everything(sheet)?));
        }
        for (name, place) in self.names_like(&parts, at) {
            arguments.push(Argument::Term(self.graph.text(&name)));
            arguments.push(Argument::Range(self.reachable(&place)?));
        }
        self.picked([reference::INDIRECT, reference::INDIRECT_CROSSING], arguments, at)
    }

    /// What is known of a text that is joined from parts.
    fn text_parts(&mut self, text: Term) -> TextParts {
        let mut parts = TextParts { start: String::new(), end: String::new(), numbers: true };
        let (mut open, mut seen_unknown, mut steps) = (vec![text], false, 0);
        while let Some(term) = open.pop() {
            steps += 1;
            if let Term::Const(value) = term {
                let known = self.graph.cx().text(value).map(|text| text.into_owned()).unwrap_or_default();
                parts.end.push_str(&known);
                continue;
            }
            match self.joined_terms(term).filter(|_| steps < MAX_PARTS) {
                Some(terms) => open.extend(terms.into_iter().rev()),
                None => {
                    parts.numbers &= self.graph.kinds(term) & !kinds::NUMERIC == 0;
                    let known = std::mem::take(&mut parts.end);
                    if !seen_unknown {
                        parts.start = known;
                        seen_unknown = true;
                    }
                }
            }
        }
        parts
    }

    /// The texts that a term joins, if it does.
    fn joined_terms(&self, term: Term) -> Option<Vec<Term>> {
        let Term::Node(id) = term else { return None };
        let node = self.graph.node(id)?;
        let joins = match node.op {
            Op::Two(Op2::Operator(BinaryOp::Concat)) => true,
            Op::Call(function) => function.has(flags::JOINS_TEXTS),
            _ => false,
        };
        let arguments = self.graph.arguments(node).iter();
        let single = arguments.map(|argument| match argument {
            Argument::Term(term) if self.graph.kinds(*term) & kinds::ARRAY == 0 => Some(*term),
            _ => None,
        });
        if joins { single.collect() } else { None }
    }

    /// `INDIRECT("'"&A1&"'!B5")` means the same cells of some sheet, so it is a choice between one reference per sheet.
    fn indirect_by_sheet(&mut self, text: Term, parts: &TextParts, at: &At) -> Lowered<Option<Abs>> {
        let Some((_, cells)) = parts.end.rsplit_once('!') else { return Ok(None) };
        let single = self.graph.kinds(text) & kinds::ARRAY == 0;
        if !single || !matches!(parse(cells), Ok(Expr::Reference(Reference { sheet: None, .. }))) {
            return Ok(None);
        }
        let mut candidates = Vec::new();
        for sheet in &self.sheets.book.sheets {
            let quoted = format!("'{}'!{cells}", sheet.name.replace('\'', "''"));
            let plain = format!("{}!{cells}", sheet.name);
            for spelled in [quoted, plain] {
                if parts.admit(&spelled)
                    && let Ok(Expr::Reference(reference)) = parse(&spelled)
                {
                    candidates.push((spelled, reference));
                }
            }
        }
        if candidates.len() > MAX_CANDIDATES {
            return Ok(None);
        }
        let mut result = error(ErrorCode::Ref);
        for (spelled, reference) in candidates.into_iter().rev() {
            let Ok([place]) = <[Place; 1]>::try_from(self.reference(&reference, at.cell)?) else { continue };
            let (terms, complete) = self.reachable_cells(&place)?;
            let (rows, cols) = self.sheets.used(&place);
            let chosen = if complete {
                Abs::Places(vec![place])
            } else {
                Abs::Cells(Rc::new(Grid::new(rows, cols, terms)))
            };
            let spelled = self.graph.text(&spelled);
            let truth = self.graph.two(Op2::Operator(BinaryOp::Eq), text, spelled);
            result = self.choose_between(&Single::One(truth), chosen, result, at)?;
        }
        Ok(Some(result))
    }

    /// The sheets that a text can name, the formula's own first.
    fn sheets_of(&self, parts: &TextParts, at: &At) -> Vec<usize> {
        let own = at.cell.sheet;
        if let Some((sheet, _)) = parts.start.rsplit_once('!') {
            let name = sheet.trim_matches('\'').replace("''", "'");
            let named = self.sheets.sheet(&name).filter(|&sheet| sheet != own);
            return std::iter::once(own).chain(named).collect();
        }
        if parts.numbers && !parts.end.contains('!') {
            return vec![own];
        }
        let others = (0..self.sheets.book.sheets.len()).filter(|&sheet| sheet != own);
        std::iter::once(own).chain(others).collect()
    }

    /// The names that a text can be, with their places. Only names of plain references.
    fn names_like(&self, parts: &TextParts, at: &At) -> Vec<(String, Place)> {
        let names = self.sheets.book.names.iter().filter(|defined| parts.admit(&defined.name));
        names
            .filter_map(|defined| {
                let home = CellAddress { sheet: defined.sheet.unwrap_or(at.cell.sheet), ..at.cell };
                match parse(&defined.text) {
                    Ok(Expr::Reference(reference)) => {
                        let places = self.reference(&reference, home).ok()?;
                        Some((defined.name.clone(), *places.first()?))
                    }
                    _ => None,
                }
            })
            .collect()
    }
}

/// How a text that depends on a record starts and ends.
#[derive(Debug)]
struct TextParts {
    start: String,
    end: String,
    /// Between start and end there are only numbers.
    numbers: bool,
}

impl TextParts {
    fn admit(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        text.len() >= self.start.len() + self.end.len()
            && text.starts_with(&self.start.to_lowercase())
            && text.ends_with(&self.end.to_lowercase())
    }
}

/// `R2C3`, `R[-1]C`, `Sheet1!R1C1:R2C2` as A1 text.
fn a1_from_r1c1(text: &str, at: CellAddress) -> Option<String> {
    let (sheet, cells) = match text.rfind('!') {
        Some(at) => text.split_at(at + 1),
        None => ("", text),
    };
    let corners: Option<Vec<String>> = cells.split(':').map(|corner| r1c1_corner(corner, at)).collect();
    Some(format!("{sheet}{}", corners?.join(":")))
}

fn r1c1_corner(text: &str, at: CellAddress) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let rest = upper.strip_prefix('R')?;
    let split = rest.find('C')?;
    let (row, col) = rest.split_at(split);
    let index = |part: &str, own: u32| -> Option<u32> {
        let value = if part.is_empty() {
            i64::from(own)
        } else if let Some(relative) = part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
            i64::from(own) + relative.parse::<i64>().ok()?
        } else {
            part.parse::<i64>().ok()? - 1
        };
        u32::try_from(value).ok()
    };
    let row = index(row, at.row).filter(|&row| row <= MAX_ROW)?;
    let col = index(&col[1..], at.col).filter(|&col| col <= MAX_COL)?;
    Some(crate::workbook::a1(row, col))
}
