//! How financial functions read their arguments.

use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Value};

/// `N` numbers; those past the end of the call keep their default.
pub fn numbers<const N: usize>(
    cx: &Cx<'_>,
    args: &[Value],
    defaults: [f64; N],
) -> Result<[f64; N], ErrorCode> {
    let mut numbers = defaults;
    for (position, number) in numbers.iter_mut().enumerate().take(args.len()) {
        *number = cx.number(nth(args, position))?;
    }
    Ok(numbers)
}

/// The same for functions that once came with the Analysis ToolPak: they take no booleans.
pub fn toolpak<const N: usize>(
    cx: &Cx<'_>,
    args: &[Value],
    defaults: [f64; N],
) -> Result<[f64; N], ErrorCode> {
    if args.iter().any(|value| value.is_bool()) { Err(ErrorCode::Value) } else { numbers(cx, args, defaults) }
}

pub fn num_unless(fine: bool) -> Result<(), ErrorCode> {
    if fine { Ok(()) } else { Err(ErrorCode::Num) }
}

pub fn quotient(a: f64, b: f64) -> Result<f64, ErrorCode> {
    if b == 0.0 { Err(ErrorCode::Div0) } else { Ok(a / b) }
}
