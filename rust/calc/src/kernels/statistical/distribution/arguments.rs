//! How distributions read their arguments.

use crate::numbers::digits::trunc;
use crate::semantics::function::{Cx, nth};
use crate::values::value::{ErrorCode, Value};

pub type Real = Result<f64, ErrorCode>;

/// The first `N` arguments as numbers, in order.
pub fn reals<const N: usize>(cx: &Cx<'_>, args: &[Value]) -> Result<[f64; N], ErrorCode> {
    let mut out = [0.0; N];
    for (position, x) in out.iter_mut().enumerate() {
        *x = cx.number(nth(args, position))?;
    }
    Ok(out)
}

/// The same, and the flag after them: cumulative or density.
pub fn reals_and_flag<const N: usize>(cx: &Cx<'_>, args: &[Value]) -> Result<([f64; N], bool), ErrorCode> {
    Ok((reals(cx, args)?, cx.boolean(nth(args, N))?))
}

pub fn require(holds: bool) -> Result<(), ErrorCode> {
    if holds { Ok(()) } else { Err(ErrorCode::Num) }
}

/// Degrees of freedom: truncated, from 1 to 10^10.
pub fn freedom(x: f64) -> Real {
    let x = trunc(x);
    require((1.0..=1e10).contains(&x))?;
    Ok(x)
}
