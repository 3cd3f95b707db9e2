//! SUBTOTAL and AGGREGATE: which cells of their ranges count. The kernels calculate with these cells.

use super::table::Form;
use crate::compile::graph::Term;
use crate::compile::lower::at::At;
use crate::compile::lower::failure::{Failure, Lowered};
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, Grid};
use crate::formula::ast::Expr;
use crate::workbook::{CellAddress, Place, Sheet};
use execd_calc::kernels;
use execd_calc::values::value::Value;
use std::rc::Rc;

/// Cells that do not count.
#[derive(Clone, Copy, Debug)]
struct Skips {
    hidden_rows: bool,
    filtered_rows: bool,
    /// Cells whose formulas are subtotals themselves.
    subtotals: bool,
}

impl Lowerer<'_> {
    /// SUBTOTAL(number, ranges). Numbers from 1 to 11 count hidden rows, numbers from 101 to 111 do not.
    pub fn subtotal_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let number = self.known(args, 0, &at.for_value())?.and_then(Value::as_number);
        let skips =
            number.map(|number| Skips { hidden_rows: number > 100.0, filtered_rows: true, subtotals: true });
        self.over_counted_cells(Form::Subtotal, 1, skips, args, at)
    }

    /// AGGREGATE(number, option, ranges) or AGGREGATE(number, option, array, position). The option may also say that
    /// errors are ignored, which the kernel does.
    pub fn aggregate_form(&mut self, args: &[Expr], at: &At) -> Lowered<Abs> {
        let option = self.known(args, 1, &at.for_value())?;
        let option = match option {
            Some(value) if value.is_empty() => Some(0),
            Some(value) => value.as_number().map(|option| option.trunc() as i64),
            None => None,
        };
        let skips = option.map(|option| Skips {
            hidden_rows: option % 2 == 1,
            filtered_rows: option % 2 == 1,
            subtotals: option < 4,
        });
        self.over_counted_cells(Form::Aggregate, 2, skips, args, at)
    }

    /// A call with only those cells of its ranges that count. `skips` is None if it depends on an input: then every
    /// cell has to count.
    fn over_counted_cells(
        &mut self,
        form: Form,
        plain: usize,
        skips: Option<Skips>,
        args: &[Expr],
        at: &At,
    ) -> Lowered<Abs> {
        let name = form.name();
        let Some(function) = kernels::find(name) else {
            return Err(Failure::unsupported(format!("the function {name} is not supported")));
        };
        let mut lowered = Vec::with_capacity(args.len());
        for arg in args.iter().take(plain) {
            lowered.push(self.lower(arg, &at.for_value())?);
        }
        for arg in args.iter().skip(plain) {
            let abs = self.lower(arg, &At { wants_range: true, ..at.forced() })?;
            let Abs::Places(places) = abs else {
                lowered.push(abs);
                continue;
            };
            for place in places {
                lowered.push(match skips {
                    Some(skips) => self.counted_cells(&place, skips)?,
                    None if self.all_count(&place) => Abs::Places(vec![place]),
                    None => {
                        let reason = format!(
                            "{name} with a number that depends on an input over hidden rows or subtotals"
                        );
                        return Err(Failure::unsupported(reason));
                    }
                });
            }
        }
        self.call_with(function, lowered, at)
    }

    fn counted_cells(&mut self, place: &Place, skips: Skips) -> Lowered<Abs> {
        let (rows, cols) = self.sheets.used(place);
        if self.all_count(place) {
            return Ok(Abs::Places(vec![*place]));
        }
        let mut terms = Vec::with_capacity(rows * cols);
        let mut skipped = false;
        for row in place.area.first_row..place.area.first_row + rows as u32 {
            let shown = self.sheet(place).is_none_or(|sheet| {
                !(skips.filtered_rows && sheet.filtered_rows.binary_search(&row).is_ok()
                    || skips.hidden_rows && sheet.hidden_rows.binary_search(&row).is_ok())
            });
            for col in place.area.first_col..place.area.first_col + cols as u32 {
                let cell = CellAddress { sheet: place.sheet, row, col };
                let counts = shown && !(skips.subtotals && self.is_subtotal(cell));
                skipped |= !counts;
                terms.push(if counts { self.term(cell)? } else { Term::Const(Value::BLANK) });
            }
        }
        Ok(if skipped {
            Abs::Cells(Rc::new(Grid::new(rows, cols, terms)))
        } else {
            Abs::Places(vec![*place])
        })
    }

    fn all_count(&self, place: &Place) -> bool {
        let (rows, cols) = self.sheets.used(place);
        let rows = place.area.first_row..place.area.first_row + rows as u32;
        let cols = place.area.first_col..place.area.first_col + cols as u32;
        let hidden = self.sheet(place).is_some_and(|sheet| {
            let first = sheet.hidden_rows.partition_point(|row| *row < rows.start);
            sheet.hidden_rows.get(first).is_some_and(|row| rows.contains(row))
        });
        !hidden && !cols.into_iter().any(|col| self.sheets.has_subtotal(place.sheet, col, &rows))
    }

    fn sheet(&self, place: &Place) -> Option<&Sheet> {
        self.sheets.book.sheets.get(place.sheet)
    }

    fn is_subtotal(&self, at: CellAddress) -> bool {
        self.sheets.has_subtotal(at.sheet, at.col, &(at.row..at.row + 1))
    }
}
