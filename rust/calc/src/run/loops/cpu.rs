//! Loops compiled for what the processor has: once for the program's target, once for AVX2 with fused multiply-adds.
//! The bits are the same either way: nothing is reordered, and multiply-adds are fused only where an algorithm says so.

#[cfg(target_arch = "x86_64")]
use crate::math::processor::Avx2;
use crate::plan::Operand;
use crate::run::state::machine::Machine;

/// A loop over the lanes of `N` operands. A trait and no closure: the method is always inlined into the function that
/// has the instructions.
pub trait Job<C, const N: usize> {
    fn go(self, machine: &mut Machine<'_, C>, operands: [Operand; N], out: u32);
}

/// A set of instructions.
pub trait Cpu: Copy {
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
impl Cpu for Avx2 {
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
