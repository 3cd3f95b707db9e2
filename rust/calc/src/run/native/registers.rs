//! Gives values registers and writes instructions as bytes, in order. A value stays in a register from where it is made
//! for as long as there is room; those that are needed last go to memory first.
//!
//! A slot that the segment reads is only written when the verdict on the vector is known: the interpreter still finds
//! in it what it needs to redo fallback lanes. Other slots are written as soon as their values are made.

use super::instructions::{Assembler, Jump, Place, SAME};
use super::lower::Segment;
use super::program::{Instruction, Source, ValueId};
use crate::plan::executable::VECTOR;
use std::collections::{HashMap, HashSet};

const REGISTERS: usize = 16;
const VECTOR_BYTES: i32 = 8 * VECTOR as i32;
const PLACE_BYTES: i32 = size_of::<usize>() as i32;

/// Where slots are.
pub struct Homes<'p> {
    /// Bytes from one slot to the next.
    pub stride: i32,
    pub inputs: usize,
    /// Slots that may be columns, and their numbers.
    pub outputs: &'p HashMap<u32, usize>,
}

impl Homes<'_> {
    fn slot(&self, slot: u32) -> Place {
        match self.outputs.get(&slot) {
            Some(output) => self.column(self.inputs + output),
            None => Place::Slot(slot as i32 * self.stride),
        }
    }

    fn column(&self, index: usize) -> Place {
        Place::Column(index as i32 * PLACE_BYTES)
    }
}

/// Writes the code of a segment. `results` are the slots to write and their values, `zero` the constant of zeros.
/// Returns the room for spills that it needs.
pub fn write(
    segment: &Segment<'_>,
    results: &[(u32, ValueId)],
    zero: ValueId,
    homes: &Homes<'_>,
    assembler: &mut Assembler,
) -> usize {
    let top = assembler.begin();
    let mut registers = Registers::new(segment, results, zero, homes, assembler);
    for at in 0..segment.program.instructions.len() {
        registers.instruction(at);
    }
    let jump = segment.verdict.map(|verdict| registers.verdict(verdict));
    registers.write_results();
    let spills = registers.spills;
    if let Some(jump) = jump {
        let here = assembler.here();
        assembler.land(jump, here);
    }
    assembler.end(top);
    spills
}

struct Registers<'s, 'p> {
    segment: &'s Segment<'p>,
    assembler: &'s mut Assembler,
    slots: &'s Homes<'s>,
    zero: ValueId,
    /// By value, the instructions that use it; the number of instructions stands for the end.
    uses: Vec<Vec<u32>>,
    /// By value, where it is in memory.
    homes: Vec<Option<Place>>,
    /// By value, its register.
    places: Vec<Option<u8>>,
    held: [Option<ValueId>; REGISTERS],
    spills: usize,
    /// By value, the slots that can be written as soon as it is made.
    early: Vec<Vec<u32>>,
    late: Vec<(u32, ValueId)>,
}

impl<'s, 'p> Registers<'s, 'p> {
    fn new(
        segment: &'s Segment<'p>,
        results: &[(u32, ValueId)],
        zero: ValueId,
        slots: &'s Homes<'s>,
        assembler: &'s mut Assembler,
    ) -> Registers<'s, 'p> {
        let count = segment.program.values.len();
        let mut registers = Registers {
            segment,
            assembler,
            slots,
            zero,
            uses: vec![Vec::new(); count],
            homes: vec![None; count],
            places: vec![None; count],
            held: [None; REGISTERS],
            spills: 0,
            early: vec![Vec::new(); count],
            late: Vec::new(),
        };
        for (value, &source) in segment.program.values.iter().enumerate() {
            registers.homes[value] = match source {
                Source::Slot(slot) => Some(slots.slot(slot)),
                Source::Constant(at) => Some(Place::Constant(at as i32 * VECTOR_BYTES)),
                Source::Input { index, .. } => Some(slots.column(index)),
                Source::Instruction => None,
            };
        }
        let read: HashSet<u32> = segment
            .program
            .values
            .iter()
            .filter_map(|source| match source {
                Source::Slot(slot) | Source::Input { slot, .. } => Some(*slot),
                _ => None,
            })
            .collect();
        for (at, (instruction, _)) in segment.program.instructions.iter().enumerate() {
            for value in operands(instruction) {
                registers.uses[value].push(at as u32);
            }
        }
        let end = segment.program.instructions.len() as u32;
        for &(slot, value) in results {
            if segment.program.values[value] == Source::Instruction && !read.contains(&slot) {
                registers.early[value].push(slot);
            } else {
                registers.late.push((slot, value));
                registers.uses[value].push(end);
            }
        }
        if let Some(verdict) = segment.verdict {
            registers.uses[verdict].push(end);
        }
        registers
    }

    fn instruction(&mut self, at: usize) {
        let (instruction, result) = self.segment.program.instructions[at];
        match instruction {
            Instruction::Operate { operation, a, b } => {
                let swap = operation.commutes && self.places[a].is_none() && self.places[b].is_some();
                let (a, b) = if swap { (b, a) } else { (a, b) };
                let left = self.load(a, at, &[b]);
                let right = self.place(b);
                self.release(at, &[a, b]);
                let out = self.take(at, &[]);
                self.assembler.operate(operation, out, left, right);
                self.made(result, out, at);
            }
            Instruction::Fuse { kind, a, b, c } => {
                let swap = self.places[a].is_none() && self.places[b].is_some();
                let (a, b) = if swap { (b, a) } else { (a, b) };
                let left = self.load(a, at, &[b, c]);
                let right = self.place(b);
                let out = match self.places[c].filter(|_| self.next_use(c, at).is_none()) {
                    Some(register) => register,
                    None => {
                        let register = self.take(at, &[a, b, c]);
                        let from = self.place(c);
                        self.assembler.load(register, from);
                        register
                    }
                };
                self.assembler.fuse(kind, out, left, right);
                self.release(at, &[a, b, c]);
                self.made(result, out, at);
            }
            Instruction::Blend { mask, yes, no } => {
                let mask_register = self.load(mask, at, &[yes, no]);
                let otherwise = self.load(no, at, &[mask, yes]);
                let then = self.place(yes);
                self.release(at, &[mask, yes, no]);
                let out = self.take(at, &[]);
                self.assembler.blend(out, otherwise, then, mask_register);
                self.made(result, out, at);
            }
        }
    }

    /// Compares the verdict with zero, lane by lane.
    fn verdict(&mut self, verdict: ValueId) -> Jump {
        let end = self.segment.program.instructions.len();
        let register = self.load(verdict, end, &[]);
        let zero = self.place(self.zero);
        let out = self.take(end, &[verdict]);
        self.assembler.operate(SAME, out, register, zero);
        self.assembler.verdict(out)
    }

    fn write_results(&mut self) {
        let end = self.segment.program.instructions.len();
        for (slot, value) in std::mem::take(&mut self.late) {
            let register = self.load(value, end, &[]);
            let home = self.slots.slot(slot);
            self.assembler.store(register, home);
            self.homes[value] = Some(home);
        }
    }

    /// The value in a register, which is not one of those that `kept` are in.
    fn load(&mut self, value: ValueId, at: usize, kept: &[ValueId]) -> u8 {
        if let Some(register) = self.places[value] {
            return register;
        }
        let register = self.take(at, kept);
        let home = self.place(value);
        self.assembler.load(register, home);
        self.hold(value, register);
        register
    }

    /// Where the value can be read.
    fn place(&self, value: ValueId) -> Place {
        match (self.places[value], self.homes[value]) {
            (Some(register), _) => Place::Register(register),
            (None, Some(home)) => home,
            (None, None) => unreachable!("a value that is neither in a register nor in memory"),
        }
    }

    /// A register for a new value: a free one, or that of the value needed last, which then is in memory.
    fn take(&mut self, at: usize, kept: &[ValueId]) -> u8 {
        if let Some(free) = self.held.iter().position(Option::is_none) {
            return free as u8;
        }
        let mut last = (0, 0);
        for (register, value) in self.held.iter().enumerate() {
            let Some(value) = value.filter(|value| !kept.contains(value)) else { continue };
            let next = self.next_use(value, at).map_or(u64::MAX, |next| u64::from(next) + 1);
            if next > last.0 {
                last = (next, register);
            }
        }
        self.evict(last.1, at);
        last.1 as u8
    }

    fn evict(&mut self, register: usize, at: usize) {
        let Some(value) = self.held[register].take() else { return };
        self.places[value] = None;
        if self.homes[value].is_none() && self.uses[value].last().is_some_and(|last| *last as usize >= at) {
            let home = Place::Spill(self.spills as i32 * VECTOR_BYTES);
            self.spills += 1;
            self.assembler.store(register as u8, home);
            self.homes[value] = Some(home);
        }
    }

    /// Frees the registers of values that are not needed after this instruction.
    fn release(&mut self, at: usize, values: &[ValueId]) {
        for &value in values {
            if self.next_use(value, at).is_none()
                && let Some(register) = self.places[value].take()
            {
                self.held[register as usize] = None;
            }
        }
    }

    fn made(&mut self, value: ValueId, register: u8, at: usize) {
        for slot in std::mem::take(&mut self.early[value]) {
            let home = self.slots.slot(slot);
            self.assembler.store(register, home);
            self.homes[value] = Some(home);
        }
        if self.next_use(value, at).is_some() {
            self.hold(value, register);
        }
    }

    fn hold(&mut self, value: ValueId, register: u8) {
        self.held[register as usize] = Some(value);
        self.places[value] = Some(register);
    }

    /// The first instruction after `at` that uses the value.
    fn next_use(&self, value: ValueId, at: usize) -> Option<u32> {
        let uses = &self.uses[value];
        uses.get(uses.partition_point(|&use_at| use_at as usize <= at)).copied()
    }
}

fn operands(instruction: &Instruction) -> impl Iterator<Item = ValueId> {
    let all = match *instruction {
        Instruction::Operate { a, b, .. } => [Some(a), Some(b), None],
        Instruction::Fuse { a, b, c, .. } => [Some(a), Some(b), Some(c)],
        Instruction::Blend { mask, yes, no } => [Some(mask), Some(yes), Some(no)],
    };
    all.into_iter().flatten()
}
