//! Machine code of a plan: executable memory, and where each segment begins. What becomes code, and how, is decided in
//! `run::native`.
#![allow(unsafe_code, reason = "machine code is entered by its address")]

use memmap2::{Mmap, MmapMut};
use std::ops::Range;

/// Lanes in one register.
pub const VECTOR: usize = 4;

/// Numbers as wide as a register.
pub type Vector = [f64; VECTOR];

/// Steps that run as one loop over the vectors of a block.
#[derive(Debug)]
pub struct Segment {
    pub steps: Range<usize>,
    /// Where its code begins.
    pub entry: usize,
    /// Slots that comparisons read; the code is for numbers.
    pub compared: Vec<u32>,
    /// Slots that the code writes, all of them after the verdict on a vector.
    pub written: Vec<u32>,
}

/// The segments of a plan, for frames of one size.
#[derive(Debug)]
pub struct Code {
    memory: Mmap,
    pub segments: Vec<Segment>,
    /// Each constant as often as there are lanes.
    pub constants: Vec<Vector>,
    /// Room that a segment needs for what its registers cannot hold.
    pub spills: usize,
    /// Values from one slot to the next.
    pub stride: usize,
}

/// Slots, constants, number of vectors, a byte per vector for its odd lanes, room for spills. Nonzero when a lane is odd.
type Entry = unsafe extern "sysv64" fn(*const f64, *const Vector, usize, *mut u8, *mut Vector) -> u32;

impl Code {
    /// None where the system gives no executable memory.
    pub fn new(
        bytes: &[u8],
        segments: Vec<Segment>,
        constants: Vec<Vector>,
        spills: usize,
        stride: usize,
    ) -> Option<Code> {
        let mut memory = MmapMut::map_anon(bytes.len().max(1)).ok()?;
        memory.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let memory = memory.make_exec().ok()?;
        Some(Code { memory, segments, constants, spills, stride })
    }

    /// Runs a segment over the first vectors of all slots, one for each byte of `odd`, and sets there the bits of lanes
    /// that float arithmetic could not settle; nothing of such a vector is written. True if there are any.
    ///
    /// # Safety
    ///
    /// The segment is one of these, the processor has AVX2 and FMA, `slots` points to `stride` values for each slot of
    /// the plan, at least `odd.len()` vectors, which may be written through it, and `spills` has the room that is asked
    /// for.
    pub unsafe fn enter(&self, segment: &Segment, slots: *const f64, odd: &mut [u8], spills: &mut [Vector]) -> bool {
        debug_assert!(spills.len() >= self.spills && segment.entry < self.memory.len());
        // SAFETY: the bytes from `entry` on are a function of this type, which keeps to the memory it is given.
        unsafe {
            let code = std::mem::transmute::<*const u8, Entry>(self.memory.as_ptr().add(segment.entry));
            code(slots, self.constants.as_ptr(), odd.len(), odd.as_mut_ptr(), spills.as_mut_ptr()) != 0
        }
    }
}
