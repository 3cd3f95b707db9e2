//! `Model`: a compiled workbook that Python can describe and run.

use crate::arrow::Table;
use crate::compiling;
use crate::detach::detached;
use crate::execution::{Call, CancelToken, Engine, Fragments};
use crate::{arrow, describe, errors};
use arrow_array::RecordBatch;
use execd_model::compile;
use execd_model::limits::Limits;
use execd_model::report::Report;
use execd_serve::arrow::{Seen, evaluate};
use execd_serve::execute::{self, ExecuteOptions, Service};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;
use std::sync::Arc;

/// A compiled workbook. Immutable: threads may share it.
#[pyclass(frozen, module = "execd._native")]
pub struct Model {
    pub service: Arc<Service>,
    /// What is known of the tables that came before.
    seen: Seen,
    report: Report,
}

#[pymethods]
impl Model {
    /// Compiles the bytes of an xlsx file. `token` stops it from another thread. What the other arguments do not limit
    /// the model crate does.
    #[new]
    #[pyo3(signature = (workbook, token=None, *, seconds=None, memory=None, steps=None))]
    fn new(
        py: Python<'_>,
        workbook: PyBackedBytes,
        token: Option<&CancelToken>,
        seconds: Option<f64>,
        memory: Option<usize>,
        steps: Option<usize>,
    ) -> PyResult<Model> {
        let usual = Limits::default();
        let limits = Limits {
            seconds: seconds.unwrap_or(usual.seconds),
            bytes: memory.unwrap_or(usual.bytes),
            nodes: steps.unwrap_or(usual.nodes),
            ..usual
        };
        compiling::within_limits(py, limits, token, |limits| {
            let compiled = compile(&workbook, limits)?;
            let (plan, interface) = (Arc::new(compiled.plan), Arc::new(compiled.interface));
            Ok(Model {
                service: Arc::new(Service::new(plan, interface)),
                seen: Seen::default(),
                report: compiled.report,
            })
        })
    }

    #[getter]
    fn inputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        describe::inputs(py, &self.service.interface, self.service.plan.date1904)
    }

    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        describe::outputs(py, &self.service.interface)
    }

    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        describe::report(py, &self.report)
    }

    /// Executes a call, for at most `within` seconds.
    #[pyo3(signature = (engine, call, token=None, within=None))]
    fn answer(
        &self,
        py: Python<'_>,
        engine: &Engine,
        call: &Call,
        token: Option<&CancelToken>,
        within: Option<f64>,
    ) -> PyResult<Fragments> {
        let options = call.options(engine, token, within);
        let answer =
            detached(py, || execute::execute(&engine.threads, &self.service, call.inputs(), &options))?;
        answer.map(|parts| Fragments { parts }).map_err(|e| errors::serve(py, &e))
    }

    /// One row of outputs per row of a table: columns are inputs by name. Beside it, what names match nothing.
    #[pyo3(signature = (engine, table, *, outputs=Vec::new(), unix_now=None, strict=false))]
    fn evaluate(
        &self,
        py: Python<'_>,
        engine: &Engine,
        table: &Bound<'_, PyAny>,
        outputs: Vec<String>,
        unix_now: Option<f64>,
        strict: bool,
    ) -> PyResult<(Table, Vec<String>)> {
        let batches = arrow::read(py, table)?;
        let options = ExecuteOptions { outputs, now: unix_now, strict, ..ExecuteOptions::default() };
        let run = || evaluate(&engine.threads, &self.service, &self.seen, &batches, &options);
        let (schema, answers, unmatched) = detached(py, run)?.map_err(|e| errors::serve(py, &e))?;
        Ok((Table::new(schema, answers), unmatched.lines()))
    }
    /// The names of the columns that `evaluate` reads of a table, in its order.
    fn inputs_among(&self, py: Python<'_>, table: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
        let batches = arrow::read(py, table)?;
        let among = |batch: &RecordBatch| execd_serve::arrow::inputs_among(&batch.schema(), &self.service);
        batches.first().map_or(Ok(Vec::new()), among).map_err(|e| errors::serve(py, &e))
    }
}
