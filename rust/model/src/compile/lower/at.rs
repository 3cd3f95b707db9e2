//! Where an expression is evaluated.

use super::values::Scope;
use crate::workbook::CellAddress;

#[derive(Clone, Debug)]
pub struct At {
    pub cell: CellAddress,
    /// A range in a place for a single value is an array, as in array formulas. In ordinary formulas it is the value
    /// in the row or column of the formula's cell.
    pub array: bool,
    /// `array` is true only because a function around takes arrays (SUMPRODUCT). IF and CHOOSE do not pass that on.
    pub forced: bool,
    /// The result goes where a range is allowed, as in the arguments of SUM. Then IF and the like give ranges, too.
    pub wants_range: bool,
    pub scope: Scope,
}

impl At {
    /// The same place where one value is needed.
    pub fn for_value(&self) -> At {
        At { wants_range: false, ..self.clone() }
    }

    /// The same place inside a function that takes arrays in every formula.
    pub fn forced(&self) -> At {
        At { array: true, forced: self.forced || !self.array, ..self.clone() }
    }

    /// The same place inside a function that takes arrays only in an array formula.
    pub fn unforced(&self) -> At {
        At { array: self.array && !self.forced, forced: false, ..self.clone() }
    }
}
