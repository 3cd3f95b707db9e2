//! The processor's sticky floating-point exception flags. They tell of a whole block of plain arithmetic whether any
//! operation met a word that is not a number (boxed values are signalling NaNs), overflowed, divided by zero, or met or
//! made a subnormal. An exact subnormal result raises nothing, but whatever calculates with it does.
#![allow(unsafe_code, reason = "there is no safe access to the flags")]

/// Whether this processor has flags that `take` reads.
pub const READABLE: bool = cfg!(target_arch = "x86_64");

/// Whether any flag but "inexact" was raised since the last call; clears them.
///
/// Loops that were compiled before a call have stored their results before it: the assembly counts as reading and
/// writing all memory.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn take() -> bool {
    /// Invalid, denormal, zero-divide, overflow, underflow.
    const RAISED: u32 = 0b1_1111;
    let mut control = control();
    if control & RAISED == 0 {
        return false;
    }
    control &= !RAISED;
    // SAFETY: changes exception flags only, which assembly may; masks and rounding stay.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack)) };
    true
}

#[cfg(not(target_arch = "x86_64"))]
pub fn take() -> bool {
    true
}

/// Whether a subnormal operand was met since the last call of `take`.
#[cfg(target_arch = "x86_64")]
pub fn met_subnormal() -> bool {
    const DENORMAL: u32 = 0b10;
    control() & DENORMAL != 0
}

#[cfg(not(target_arch = "x86_64"))]
pub fn met_subnormal() -> bool {
    true
}

/// The control and status register.
#[cfg(target_arch = "x86_64")]
#[inline]
fn control() -> u32 {
    let mut control: u32 = 0;
    // SAFETY: writes the register to four bytes of the stack.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack, preserves_flags)) };
    control
}
