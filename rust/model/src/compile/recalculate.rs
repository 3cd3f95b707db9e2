//! Recalculates every formula cell of a workbook. Without inputs, partial evaluation leaves only constants.

use super::graph::{Graph, Term};
use super::lower::{Lowerer, Sheets};
use super::service::at_formula;
use crate::error::Error;
use crate::limits::Limits;
use crate::report::Unsupported;
use crate::workbook::{Area, CellAddress, Place, Workbook, a1};
use execd_calc::interface::Constant;
use execd_calc::numbers::serial::OFFSET_1904;
use execd_calc::semantics::function::Env;
use hashbrown::HashMap;

/// One formula cell after recalculation.
#[derive(Clone, Debug)]
pub struct Recalculated {
    pub sheet: String,
    /// A1 style.
    pub cell: String,
    pub result: Result<Constant, Unsupported>,
    /// The value that the file stored for the cell.
    pub stored: Constant,
    pub formula: String,
}

/// Recalculates every formula cell from the constants of the workbook, as `recalculate_workbook` does.
pub fn recalculate(bytes: &[u8], limits: &Limits, now: f64) -> Result<Vec<Recalculated>, Error> {
    let book = crate::xlsx::read(bytes, limits)?;
    recalculate_workbook(&book, limits, now)
}

/// Every formula cell and every cell of an array formula, sheet by sheet and row by row. `now` is a serial number of
/// the 1900 date system. Fails where a limit is met or `limits.stop` is raised.
pub fn recalculate_workbook(book: &Workbook, limits: &Limits, now: f64) -> Result<Vec<Recalculated>, Error> {
    let date1904 = book.settings.date1904;
    let now = if date1904 { now - OFFSET_1904 as f64 } else { now };
    let env = Env::new(date1904, now);
    let mut sheets = Sheets::new(book);
    let saved = formula_cells(book, &sheets);
    sheets.keep_free_beside_spills();
    let kept_free = formula_cells(book, &sheets);
    let mut lowerer = Lowerer::new(sheets, Graph::new(env, true, limits), HashMap::new());
    let mut results = Vec::with_capacity(saved.len());
    let mut saved = saved.into_iter().peekable();
    for at in kept_free {
        let is_saved = saved.next_if_eq(&at).is_some();
        // A spilled array can be larger than it was when the workbook was saved.
        if is_saved || matches!(lowerer.term(at), Ok(Term::Const(value)) if !value.is_blank()) {
            results.push(recalculated(&mut lowerer, book, at)?);
        }
    }
    Ok(results)
}

fn formula_cells(book: &Workbook, sheets: &Sheets<'_>) -> Vec<CellAddress> {
    let mut cells = Vec::new();
    for sheet in 0..book.sheets.len() {
        let (rows, cols) = sheets.extent(sheet);
        let whole = Place {
            sheet,
            area: Area {
                first_row: 0,
                first_col: 0,
                last_row: rows.saturating_sub(1),
                last_col: cols.saturating_sub(1),
            },
        };
        sheets.each_formula(&whole, |at| cells.push(at));
    }
    cells.sort_unstable();
    cells
}

fn recalculated(lowerer: &mut Lowerer<'_>, book: &Workbook, at: CellAddress) -> Result<Recalculated, Error> {
    let cell = book.sheets.get(at.sheet).and_then(|sheet| sheet.cells.get(&(at.row, at.col)));
    let stored = cell.map_or(Constant::Blank, |cell| cell.value.constant());
    let result = match lowerer.term(at) {
        Ok(Term::Const(value)) => Ok(Constant::of(&lowerer.graph.heap, value)),
        Ok(Term::Node(_)) => Err(lowerer.describe(at, "the value is not known without inputs")),
        Err(failure) => {
            lowerer.graph.check().map_err(|error| at_formula(error, &failure))?;
            Err(match failure.origin.as_deref() {
                Some(origin) => explain(lowerer, at, origin),
                None => lowerer.describe(at, &failure.reason),
            })
        }
    };
    let described = lowerer.describe(at, "");
    Ok(Recalculated {
        sheet: described.sheet,
        cell: a1(at.row, at.col),
        result,
        stored,
        formula: described.formula,
    })
}

/// Why a cell has no value: for a reason of its own, or for that of a cell that it needs.
fn explain(lowerer: &Lowerer<'_>, at: CellAddress, origin: &Unsupported) -> Unsupported {
    let own = lowerer.describe(at, &origin.reason);
    if own.sheet == origin.sheet && own.cell == origin.cell {
        return own;
    }
    let reason = format!("needs {}!{} ({}): {}", origin.sheet, origin.cell, origin.formula, origin.reason);
    Unsupported { reason, ..own }
}
