//! OFFSET: a reference if its arguments are known, else a value that each record picks from the cells that it can
//! reach.

use crate::compile::graph::{Argument, Term};
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Single, constant, error};
use crate::formula::ast::Expr;
use crate::workbook::{Area, MAX_COL, MAX_ROW, Place};
use execd_calc::kernels::lookup_reference::reference;
use execd_calc::numbers::digits;
use execd_calc::values::value::{ErrorCode, Value};

/// More rows or columns than a sheet has.
const FAR: i64 = 1 << 32;

impl Lowerer<'_> {
    pub fn offset_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let Some((base, _)) = args.split_first() else { return Ok(error(ErrorCode::Value)) };
        let Ok(places) = self.lower_places(base, at)? else {
            return Ok(error(ErrorCode::Value));
        };
        let [base] = *places else { return Ok(error(ErrorCode::Value)) };
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
                if let Some(code) = values.iter().find_map(|value| value.as_error()) {
                    return Ok(error(code));
                }
                let mut numbers = [0i64; 4];
                for (position, (number, value)) in numbers.iter_mut().zip(values).enumerate() {
                    match self.graph.cx().number(value) {
                        Ok(x) if position < 2 => *number = digits::trunc(x) as i64,
                        Ok(x) => *number = reference::size(x) as i64,
                        Err(code) => return Ok(error(code)),
                    }
                }
                Ok(offset_place(&base, numbers))
            }
            None => self.offset_per_record(&base, &terms, at),
        }
    }

    fn offset_per_record(&mut self, base: &Place, terms: &[Term], at: &At) -> Lowered<Abs> {
        // Outside the sheet, whatever it reaches is an error.
        let reach = self.offset_reach(base, terms).unwrap_or(*base);
        let mut arguments = vec![Argument::Range(self.reachable(&reach)?)];
        let corner =
            [(base.area.first_row, reach.area.first_row), (base.area.first_col, reach.area.first_col)];
        arguments.extend(corner.map(|(index, first)| {
            Argument::Term(Term::Const(Value::number(f64::from(index) - f64::from(first))))
        }));
        arguments.extend(terms.iter().map(|&term| Argument::Term(term)));
        self.picked([reference::PICK, reference::PICK_CROSSING], arguments, at)
    }

    /// The cells that OFFSET can reach, fewer if its rows or columns are known. None if they are outside the sheet.
    fn offset_reach(&mut self, base: &Place, terms: &[Term]) -> Option<Place> {
        let mut known = |position: usize| {
            let value = terms.get(position).and_then(|term| term.constant())?;
            let x = self.graph.cx().number(value).ok()?;
            Some(if position < 2 { digits::trunc(x) } else { reference::size(x) } as i64)
        };
        let (rows, cols, height, width) = (known(0), known(1), known(2), known(3));
        let whole = Area { first_row: 0, first_col: 0, last_row: MAX_ROW, last_col: MAX_COL };
        let mut reach = Place { sheet: base.sheet, area: whole };
        if let (Some(rows), Some(height)) = (rows, height) {
            let Abs::Places(places) = offset_place(base, [rows, 0, height, 1]) else { return None };
            let rows = places.first()?.area;
            (reach.area.first_row, reach.area.last_row) = (rows.first_row, rows.last_row);
        }
        if let (Some(cols), Some(width)) = (cols, width) {
            let Abs::Places(places) = offset_place(base, [0, cols, 1, width]) else { return None };
            let cols = places.first()?.area;
            (reach.area.first_col, reach.area.last_col) = (cols.first_col, cols.last_col);
        }
        Some(reach)
    }
}

/// The place of `height` x `width` cells that begins `rows` below and `cols` to the right of `base`. Negative sizes
/// reach upwards and to the left.
fn offset_place(base: &Place, [rows, cols, height, width]: [i64; 4]) -> Abs {
    if height == 0 || width == 0 {
        return constant(Value::error(ErrorCode::Ref));
    }
    // Larger numbers are outside the sheet, too, and could overflow.
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
