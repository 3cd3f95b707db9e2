//! How functions of several families read their arguments.

use crate::semantics::function::{Cx, Function, flags, scalar};
use crate::values::value::{ErrorCode, Value};

/// A row whose kernel reads its arguments in order and gives the first failure, be it an error among them or a text
/// that is not a number. (The caller's own check would let any error win over the text.)
pub const fn ordered(
    name: &'static str,
    min: u8,
    max: u8,
    kernel: fn(&mut Cx<'_>, &[Value]) -> Value,
) -> Function {
    scalar(name, min, max, kernel).with(flags::SEES_ERRORS)
}

/// A number as the former add-in functions take it: booleans are refused.
pub fn strict_number(cx: &Cx<'_>, value: Value) -> Result<f64, ErrorCode> {
    if value.is_bool() { Err(ErrorCode::Value) } else { cx.number(value) }
}
