//! The few AVX2 instructions that segments consist of, as bytes. Knows no steps and no values.

/// Where an operand is. Memory is given in bytes from a register of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Register(u8),
    Slot(i32),
    Constant(i32),
    Spill(i32),
    /// Where its place is, among those of inputs and outputs.
    Column(i32),
}

/// An instruction `out = a op b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    map: u8,
    opcode: u8,
    predicate: Option<u8>,
    pub commutes: bool,
}

const fn operation(map: u8, opcode: u8, commutes: bool) -> Operation {
    Operation { map, opcode, predicate: None, commutes }
}

const fn comparison(predicate: u8, commutes: bool) -> Operation {
    Operation { map: 1, opcode: 0xC2, predicate: Some(predicate), commutes }
}

pub const ADD: Operation = operation(1, 0x58, true);
pub const SUB: Operation = operation(1, 0x5C, false);
pub const MUL: Operation = operation(1, 0x59, true);
pub const DIV: Operation = operation(1, 0x5E, false);
/// `a < b ? a : b`.
pub const MIN: Operation = operation(1, 0x5D, false);
/// `a > b ? a : b`.
pub const MAX: Operation = operation(1, 0x5F, false);
pub const AND: Operation = operation(1, 0x54, true);
pub const OR: Operation = operation(1, 0x56, true);
pub const XOR: Operation = operation(1, 0x57, true);
/// Quiet comparisons: a lane of ones where they hold.
pub const EQ: Operation = comparison(0x00, true);
pub const NE: Operation = comparison(0x04, true);
pub const LT: Operation = comparison(0x11, false);
pub const LE: Operation = comparison(0x12, false);
pub const GT: Operation = comparison(0x1E, false);
pub const GE: Operation = comparison(0x1D, false);
/// Equality of words.
pub const SAME: Operation = operation(2, 0x29, true);

/// A fused multiply-add `out = a b + out`, or `a b - out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fused {
    Add = 0xB8,
    Subtract = 0xBA,
}

/// The bytes of a program.
#[derive(Debug, Default)]
pub struct Assembler {
    pub bytes: Vec<u8>,
}

/// A jump whose target is not known yet.
pub struct Jump(usize);

impl Assembler {
    pub fn operate(&mut self, operation: Operation, out: u8, a: u8, b: Place) {
        self.vex((operation.map, false, operation.opcode), out, a, b);
        self.bytes.extend(operation.predicate);
    }

    /// `out = a b ± out`.
    pub fn fuse(&mut self, kind: Fused, out: u8, a: u8, b: Place) {
        self.vex((2, true, kind as u8), out, a, b);
    }

    /// `out = mask ? yes : no`, by the top bits of `mask`.
    pub fn blend(&mut self, out: u8, no: u8, yes: Place, mask: u8) {
        self.vex((3, false, 0x4B), out, no, yes);
        self.bytes.push(mask << 4);
    }

    pub fn load(&mut self, out: u8, from: Place) {
        self.vex((1, false, 0x10), out, 0, from);
    }

    pub fn store(&mut self, from: u8, to: Place) {
        self.vex((1, false, 0x11), from, 0, to);
    }

    /// Stores the verdict on this vector: a bit for each lane that is not all ones in `zeros`, where lanes are all ones
    /// or all zeros. Returns the jump that is taken when there is such a lane.
    pub fn verdict(&mut self, zeros: u8) -> Jump {
        self.vex((1, false, 0x50), 0, 0, Place::Register(zeros)); // vmovmskpd eax, zeros
        self.bytes.extend([0x83, 0xF0, 0x0F]); // xor eax, 15
        self.bytes.extend([0x88, 0x01]); // mov [rcx], al
        self.bytes.extend([0x41, 0x09, 0xC2]); // or r10d, eax
        self.bytes.extend([0x85, 0xC0]); // test eax, eax
        self.jump_unless_zero()
    }

    /// The beginning of a segment; returns where its loop begins.
    pub fn begin(&mut self) -> usize {
        self.bytes.extend([0x45, 0x31, 0xD2]); // xor r10d, r10d
        self.bytes.len()
    }

    /// Goes on with the next vector, and returns after the last one.
    pub fn end(&mut self, top: usize) {
        self.bytes.extend([0x48, 0x83, 0xC7, 0x20]); // add rdi, 32
        self.bytes.extend([0x48, 0xFF, 0xC1]); // inc rcx
        self.bytes.extend([0x48, 0xFF, 0xCA]); // dec rdx
        let again = self.jump_unless_zero();
        self.land(again, top);
        self.bytes.extend([0x44, 0x89, 0xD0]); // mov eax, r10d
        self.bytes.extend([0xC5, 0xF8, 0x77]); // vzeroupper
        self.bytes.push(0xC3); // ret
    }

    pub fn here(&self) -> usize {
        self.bytes.len()
    }

    pub fn land(&mut self, Jump(at): Jump, target: usize) {
        let distance = target as i64 - (at as i64 + 4);
        if let Some(place) = self.bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&(distance as i32).to_le_bytes());
        }
    }

    fn jump_unless_zero(&mut self) -> Jump {
        self.bytes.extend([0x0F, 0x85, 0, 0, 0, 0]);
        Jump(self.bytes.len() - 4)
    }

    /// An instruction over 256 bits with the prefix 66 and the operands `reg`, `a`, `b`.
    fn vex(&mut self, (map, wide, opcode): (u8, bool, u8), reg: u8, a: u8, b: Place) {
        if let Place::Column(at) = b {
            self.bytes.extend([0x49, 0x8B, 0x81]); // mov rax, [r9 + at]
            self.bytes.extend(at.to_le_bytes());
        }
        let (base, distance) = match b {
            Place::Register(register) => (register, None),
            Place::Slot(at) => (7, Some(at)),     // rdi
            Place::Constant(at) => (6, Some(at)), // rsi
            Place::Spill(at) => (8, Some(at)),    // r8
            Place::Column(_) => (4, None),        // rdi + rax
        };
        let inverted = |register: u8| (register >> 3 & 1) ^ 1;
        self.bytes.push(0xC4);
        self.bytes.push(inverted(reg) << 7 | 1 << 6 | inverted(base) << 5 | map);
        self.bytes.push(u8::from(wide) << 7 | (!a & 15) << 3 | 1 << 2 | 1);
        self.bytes.push(opcode);
        let registers = (reg & 7) << 3 | base & 7;
        match (distance, distance.map(i8::try_from)) {
            _ if matches!(b, Place::Column(_)) => self.bytes.extend([registers, 0x07]),
            (Some(_), Some(Ok(near))) => self.bytes.extend([0x40 | registers, near as u8]),
            (Some(far), _) => {
                self.bytes.push(0x80 | registers);
                self.bytes.extend(far.to_le_bytes());
            }
            (None, _) => self.bytes.push(0xC0 | registers),
        }
    }
}
