//! What a loop does with one lane: its result, and the verdict whether float arithmetic is enough for it. A *fallback
//! lane* (an operand that is not a number, overflow, cancellation, near equality) is left to the row-wise form. The
//! loops are in `columns`, the lane functions of the primitives in `arithmetic`.

use crate::values::chunk::Chunk;
use crate::values::value::Value;
use std::cell::Cell;

/// Results closer to cancelling, and comparisons closer to equality, than this need the 15-digit view.
pub const NEAR: f64 = 2e-14;

/// A lane's result, and a word whose top bit says that it is a fallback lane. It is a whole word and not a boolean,
/// because a flag that stays in a 64-bit lane costs one vector instruction.
pub type Lane = (f64, u64);

pub const SIGN: u64 = 1 << 63;
const EXPONENT_ONE: u64 = 1 << 52;

pub const TRUE: Value = Value::TRUE;
pub const FALSE: Value = Value::FALSE;

#[inline(always)]
fn magnitude(x: f64) -> u64 {
    x.to_bits() & !SIGN
}

/// Top bit set for NaN and infinities: the exponent overflows into it.
#[inline(always)]
pub fn not_finite(x: f64) -> u64 {
    magnitude(x).wrapping_add(EXPONENT_ONE)
}

/// Of a word with a clear top bit: top bit set unless the word is 0.
#[inline(always)]
pub fn not_zero(word: u64) -> u64 {
    0u64.wrapping_sub(word)
}

/// Falls back when NaN or infinite.
#[inline(always)]
pub fn finite(r: f64) -> Lane {
    (r, not_finite(r))
}

/// Results of arithmetic: subnormals and -0 become 0, as in `Value::number`; an infinity falls back.
#[inline(always)]
pub fn scaled(r: f64) -> Lane {
    (if r.abs() < f64::MIN_POSITIVE { 0.0 } else { r }, not_finite(r))
}

/// Top bit set where a sum nearly cancels its first operand.
#[inline(always)]
fn cancels(a: f64, sum: f64) -> u64 {
    (sum.abs() - a.abs() * NEAR).to_bits() & not_zero(magnitude(sum))
}

/// Top bit set where a comparison needs the 15-digit view.
#[inline(always)]
fn near(a: f64, b: f64) -> u64 {
    cancels(a, a - b)
}

/// Zero, or what plain arithmetic leaves in its place: -0 and subnormals.
#[inline(always)]
pub fn is_zero(x: f64) -> bool {
    magnitude(x) < EXPONENT_ONE
}

#[inline(always)]
pub fn same(a: f64, b: Value) -> bool {
    a.to_bits() == b.bits()
}

/// Top bit set for anything but TRUE and FALSE, which differ in the lowest bit.
#[inline(always)]
pub fn not_bool(x: f64) -> u64 {
    let other = (x.to_bits() ^ FALSE.bits()) & !1;
    other | not_zero(other)
}

/// One lane of all operands. A plain loop: the library's array functions are not inlined here, and nothing would
/// vectorise.
#[inline(always)]
pub fn across<const N: usize>(operands: [&Cell<Chunk>; N], lane: usize) -> [f64; N] {
    let mut x = [0.0; N];
    for n in 0..N {
        x[n] = operands[n].as_array_of_cells()[lane].get().lane();
    }
    x
}

/// Applies a lane function to every lane of its operands; fallback lanes are redone row-wise.
pub trait Loop<const N: usize> {
    fn run(self, f: impl LaneFn<N>);
    /// The same; without checks of lanes where the processor's flags are checked later.
    fn arithmetic(self, f: impl LaneFn<N> + PlainFn<N>);
    /// The same; where flags are checked later, with checks only for what raises none.
    fn looking(self, f: impl LookFn<N>);
}

/// What a loop does with one lane. A trait and not only closures, because a closure that the compiler does not inline
/// loses the vector instructions of the function it stands in; these methods are always inlined.
pub trait LaneFn<const N: usize> {
    /// Too much work to do it once for the results and once for the verdict.
    const COSTLY: bool = false;

    fn lane(&self, x: [f64; N]) -> Lane;

    /// What is left to do with the results of a chunk and would keep the loop over its lanes from vectorising.
    #[inline(always)]
    fn finish(&self, _results: &mut Chunk) {}
}

/// Arithmetic whose fallback lanes raise the processor's flags.
pub trait PlainFn<const N: usize> {
    fn plain(&self, x: [f64; N]) -> f64;
}

/// A function with a second, cheaper verdict that is right for numbers only: the processor's flags tell of other
/// operands.
pub trait LookFn<const N: usize>: LaneFn<N> {
    fn look(&self, x: [f64; N]) -> Lane;
}

/// Leaves every lane to the row-wise form.
pub struct Fallback;

impl<const N: usize> LaneFn<N> for Fallback {
    #[inline(always)]
    fn lane(&self, _: [f64; N]) -> Lane {
        (0.0, u64::MAX)
    }
}

/// A function of separate operands as a `LaneFn`.
pub struct Of<F>(pub F);
/// The same, with too much work to do it twice.
pub struct Costly<F>(pub F);
/// One of the operands.
pub struct Chosen<F>(pub F);
/// A sum that is the last operation of a formula.
pub struct Last<F>(pub F);
/// A comparison.
pub struct Compared<F>(pub F);
/// A running count of comparisons that hold.
pub struct Counted<F>(pub F);
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

impl<const N: usize, F: Spread<N, Lane>> LaneFn<N> for Costly<F> {
    const COSTLY: bool = true;

    #[inline(always)]
    fn lane(&self, x: [f64; N]) -> Lane {
        self.0.spread(x)
    }
}

impl<F: Fn(f64, f64) -> f64> LaneFn<2> for Chosen<F> {
    #[inline(always)]
    fn lane(&self, [a, b]: [f64; 2]) -> Lane {
        ((self.0)(a, b), not_finite(a) | not_finite(b))
    }
}

impl<F: Fn(f64, f64) -> f64> PlainFn<2> for Chosen<F> {
    #[inline(always)]
    fn plain(&self, [a, b]: [f64; 2]) -> f64 {
        (self.0)(a, b)
    }
}

impl<F: Fn(f64, f64) -> f64> LaneFn<2> for Last<F> {
    #[inline(always)]
    fn lane(&self, [a, b]: [f64; 2]) -> Lane {
        let sum = (self.0)(a, b);
        let (flushed, fallback) = scaled(sum);
        (flushed, fallback | cancels(a, sum))
    }
}

impl<F: Fn(f64, f64) -> f64> LookFn<2> for Last<F> {
    #[inline(always)]
    fn look(&self, [a, b]: [f64; 2]) -> Lane {
        let sum = (self.0)(a, b);
        (sum, cancels(a, sum))
    }
}

impl<F: Fn(f64, f64) -> bool> LaneFn<2> for Compared<F> {
    #[inline(always)]
    fn lane(&self, [a, b]: [f64; 2]) -> Lane {
        let (truth, near) = self.look([a, b]);
        (truth, near | not_finite(a - b))
    }
}

impl<F: Fn(f64, f64) -> bool> LookFn<2> for Compared<F> {
    #[inline(always)]
    fn look(&self, [a, b]: [f64; 2]) -> Lane {
        (if (self.0)(a, b) { TRUE.lane() } else { FALSE.lane() }, near(a, b))
    }
}

impl<F: Fn(f64, f64) -> bool> LaneFn<3> for Counted<F> {
    #[inline(always)]
    fn lane(&self, [count, a, b]: [f64; 3]) -> Lane {
        let (count, near) = self.look([count, a, b]);
        (count, near | not_finite(a - b) | not_finite(count))
    }
}

impl<F: Fn(f64, f64) -> bool> LookFn<3> for Counted<F> {
    #[inline(always)]
    fn look(&self, [count, a, b]: [f64; 3]) -> Lane {
        (count + if (self.0)(a, b) { 1.0 } else { 0.0 }, near(a, b))
    }
}

/// Normalises: what plain arithmetic may leave in the place of zero becomes zero.
pub struct Normalised;

impl PlainFn<1> for Normalised {
    #[inline(always)]
    fn plain(&self, [a]: [f64; 1]) -> f64 {
        if is_zero(a) { 0.0 } else { a }
    }
}
