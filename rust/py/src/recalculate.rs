//! `inspect`, `recalculate` and `functions`: what a workbook holds, what its formula cells come to, and what formulas
//! can call, without a service.

use crate::arrow::Table;
use crate::detach::detached;
use crate::{compiling, describe, errors};
use arrow_array::RecordBatch;
use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_schema::{DataType, Field, Schema};
use execd_calc::interface::Constant;
use execd_model::compile::function_names;
use execd_model::limits::Limits;
use execd_model::report::Unsupported;
use execd_model::{Recalculated, check};
use execd_serve::clock::serial_now;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;
use std::sync::Arc;

/// The interface and the report of a workbook, also when it does not compile.
#[pyfunction]
pub fn inspect<'py>(py: Python<'py>, workbook: PyBackedBytes) -> PyResult<Bound<'py, PyDict>> {
    let checked = compiling::within_limits(py, Limits::default(), None, |limits| check(&workbook, limits))?;
    let row = PyDict::new(py);
    row.set_item("inputs", describe::inputs(py, &checked.interface, checked.date1904)?)?;
    row.set_item("outputs", describe::outputs(py, &checked.interface)?)?;
    row.set_item("report", describe::report(py, &checked.report)?)?;
    Ok(row)
}

/// The names of all functions that can be compiled, sorted.
#[pyfunction]
pub fn functions() -> Vec<&'static str> {
    function_names().iter().copied().collect()
}

/// One row per formula cell: sheet, cell, kind, number, text, and unless `brief` its formula and what the file had
/// stored.
#[pyfunction]
#[pyo3(signature = (workbook, now, *, brief=false))]
pub fn recalculate(py: Python<'_>, workbook: PyBackedBytes, now: f64, brief: bool) -> PyResult<Table> {
    let rows = compiling::within_limits(py, Limits::default(), None, |limits| {
        execd_model::recalculate(&workbook, limits, serial_now(now, false))
    })?;
    let columns = if brief { BRIEF } else { ALL };
    let batch = detached(py, || table(&rows).and_then(|table| table.project(columns)))?
        .map_err(|e| errors::internal(py, e.to_string()))?;
    Ok(Table::new(batch.schema(), vec![batch]))
}

const ALL: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7, 8];
const BRIEF: &[usize] = &[0, 1, 2, 3, 4];

fn table(rows: &[Recalculated]) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let (mut sheet, mut cell, mut formula) =
        (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut value, mut stored) = (Cells::default(), Cells::default());
    for row in rows {
        sheet.append_value(&row.sheet);
        cell.append_value(&row.cell);
        formula.append_value(&row.formula);
        match &row.result {
            Ok(constant) => value.push(constant),
            Err(gap) => value.push_gap(gap),
        }
        stored.push(&row.stored);
    }
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let number = |name: &str| Field::new(name, DataType::Float64, true);
    let optional = |name: &str| Field::new(name, DataType::Utf8, true);
    let schema = Schema::new(vec![
        text("sheet"),
        text("cell"),
        text("kind"),
        number("number"),
        optional("text"),
        text("formula"),
        text("stored_kind"),
        number("stored_number"),
        optional("stored_text"),
    ]);
    RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(sheet.finish()),
            Arc::new(cell.finish()),
            Arc::new(value.kind.finish()),
            Arc::new(value.number.finish()),
            Arc::new(value.text.finish()),
            Arc::new(formula.finish()),
            Arc::new(stored.kind.finish()),
            Arc::new(stored.number.finish()),
            Arc::new(stored.text.finish()),
        ],
    )
}

/// Three columns that hold one constant per row.
#[derive(Default)]
struct Cells {
    kind: StringBuilder,
    number: Float64Builder,
    text: StringBuilder,
}

impl Cells {
    fn push(&mut self, constant: &Constant) {
        match constant {
            Constant::Blank => self.row("blank", None, None),
            Constant::Number(x) => self.row("number", Some(*x), None),
            Constant::Text(text) => self.row("text", None, Some(text)),
            Constant::Bool(flag) => self.row("bool", None, Some(if *flag { "TRUE" } else { "FALSE" })),
            Constant::Error(code) => self.row("error", None, Some(code.text())),
        }
    }

    fn push_gap(&mut self, gap: &Unsupported) {
        self.row("unsupported", None, Some(&gap.reason));
    }

    fn row(&mut self, kind: &str, number: Option<f64>, text: Option<&str>) {
        self.kind.append_value(kind);
        self.number.append_option(number);
        self.text.append_option(text);
    }
}
