//! Arrays that are made from whole columns or rows end with the cells in use. All cells beyond have the same value,
//! which the array keeps as one term. A function that takes the array either ignores the cells beyond, or takes one
//! of them as another argument, or is refused.

use super::failure::{Failure, Lowered};
use super::values::{Abs, Grid};
use crate::compile::graph::Term;
use execd_calc::semantics::function::{Function, Param};
use execd_calc::semantics::properties::Beyond;
use execd_calc::values::value::Value;

/// What the cells beyond change in the result of a function.
enum Effect {
    None,
    /// As much as one of them.
    AsOne,
    Unknown,
}

/// The arguments, with one more for the cells beyond if they change the result. Fails if their effect is unknown.
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
        Term::Const(value) => effect(function.beyond, value),
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

fn effect(beyond: Beyond, value: Value) -> Effect {
    let number = value.as_number();
    let is_zero = number == Some(0.0);
    let counts = number.is_some() || value.is_error();
    let (matters, effect) = match beyond {
        Beyond::Numbers => (counts, Effect::Unknown),
        Beyond::Added => (counts && !is_zero, Effect::Unknown),
        Beyond::Counted => (number.is_some(), Effect::Unknown),
        Beyond::All => (true, Effect::Unknown),
        Beyond::Sought => (number.is_some() && !is_zero || value.same(Value::TRUE), Effect::Unknown),
        Beyond::One => (counts, Effect::AsOne),
        Beyond::OneTruth => (counts || value.is_bool(), Effect::AsOne),
    };
    if matters { effect } else { Effect::None }
}
