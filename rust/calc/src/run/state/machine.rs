//! What steps work on, and how a run stands. What steps do with it is in `loops`, `calls` and `native`.

use super::block::Block;
use super::flags;
use super::frame::Frame;
use super::slots::Slots;
use crate::plan::Plan;
use crate::plan::executable::Places;
use crate::semantics::function::Env;
use crate::values::budget::Refusal;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a block did not come to its end. Nothing of it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The execution was stopped from outside.
    Stopped,
    /// One of the records, or all of them together, cannot be calculated.
    Refused(Refusal),
}

/// A run of a block: what its steps read and change.
pub struct Machine<'a, C> {
    /// Its presence proves that the loops may use its instructions.
    pub cpu: C,
    pub plan: &'a Plan,
    pub slots: Slots<'a>,
    /// Where machine code finds the slots, the inputs and the outputs of this block.
    pub places: Places<'a>,
    pub frame: &'a mut Frame,
    pub block: Block<'a>,
    pub env: &'a Env,
    pub cancel: &'a AtomicBool,
    /// Arithmetic outside of regions runs without checks; the processor's flags tell later whether it should have.
    pub deferred: bool,
    /// Arithmetic runs without checks now.
    pub plain: bool,
    /// Every segment so far ran as machine code, in all lanes: the outputs that code normalises are normalised.
    pub normalised: bool,
    /// Arithmetic without checks raised flags: the block has to run again with checks.
    pub surprised: bool,
}

impl<C> Machine<'_, C> {
    /// Whether there is a reason to end, looked at after steps that may take long or memory, and at the end.
    #[inline]
    pub fn halted(&self) -> Result<(), Halt> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Halt::Stopped);
        }
        self.frame.heap.refused().map_or(Ok(()), |refusal| Err(Halt::Refused(refusal)))
    }

    /// Notes what the flags say. Called before anything that raises flags for other reasons. In a region the records
    /// outside of it raise flags too, and only one flag means anything: a subnormal was met, which arithmetic without
    /// checks may have left in the place of a zero.
    #[inline(always)]
    pub fn look_at_flags(&mut self) {
        self.surprised |= self.deferred && if self.plain { flags::take() } else { flags::met_subnormal() };
    }
}
