//! Loops compiled for what the processor has: once for the program's target, once for AVX2 with fused multiply-adds.
//! The bits are the same either way: nothing is reordered, and multiply-adds are fused only where an algorithm says so.

use super::frame::Frame;
use super::machine::Machine;
#[cfg(target_arch = "x86_64")]
use super::native;
use crate::plan::machine_code::Code;
use crate::plan::{Operand, Plan};
use std::sync::atomic::AtomicBool;

/// A loop over the lanes of `N` operands. A trait and no closure: the method is always inlined into the function that
/// has the instructions.
pub trait Job<C, const N: usize> {
    fn go(self, machine: &mut Machine<'_, C>, operands: [Operand; N], out: u32);
}

/// A set of instructions.
pub trait Cpu: Copy {
    /// The plan's machine code for these instructions, for frames of this size; none where making it was stopped.
    fn code<'p>(self, _plan: &'p Plan, _frame: &Frame, _cancel: &AtomicBool) -> Option<&'p Code> {
        None
    }

    /// Runs a segment of that code; false if the steps have to run one by one.
    #[inline(always)]
    fn segment(_machine: &mut Machine<'_, Self>, _code: &Code, _index: usize) -> bool {
        false
    }

    /// Runs the job in a function of its own, with what it needs in registers: the interpreter's loop stays small.
    fn run<const N: usize>(
        machine: &mut Machine<'_, Self>,
        job: impl Job<Self, N>,
        operands: [Operand; N],
        out: u32,
    );
}

#[derive(Clone, Copy)]
pub struct Baseline;

impl Cpu for Baseline {
    #[inline(never)]
    fn run<const N: usize>(
        machine: &mut Machine<'_, Self>,
        job: impl Job<Self, N>,
        operands: [Operand; N],
        out: u32,
    ) {
        job.go(machine, operands, out);
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    pub fn detect() -> Option<Avx2> {
        let there = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
        there.then_some(Avx2(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Cpu for Avx2 {
    fn code<'p>(self, plan: &'p Plan, frame: &Frame, cancel: &AtomicBool) -> Option<&'p Code> {
        native::code(plan, frame, cancel)
    }

    #[inline(always)]
    fn segment(machine: &mut Machine<'_, Self>, code: &Code, index: usize) -> bool {
        native::run(machine, code, index)
    }

    #[inline(always)]
    fn run<const N: usize>(
        machine: &mut Machine<'_, Self>,
        job: impl Job<Self, N>,
        operands: [Operand; N],
        out: u32,
    ) {
        // SAFETY: a machine with an `Avx2` exists only where both features were detected.
        #[expect(unsafe_code, reason = "the features are known at run time only")]
        unsafe {
            with_avx2(machine, job, operands, out);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
#[inline(never)]
fn with_avx2<const N: usize>(
    machine: &mut Machine<'_, Avx2>,
    job: impl Job<Avx2, N>,
    operands: [Operand; N],
    out: u32,
) {
    job.go(machine, operands, out);
}
