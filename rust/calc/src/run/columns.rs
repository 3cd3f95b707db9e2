//! The loop that every columnar operation runs in: chunk by chunk, odd lanes left to the row-wise form.
#![allow(
    clippy::needless_range_loop,
    reason = "loops over lanes and operands go through several arrays in step"
)]

use super::chunk::{Chunk, LANES, LaneFn, Loop};
use super::frame::Frame;
use crate::function::{Cx, Env};
use crate::value::Value;
use std::sync::atomic::AtomicBool;

/// First chunk and stride of an operand: a constant is one chunk, read again and again.
#[derive(Clone, Copy)]
pub(super) struct Source {
    pub base: usize,
    pub stride: usize,
}

/// A loop over the lanes of `N` operands with its row-wise form.
pub(super) struct Columns<'a, const N: usize, S> {
    pub frame: &'a mut Frame,
    pub env: &'a Env,
    pub cancel: &'a AtomicBool,
    pub sources: [Source; N],
    pub out: u32,
    pub slow: S,
}

impl<const N: usize, S: Fn(&mut Cx<'_>, [Value; N]) -> Value> Columns<'_, N, S> {
    /// Computes a whole chunk before storing it, so `out` may be an operand's slot.
    #[inline(always)]
    pub fn each(&mut self, f: impl LaneFn<N>) {
        const NOTHING: &Chunk = &[Value::ZERO; LANES];
        let out = self.out as usize * self.frame.chunks;
        for chunk in 0..self.frame.used {
            let mut operands = [NOTHING; N];
            for n in 0..N {
                let source = self.sources[n];
                if let Some(lanes) = self.frame.data.get(source.base + chunk * source.stride) {
                    operands[n] = lanes;
                }
            }
            let (mut results, odd) = compute(operands, &f);
            if odd {
                let mask = self.frame.mask.get(chunk).copied().unwrap_or(0);
                let cx = Cx { heap: &mut self.frame.heap, env: self.env, cancel: self.cancel };
                results = redo(cx, mask, operands, results, &f, &self.slow);
            }
            if let Some(slot) = self.frame.data.get_mut(out + chunk) {
                *slot = results;
            }
        }
    }
}

/// A chunk of results, and whether any lane is odd. Arrays go by value, so that they stay in registers.
#[inline(always)]
fn compute<const N: usize>(operands: [&Chunk; N], f: &impl LaneFn<N>) -> (Chunk, bool) {
    let (mut results, mut odd) = ([Value::ZERO; LANES], 0);
    for lane in 0..LANES {
        let (result, flag) = f.lane(across(operands, lane));
        results[lane] = Value::from_lane(result);
        odd |= flag;
    }
    (results, odd >> 63 == 1)
}

/// One lane of all operands. A plain loop: the library's array functions are not inlined here, and nothing would
/// vectorise.
#[inline(always)]
fn across<const N: usize>(operands: [&Chunk; N], lane: usize) -> [f64; N] {
    let mut x = [0.0; N];
    for n in 0..N {
        x[n] = operands[n][lane].lane();
    }
    x
}

/// Evaluates the odd lanes of a chunk row-wise. Lanes that nobody needs become 0.
#[cold]
#[inline(never)]
fn redo<const N: usize>(
    mut cx: Cx<'_>,
    mask: u16,
    operands: [&Chunk; N],
    mut results: Chunk,
    f: &impl LaneFn<N>,
    slow: &impl Fn(&mut Cx<'_>, [Value; N]) -> Value,
) -> Chunk {
    for lane in 0..LANES {
        let x = across(operands, lane);
        if f.lane(x).1 >> 63 == 1 {
            let needed = mask >> lane & 1 == 1;
            results[lane] = if needed { slow(&mut cx, x.map(Value::from_lane)) } else { Value::ZERO };
        }
    }
    results
}

impl<const N: usize, S: Fn(&mut Cx<'_>, [Value; N]) -> Value> Loop<N> for Columns<'_, N, S> {
    #[inline(always)]
    fn run(&mut self, f: impl LaneFn<N>) {
        self.each(f);
    }
}
