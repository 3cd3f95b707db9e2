//! The Python extension module `execd._native`: the list of what it exports. Behaviour is in the crates below; each
//! file here turns one of their types into Python's.
//!
//! Modules from the bottom up, each using only those above it in this list.

mod errors;

mod detach;

mod concatenate;

mod admission;

mod arrow;

mod describe;

mod execution;

mod compiling;

mod model;

mod spool;

mod ends;

mod sheets;

mod file_run;

mod recalculate;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::admission::{Admission, Permit};
    #[pymodule_export]
    use super::arrow::Table;
    #[pymodule_export]
    use super::ends::Place;
    #[pymodule_export]
    use super::errors::{Cancelled, DeadlineExceeded, ExecdError, InputError, InternalError, WorkbookError};
    #[pymodule_export]
    use super::execution::{Call, CancelToken, Engine, Fragments, check_json, scan};
    #[pymodule_export]
    use super::file_run::{FileRun, FileSummary};
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::recalculate::{functions, inspect, recalculate};
    #[pymodule_export]
    use super::spool::{Feed, Spool, SpoolSpace};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
