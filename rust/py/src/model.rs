//! `Model`: a compiled workbook that Python can describe and run.

use crate::detach::detached;
use crate::{describe, errors};
use execd_model::limits::Limits;
use execd_model::{Compiled, compile};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyDict;

/// A compiled workbook. Immutable: threads may share it.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct Model {
    compiled: Compiled,
}

#[pymethods]
impl Model {
    /// Compiles the bytes of an xlsx file.
    #[new]
    fn new(py: Python<'_>, workbook: PyBackedBytes) -> PyResult<Model> {
        let compiled = detached(py, || compile(&workbook, &Limits::default()))?;
        Ok(Model { compiled: compiled.map_err(|e| errors::model(py, &e))? })
    }

    #[getter]
    fn inputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        describe::inputs(py, &self.compiled.interface)
    }

    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        describe::outputs(py, &self.compiled.interface)
    }

    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        describe::report(py, &self.compiled.report)
    }
}
