//! Where an expression is evaluated.

use super::values::Scope;
use crate::workbook::CellAddress;

#[derive(Clone, Debug)]
pub struct At {
    pub cell: CellAddress,
    /// Ranges in places of single values are arrays (array formulas) instead of being intersected with the cell's
    /// row or column (ordinary formulas).
    pub array: bool,
    /// `array` holds only because a function around takes arrays (SUMPRODUCT); IF and CHOOSE do not pass that on.
    pub forced: bool,
    /// The result goes where a whole range is welcome (SUM's arguments): lazy forms pass ranges on.
    pub wants_range: bool,
    pub scope: Scope,
}

impl At {
    /// The same place, where one value is wanted.
    pub fn for_value(&self) -> At {
        At { wants_range: false, ..self.clone() }
    }

    /// The same place where a function takes arrays whatever the formula is.
    pub fn forced(&self) -> At {
        At { array: true, forced: self.forced || !self.array, ..self.clone() }
    }

    /// The same place inside a function that passes array evaluation on only where the whole formula has it.
    pub fn unforced(&self) -> At {
        At { array: self.array && !self.forced, forced: false, ..self.clone() }
    }
}
