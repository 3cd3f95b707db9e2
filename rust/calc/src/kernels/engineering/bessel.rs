//! Bessel functions of whole order. Excel's values carry the error of classic rational approximations (some 1e-8), and
//! a workbook's numbers are Excel's: orders 0 and 1 are those of Hart, "Computer Approximations" (J, Y) and of
//! Abramowitz and Stegun 9.8 (I, K), higher orders come by recurrence.

use crate::kernels::arguments::strict_number;
use crate::math::elementary::{cos, exp, ln, sin};
use crate::numbers::digits;
use crate::semantics::function::flags::GIVES_NUMBER;
use crate::semantics::function::{Cx, Function, nth, scalar};
use crate::values::value::{ErrorCode, Value};

/// Orders above this are not calculated: the recurrences take a step per order.
const MAX_ORDER: f64 = 100_000.0;

/// The argument and the order.
fn arguments(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, u32), ErrorCode> {
    let x = strict_number(cx, nth(args, 0))?;
    let order = digits::trunc(strict_number(cx, nth(args, 1))?);
    if (0.0..=MAX_ORDER).contains(&order) { Ok((x, order as u32)) } else { Err(ErrorCode::Num) }
}

fn positive_arguments(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, u32), ErrorCode> {
    let (x, order) = arguments(cx, args)?;
    if x > 0.0 { Ok((x, order)) } else { Err(ErrorCode::Num) }
}

fn bessel_j(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    arguments(cx, args).map(|(x, order)| odd_if(order, x, j(order, x.abs()))).into()
}

fn bessel_y(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    positive_arguments(cx, args).map(|(x, order)| upward(order, y0(x), y1(x), |k| 2.0 * k / x, -1.0)).into()
}

fn bessel_i(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    arguments(cx, args).map(|(x, order)| odd_if(order, x, i(order, x.abs()))).into()
}

fn bessel_k(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    positive_arguments(cx, args).map(|(x, order)| upward(order, k0(x), k1(x), |k| 2.0 * k / x, 1.0)).into()
}

/// Odd orders are odd functions.
fn odd_if(order: u32, x: f64, result: f64) -> f64 {
    if x < 0.0 && order % 2 == 1 { -result } else { result }
}

/// Order n+1 from n and n-1, up to `order`: `factor(n) * f(n) + sign * f(n-1)`.
fn upward(order: u32, zeroth: f64, first: f64, factor: impl Fn(f64) -> f64, sign: f64) -> f64 {
    if order == 0 {
        return zeroth;
    }
    let (mut before, mut last) = (zeroth, first);
    for n in 1..order {
        (before, last) = (last, factor(f64::from(n)) * last + sign * before);
    }
    last
}

/// Upward recurrence loses all digits where the order passes the argument; there it is run downward from far above
/// (Miller's way) and scaled by the sum of the even orders, which is 1.
fn j(order: u32, x: f64) -> f64 {
    if order < 2 || x > f64::from(order) {
        return upward(order, j0(x), j1(x), |n| 2.0 * n / x, -1.0);
    }
    if x == 0.0 {
        return 0.0;
    }
    let downward = downward(order, 2 * ((order + margin(order)) / 2), x, -1.0);
    downward.wanted / (2.0 * downward.even_orders + downward.zeroth)
}

/// Downward for all orders above 1, and scaled by the approximation of order 0.
fn i(order: u32, x: f64) -> f64 {
    match order {
        0 => i0(x),
        1 => i1(x),
        _ if x == 0.0 => 0.0,
        _ => {
            // Excel starts at the first of the two; large arguments need the second.
            let start =
                2 * (order + margin(order)).max((x.min(720.0) / 2.0 + (40.0 * x.min(720.0)).sqrt()) as u32);
            let downward = downward(order, start, x, 1.0);
            downward.wanted / downward.zeroth * i0(x)
        }
    }
}

/// How far above an order its downward recurrence starts.
fn margin(order: u32) -> u32 {
    (40.0 * f64::from(order)).sqrt() as u32
}

struct Downward {
    wanted: f64,
    zeroth: f64,
    /// Sum of the orders 2, 4, …
    even_orders: f64,
}

/// All orders down to 0, in arbitrary scale: `f(n-1) = 2n/x f(n) + sign f(n+1)`. Where it starts is Excel's choice and
/// shows in the ninth digit of low orders.
fn downward(order: u32, start: u32, x: f64, sign: f64) -> Downward {
    const LARGE: f64 = 1e10;
    let (mut above, mut current) = (0.0, 1.0);
    let mut found = Downward { wanted: 0.0, zeroth: 0.0, even_orders: 0.0 };
    for n in (1..=start).rev() {
        (above, current) = (current, 2.0 * f64::from(n) / x * current + sign * above);
        if current.abs() > LARGE {
            for scaled in [&mut above, &mut current, &mut found.wanted, &mut found.even_orders] {
                *scaled /= LARGE;
            }
        }
        if n - 1 == order {
            found.wanted = current;
        }
        if n > 1 && n % 2 == 1 {
            found.even_orders += current;
        }
    }
    found.zeroth = current;
    found
}

/// A polynomial by its coefficients, constant first.
fn polynomial(y: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * y + coefficient)
}

/// 2/pi, to as many digits as the approximations were made with.
#[allow(clippy::approx_constant, reason = "Excel's own digits")]
const TWO_BY_PI: f64 = 0.636_619_772;

fn j0(x: f64) -> f64 {
    if x >= 8.0 {
        let (size, angle, p, q) = asymptotic_0(x);
        return size * (cos(angle) * p - sin(angle) * q);
    }
    let y = x * x;
    const UP: [f64; 6] =
        [57568490574.0, -13362590354.0, 651619640.7, -11214424.18, 77392.33017, -184.9052456];
    const DOWN: [f64; 6] = [57568490411.0, 1029532985.0, 9494680.718, 59272.64853, 267.8532712, 1.0];
    polynomial(y, &UP) / polynomial(y, &DOWN)
}

fn y0(x: f64) -> f64 {
    if x >= 8.0 {
        let (size, angle, p, q) = asymptotic_0(x);
        return size * (sin(angle) * p + cos(angle) * q);
    }
    let y = x * x;
    const UP: [f64; 6] = [-2957821389.0, 7062834065.0, -512359803.6, 10879881.29, -86327.92757, 228.4622733];
    const DOWN: [f64; 6] = [40076544269.0, 745249964.8, 7189466.438, 47447.26470, 226.1030244, 1.0];
    polynomial(y, &UP) / polynomial(y, &DOWN) + TWO_BY_PI * j0(x) * ln(x)
}

/// Amplitude, phase and the two series of order 0 for large arguments.
fn asymptotic_0(x: f64) -> (f64, f64, f64, f64) {
    let z = 8.0 / x;
    let y = z * z;
    const P: [f64; 5] = [1.0, -0.1098628627e-2, 0.2734510407e-4, -0.2073370639e-5, 0.2093887211e-6];
    const Q: [f64; 5] =
        [-0.1562499995e-1, 0.1430488765e-3, -0.6911147651e-5, 0.7621095161e-6, -0.934935152e-7];
    ((TWO_BY_PI / x).sqrt(), x - 0.785_398_164, polynomial(y, &P), z * polynomial(y, &Q))
}

fn j1(x: f64) -> f64 {
    if x >= 8.0 {
        // Excel has the third coefficient twice: its J1(10) is 0.0434722, not 0.0434727.
        const P: [f64; 6] =
            [1.0, 0.183105e-2, -0.3516396496e-4, -0.3516396496e-4, 0.2457520174e-5, -0.240337019e-6];
        let (size, angle, _, q) = asymptotic_1(x);
        let p = polynomial((8.0 / x).powi(2), &P);
        return size * (cos(angle) * p - sin(angle) * q);
    }
    let y = x * x;
    const UP: [f64; 6] = [72362614232.0, -7895059235.0, 242396853.1, -2972611.439, 15704.48260, -30.16036606];
    const DOWN: [f64; 6] = [144725228442.0, 2300535178.0, 18583304.74, 99447.43394, 376.9991397, 1.0];
    x * polynomial(y, &UP) / polynomial(y, &DOWN)
}

fn y1(x: f64) -> f64 {
    if x >= 8.0 {
        let (size, angle, p, q) = asymptotic_1(x);
        return size * (sin(angle) * p + cos(angle) * q);
    }
    let y = x * x;
    const UP: [f64; 6] = [
        -0.4900604943e13,
        0.1275274390e13,
        -0.5153438139e11,
        0.7349264551e9,
        -0.4237922726e7,
        0.8511937935e4,
    ];
    const DOWN: [f64; 7] = [
        0.2499580570e14,
        0.4244419664e12,
        0.3733650367e10,
        0.2245904002e8,
        0.1020426050e6,
        0.3549632885e3,
        1.0,
    ];
    x * polynomial(y, &UP) / polynomial(y, &DOWN) + TWO_BY_PI * (j1(x) * ln(x) - 1.0 / x)
}

/// Amplitude, phase and the two series of order 1 for large arguments.
fn asymptotic_1(x: f64) -> (f64, f64, f64, f64) {
    let z = 8.0 / x;
    let y = z * z;
    const P: [f64; 5] = [1.0, 0.183105e-2, -0.3516396496e-4, 0.2457520174e-5, -0.240337019e-6];
    const Q: [f64; 5] = [0.04687499995, -0.2002690873e-3, 0.8449199096e-5, -0.88228987e-6, 0.105787412e-6];
    ((TWO_BY_PI / x).sqrt(), x - 2.356_194_491, polynomial(y, &P), z * polynomial(y, &Q))
}

fn i0(x: f64) -> f64 {
    if x < 3.75 {
        const NEAR: [f64; 7] = [1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2];
        return polynomial((x / 3.75).powi(2), &NEAR);
    }
    const FAR: [f64; 9] = [
        0.39894228,
        0.1328592e-1,
        0.225319e-2,
        -0.157565e-2,
        0.916281e-2,
        -0.2057706e-1,
        0.2635537e-1,
        -0.1647633e-1,
        0.392377e-2,
    ];
    exp(x) / x.sqrt() * polynomial(3.75 / x, &FAR)
}

fn i1(x: f64) -> f64 {
    if x < 3.75 {
        const NEAR: [f64; 7] =
            [0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3];
        return x * polynomial((x / 3.75).powi(2), &NEAR);
    }
    const FAR: [f64; 9] = [
        0.39894228,
        -0.3988024e-1,
        -0.362018e-2,
        0.163801e-2,
        -0.1031555e-1,
        0.2282967e-1,
        -0.2895312e-1,
        0.1787654e-1,
        -0.420059e-2,
    ];
    exp(x) / x.sqrt() * polynomial(3.75 / x, &FAR)
}

fn k0(x: f64) -> f64 {
    if x <= 2.0 {
        const NEAR: [f64; 7] =
            [-0.57721566, 0.42278420, 0.23069756, 0.3488590e-1, 0.262698e-2, 0.10750e-3, 0.74e-5];
        return polynomial(x * x / 4.0, &NEAR) - ln(x / 2.0) * i0(x);
    }
    const FAR: [f64; 7] =
        [1.25331414, -0.7832358e-1, 0.2189568e-1, -0.1062446e-1, 0.587872e-2, -0.251540e-2, 0.53208e-3];
    exp(-x) / x.sqrt() * polynomial(2.0 / x, &FAR)
}

fn k1(x: f64) -> f64 {
    if x <= 2.0 {
        const NEAR: [f64; 7] =
            [1.0, 0.15443144, -0.67278579, -0.18156897, -0.1919402e-1, -0.110404e-2, -0.4686e-4];
        return polynomial(x * x / 4.0, &NEAR) / x + ln(x / 2.0) * i1(x);
    }
    const FAR: [f64; 7] =
        [1.25331414, 0.23498619, -0.3655620e-1, 0.1504268e-1, -0.780353e-2, 0.325614e-2, -0.68245e-3];
    exp(-x) / x.sqrt() * polynomial(2.0 / x, &FAR)
}

pub const TABLE: &[Function] = &[
    scalar("BESSELI", 2, 2, bessel_i).with(GIVES_NUMBER),
    scalar("BESSELJ", 2, 2, bessel_j).with(GIVES_NUMBER),
    scalar("BESSELK", 2, 2, bessel_k).with(GIVES_NUMBER),
    scalar("BESSELY", 2, 2, bessel_y).with(GIVES_NUMBER),
];
