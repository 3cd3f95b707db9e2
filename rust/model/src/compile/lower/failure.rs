//! Why something cannot be compiled.

use crate::error::ErrorKind;
use crate::report::Unsupported;
use crate::workbook::CellAddress;
use std::rc::Rc;

/// Why something cannot be compiled. `origin` is filled in where the cell is known.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: ErrorKind,
    pub reason: Rc<str>,
    pub origin: Option<Rc<Unsupported>>,
    /// The cell that needs itself.
    pub circle: Option<CellAddress>,
}

impl Failure {
    pub fn unsupported(reason: impl Into<String>) -> Failure {
        Failure { kind: ErrorKind::Unsupported, reason: reason.into().into(), origin: None, circle: None }
    }
}

pub type Lowered<T> = Result<T, Failure>;
