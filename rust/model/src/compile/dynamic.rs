//! OFFSET and INDIRECT: a reference when their arguments are known, else a value picked per record from every cell
//! they could reach.

use super::graph::{Argument, RangeArgument, Term};
use super::lower::{Abs, At, Failure, Lowered, Lowerer, Single, constant};
use super::sheets::Place;
use crate::error::ErrorKind;
use crate::formula::ast::{Expr, MAX_COL, MAX_ROW};
use crate::formula::parse;
use crate::workbook::{Area, CellAddress};
use execd_calc::digits;
use execd_calc::kernels;
use execd_calc::range::Origin;
use execd_calc::value::{ErrorCode, Unpacked, Value};

/// More rows or columns than a sheet has.
const FAR: i64 = 1 << 32;

impl Lowerer<'_> {
    pub(super) fn offset_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let Some((base, _)) = args.split_first() else { return Ok(super::call::error(ErrorCode::Value)) };
        let Ok(places) = self.lower_places(base, at)? else {
            return Ok(super::call::error(ErrorCode::Value));
        };
        let [base] = *places else { return Ok(super::call::error(ErrorCode::Value)) };
        let mut terms = Vec::new();
        for position in 1..5 {
            let term = match self.single_argument(args, position, &at.for_value())? {
                None => None,
                Some(Single::One(Term::Const(value))) if value.is_omitted() => None,
                Some(Single::One(term)) => Some(term),
                Some(Single::Many(_)) => {
                    return Err(Failure::unsupported("OFFSET with an array of offsets"));
                }
            };
            let default = match position {
                3 => base.rows() as f64,
                4 => base.cols() as f64,
                _ => 0.0,
            };
            terms.push(term.unwrap_or(Term::Const(Value::number(default))));
        }
        let known: Option<Vec<Value>> = terms.iter().map(|term| term.constant()).collect();
        match known {
            Some(values) => {
                let mut numbers = [0i64; 4];
                for (position, (number, value)) in numbers.iter_mut().zip(values).enumerate() {
                    match self.graph.cx().number(value) {
                        Ok(x) if position < 2 => *number = digits::trunc(x) as i64,
                        Ok(x) => *number = kernels::reference::size(x) as i64,
                        Err(code) => return Ok(super::call::error(code)),
                    }
                }
                Ok(offset_place(&base, numbers))
            }
            None => self.offset_per_record(&base, &terms, at),
        }
    }

    fn offset_per_record(&mut self, base: &Place, terms: &[Term], at: &At) -> Lowered<Abs> {
        let Some(pick) = kernels::find(kernels::reference::PICK) else {
            return Err(Failure::unsupported("OFFSET that depends on an input"));
        };
        let everything = self.everything(base.sheet)?;
        let mut arguments = vec![Argument::Range(everything)];
        let corner = [base.area.first_row, base.area.first_col];
        arguments.extend(corner.map(|index| Argument::Term(Term::Const(Value::number(f64::from(index))))));
        arguments.extend(terms.iter().map(|&term| Argument::Term(term)));
        let picked = self.graph.call(pick, &arguments);
        Ok(self.as_cells(picked, at))
    }

    /// What a reference that a record chooses is to the function around it: cells, where it takes ranges.
    pub(super) fn as_cells(&mut self, value: Term, at: &At) -> Abs {
        match kernels::find(kernels::reference::CELLS).filter(|_| at.wants_range) {
            Some(cells) => Abs::Term(self.graph.call(cells, &[Argument::Term(value)])),
            None => Abs::Term(value),
        }
    }

    pub(super) fn indirect_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
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
            Unpacked::Error(code) => return Ok(super::call::error(code)),
            _ => self.graph.cx().text(value).map(|text| text.into_owned()).unwrap_or_default(),
        };
        let text = if a1 { text } else { a1_from_r1c1(&text, at.cell).unwrap_or_default() };
        match parse::parse(&text) {
            Ok(tree @ (Expr::Reference(_) | Expr::Name { .. } | Expr::Table(_) | Expr::RangeOf(..))) => {
                match self.lower(&tree, at) {
                    Ok(Abs::Places(places)) => Ok(Abs::Places(places)),
                    Ok(_) => Ok(super::call::error(ErrorCode::Ref)),
                    Err(failure) if failure.kind == ErrorKind::Circular => Err(failure),
                    Err(_) => Ok(super::call::error(ErrorCode::Ref)),
                }
            }
            _ => Ok(super::call::error(ErrorCode::Ref)),
        }
    }

    fn indirect_per_record(&mut self, text: Term, a1: bool, at: &At) -> Lowered<Abs> {
        let Some(function) = kernels::find(kernels::reference::INDIRECT).filter(|_| a1) else {
            return Err(Failure::unsupported("INDIRECT in R1C1 style that depends on an input"));
        };
        let mut arguments = vec![Argument::Term(text)];
        let own = std::iter::once(at.cell.sheet);
        let others = (0..self.sheets.book.sheets.len()).filter(|&sheet| sheet != at.cell.sheet);
        for sheet in own.chain(others) {
            let name = self.sheets.book.sheets.get(sheet).map_or("", |sheet| sheet.name.as_str());
            arguments.push(Argument::Term(self.graph.text(name)));
            arguments.push(Argument::Range(self.everything(sheet)?));
        }
        let names: Vec<(String, Place)> = self
            .sheets
            .book
            .names
            .iter()
            .filter_map(|defined| {
                let home = CellAddress { sheet: defined.sheet.unwrap_or(at.cell.sheet), ..at.cell };
                match parse::parse(&defined.text) {
                    Ok(Expr::Reference(reference)) => {
                        let places = self.reference(&reference, home).ok()?;
                        Some((defined.name.clone(), *places.first()?))
                    }
                    _ => None,
                }
            })
            .collect();
        for (name, place) in names {
            arguments.push(Argument::Term(self.graph.text(&name)));
            arguments.push(Argument::Range(self.reachable(&place)?));
        }
        let found = self.graph.call(function, &arguments);
        Ok(self.as_cells(found, at))
    }

    /// All used cells of a sheet as a range.
    fn everything(&mut self, sheet: usize) -> Lowered<u32> {
        self.reachable(&Place {
            sheet,
            area: Area { first_row: 0, first_col: 0, last_row: MAX_ROW, last_col: MAX_COL },
        })
    }

    /// The cells of a place as far as they do not depend on the formula at hand; those read as `#REF!`, as a formula
    /// that picked them would refer to itself.
    fn reachable(&mut self, place: &Place) -> Lowered<u32> {
        let (rows, cols) = self.sheets.used(place);
        if rows.saturating_mul(cols) > super::lower::MAX_GRID_CELLS {
            return Err(Failure::unsupported(
                "a reference that depends on an input could reach too many cells",
            ));
        }
        let mut terms = Vec::with_capacity(rows * cols);
        for row in 0..rows as u32 {
            for col in 0..cols as u32 {
                let (row, col) = (place.area.first_row + row, place.area.first_col + col);
                match self.term(CellAddress { sheet: place.sheet, row, col }) {
                    Ok(term) => terms.push(term),
                    Err(failure) if failure.kind == ErrorKind::Circular => {
                        terms.push(Term::Const(Value::error(ErrorCode::Ref)));
                    }
                    Err(failure) => {
                        return Err(failure);
                    }
                }
            }
        }
        let content = super::call::range_content(terms, rows, cols);
        let origin =
            Origin { sheet: place.sheet as u32, row: place.area.first_row, col: place.area.first_col };
        Ok(self.graph.add_range(RangeArgument {
            rows: place.rows(),
            cols: place.cols(),
            used_rows: rows,
            used_cols: cols,
            origin,
            content,
        }))
    }
}

/// The place `rows` down and `cols` to the right of `base`, `height` x `width` cells (negative: upwards, leftwards).
fn offset_place(base: &Place, [rows, cols, height, width]: [i64; 4]) -> Abs {
    if height == 0 || width == 0 {
        return constant(Value::error(ErrorCode::Ref));
    }
    // Far beyond the sheet is as good as any distance, and cannot overflow.
    let [rows, cols, height, width] = [rows, cols, height, width].map(|n| n.clamp(-FAR, FAR));
    let span =
        |first: i64, size: i64| if size > 0 { (first, first + size - 1) } else { (first + size + 1, first) };
    let (first_row, last_row) = span(i64::from(base.area.first_row) + rows, height);
    let (first_col, last_col) = span(i64::from(base.area.first_col) + cols, width);
    if first_row < 0 || first_col < 0 || last_row > i64::from(MAX_ROW) || last_col > i64::from(MAX_COL) {
        return constant(Value::error(ErrorCode::Ref));
    }
    let area = Area {
        first_row: first_row as u32,
        first_col: first_col as u32,
        last_row: last_row as u32,
        last_col: last_col as u32,
    };
    Abs::Places(vec![Place { sheet: base.sheet, area }])
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
