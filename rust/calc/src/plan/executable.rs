//! Machine code that can be run: its bytes, its constants, and the memory that it is given.
#![allow(unsafe_code, reason = "machine code is entered by its address")]

#[cfg(target_arch = "x86_64")]
use crate::math::processor::Avx2;
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::Value;
use memmap2::{Mmap, MmapMut};
use std::cell::Cell;

/// Lanes in one register.
pub const VECTOR: usize = 4;
/// Vectors of a chunk.
pub const VECTORS: usize = LANES / VECTOR;

/// Numbers as wide as a register, and where no cache line ends among them: such loads and stores take twice as long.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
pub struct Vector(pub [f64; VECTOR]);

/// How much memory machine code reaches.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    pub slots: usize,
    /// Values from one slot to the next.
    pub stride: usize,
    /// Room for what its registers cannot hold.
    pub spills: usize,
    /// Columns that it finds by their places: inputs, and then slots of outputs.
    pub inputs: usize,
    pub outputs: usize,
}

/// Executable of machine code over the vectors of a block, by number.
#[derive(Debug)]
pub struct Executable {
    memory: Mmap,
    /// Where each loop begins.
    entries: Vec<usize>,
    /// Each constant as often as there are lanes.
    constants: Vec<Vector>,
    reach: Reach,
}

/// Slots, constants, number of vectors, a byte per vector for its fallback lanes, room for spills, places of columns.
/// Nonzero when a lane is left.
#[cfg(target_arch = "x86_64")]
type Entry =
    unsafe extern "sysv64" fn(*const f64, *const Vector, usize, *mut u8, *mut Vector, *const usize) -> u32;

impl Executable {
    /// None where the system gives no executable memory.
    ///
    /// # Safety
    ///
    /// From each of `entries` on, `bytes` are a function of the type `Entry`, of instructions that every processor with
    /// AVX2 and FMA has. Given n vectors, it reads and writes nothing but the `slots` times `stride` values from the
    /// first slot on, n bytes for fallback lanes and `spills` vectors. It also reads `constants`, the places of columns
    /// and n vectors at each of them, and writes n vectors at the places of outputs. n is neither 0 nor more vectors
    /// than a slot has.
    pub unsafe fn new(
        bytes: &[u8],
        entries: Vec<usize>,
        constants: Vec<Vector>,
        reach: Reach,
    ) -> Option<Executable> {
        let mut memory = MmapMut::map_anon(bytes.len().max(1)).ok()?;
        memory.get_mut(..bytes.len())?.copy_from_slice(bytes);
        let memory = memory.make_exec().ok()?;
        Some(Executable { memory, entries, constants, reach })
    }

    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Runs a loop over the first vectors of all slots, and sets in `fallback` the bits of the lanes that it cannot
    /// decide; such a vector's values are of no use. Tells whether there are any; None, with nothing done, where the
    /// memory is not what the code reaches.
    #[cfg(target_arch = "x86_64")]
    pub fn run(&self, _: Avx2, number: usize, memory: Memory<'_>) -> Option<bool> {
        let Memory { places, fallback, spills } = memory;
        let entry = *self.entries.get(number)?;
        if !places.suit(&self.reach)
            || !(1..=places.used * VECTORS).contains(&fallback.len())
            || spills.len() < self.reach.spills
        {
            return None;
        }
        let (slots, constants) = (places.slots.as_ptr().cast::<f64>(), self.constants.as_ptr());
        let (count, distances) = (fallback.len(), places.distances.as_ptr());
        // SAFETY: `new` was promised that a function of this type is there. The processor has its instructions. It
        // reaches only what `new` names, and all of that is here: as many slots as it reaches, in cells, which may be
        // written while they are shared; `used` chunks at every place, and no more vectors than that; room for spills.
        let any = unsafe {
            let code = std::mem::transmute::<*const u8, Entry>(self.memory.as_ptr().add(entry));
            code(slots, constants, count, fallback.as_mut_ptr(), spills.as_mut_ptr(), distances)
        };
        Some(any != 0)
    }
}

/// What a loop runs on.
#[derive(Debug)]
pub struct Memory<'a> {
    pub places: &'a Places<'a>,
    /// A byte for each vector of a slot.
    pub fallback: &'a mut [u8],
    pub spills: &'a mut [Vector],
}

/// Where machine code finds the columns of a block: slots at equal distances, inputs and outputs wherever they are.
#[derive(Debug)]
pub struct Places<'a> {
    slots: &'a [Cell<Chunk>],
    /// Chunks from one slot to the next.
    stride: usize,
    /// Chunks of every column that a loop may go over.
    used: usize,
    inputs: usize,
    /// Bytes from the first slot to each input, and then to each output.
    distances: Vec<usize>,
    /// Every column so far has `used` chunks, and no input came after an output.
    complete: bool,
}

impl<'a> Places<'a> {
    /// Without inputs and outputs yet; `room` is reused for their places.
    pub fn new(slots: &'a [Cell<Chunk>], stride: usize, used: usize, mut room: Vec<usize>) -> Places<'a> {
        room.clear();
        Places { slots, stride, used, inputs: 0, distances: room, complete: used <= stride }
    }

    /// The next input, in a slot.
    pub fn add_input(&mut self, slot: &'a [Cell<Chunk>]) {
        self.complete &= slot.len() >= self.used;
        self.add_source(slot.as_ptr());
    }

    /// The next input, in a column of the batch.
    pub fn add_column(&mut self, values: &'a [Value]) {
        self.complete &= values.len() >= self.used * LANES;
        self.add_source(values.as_ptr());
    }

    pub fn add_output(&mut self, slot: &'a [Cell<Chunk>]) {
        self.complete &= slot.len() >= self.used;
        self.add(slot.as_ptr());
    }

    fn add_source<T>(&mut self, place: *const T) {
        self.complete &= self.distances.len() == self.inputs;
        self.inputs += 1;
        self.add(place);
    }

    fn add<T>(&mut self, place: *const T) {
        // Machine code gets no pointer but a distance from another one.
        self.distances.push(place.expose_provenance().wrapping_sub(self.slots.as_ptr().addr()));
    }

    /// Whether code that reaches so much finds it all here.
    fn suit(&self, reach: &Reach) -> bool {
        self.complete
            && self.stride * LANES == reach.stride
            && reach.slots * self.stride <= self.slots.len()
            && self.inputs == reach.inputs
            && self.distances.len() == reach.inputs + reach.outputs
    }

    pub fn into_room(self) -> Vec<usize> {
        self.distances
    }
}
