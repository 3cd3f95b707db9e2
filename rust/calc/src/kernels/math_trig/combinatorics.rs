//! Whole-number functions: factorials, combinations, divisors, and the power series.

use crate::kernels::arguments::{ordered, strict_number};
use crate::kernels::sample::visit;
use crate::math::elementary;
use crate::numbers::digits::trunc;
use crate::semantics::coerce::integer;
use crate::semantics::function::{Arg, Cx, Function, Param, giving_numbers, nth, nth_arg, scalar, shaped};
use crate::semantics::operator::power;
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &giving_numbers([
    scalar("FACT", 1, 1, fact),
    scalar("FACTDOUBLE", 1, 1, factdouble),
    ordered("COMBIN", 2, 2, combin),
    ordered("COMBINA", 2, 2, combina),
    ordered("PERMUT", 2, 2, permut),
    ordered("PERMUTATIONA", 2, 2, permutationa),
    shaped("GCD", 1, 255, ANY, gcd),
    shaped("LCM", 1, 255, ANY, lcm),
    shaped("MULTINOMIAL", 1, 255, ANY, multinomial),
    shaped("SERIESSUM", 4, 4, &[Param::Scalar, Param::Scalar, Param::Scalar, Param::Any], seriessum),
]);

const ANY: &[Param] = &[Param::Any];

/// n!, infinite from 171 on.
pub fn factorial(n: f64) -> f64 {
    if n > 170.0 { f64::INFINITY } else { (2..=n as u32).fold(1.0, |product, i| product * f64::from(i)) }
}

fn fact(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = integer(cx, nth(args, 0));
    result.and_then(|n| if n < 0.0 { Err(ErrorCode::Num) } else { Ok(factorial(n)) }).into()
}

fn factdouble(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = strict_number(cx, nth(args, 0)).map(trunc).and_then(|n| {
        if !(-1.0..=300.0).contains(&n) {
            return Err(ErrorCode::Num);
        }
        let mut product = 1.0;
        let mut factor = n;
        while factor > 1.0 {
            product *= factor;
            factor -= 2.0;
        }
        Ok(product)
    });
    result.into()
}

/// n over k for 0 <= k <= n. Each factor is at least 2, so that an overflow comes within 1,024 rounds.
pub fn choose(n: f64, k: f64) -> f64 {
    let k = k.min(n - k);
    let mut product = 1.0;
    let mut i = 1.0;
    while i <= k && product < f64::MAX {
        product = product * (n - k + i) / i;
        i += 1.0;
    }
    // Exact below 2^53 whatever order the factors came in.
    if product < 9e15 { product.round() } else { product }
}

/// Both arguments truncated, neither negative.
fn counts(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, f64), ErrorCode> {
    let (n, k) = (integer(cx, nth(args, 0))?, integer(cx, nth(args, 1))?);
    if n < 0.0 || k < 0.0 { Err(ErrorCode::Num) } else { Ok((n, k)) }
}

fn combin(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result =
        counts(cx, args).and_then(|(n, k)| if k > n { Err(ErrorCode::Num) } else { Ok(choose(n, k)) });
    result.into()
}

fn combina(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = counts(cx, args).and_then(|(n, k)| match (n, k) {
        (_, 0.0) => Ok(1.0),
        (0.0, _) => Err(ErrorCode::Num),
        _ => Ok(choose(n + k - 1.0, k)),
    });
    result.into()
}

fn permut(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = counts(cx, args).and_then(|(n, k)| {
        if k > n {
            return Err(ErrorCode::Num);
        }
        let mut product = 1.0;
        let mut i = 0.0;
        while i < k && product < f64::MAX {
            product *= n - i;
            i += 1.0;
        }
        Ok(product)
    });
    result.into()
}

fn permutationa(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    let result = counts(cx, args).and_then(|(n, k)| if k == 0.0 { Ok(1.0) } else { power(n, k) });
    result.into()
}

/// The truncated numbers of all arguments; a blank is 0 in a range and passed over as a single cell. A text that is not
/// a number, a boolean and a negative number are errors, and so is having no number at all.
fn whole_numbers(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<Vec<f64>, ErrorCode> {
    let mut out = Vec::new();
    for arg in args {
        let grid = cx.grid(arg);
        let alone = grid.len() == 1;
        visit(cx, &grid, |value| {
            if value.is_omitted() {
                return Err(ErrorCode::NA);
            }
            if value.is_blank() && alone {
                return Ok(());
            }
            let x = strict_number(cx, value)?;
            if x < 0.0 {
                return Err(ErrorCode::Num);
            }
            out.push(trunc(x));
            Ok(())
        })?;
    }
    if out.is_empty() { Err(ErrorCode::Value) } else { Ok(out) }
}

/// Above this, doubles skip whole numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Looks at the stop flag in every sixteenth round.
fn look(cx: &Cx<'_>, round: usize) -> Result<(), ErrorCode> {
    if round.is_multiple_of(16) { cx.go_on() } else { Ok(()) }
}

fn common_divisor(mut a: f64, mut b: f64) -> f64 {
    while b != 0.0 {
        (a, b) = (b, a % b);
    }
    a
}

fn gcd(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let result = whole_numbers(cx, args).and_then(|all| {
        if all.iter().any(|&n| n >= EXACT) {
            return Err(ErrorCode::Num);
        }
        all.into_iter().enumerate().try_fold(0.0, |divisor, (round, n)| {
            look(cx, round)?;
            Ok(common_divisor(divisor, n))
        })
    });
    result.into()
}

fn lcm(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let result = whole_numbers(cx, args).and_then(|all| {
        let mut multiple = 1.0;
        for (round, n) in all.into_iter().enumerate() {
            look(cx, round)?;
            if n == 0.0 {
                return Ok(0.0);
            }
            multiple = multiple / common_divisor(multiple, n) * n;
            if multiple >= EXACT {
                return Err(ErrorCode::Num);
            }
        }
        Ok(multiple)
    });
    result.into()
}

/// (n1 + n2 + ...)! / (n1! n2! ...) as a product of combinations.
fn multinomial(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let result = whole_numbers(cx, args).and_then(|all| {
        let (mut total, mut product) = (0.0, 1.0);
        for (round, n) in all.into_iter().enumerate() {
            look(cx, round)?;
            total += n;
            product *= choose(total, n);
        }
        Ok(product)
    });
    result.into()
}

fn seriessum(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    seriessum_of(cx, args).into()
}

fn seriessum_of(cx: &Cx<'_>, args: &[Arg<'_>]) -> Result<f64, ErrorCode> {
    let x = strict_number(cx, nth_arg(args, 0))?;
    let first = strict_number(cx, nth_arg(args, 1))?;
    let step = strict_number(cx, nth_arg(args, 2))?;
    let Some(coefficients) = args.get(3) else { return Err(ErrorCode::Value) };
    if x == 0.0 && first == 0.0 {
        return Err(ErrorCode::Num);
    }
    let (mut total, mut exponent) = (0.0, first);
    visit(cx, &cx.grid(coefficients), |value| {
        let coefficient = strict_number(cx, value)?;
        total += coefficient * elementary::pow(x, exponent);
        exponent += step;
        Ok(())
    })?;
    Ok(total)
}
