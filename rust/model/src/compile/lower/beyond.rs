//! Arrays that are made from whole columns and rows end with the cells in use. What the cells beyond would give is
//! kept as one term, and looked at where a function takes the array: it must not matter, be added, or be refused.

use super::failure::{Failure, Lowered};
use super::values::{Abs, Grid};
use crate::compile::graph::Term;
use execd_calc::semantics::function::{Function, Param};
use execd_calc::values::value::Value;

/// What the cells beyond change in a function's result.
enum Effect {
    None,
    /// No more than one of them would.
    AsOne,
    Unknown,
}

/// The arguments with what lies beyond the cells in use; a failure where that cannot be told.
pub fn with_beyond(function: &Function, mut args: Vec<Abs>) -> Lowered<Vec<Abs>> {
    let mut found = Vec::new();
    for (position, arg) in args.iter().enumerate() {
        let Abs::Grid(grid) = arg else { continue };
        if function.param(position) != Param::Scalar {
            found.extend(extra(function, grid)?);
        }
    }
    args.extend(found);
    Ok(args)
}

fn extra(function: &Function, grid: &Grid) -> Lowered<Option<Abs>> {
    let Some(beyond) = grid.beyond else { return Ok(None) };
    let effect = match beyond {
        Term::Const(value) => effect(function.name, value),
        Term::Node(_) => Effect::Unknown,
    };
    match effect {
        Effect::None => Ok(None),
        Effect::AsOne => Ok(Some(Abs::Term(beyond))),
        Effect::Unknown => Err(refused(function.name)),
    }
}

pub fn refused(name: &str) -> Failure {
    Failure::unsupported(format!(
        "{name} of an expression over whole columns or rows that counts empty cells too; name the rows in use"
    ))
}

fn effect(name: &str, value: Value) -> Effect {
    let number = value.as_number();
    let decides = number.is_some_and(|x| x != 0.0) || value.same(Value::TRUE);
    let unless = |matters: bool| if matters { Effect::Unknown } else { Effect::None };
    match name {
        "MAX" | "MIN" if number.is_some() || value.is_error() => Effect::AsOne,
        "AND" | "OR" if number.is_some() || value.is_error() || value.is_bool() => Effect::AsOne,
        "COUNTA" => Effect::Unknown,
        // Truth values of arrays do not count.
        "SUM" | "SUMPRODUCT" | "SUMSQ" => unless(value.is_error() || number.is_some_and(|x| x != 0.0)),
        // Errors are stepped over, and nobody looks for FALSE or 0 among results of conditions.
        "LOOKUP" | "MATCH" | "XMATCH" | "XLOOKUP" | "INDEX" | "FILTER" | "AGGREGATE" => unless(decides),
        "COUNT" => unless(number.is_some()),
        _ => unless(number.is_some() || value.is_error()),
    }
}
