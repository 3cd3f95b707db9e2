//! What steps work on, and how a run stands. What steps do with it is in `loops`, `calls` and `native`.

use super::block::Block;
use super::flags;
use super::frame::Frame;
use super::slots::Slots;
use crate::plan::Plan;
use crate::plan::executable::Places;
use crate::semantics::function::Env;
use std::sync::atomic::AtomicBool;

/// The execution was stopped from outside; nothing of the block may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

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
    /// Arithmetic outside of regions runs without checks.
    pub deferred: bool,
    /// So it does now.
    pub plain: bool,
    /// What machine code was to settle is settled.
    pub settled: bool,
    /// Flags were raised by plain arithmetic.
    pub surprised: bool,
}

impl<C> Machine<'_, C> {
    /// Before anything that raises flags of its own. In a region only one of them tells something: that a subnormal was
    /// met, which plain arithmetic may have left before in the place of zero.
    #[inline(always)]
    pub fn look_at_flags(&mut self) {
        self.surprised |= self.deferred && if self.plain { flags::take() } else { flags::met_subnormal() };
    }
}
