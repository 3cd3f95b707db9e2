//! Why something cannot be compiled.

use crate::error::{Error, ErrorKind};
use crate::report::Unsupported;
use crate::workbook::{CellAddress, Place};
use std::rc::Rc;

/// Why something cannot be compiled. `origin` is filled in where the cell is known.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: ErrorKind,
    pub reason: Rc<str>,
    pub origin: Option<Rc<Unsupported>>,
    /// The cell that needs itself.
    pub circle: Option<CellAddress>,
    /// Nothing is wrong yet: these cells are to be lowered first.
    pub wanted: Option<Vec<Place>>,
}

impl Failure {
    pub fn unsupported(reason: impl Into<String>) -> Failure {
        Failure {
            kind: ErrorKind::Unsupported,
            reason: reason.into().into(),
            origin: None,
            circle: None,
            wanted: None,
        }
    }

    pub fn wanting(places: Vec<Place>) -> Failure {
        Failure { wanted: Some(places), ..Failure::unsupported("cells that are not lowered yet") }
    }
}

/// A limit of the whole workbook, or the end from outside.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { kind: error.kind, reason: error.message.into(), origin: None, circle: None, wanted: None }
    }
}

pub type Lowered<T> = Result<T, Failure>;
