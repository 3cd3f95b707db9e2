//! A workbook as a calculation service: all passes from the file to the plan, in their order.

use super::diagnose::Diagnosis;
use super::graph::{Graph, Term};
use super::lower::{Failure, Lowerer, Sheets};
use super::optimize::{powers, tables};
use super::{doubts, rules, schedule};
use crate::error::Error;
use crate::limits::Limits;
use crate::markers;
use crate::report::{self, Remark, Report, Unsupported};
use crate::workbook::{Sheet, Workbook};
use execd_calc::interface::Interface;
use execd_calc::plan::Plan;
use execd_calc::semantics::function::Env;
use execd_calc::values::value::Value;
use std::sync::Arc;

/// Nobody reads more.
const MOST_WARNINGS: usize = 1_000;

/// Characters of a formula in a message.
const MOST_SHOWN: usize = 200;

/// What a workbook is compiled to.
#[derive(Debug)]
pub struct Compiled {
    pub plan: Plan,
    pub interface: Interface,
    pub report: Report,
    pub date1904: bool,
}

/// Compiles the bytes of an xlsx file. If an output needs something that cannot be compiled, this fails, and the
/// message lists sheets, cells and formulas. `check` gives a report instead.
pub fn compile(bytes: &[u8], limits: &Limits) -> Result<Compiled, Error> {
    compile_workbook(&crate::xlsx::read(bytes, limits)?, limits)
}

/// Compiles a workbook that is read already.
pub fn compile_workbook(book: &Workbook, limits: &Limits) -> Result<Compiled, Error> {
    let (compiled, failure) = attempt(book, limits)?;
    match failure {
        Some(error) => Err(error),
        None => Ok(compiled),
    }
}

/// Compiles as far as possible. The report tells what is missing, if something is.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<Compiled, Error> {
    let book = crate::xlsx::read(bytes, limits)?;
    attempt(&book, limits).map(|(compiled, _)| compiled)
}

/// Compiles as far as possible. The second result is the error if some name is mistaken or some output could not be
/// compiled.
fn attempt(book: &Workbook, limits: &Limits) -> Result<(Compiled, Option<Error>), Error> {
    let mut declared = markers::interface(book, limits)?;
    let env = Env::new(book.settings.date1904, 0.0);
    let inputs = declared.input_cells.iter().enumerate().map(|(cell, at)| (*at, cell as u32)).collect();
    let mut sheets = Sheets::new(book);
    declared.input_cells.iter().for_each(|&at| sheets.hold_input(at));
    sheets.keep_free_beside_spills();
    let mut lowerer = Lowerer::new(sheets, Graph::new(env, false, limits), inputs);
    for (at, reason) in &declared.solved {
        lowerer.refuse(*at, reason);
    }
    let mut outputs = Vec::with_capacity(declared.output_cells.len());
    let (mut failed, mut kind) = (Vec::new(), None);
    for &at in &declared.output_cells {
        outputs.push(match lowerer.term(at) {
            Ok(term) => term,
            Err(failure) => {
                lowerer.graph.check().map_err(|error| at_formula(error, &failure))?;
                failed.push(at);
                kind.get_or_insert(failure.kind);
                Term::Const(Value::BLANK)
            }
        });
    }
    let live_cells = lowerer.live_cells();
    let unsupported = Diagnosis::new(&mut lowerer).unsupported(&failed);
    let mut warnings = [warnings(book), doubts::of_outputs(&mut lowerer, &declared, &outputs)].concat();
    let defaults = default_values(&mut lowerer.graph, &declared.interface);
    let results = rules::attach(&mut lowerer, &mut declared);
    lowerer.graph.check()?;
    if !results.is_empty() {
        let plan = schedule::plan(&lowerer.graph, &results, &defaults, book.settings.date1904)?;
        declared.interface.rules = Some(Arc::new(plan));
    }
    warnings.append(&mut lowerer.warnings);
    let (graph, outputs) = tables::rewrite(lowerer.graph, &outputs)?;
    let (graph, outputs) = powers::rewrite(graph, &outputs)?;
    let plan = schedule::plan(&graph, &outputs, &defaults, book.settings.date1904)?;
    let uncompiled = kind.map(|kind| Error::new(kind, report::lines(&unsupported)));
    let error = both(declared.error(), uncompiled);
    warnings.append(&mut declared.warnings);
    if error.is_none() {
        warnings.extend(doubts::of_inputs(&declared, &plan, book));
    }
    if warnings.len() > MOST_WARNINGS {
        let more = warnings.len() - MOST_WARNINGS;
        warnings.truncate(MOST_WARNINGS);
        warnings.push(Remark::new(format!("{more} more warnings are not shown")));
    }
    let report = Report {
        sheets: book.sheets.len(),
        formula_cells: book.sheets.iter().map(formula_cells).sum(),
        live_cells,
        steps: plan.steps.len(),
        slots: plan.slots,
        constants: plan.constants.len(),
        mistakes: declared.mistakes,
        unsupported,
        warnings,
    };
    let date1904 = book.settings.date1904;
    Ok((Compiled { plan, interface: declared.interface, report, date1904 }, error))
}

/// A limit was met, or the end came from outside: with the formula that was being lowered.
pub fn at_formula(error: Error, failure: &Failure) -> Error {
    match failure.origin.as_deref() {
        Some(Unsupported { sheet, cell, formula, .. }) => {
            let shown: String = formula.chars().take(MOST_SHOWN).collect();
            let rest = if shown.len() < formula.len() { "…" } else { "" };
            Error::new(error.kind, format!("{sheet}!{cell} {shown}{rest}: {error}"))
        }
        None => error,
    }
}

fn formula_cells(sheet: &Sheet) -> usize {
    sheet.cells.values().filter(|cell| cell.formula.is_some()).count()
}

fn default_values(graph: &mut Graph, interface: &Interface) -> Vec<Value> {
    let defaults = interface.inputs.iter().flat_map(|input| &input.defaults);
    defaults.map(|constant| constant.value(|text| graph.heap.add_text(text))).collect()
}

/// One error of two. Mistaken names come first.
fn both(names: Option<Error>, cells: Option<Error>) -> Option<Error> {
    match (names, cells) {
        (Some(names), Some(cells)) => Some(Error::new(names.kind, [names.message, cells.message].join("\n"))),
        (names, cells) => names.or(cells),
    }
}

fn warnings(book: &Workbook) -> Vec<Remark> {
    let mut warnings: Vec<Remark> = book.warnings.iter().map(Remark::new).collect();
    if book.settings.iterate {
        let message = "iterative calculation is switched on; circular references are not iterated";
        warnings.push(Remark::new(message));
    }
    if book.settings.precision_as_displayed {
        let message = "\"precision as displayed\" is switched on; values are calculated in full precision";
        warnings.push(Remark::new(message));
    }
    warnings
}
