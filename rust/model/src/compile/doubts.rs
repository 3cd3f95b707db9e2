//! Outputs and inputs that compile and are perhaps not what the author meant: an output that no record changes, an
//! input that changes no output.

use super::certain_errors::CertainErrors;
use super::diagnose::Diagnosis;
use super::graph::Term;
use super::lower::Lowerer;
use crate::markers::Declared;
use crate::report::Remark;
use crate::workbook::{CellAddress, CellValue};
use execd_calc::interface::{Constant, Interface, Output, Shape};
use execd_calc::plan::Plan;
use execd_calc::values::value::ErrorCode;
use execd_calc::words;
use hashbrown::HashSet;

/// Characters of a text that a message shows.
const MOST_SHOWN: usize = 40;

/// Outputs on cells without formulas, and outputs that are an error: in every record, or with the values that the
/// workbook was saved with. `terms` are the values of the output cells.
pub fn of_outputs(lowerer: &mut Lowerer<'_>, declared: &Declared, terms: &[Term]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let errors = CertainErrors::find(&lowerer.graph);
    let mut diagnosis = Diagnosis::new(lowerer);
    for output in &declared.interface.outputs {
        let cells = output.first_cell..output.first_cell + output.shape.cells();
        let (Some(cells), Some(terms)) = (declared.output_cells.get(cells.clone()), terms.get(cells)) else {
            continue;
        };
        let doubt = certain_error(&mut diagnosis, output, cells, terms, &errors)
            .or_else(|| without_formula(diagnosis.lowerer, output, cells))
            .or_else(|| saved_error(&mut diagnosis, output, cells));
        if let Some((at, message)) = doubt {
            let remark = Remark::new(message).of_name(format!("Xoutput_{}", output.name));
            remarks.push(remark.at(diagnosis.lowerer.sheets.book, at));
        }
    }
    remarks
}

/// A cell of an output, and what is strange about it.
type Doubt = (CellAddress, String);

fn certain_error(
    diagnosis: &mut Diagnosis<'_, '_>,
    output: &Output,
    cells: &[CellAddress],
    terms: &[Term],
    errors: &CertainErrors,
) -> Option<Doubt> {
    let (at, code) = cells.iter().zip(terms).find_map(|(at, term)| Some((*at, errors.of(*term)?)))?;
    let source = diagnosis
        .source(at, |lowerer, at| lowerer.term(at).ok().and_then(|term| errors.of(term)) == Some(code));
    Some((at, an_error(diagnosis.lowerer, output, (at, source), code, "in every record")))
}

fn saved_error(diagnosis: &mut Diagnosis<'_, '_>, output: &Output, cells: &[CellAddress]) -> Option<Doubt> {
    let (at, code) = cells.iter().find_map(|at| Some((*at, stored_error(diagnosis.lowerer, *at)?)))?;
    let source = diagnosis.source(at, |lowerer, at| stored_error(lowerer, at) == Some(code));
    Some((at, an_error(diagnosis.lowerer, output, (at, source), code, "with the workbook's own values")))
}

fn stored_error(lowerer: &Lowerer<'_>, at: CellAddress) -> Option<ErrorCode> {
    match lowerer.cell(at)?.value {
        CellValue::Error(code) => Some(code),
        _ => None,
    }
}

fn an_error(
    lowerer: &Lowerer<'_>,
    output: &Output,
    (at, source): (CellAddress, CellAddress),
    code: ErrorCode,
    when: &str,
) -> String {
    let formula = lowerer.describe(source, "").formula;
    let formula = if formula.is_empty() { String::new() } else { format!(" ({formula})") };
    let what = match output.shape {
        Shape::Scalar => "is",
        Shape::Table { .. } => "has a cell that is",
    };
    let from =
        if source == at { String::new() } else { format!(", which comes from {}", lowerer.label(source)) };
    format!("the output {} {what} {} {when}{from}{formula}", output.name, code.text())
}

/// What is strange about an output of whose cells none is calculated or an input.
fn without_formula(lowerer: &Lowerer<'_>, output: &Output, cells: &[CellAddress]) -> Option<Doubt> {
    let changes = |at: &CellAddress| {
        lowerer.inputs.contains_key(at)
            || lowerer.sheets.owner(*at).is_some()
            || lowerer.cell(*at).is_some_and(|cell| cell.formula.is_some())
    };
    if cells.iter().any(changes) {
        return None;
    }
    let name = &output.name;
    let value = |at: &CellAddress| lowerer.cell(*at).map_or(CellValue::Blank, |cell| cell.value.clone());
    let first = cells.iter().map(value).find(|value| *value != CellValue::Blank);
    let message = match (first, &output.shape) {
        (None, Shape::Scalar) => {
            format!("the output {name} is on a blank cell: let the name refer to the cell with the result")
        }
        (None, Shape::Table { .. }) => {
            format!("the output {name} is on blank cells: let the name refer to the cells with the results")
        }
        (Some(CellValue::Text(label)), Shape::Scalar) => format!(
            "the output {name} is on the text {:?}, which may be its label: let the name refer to the cell with the \
             result{}",
            shortened(&label),
            cells.first().map_or(String::new(), |at| beside(lowerer, *at)),
        ),
        (Some(value), Shape::Scalar) => format!(
            "the output {name} is on the constant {}, not on a formula: every record gets the same",
            shown(&value.constant())
        ),
        (Some(_), Shape::Table { .. }) => {
            format!("the output {name} is on cells without a formula: every record gets the same")
        }
    };
    Some((*cells.first()?, message))
}

/// The formula to the right of a label or below it.
fn beside(lowerer: &Lowerer<'_>, at: CellAddress) -> String {
    let near = [CellAddress { col: at.col + 1, ..at }, CellAddress { row: at.row + 1, ..at }];
    let found = near.into_iter().find(|at| lowerer.cell(*at).is_some_and(|cell| cell.formula.is_some()));
    found.map_or(String::new(), |at| format!(", perhaps {}", lowerer.label(at)))
}

fn shown(value: &Constant) -> String {
    words::value(value, Default::default(), false)
}

fn shortened(text: &str) -> String {
    match text.chars().nth(MOST_SHOWN) {
        Some(_) => text.chars().take(MOST_SHOWN).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// Inputs on which no output depends and no validation.
pub fn of_inputs(declared: &Declared, plan: &Plan, book: &crate::workbook::Workbook) -> Vec<Remark> {
    let Interface { inputs, rules, .. } = &declared.interface;
    let plans = [Some(plan), rules.as_deref()];
    let used: HashSet<usize> =
        plans.into_iter().flatten().flat_map(|plan| &plan.inputs).map(|input| input.cell).collect();
    let unused = inputs.iter().filter(|input| {
        let mut cells = input.first_cell..input.first_cell + input.shape.cells();
        !cells.any(|cell| used.contains(&cell))
    });
    let told = unused.map(|input| {
        let remark = Remark::new(format!("no output depends on the input {}", input.name));
        let remark = remark.of_name(format!("Xinput_{}", input.name));
        match declared.input_cells.get(input.first_cell) {
            Some(at) => remark.at(book, *at),
            None => remark,
        }
    });
    told.collect()
}
