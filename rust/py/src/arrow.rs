//! Arrow tables through the C stream interface, both ways. What the columns mean is elsewhere.
#![allow(unsafe_code, reason = "taking a stream over the C interface moves it out of a raw pointer")]

use crate::errors;
use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use execd_serve::arrow::with_views;
use execd_serve::error::ServeError;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyDict, PyList};

const STREAM: &std::ffi::CStr = c"arrow_array_stream";

/// An Arrow table: read it with `pyarrow.table(x)`, `polars.DataFrame(x)` or anything else that takes
/// `__arrow_c_stream__`.
#[pyclass(frozen, module = "execd._native")]
#[derive(Debug)]
pub struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Table {
        Table { schema, batches }
    }
}

#[pymethods]
impl Table {
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The requested schema is a hint that a producer may ignore, and this one does.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok::<_, ArrowError>);
        let reader = RecordBatchIterator::new(batches, self.schema.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
    }

    /// The same with texts as views, which polars takes without a copy.
    fn with_views(&self, py: Python<'_>) -> PyResult<Table> {
        let viewed = with_views(&self.schema, &self.batches);
        let (schema, batches) =
            viewed.map_err(|error| errors::serve(py, &ServeError::Internal(error.to_string())))?;
        Ok(Table { schema, batches })
    }

    /// The columns as lists, for a caller without an Arrow library.
    fn to_pydict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let columns = PyDict::new(py);
        for (index, field) in self.schema.fields().iter().enumerate() {
            let list = PyList::empty(py);
            for batch in &self.batches {
                append(&list, batch.column(index))?;
            }
            columns.set_item(field.name(), list)?;
        }
        Ok(columns)
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }
}

fn append(list: &Bound<'_, PyList>, column: &ArrayRef) -> PyResult<()> {
    if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        numbers.iter().try_for_each(|one| list.append(one))
    } else if let Some(texts) = column.as_string_opt::<i32>() {
        texts.iter().try_for_each(|one| list.append(one))
    } else if let Some(texts) = column.as_string_view_opt() {
        texts.iter().try_for_each(|one| list.append(one))
    } else if let Some(flags) = column.as_boolean_opt() {
        flags.iter().try_for_each(|one| list.append(one))
    } else {
        (0..column.len()).try_for_each(|_| list.append(list.py().None()))
    }
}

/// Reads all of `source`, an object with `__arrow_c_stream__`, as one batch or more, so that its columns are known. The
/// producer may need the GIL, so it is kept.
pub fn read(py: Python<'_>, source: &Bound<'_, PyAny>) -> PyResult<Vec<RecordBatch>> {
    let failed = |cause: PyErr| {
        // Not an answer to a table: the user's interrupt, the end of the program.
        if !cause.is_instance_of::<PyException>(py) {
            return cause;
        }
        let error = refused(py, &format!("the table cannot be read: {cause}"));
        error.set_cause(py, Some(cause));
        error
    };
    let Some(export) = source.getattr_opt("__arrow_c_stream__").map_err(failed)? else {
        let message = "a table with __arrow_c_stream__ is needed (pyarrow, polars, pandas >= 2.2 …)";
        return Err(refused(py, message));
    };
    check_lengths(source).map_err(failed)?;
    let capsule = export.call0().map_err(failed)?;
    let capsule =
        capsule.cast_into::<PyCapsule>().map_err(|_| refused(py, "__arrow_c_stream__ gave no capsule"))?;
    let pointer = capsule.pointer_checked(Some(STREAM))?;
    // SAFETY: the capsule's name says that it holds an initialised stream; `from_raw` moves it out and marks the
    // original as released, which is what the interface asks of a consumer.
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr().cast()) };
    let reader = RecordBatchStreamReader::try_new(stream).map_err(|e| refused(py, &e.to_string()))?;
    let nothing = RecordBatch::new_empty(reader.schema());
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|e| refused(py, &e.to_string()))?;
    Ok(if batches.is_empty() { vec![nothing] } else { batches })
}

/// What crosses the interface does not say how long buffers are. pyarrow knows, and looks when it is asked to.
fn check_lengths(source: &Bound<'_, PyAny>) -> PyResult<()> {
    let module = source.get_type().module()?;
    if !module.to_str()?.starts_with("pyarrow") {
        return Ok(());
    }
    source.getattr_opt("validate")?.map_or(Ok(()), |validate| validate.call0().map(drop))
}

fn refused(py: Python<'_>, message: &str) -> PyErr {
    errors::serve(py, &ServeError::invalid(message))
}
