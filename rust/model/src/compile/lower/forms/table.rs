//! Functions that are not evaluated like others, by name: lazy forms, forms that give references, and forms that look
//! at the place of the formula or at the workbook rather than at values. No other file compares names of functions.

use hashbrown::HashMap;
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Aggregate,
    Areas,
    ByColumn,
    ByRow,
    Cell,
    Choose,
    Column,
    Columns,
    FormulaText,
    Hyperlink,
    If,
    IfError,
    IfNa,
    Ifs,
    Index,
    Indirect,
    IsFormula,
    IsOmitted,
    IsRef,
    Lambda,
    Let,
    MakeArray,
    Map,
    Offset,
    Reduce,
    Row,
    Rows,
    Scan,
    Sheet,
    Sheets,
    Subtotal,
    Switch,
}

/// Which arguments are needed in any case, so that their cells can be lowered ahead of the formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// None, or none that can be told before the form is lowered.
    None,
    /// The first argument: a condition, or what is chosen by.
    First,
    /// All but the first, of which only the place matters.
    AllButFirst,
    /// Those that the function's own row says.
    AsFunction,
}

#[rustfmt::skip]
const TABLE: [(&str, Form, Needs); 32] = [
    ("AGGREGATE", Form::Aggregate, Needs::AsFunction),
    ("AREAS", Form::Areas, Needs::None),
    ("BYCOL", Form::ByColumn, Needs::None),
    ("BYROW", Form::ByRow, Needs::None),
    ("CELL", Form::Cell, Needs::None),
    ("CHOOSE", Form::Choose, Needs::First),
    ("COLUMN", Form::Column, Needs::None),
    ("COLUMNS", Form::Columns, Needs::None),
    ("FORMULATEXT", Form::FormulaText, Needs::None),
    ("HYPERLINK", Form::Hyperlink, Needs::None),
    ("IF", Form::If, Needs::First),
    ("IFERROR", Form::IfError, Needs::First),
    ("IFNA", Form::IfNa, Needs::First),
    ("IFS", Form::Ifs, Needs::First),
    ("INDEX", Form::Index, Needs::AllButFirst),
    ("INDIRECT", Form::Indirect, Needs::None),
    ("ISFORMULA", Form::IsFormula, Needs::None),
    ("ISOMITTED", Form::IsOmitted, Needs::None),
    ("ISREF", Form::IsRef, Needs::None),
    ("LAMBDA", Form::Lambda, Needs::None),
    ("LET", Form::Let, Needs::None),
    ("MAKEARRAY", Form::MakeArray, Needs::None),
    ("MAP", Form::Map, Needs::None),
    ("OFFSET", Form::Offset, Needs::AllButFirst),
    ("REDUCE", Form::Reduce, Needs::None),
    ("ROW", Form::Row, Needs::None),
    ("ROWS", Form::Rows, Needs::None),
    ("SCAN", Form::Scan, Needs::None),
    ("SHEET", Form::Sheet, Needs::None),
    ("SHEETS", Form::Sheets, Needs::None),
    ("SUBTOTAL", Form::Subtotal, Needs::AsFunction),
    ("SWITCH", Form::Switch, Needs::First),
];

impl Form {
    /// The form with this upper-case name.
    pub fn find(name: &str) -> Option<Form> {
        static BY_NAME: OnceLock<HashMap<&str, Form>> = OnceLock::new();
        BY_NAME.get_or_init(|| TABLE.iter().map(|row| (row.0, row.1)).collect()).get(name).copied()
    }

    pub fn name(self) -> &'static str {
        self.row().0
    }

    pub fn needs(self) -> Needs {
        self.row().2
    }

    /// The rows stand in the order of the variants.
    fn row(self) -> &'static (&'static str, Form, Needs) {
        &TABLE[self as usize]
    }
}

/// The names of all forms.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_variants() {
        for (name, form, _) in TABLE {
            assert_eq!((form.name(), Form::find(name)), (name, Some(form)));
        }
    }
}
