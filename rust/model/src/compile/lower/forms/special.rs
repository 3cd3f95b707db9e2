//! Functions that are not evaluated like others: lazy forms, forms that give references, and forms that look at
//! where they stand or at the workbook rather than at values.

use crate::compile::lower::at::At;
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, constant, error};
use crate::formula::ast::Expr;
use execd_calc::semantics::primitive::Op1;
use execd_calc::values::value::{ErrorCode, Value};

impl Lowerer<'_> {
    /// The result if `name` is one of these functions.
    pub fn special(&mut self, name: &str, args: &[Expr], at: &At) -> Lowered<Option<Abs>> {
        let result = match (name, args) {
            ("IF", [condition, branches @ ..]) if !branches.is_empty() && branches.len() <= 2 => {
                self.if_form(condition, branches, at)
            }
            ("IFERROR", [value, otherwise]) => self.if_error_form(Op1::IsError, value, otherwise, at),
            ("IFNA", [value, otherwise]) => self.if_error_form(Op1::IsNA, value, otherwise, at),
            ("IFS", pairs) if !pairs.is_empty() && pairs.len() % 2 == 0 => self.ifs_form(pairs, at),
            ("SWITCH", [subject, cases @ ..]) if cases.len() >= 2 => self.switch_form(subject, cases, at),
            ("CHOOSE", [index, choices @ ..]) if !choices.is_empty() => self.choose_form(index, choices, at),
            ("LET", args) => self.let_form(args, at),
            ("LAMBDA", args) => self.lambda_form(args, at),
            ("MAP" | "REDUCE" | "SCAN" | "BYROW" | "BYCOL" | "MAKEARRAY", args) => {
                self.higher_order(name, args, at)
            }
            ("ISOMITTED", [arg]) => {
                let omitted = matches!(self.lower(arg, at)?, Abs::Omitted);
                Ok(constant(Value::bool(omitted)))
            }
            ("INDEX", [array, rest @ ..]) if !rest.is_empty() => return self.index_form(array, args, at),
            ("OFFSET", [_, _, _, ..]) => self.offset_form(args, at),
            ("INDIRECT", [_] | [_, _]) => self.indirect_form(args, at),
            ("ROW", args) => return self.row_or_column(args, at, true),
            ("COLUMN", args) => return self.row_or_column(args, at, false),
            ("ROWS" | "COLUMNS", [arg]) => return self.count_form(arg, at, name == "ROWS"),
            ("ISREF", [arg]) => {
                let is_reference = self.lower_places(arg, at)?.is_ok();
                Ok(constant(Value::bool(is_reference)))
            }
            ("AREAS", [arg]) => match self.lower_places(arg, at)? {
                Ok(places) => Ok(constant(Value::number(places.len() as f64))),
                Err(_) => Ok(error(ErrorCode::Value)),
            },
            ("SHEET" | "SHEETS" | "ISFORMULA" | "FORMULATEXT" | "CELL", args) => {
                return self.about_cells(name, args, at);
            }
            ("SUBTOTAL", [_, _, ..]) => self.subtotal_form(args, at),
            ("AGGREGATE", [_, _, _, ..]) => self.aggregate_form(args, at),
            ("HYPERLINK", [link, rest @ ..]) => self.lower(rest.first().unwrap_or(link), at),
            _ => return Ok(None),
        };
        result.map(Some)
    }
}
