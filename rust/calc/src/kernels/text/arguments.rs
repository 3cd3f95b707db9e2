//! Counts and places among the arguments of text functions.

use crate::semantics::coerce;
use crate::semantics::function::Cx;
use crate::values::value::{ErrorCode, Value};

/// The argument at a position as a count or place; `default` when the call is shorter. An argument that is there but
/// empty is 0, as everywhere in these functions.
fn count(cx: &Cx<'_>, args: &[Value], position: usize, default: f64) -> Result<f64, ErrorCode> {
    args.get(position).map_or(Ok(default), |&value| coerce::whole(cx, value))
}

/// A count that must not be negative, as an index.
pub fn length(cx: &Cx<'_>, args: &[Value], position: usize, default: f64) -> Result<usize, ErrorCode> {
    let x = count(cx, args, position, default)?;
    if x < 0.0 { Err(ErrorCode::Value) } else { Ok(x as usize) }
}

/// A place counted from 1, as an index from 0.
pub fn place(cx: &Cx<'_>, args: &[Value], position: usize, default: f64) -> Result<usize, ErrorCode> {
    let x = count(cx, args, position, default)?;
    if x < 1.0 { Err(ErrorCode::Value) } else { Ok(x as usize - 1) }
}
