//! Columnar loops: one operation over all lanes of its operands, 16 lanes at a time. A lane that plain float
//! arithmetic cannot settle (an operand that is no number, overflow, cancellation, near equality) is "odd" and is left
//! to the row-wise form. Arithmetic whose odd lanes the processor's flags tell also has a form without checks. Knows no
//! steps and no slots' meaning.

use crate::digits::rounding::round_fast_at;
use crate::elementary;
use crate::operator::BinaryOp;
use crate::ops::{Op1, Op2, Op3};
use crate::power::fast;
use crate::special;
use crate::value::{ErrorCode, Value};

/// Lanes that are loaded, computed and stored together. Slots are whole chunks, so loops have no tails, and an
/// operation may write the slot it reads.
pub const LANES: usize = 16;

pub type Chunk = [Value; LANES];

/// Results closer to cancelling, and comparisons closer to equality, than this need the 15-digit view.
const NEAR: f64 = 2e-14;

/// A lane's result, and a word whose top bit says that the lane is odd. Whole words and no booleans: flags that stay
/// in 64-bit lanes cost one vector instruction each.
pub type Lane = (f64, u64);

pub const SIGN: u64 = 1 << 63;
const EXPONENT_ONE: u64 = 1 << 52;

#[inline(always)]
fn magnitude(x: f64) -> u64 {
    x.to_bits() & !SIGN
}

/// Top bit set for NaN and infinities: the exponent overflows into it.
#[inline(always)]
pub fn not_finite(x: f64) -> u64 {
    magnitude(x).wrapping_add(EXPONENT_ONE)
}

/// Top bit set for any word but 0 with a clear top bit.
#[inline(always)]
pub fn not_zero(word: u64) -> u64 {
    0u64.wrapping_sub(word)
}

/// Odd when NaN or infinite.
#[inline(always)]
pub fn finite(r: f64) -> Lane {
    (r, not_finite(r))
}

/// Results of arithmetic: subnormals and -0 become 0, as `Value::number` makes them; an infinity is odd.
#[inline(always)]
pub fn scaled(r: f64) -> Lane {
    (if r.abs() < f64::MIN_POSITIVE { 0.0 } else { r }, not_finite(r))
}

#[inline(always)]
fn added(a: f64, r: f64) -> Lane {
    let cancels = (r.abs() - a.abs() * NEAR).to_bits() & not_zero(magnitude(r));
    let (r, odd) = scaled(r);
    (r, odd | cancels)
}

/// Powers by the logarithm of the base: base, exponent, and the two parts.
pub struct PowerOf;

impl LaneFn<4> for PowerOf {
    #[inline(always)]
    fn lane(&self, [_, b, high, low]: [f64; 4]) -> Lane {
        fast::pow_of((high, low), b)
    }
}

pub struct Exp;

impl LaneFn<1> for Exp {
    #[inline(always)]
    fn lane(&self, [a]: [f64; 1]) -> Lane {
        scaled(elementary::exp(a))
    }
}

pub struct Ln;

impl LaneFn<1> for Ln {
    #[inline(always)]
    fn lane(&self, [a]: [f64; 1]) -> Lane {
        scaled(elementary::ln(a))
    }
}

/// NORM.S.DIST of its first operand; the second is constant and was looked at before.
pub struct Normal;

impl LaneFn<2> for Normal {
    #[inline(always)]
    fn lane(&self, [z, _]: [f64; 2]) -> Lane {
        scaled(special::normal_lower(z))
    }
}

pub struct NormalDensity;

impl LaneFn<2> for NormalDensity {
    #[inline(always)]
    fn lane(&self, [z, _]: [f64; 2]) -> Lane {
        scaled(special::normal_density(z))
    }
}

/// ROUND to the digits of a power of ten; the second operand is those digits.
pub struct Round {
    pub scale: f64,
}

impl LaneFn<2> for Round {
    #[inline(always)]
    fn lane(&self, [a, _]: [f64; 2]) -> Lane {
        finite(round_fast_at(a, self.scale))
    }
}

/// Leaves every lane to the row-wise form.
pub struct Odd;

impl<const N: usize> LaneFn<N> for Odd {
    #[inline(always)]
    fn lane(&self, _: [f64; N]) -> Lane {
        (0.0, u64::MAX)
    }
}

/// Whether a comparison of `a` and `b` needs the 15-digit view or the row-wise form.
#[inline(always)]
fn unsure(a: f64, b: f64) -> u64 {
    let difference = (a - b).abs();
    let near = (difference - a.abs() * NEAR).to_bits() & not_zero(difference.to_bits());
    not_finite(difference) | near
}

/// Zero, or what plain arithmetic leaves in its place: -0 and subnormals.
#[inline(always)]
fn is_zero(x: f64) -> bool {
    magnitude(x) < EXPONENT_ONE
}

#[inline(always)]
fn compared(a: f64, b: f64, holds: bool) -> Lane {
    (if holds { Value::TRUE.lane() } else { Value::FALSE.lane() }, unsure(a, b))
}

#[inline(always)]
fn same(a: f64, b: Value) -> bool {
    a.to_bits() == b.bits()
}

/// Top bit set for anything but TRUE and FALSE, which differ in the lowest bit.
#[inline(always)]
fn not_bool(x: f64) -> u64 {
    let other = (x.to_bits() ^ FALSE.bits()) & !1;
    other | not_zero(other)
}

const TRUE: Value = Value::TRUE;
const FALSE: Value = Value::FALSE;

/// Runs a one-operand loop.
#[inline(always)]
pub fn one(op: Op1, run: impl Loop<1>) {
    match op {
        Op1::Minus => run.arithmetic(Finite(|a: f64| 0.0 - a)),
        Op1::Percent => run.arithmetic(Scaled(|a: f64| a / 100.0)),
        Op1::Settle => run.run(Of(|a: f64| finite(a))),
        Op1::Truth => run.run(Of(|a: f64| {
            let number = if is_zero(a) { FALSE.lane() } else { TRUE.lane() };
            (if not_finite(a) & SIGN == 0 { number } else { a }, not_finite(a) & not_bool(a))
        })),
        Op1::IsError | Op1::IsNA => run.run(Of(|a: f64| (FALSE.lane(), not_finite(a)))),
    }
}

/// Runs a two-operand loop.
#[inline(always)]
pub fn two(op: Op2, run: impl Loop<2>) {
    match op {
        Op2::Operator(op) => operator(op, run),
        Op2::LastAdd => run.run(Of(|a: f64, b: f64| added(a, a + b))),
        Op2::LastSub => run.run(Of(|a: f64, b: f64| added(a, a - b))),
        Op2::Sum => run.arithmetic(Finite(|a: f64, b: f64| a + b)),
        Op2::Min => run.run(Of(|a: f64, b: f64| (if a < b { a } else { b }, not_finite(a) | not_finite(b)))),
        Op2::Max => run.run(Of(|a: f64, b: f64| (if a > b { a } else { b }, not_finite(a) | not_finite(b)))),
        Op2::Times => run.arithmetic(Scaled(|a: f64, b: f64| a * b)),
    }
}

#[inline(always)]
fn operator(op: BinaryOp, run: impl Loop<2>) {
    match op {
        BinaryOp::Add => run.arithmetic(Scaled(|a: f64, b: f64| a + b)),
        BinaryOp::Sub => run.arithmetic(Scaled(|a: f64, b: f64| a - b)),
        BinaryOp::Mul => run.arithmetic(Scaled(|a: f64, b: f64| a * b)),
        BinaryOp::Div => run.arithmetic(Scaled(|a: f64, b: f64| a / b)),
        BinaryOp::Eq => run.run(Of(|a: f64, b: f64| compared(a, b, a == b))),
        BinaryOp::Ne => run.run(Of(|a: f64, b: f64| compared(a, b, a != b))),
        BinaryOp::Lt => run.run(Of(|a: f64, b: f64| compared(a, b, a < b))),
        BinaryOp::Le => run.run(Of(|a: f64, b: f64| compared(a, b, a <= b))),
        BinaryOp::Gt => run.run(Of(|a: f64, b: f64| compared(a, b, a > b))),
        BinaryOp::Ge => run.run(Of(|a: f64, b: f64| compared(a, b, a >= b))),
        // Powers have loops of their own.
        BinaryOp::Concat | BinaryOp::Pow => run.run(Odd),
    }
}

/// Runs a three-operand loop.
#[inline(always)]
pub fn three(op: Op3, run: impl Loop<3>) {
    match op {
        Op3::Select => run.run(Of(|truth: f64, yes: f64, no: f64| {
            (if same(truth, TRUE) { yes } else { no }, not_bool(truth))
        })),
        Op3::SumTimes => run.arithmetic(Finite(|sum: f64, a: f64, b: f64| sum + a * b)),
        Op3::CountIf(op) => count_if(op, run),
        Op3::Found(position) => {
            let position = f64::from(position);
            let open = Value::error(ErrorCode::NA);
            run.run(Of(|found: f64, cell: f64, needle: f64| {
                let here = if cell == needle { position } else { found };
                (if same(found, open) { here } else { found }, 0)
            }));
        }
    }
}

#[inline(always)]
fn count_if(op: BinaryOp, run: impl Loop<3>) {
    match op {
        BinaryOp::Eq => run.run(Of(|count: f64, a: f64, b: f64| counted(count, a, b, a == b))),
        BinaryOp::Ne => run.run(Of(|count: f64, a: f64, b: f64| counted(count, a, b, a != b))),
        BinaryOp::Lt => run.run(Of(|count: f64, a: f64, b: f64| counted(count, a, b, a < b))),
        BinaryOp::Le => run.run(Of(|count: f64, a: f64, b: f64| counted(count, a, b, a <= b))),
        BinaryOp::Gt => run.run(Of(|count: f64, a: f64, b: f64| counted(count, a, b, a > b))),
        _ => run.run(Of(|count: f64, a: f64, b: f64| counted(count, a, b, a >= b))),
    }
}

#[inline(always)]
fn counted(count: f64, a: f64, b: f64, holds: bool) -> Lane {
    (count + if holds { 1.0 } else { 0.0 }, unsure(a, b) | not_finite(count))
}

/// Applies a lane function to every lane of its operands; odd lanes are redone row-wise.
pub trait Loop<const N: usize> {
    fn run(self, f: impl LaneFn<N>);
    /// The same, or without checks where the flags are looked at later.
    fn arithmetic(self, f: impl LaneFn<N> + PlainFn<N>);
}

/// What a loop does with one lane. A trait and not only closures, because a closure that the compiler does not inline
/// loses the vector instructions of the function it stands in; these methods are always inlined.
pub trait LaneFn<const N: usize> {
    fn lane(&self, x: [f64; N]) -> Lane;
}

/// Arithmetic whose odd lanes raise the processor's flags.
pub trait PlainFn<const N: usize> {
    fn plain(&self, x: [f64; N]) -> f64;
}

/// A function of separate operands as a `LaneFn`.
pub struct Of<F>(pub F);
/// Arithmetic whose result has to be finite.
pub struct Finite<F>(pub F);
/// Arithmetic whose result also loses subnormals and -0.
pub struct Scaled<F>(pub F);

/// A function of separate operands taken as an array.
trait Spread<const N: usize, R> {
    fn spread(&self, x: [f64; N]) -> R;
}

impl<R, F: Fn(f64) -> R> Spread<1, R> for F {
    #[inline(always)]
    fn spread(&self, [a]: [f64; 1]) -> R {
        self(a)
    }
}

impl<R, F: Fn(f64, f64) -> R> Spread<2, R> for F {
    #[inline(always)]
    fn spread(&self, [a, b]: [f64; 2]) -> R {
        self(a, b)
    }
}

impl<R, F: Fn(f64, f64, f64) -> R> Spread<3, R> for F {
    #[inline(always)]
    fn spread(&self, [a, b, c]: [f64; 3]) -> R {
        self(a, b, c)
    }
}

impl<const N: usize, F: Spread<N, Lane>> LaneFn<N> for Of<F> {
    #[inline(always)]
    fn lane(&self, x: [f64; N]) -> Lane {
        self.0.spread(x)
    }
}

impl<const N: usize, F: Spread<N, f64>> LaneFn<N> for Finite<F> {
    #[inline(always)]
    fn lane(&self, x: [f64; N]) -> Lane {
        finite(self.0.spread(x))
    }
}

impl<const N: usize, F: Spread<N, f64>> PlainFn<N> for Finite<F> {
    #[inline(always)]
    fn plain(&self, x: [f64; N]) -> f64 {
        self.0.spread(x)
    }
}

impl<const N: usize, F: Spread<N, f64>> LaneFn<N> for Scaled<F> {
    #[inline(always)]
    fn lane(&self, x: [f64; N]) -> Lane {
        scaled(self.0.spread(x))
    }
}

impl<const N: usize, F: Spread<N, f64>> PlainFn<N> for Scaled<F> {
    #[inline(always)]
    fn plain(&self, x: [f64; N]) -> f64 {
        self.0.spread(x)
    }
}
