//! Functions that ask about cells and sheets, not for their values.

use crate::compile::graph::Term;
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, constant, error};
use crate::formula::ast::Expr;
use crate::workbook::{CellAddress, CellFormula, Place, a1};
use execd_calc::values::value::{ErrorCode, Unpacked, Value};

/// Prefixes of functions that are newer than the file format.
const PREFIXES: [&str; 4] = ["_xlfn.", "_xlws.", "_xlpm.", "_xlop."];

impl Lowerer<'_> {
    /// AREAS: how many places a reference has.
    pub fn areas_form(&mut self, arg: &Expr, at: &At) -> Lowered<Abs> {
        match self.lower_places(arg, at)? {
            Ok(places) => Ok(number(places.len())),
            Err(_) => Ok(error(ErrorCode::Value)),
        }
    }

    pub fn own_sheet_number(&self, at: &At) -> Abs {
        number(at.cell.sheet + 1)
    }

    pub fn sheet_count(&self) -> Abs {
        number(self.sheets.book.sheets.len())
    }

    /// SHEETS of a reference.
    pub fn sheets_of_reference(&mut self, arg: &Expr, at: &At) -> Lowered<Abs> {
        Ok(match self.lower_places(arg, at)? {
            Ok(places) => number(places.len()),
            Err(Abs::Term(Term::Const(value))) if value.is_error() => constant(value),
            Err(_) => error(ErrorCode::NA),
        })
    }

    /// CELL of a reference, or of the formula's own cell.
    pub fn cell_form(&mut self, what: &Expr, arg: Option<&Expr>, at: &At) -> Lowered<Abs> {
        let place = match arg {
            None => Ok(Place::cell(at.cell.sheet, at.cell.row, at.cell.col)),
            Some(arg) => self.first_place(arg, at)?,
        };
        match place {
            Ok(place) => self.cell_property(what, place, at),
            Err(result) => Ok(result),
        }
    }

    /// The upper left cell of a reference, or the function's result if it is something else.
    fn first_place(&mut self, arg: &Expr, at: &At) -> Lowered<Result<Place, Abs>> {
        Ok(match self.lower_places(arg, at)? {
            Ok(places) => match places.first() {
                Some(place) => Ok(Place::cell(place.sheet, place.area.first_row, place.area.first_col)),
                None => Err(error(ErrorCode::Ref)),
            },
            Err(Abs::Term(Term::Const(value))) if value.is_error() => Err(constant(value)),
            Err(_) => Err(error(ErrorCode::Value)),
        })
    }

    /// SHEET of a reference, or of a text that names a sheet.
    pub fn sheet_number(&mut self, arg: &Expr, at: &At) -> Lowered<Abs> {
        Ok(match self.lower_places(arg, at)? {
            Ok(places) => places.first().map_or(error(ErrorCode::Ref), |place| number(place.sheet + 1)),
            Err(Abs::Term(Term::Const(value))) => match value.unpack() {
                Unpacked::Error(_) => constant(value),
                Unpacked::Text(id) => match self.sheets.sheet(self.graph.heap.text(id)) {
                    Some(sheet) => number(sheet + 1),
                    None => error(ErrorCode::NA),
                },
                _ => error(ErrorCode::NA),
            },
            Err(_) => error(ErrorCode::NA),
        })
    }

    pub fn is_formula(&mut self, arg: &Expr, at: &At) -> Lowered<Abs> {
        let place = match self.first_place(arg, at)? {
            Ok(place) => place,
            Err(result) => return Ok(result),
        };
        let mut found = false;
        self.sheets.each_formula(&place, |_| found = true);
        Ok(constant(Value::bool(found)))
    }

    /// The formula as Excel shows it; `#N/A` for a cell without one.
    pub fn formula_text(&mut self, arg: &Expr, at: &At) -> Lowered<Abs> {
        let place = match self.first_place(arg, at)? {
            Ok(place) => place,
            Err(result) => return Ok(result),
        };
        let cell = CellAddress { sheet: place.sheet, row: place.area.first_row, col: place.area.first_col };
        let formula = self.cell(cell).and_then(|cell| cell.formula.as_ref());
        match formula {
            None if self.sheets.owner(cell).is_none() => Ok(error(ErrorCode::NA)),
            Some(CellFormula::Normal(_) | CellFormula::Shared { .. } | CellFormula::Dynamic { .. }) => {
                let stored = self.describe(cell, "").formula;
                if stored.contains("_xlfn.SINGLE(") || stored.contains("_xlfn.ANCHORARRAY(") {
                    let tree = self.tree(cell)?;
                    return Ok(Abs::Term(self.graph.text(&format!("={tree}"))));
                }
                let shown = without_prefixes(&stored);
                Ok(Abs::Term(self.graph.text(&shown)))
            }
            _ => Err(Failure::unsupported("FORMULATEXT of an array formula")),
        }
    }

    /// CELL with those kinds of information that depend on the place or the value.
    fn cell_property(&mut self, what: &Expr, place: Place, at: &At) -> Lowered<Abs> {
        let what = match self.known(std::slice::from_ref(what), 0, &at.for_value())?.map(Value::unpack) {
            Some(Unpacked::Text(id)) => self.graph.heap.text(id).to_lowercase(),
            Some(Unpacked::Error(code)) => return Ok(error(code)),
            Some(_) => return Ok(error(ErrorCode::Value)),
            None => {
                return Err(Failure::unsupported("CELL with a kind of information that depends on an input"));
            }
        };
        let (row, col) = (place.area.first_row, place.area.first_col);
        let cell = CellAddress { sheet: place.sheet, row, col };
        match what.as_str() {
            "row" => Ok(number(row as usize + 1)),
            "col" => Ok(number(col as usize + 1)),
            "address" if place.sheet == at.cell.sheet => {
                let text = a1(row, col);
                let split = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
                let (letters, digits) = text.split_at(split);
                Ok(Abs::Term(self.graph.text(&format!("${letters}${digits}"))))
            }
            "contents" => self.term(cell).map(Abs::Term),
            "type" => match self.term(cell)? {
                Term::Const(value) => {
                    let letter = match value.unpack() {
                        Unpacked::Blank => "b",
                        Unpacked::Text(_) => "l",
                        _ => "v",
                    };
                    Ok(Abs::Term(self.graph.text(letter)))
                }
                Term::Node(_) => {
                    Err(Failure::unsupported("CELL(\"type\") of a cell that depends on an input"))
                }
            },
            _ => Err(Failure::unsupported(format!("CELL({what:?})"))),
        }
    }
}

fn number(x: usize) -> Abs {
    constant(Value::number(x as f64))
}

/// A stored formula without the prefixes of newer functions. Texts in quotes stay as they are.
fn without_prefixes(stored: &str) -> String {
    let mut parts: Vec<String> = stored.split('"').map(str::to_owned).collect();
    for part in parts.iter_mut().step_by(2) {
        for prefix in PREFIXES {
            *part = part.replace(prefix, "");
        }
    }
    parts.join("\"")
}

#[cfg(test)]
mod tests {
    use super::without_prefixes;

    #[test]
    fn prefixes_go_outside_texts() {
        let stored = "=_xlfn._xlws.SORT(A1)&\"_xlfn.\"&_xlfn.CONCAT(A1)";
        assert_eq!(without_prefixes(stored), "=SORT(A1)&\"_xlfn.\"&CONCAT(A1)");
    }
}
