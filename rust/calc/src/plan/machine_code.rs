//! Machine code of a plan: executable memory, and where each segment begins. What becomes code, and how, is decided in
//! `run::native`.
#![allow(unsafe_code, reason = "machine code is entered by its address")]

use memmap2::{Mmap, MmapMut};
use std::ops::Range;

/// Lanes in one register.
pub const VECTOR: usize = 4;

/// Numbers as wide as a register, and where no cache line ends among them: such loads and stores take twice as long.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
pub struct Vector(pub [f64; VECTOR]);

/// Bytes that can be run.
#[derive(Debug)]
pub struct Executable(Mmap);

impl Executable {
    /// None where the system gives no executable memory.
    pub fn new(bytes: &[u8]) -> Option<Executable> {
        let mut memory = MmapMut::map_anon(bytes.len().max(1)).ok()?;
        memory.get_mut(..bytes.len())?.copy_from_slice(bytes);
        memory.make_exec().ok().map(Executable)
    }
}

/// Steps that run as one loop over the vectors of a block.
#[derive(Debug)]
pub struct Segment {
    pub(crate) steps: Range<usize>,
    /// Where its code begins.
    pub(crate) entry: usize,
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
    pub(crate) memory: Executable,
    pub(crate) segments: Vec<Segment>,
    /// Each constant as often as there are lanes.
    pub(crate) constants: Vec<Vector>,
    /// Room that a segment needs for what its registers cannot hold.
    pub(crate) spills: usize,
    /// Slots that it reaches.
    pub(crate) slots: usize,
    /// Values from one slot to the next.
    pub(crate) stride: usize,
    /// By input, whether only segments read it.
    pub(crate) only_code: Vec<bool>,
    /// By output, whether a segment settles it.
    pub(crate) settled: Vec<bool>,
    /// Slots of outputs, which are where their places tell.
    pub(crate) outputs: Vec<u32>,
}

/// What a segment runs on.
pub struct Memory<'a> {
    /// The first slot.
    pub(crate) slots: *const f64,
    /// By input and then by slot of an output, its bytes from the first slot on.
    pub(crate) places: &'a [usize],
    /// A byte for each vector of a slot.
    pub(crate) odd: &'a mut [u8],
    pub(crate) spills: &'a mut [Vector],
}

/// Slots, constants, number of vectors, a byte per vector for its odd lanes, room for spills, places of columns.
/// Nonzero when a lane is odd.
type Entry =
    unsafe extern "sysv64" fn(*const f64, *const Vector, usize, *mut u8, *mut Vector, *const usize) -> u32;

impl Code {
    /// Runs a segment over the first vectors of all slots, and sets in `odd` the bits of lanes that float arithmetic
    /// could not settle; such a vector's values are of no use. True if there are any.
    ///
    /// # Safety
    ///
    /// The segment is one of these, the processor has AVX2 and FMA, `slots` points to `stride` values for each of the
    /// code's slots, at least `odd.len()` vectors, which may be written through it and are not none; `places` has the
    /// places of all inputs, where as many vectors may be read, and of all slots of outputs, where as many may be
    /// written too; `spills` has the room that is asked for.
    pub(crate) unsafe fn enter(&self, segment: &Segment, memory: Memory<'_>) -> bool {
        debug_assert!(!memory.odd.is_empty() && memory.spills.len() >= self.spills);
        debug_assert!(segment.entry < self.memory.0.len());
        let Memory { slots, places, odd, spills } = memory;
        let (constants, count) = (self.constants.as_ptr(), odd.len());
        // SAFETY: the bytes from `entry` on are a function of this type, which keeps to the memory it is given.
        unsafe {
            let code = std::mem::transmute::<*const u8, Entry>(self.memory.0.as_ptr().add(segment.entry));
            code(slots, constants, count, odd.as_mut_ptr(), spills.as_mut_ptr(), places.as_ptr()) != 0
        }
    }
}
