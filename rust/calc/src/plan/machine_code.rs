//! Machine code of a plan: which of its steps run as code, and what that code leaves to the interpreter. What becomes
//! code, and how, is decided in `run::native`.

use super::executable::Executable;
use std::ops::Range;

/// Steps that run as one loop over the vectors of a block.
#[derive(Debug)]
pub struct Segment {
    pub(crate) steps: Range<usize>,
    /// Slots that comparisons read; the code is for numbers.
    pub(crate) compared: Vec<u32>,
    /// Inputs that it reads by their places.
    pub(crate) inputs: Vec<usize>,
    /// Slots that its steps read.
    pub(crate) read: Vec<u32>,
    /// Slots that the code writes; those it reads too, after the verdict on a vector.
    pub(crate) written: Vec<u32>,
}

/// The segments of a plan, for frames of one size.
#[derive(Debug)]
pub struct Code {
    /// By segment, its code.
    pub(crate) executable: Executable,
    pub(crate) segments: Vec<Segment>,
    /// By input, whether only segments read it.
    pub(crate) only_code: Vec<bool>,
    /// By output, whether a segment normalises it.
    pub(crate) normalised: Vec<bool>,
    /// Slots of outputs, which are where their places tell.
    pub(crate) outputs: Vec<u32>,
}
