//! From a form to the part of `Lowerer` that lowers it.

use super::table::Form;
use crate::compile::lower::at::At;
use crate::compile::lower::failure::Lowered;
use crate::compile::lower::lowerer::Lowerer;
use crate::compile::lower::values::{Abs, constant};
use crate::formula::ast::Expr;
use execd_calc::semantics::primitive::Op1;
use execd_calc::values::value::Value;

impl Lowerer<'_> {
    /// The result of a form. None where the arguments are not the form's: then the function is called like others.
    pub fn form(&mut self, form: Form, args: &[Expr], at: &At) -> Lowered<Option<Abs>> {
        let result = match (form, args) {
            (Form::If, [condition, branches @ ..]) if !branches.is_empty() && branches.len() <= 2 => {
                self.if_form(condition, branches, at)
            }
            (Form::IfError, [value, otherwise]) => self.if_error_form(Op1::IsError, value, otherwise, at),
            (Form::IfNa, [value, otherwise]) => self.if_error_form(Op1::IsNA, value, otherwise, at),
            (Form::Ifs, pairs) if !pairs.is_empty() && pairs.len() % 2 == 0 => self.ifs_form(pairs, at),
            (Form::Switch, [subject, cases @ ..]) if cases.len() >= 2 => self.switch_form(subject, cases, at),
            (Form::Choose, [index, choices @ ..]) if !choices.is_empty() => {
                self.choose_form(index, choices, at)
            }
            (Form::Let, args) => self.let_form(args, at),
            (Form::Lambda, args) => self.lambda_form(args, at),
            (Form::Map, args) => self.map_call(args, at),
            (Form::Reduce | Form::Scan, args) => self.fold_call(form, args, at),
            (Form::ByRow | Form::ByColumn, args) => self.slices_call(form, args, at),
            (Form::MakeArray, args) => self.make_array_call(args, at),
            (Form::IsOmitted, [arg]) => {
                let omitted = matches!(self.lower(arg, at)?, Abs::Omitted);
                Ok(constant(Value::bool(omitted)))
            }
            (Form::Index, [array, rest @ ..]) if !rest.is_empty() => return self.index_form(array, args, at),
            (Form::Offset, [_, _, _, ..]) => self.offset_form(args, at),
            (Form::Indirect, [_] | [_, _]) => self.indirect_form(args, at),
            (Form::Row | Form::Column, args) => return self.row_or_column(args, at, form == Form::Row),
            (Form::Rows | Form::Columns, [arg]) => return self.count_form(form, arg, at),
            (Form::IsRef, [arg]) => {
                let is_reference = self.lower_places(arg, at)?.is_ok();
                Ok(constant(Value::bool(is_reference)))
            }
            (Form::Areas, [arg]) => self.areas_form(arg, at),
            (Form::Sheet, []) => Ok(self.own_sheet_number(at)),
            (Form::Sheet, [arg]) => self.sheet_number(arg, at),
            (Form::Sheets, []) => Ok(self.sheet_count()),
            (Form::Sheets, [arg]) => self.sheets_of_reference(arg, at),
            (Form::IsFormula, [arg]) => self.is_formula(arg, at),
            (Form::FormulaText, [arg]) => self.formula_text(arg, at),
            (Form::Cell, [what, rest @ ..]) if rest.len() <= 1 => self.cell_form(what, rest.first(), at),
            (Form::Subtotal, [_, _, ..]) => self.subtotal_form(args, at),
            (Form::Aggregate, [_, _, _, ..]) => self.aggregate_form(args, at),
            (Form::Hyperlink, [link, rest @ ..]) => self.lower(rest.first().unwrap_or(link), at),
            _ => return Ok(None),
        };
        result.map(Some)
    }
}
