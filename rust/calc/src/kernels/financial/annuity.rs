//! Loans and savings with equal payments: PMT, PV, FV, NPER, RATE and what follows from them.
//!
//! Money received is positive, money paid negative. With a rate r per period and n periods, the growth is (1+r)^n
//! and the annuity factor ((1+r)^n - 1)/r; a payment at the start of each period (`due`) earns one period more.

use super::arguments::{num_unless, numbers, toolpak};
use super::solve::newton;
use crate::math::elementary::{expm1, ln, log1p, pow};
use crate::semantics::function::{Cx, Function, flags, scalar};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &[
    scalar("PMT", 3, 5, pmt).with(flags::GIVES_NUMBER),
    scalar("PV", 3, 5, pv).with(flags::GIVES_NUMBER),
    scalar("FV", 3, 5, fv).with(flags::GIVES_NUMBER),
    scalar("NPER", 3, 5, nper).with(flags::GIVES_NUMBER),
    scalar("RATE", 3, 6, rate).with(flags::GIVES_NUMBER),
    scalar("IPMT", 4, 6, ipmt).with(flags::GIVES_NUMBER),
    scalar("PPMT", 4, 6, ppmt).with(flags::GIVES_NUMBER),
    scalar("ISPMT", 4, 4, ispmt).with(flags::GIVES_NUMBER),
    scalar("CUMIPMT", 6, 6, cumipmt).with(flags::GIVES_NUMBER),
    scalar("CUMPRINC", 6, 6, cumprinc).with(flags::GIVES_NUMBER),
];

/// Growth and annuity factor.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    pub power: f64,
    pub factor: f64,
}

/// For small rates (1+r)^n - 1 is computed directly: taking 1 from the power would cost most of the digits.
#[inline]
pub fn growth(rate: f64, periods: f64) -> Growth {
    if rate == 0.0 {
        return Growth { power: 1.0, factor: periods };
    }
    if rate.abs() < 0.5 && (rate * periods).abs() < 1.0 {
        let gain = expm1(periods * log1p(rate));
        return Growth { power: gain + 1.0, factor: gain / rate };
    }
    let power = pow(1.0 + rate, periods);
    Growth { power, factor: (power - 1.0) / rate }
}

/// 1, or one period's growth for payments in advance.
#[inline]
fn advance(rate: f64, due: bool) -> f64 {
    if due { 1.0 + rate } else { 1.0 }
}

/// PMT. Not finite where Excel gives `#NUM!`.
#[inline]
pub fn payment(rate: f64, periods: f64, present: f64, future: f64, due: bool) -> f64 {
    let Growth { power, factor } = growth(rate, periods);
    -(present * power + future) / (factor * advance(rate, due))
}

/// FV.
#[inline]
pub fn future_value(rate: f64, periods: f64, payment: f64, present: f64, due: bool) -> f64 {
    let Growth { power, factor } = growth(rate, periods);
    -(present * power + payment * advance(rate, due) * factor)
}

/// PV.
#[inline]
pub fn present_value(rate: f64, periods: f64, payment: f64, future: f64, due: bool) -> f64 {
    let Growth { power, factor } = growth(rate, periods);
    -(future + payment * advance(rate, due) * factor) / power
}

/// The interest within a payment: IPMT.
pub fn interest(rate: f64, period: f64, periods: f64, present: f64, future: f64, due: bool) -> f64 {
    let payment = payment(rate, periods, present, future, due);
    let owed = match (due, period == 1.0) {
        (true, true) => 0.0,
        (true, false) => future_value(rate, period - 2.0, payment, present, true) - payment,
        (false, true) => -present,
        (false, false) => future_value(rate, period - 1.0, payment, present, false),
    };
    owed * rate
}

/// The principal within a payment: PPMT. It grows with the rate from period to period; taking the interest from the
/// payment would lose it in rounding where it is small.
pub fn principal(rate: f64, period: f64, periods: f64, present: f64, future: f64, due: bool) -> f64 {
    if due && period == 1.0 {
        return payment(rate, periods, present, future, true);
    }
    let earlier = if due { 2.0 } else { 1.0 };
    -(present + future) / growth(rate, periods).factor * growth(rate, period - earlier).power
}

fn finite(x: f64) -> Result<f64, ErrorCode> {
    if x.is_finite() { Ok(x) } else { Err(ErrorCode::Num) }
}

fn pmt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 5])
        .and_then(|[rate, periods, present, future, due]| {
            num_unless(periods != 0.0 && rate > -1.0)?;
            finite(payment(rate, periods, present, future, due != 0.0))
        })
        .into()
}

fn pv(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 5])
        .and_then(|[rate, periods, payment, future, due]| {
            if rate == -1.0 && periods > 0.0 {
                return Err(ErrorCode::Div0);
            }
            finite(present_value(rate, periods, payment, future, due != 0.0))
        })
        .into()
}

fn fv(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 5])
        .and_then(|[rate, periods, payment, present, due]| {
            if rate == -1.0 && periods < 0.0 {
                return Err(ErrorCode::Div0);
            }
            finite(future_value(rate, periods, payment, present, due != 0.0))
        })
        .into()
}

fn nper(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 5]).and_then(periods_needed).into()
}

fn periods_needed([rate, payment, present, future, due]: [f64; 5]) -> Result<f64, ErrorCode> {
    if rate == 0.0 {
        num_unless(payment != 0.0)?;
        return Ok(-(present + future) / payment);
    }
    let payment = payment * advance(rate, due != 0.0);
    let ratio = (payment - future * rate) / (payment + present * rate);
    num_unless(rate > -1.0 && ratio > 0.0)?;
    finite(ln(ratio) / log1p(rate))
}

fn rate(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0, 0.0, 0.0, 0.0, 0.0, 0.1])
        .and_then(|[periods, payment, present, future, due, guess]| {
            num_unless(periods > 0.0)?;
            finite(newton(guess, |rate| balance(rate, periods, payment, present, future, due != 0.0)))
        })
        .into()
}

/// What is left over at the end, and how it changes with the rate.
fn balance(rate: f64, periods: f64, payment: f64, present: f64, future: f64, due: bool) -> (f64, f64) {
    let Growth { power, factor } = growth(rate, periods);
    let power_slope = periods * power / (1.0 + rate);
    let factor_slope = if (rate * periods).abs() < 1e-5 {
        // The quotient below loses its digits here: first terms of its series.
        periods * (periods - 1.0) / 2.0 * (1.0 + (periods - 2.0) * 2.0 / 3.0 * rate)
    } else {
        (power_slope - factor) / rate
    };
    let payments = advance(rate, due) * factor;
    let payments_slope = advance(rate, due) * factor_slope + if due { factor } else { 0.0 };
    (present * power + payment * payments + future, present * power_slope + payment * payments_slope)
}

fn ipmt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 6])
        .and_then(|[rate, period, periods, present, future, due]| {
            num_unless(period >= 1.0 && period < periods + 1.0)?;
            finite(interest(rate, period, periods, present, future, due != 0.0))
        })
        .into()
}

fn ppmt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 6])
        .and_then(|[rate, period, periods, present, future, due]| {
            num_unless(period >= 1.0 && period < periods + 1.0)?;
            finite(principal(rate, period, periods, present, future, due != 0.0))
        })
        .into()
}

fn ispmt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    numbers(cx, args, [0.0; 4])
        .and_then(|[rate, period, periods, present]| {
            Ok(present * rate * (super::arguments::quotient(period, periods)? - 1.0))
        })
        .into()
}

fn cumipmt(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    toolpak(cx, args, [0.0; 6]).and_then(cumulated).map(|(interest, _)| interest).into()
}

fn cumprinc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    toolpak(cx, args, [0.0; 6]).and_then(cumulated).map(|(_, principal)| principal).into()
}

/// Interest and principal paid in the whole periods from `start` to `end`. The principal is a geometric series.
fn cumulated([rate, periods, present, start, end, kind]: [f64; 6]) -> Result<(f64, f64), ErrorCode> {
    num_unless(rate > 0.0 && periods > 0.0 && present > 0.0 && (kind == 0.0 || kind == 1.0))?;
    num_unless(start >= 1.0 && end >= start && end <= periods)?;
    let (start, end, due) = (start.ceil(), end.floor(), kind == 1.0);
    let payment = payment(rate, periods, present, 0.0, due);
    let (mut first, mut sum) = (start, 0.0);
    if due && start == 1.0 {
        (first, sum) = (2.0, payment);
    }
    if first <= end {
        let series = growth(rate, end - first + 1.0).factor;
        sum += principal(rate, first, periods, present, 0.0, due) * series;
    }
    Ok((finite(payment * (end - start + 1.0) - sum)?, finite(sum)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-14 * b.abs()
    }

    /// Oracle: mpmath 1.4.1 with 40 digits.
    #[test]
    fn small_rates_keep_their_digits() {
        assert!(close(payment(1e-9, 360.0, 1e6, 0.0, false), -2777.778279166697));
        assert!(close(growth(1e-12, 12.0).factor, 12.000000000066));
        assert!(close(payment(0.05 / 12.0, 360.0, 250_000.0, 0.0, false), -1342.0540575303476));
    }
}
