//! Every instruction with every register in every place, run by the processor. Oracle: the language's own arithmetic.

use super::instructions::{
    ADD, AND, Assembler, DIV, EQ, Fused, GE, GT, LE, LT, MAX, MIN, MUL, NE, OR, Operation, Place, SAME, SUB,
    XOR,
};
use crate::math::processor::Avx2;
use crate::plan::executable::{Executable, Memory, Places, Reach, VECTOR, VECTORS, Vector};
use crate::values::chunk::{Chunk, LANES};
use crate::values::value::{ErrorCode, Value};
use std::cell::Cell;

const REGISTERS: u8 = 16;
const BYTES: i32 = 8 * VECTOR as i32;

type Lanes = [f64; VECTOR];

/// A vector per register: signs, zeros, equal lanes, a subnormal, infinities, NaNs and boxed values meet each other.
fn vectors() -> Vec<Lanes> {
    let fallback =
        [-0.0, 0.0, 5e-324, f64::INFINITY, f64::NAN, Value::TRUE.lane(), Value::FALSE.lane(), f64::MAX];
    (0..usize::from(REGISTERS))
        .map(|register| {
            let x = 1.0 + register as f64 / 3.0;
            [x, if register % 2 == 0 { -x } else { 2.5 }, fallback[register % 8], fallback[register / 2 % 8]]
        })
        .collect()
}

type Oracle = fn(f64, f64) -> f64;

fn ones(truth: bool) -> f64 {
    f64::from_bits(if truth { u64::MAX } else { 0 })
}

fn words(a: f64, b: f64, f: impl Fn(u64, u64) -> u64) -> f64 {
    f64::from_bits(f(a.to_bits(), b.to_bits()))
}

const OPERATIONS: [(&str, Operation, Oracle); 16] = [
    ("ADD", ADD, |a, b| a + b),
    ("SUB", SUB, |a, b| a - b),
    ("MUL", MUL, |a, b| a * b),
    ("DIV", DIV, |a, b| a / b),
    ("MIN", MIN, |a, b| if a < b { a } else { b }),
    ("MAX", MAX, |a, b| if a > b { a } else { b }),
    ("AND", AND, |a, b| words(a, b, |a, b| a & b)),
    ("OR", OR, |a, b| words(a, b, |a, b| a | b)),
    ("XOR", XOR, |a, b| words(a, b, |a, b| a ^ b)),
    ("EQ", EQ, |a, b| ones(a == b)),
    ("NE", NE, |a, b| ones(a != b)),
    ("LT", LT, |a, b| ones(a < b)),
    ("LE", LE, |a, b| ones(a <= b)),
    ("GT", GT, |a, b| ones(a > b)),
    ("GE", GE, |a, b| ones(a >= b)),
    ("SAME", SAME, |a, b| ones(a.to_bits() == b.to_bits())),
];

/// The payload of a NaN that arithmetic makes does not matter; that of a chosen word does.
fn arithmetic(operation: Operation) -> bool {
    [ADD, SUB, MUL, DIV].contains(&operation)
}

fn assert_lanes(found: Lanes, expected: Lanes, any_nan: bool, what: impl Fn() -> String) {
    for lane in 0..VECTOR {
        let (found, expected) = (found[lane], expected[lane]);
        let equal = found.to_bits() == expected.to_bits() || any_nan && found.is_nan() && expected.is_nan();
        assert!(equal, "{}: lane {lane} is {found:e}, not {expected:e}", what());
    }
}

/// The memory that a program reaches, and the program.
struct Bench {
    slots: Vec<Lanes>,
    constants: Vec<Lanes>,
    spills: Vec<Lanes>,
    /// What all inputs are, and how many.
    input: Lanes,
    inputs: usize,
    assembler: Assembler,
    top: usize,
    stored: usize,
}

impl Bench {
    fn new() -> Option<Bench> {
        Avx2::detect()?;
        let mut assembler = Assembler::default();
        let top = assembler.begin();
        let (slots, spills, input) = (Vec::new(), Vec::new(), [0.0; VECTOR]);
        Some(Bench { slots, constants: vectors(), spills, input, inputs: 0, assembler, top, stored: 0 })
    }

    /// Each register with its vector.
    fn load(&mut self, registers: impl IntoIterator<Item = u8>) {
        for register in registers {
            self.assembler.load(register, Place::Constant(i32::from(register) * BYTES));
        }
    }

    fn store(&mut self, register: u8) {
        self.assembler.store(register, Place::Slot(self.stored as i32 * BYTES));
        self.stored += 1;
    }

    /// Runs the program over one vector; what it stored is in the slots.
    fn run(&mut self) {
        self.slots.resize(self.slots.len().max(self.stored), [0.0; VECTOR]);
        let top = self.top;
        self.assembler.end(top);
        let mut spills: Vec<Vector> = self.spills.iter().copied().map(Vector).collect();
        let code = code(&self.assembler, &self.constants, self.slots.len(), spills.len(), self.inputs);
        assert!(!enter(&code, &mut self.slots, self.input, &mut [0], &mut spills));
        self.spills = spills.into_iter().map(|spill| spill.0).collect();
    }
}

/// Chunks that hold this many vectors.
fn chunks(vectors: usize) -> usize {
    vectors.div_ceil(VECTORS).max(1)
}

/// The program over vectors that are one slot, with some inputs.
fn code(
    assembler: &Assembler,
    constants: &[Lanes],
    vectors: usize,
    spills: usize,
    inputs: usize,
) -> Executable {
    let constants = constants.iter().copied().map(Vector).collect();
    let reach = Reach { slots: 1, stride: chunks(vectors) * LANES, spills, inputs, outputs: 0 };
    // SAFETY: the programs of these tests stay within the vectors, constants, spills and inputs that they name.
    #[expect(unsafe_code, reason = "machine code")]
    let code = unsafe { Executable::new(&assembler.bytes, vec![0], constants, reach) };
    code.unwrap()
}

/// Runs the program over as many vectors as there are bytes for fallback lanes; every input begins with `input`.
fn enter(
    code: &Executable,
    slots: &mut [Lanes],
    input: Lanes,
    fallback: &mut [u8],
    spills: &mut [Vector],
) -> bool {
    let mut memory: Vec<Chunk> = vec![[Value::ZERO; LANES]; chunks(slots.len())];
    for (vector, values) in slots.iter().zip(memory.as_flattened_mut().chunks_mut(VECTOR)) {
        values.copy_from_slice(&vector.map(Value::from_lane));
    }
    let used = chunks(fallback.len());
    let mut column = vec![Value::ZERO; used * LANES];
    column[..VECTOR].copy_from_slice(&input.map(Value::from_lane));
    let cells = Cell::from_mut(memory.as_mut_slice()).as_slice_of_cells();
    let mut places = Places::new(cells, cells.len(), used, Vec::new());
    (0..code.reach().inputs).for_each(|_| places.add_column(&column));
    let any = code.run(Avx2::detect().unwrap(), 0, Memory { places: &places, fallback, spills }).unwrap();
    for (vector, values) in slots.iter_mut().zip(memory.as_flattened().chunks(VECTOR)) {
        *vector = each(|lane| values[lane].lane());
    }
    any
}

/// Code is not run over less memory than it reaches.
#[test]
fn memory_has_to_suit() {
    let Some(mut bench) = Bench::new() else { return };
    bench.assembler.end(bench.top);
    let code = code(&bench.assembler, &[], 2 * VECTORS, 1, 1);
    let run = |chunks: usize, stride: usize, column: &[Value], vectors: usize, spills: usize| {
        let mut memory: Vec<Chunk> = vec![[Value::ZERO; LANES]; chunks];
        let cells = Cell::from_mut(memory.as_mut_slice()).as_slice_of_cells();
        let mut places = Places::new(cells, stride, 1, Vec::new());
        places.add_column(column);
        let (mut fallback, mut spills) = (vec![0; vectors], vec![Vector([0.0; VECTOR]); spills]);
        let memory = Memory { places: &places, fallback: &mut fallback, spills: &mut spills };
        code.run(Avx2::detect().unwrap(), 0, memory)
    };
    let column = [Value::ZERO; LANES];
    assert_eq!(run(2, 2, &column, VECTORS, 1), Some(false));
    assert_eq!(run(1, 2, &column, VECTORS, 1), None, "slots");
    assert_eq!(run(2, 1, &column, VECTORS, 1), None, "stride");
    assert_eq!(run(2, 2, &column[1..], VECTORS, 1), None, "input");
    assert_eq!(run(2, 2, &column, VECTORS + 1, 1), None, "more vectors than inputs have");
    assert_eq!(run(2, 2, &column, 0, 1), None, "no vectors");
    assert_eq!(run(2, 2, &column, VECTORS, 0), None, "spills");
}

#[test]
fn operations_over_all_registers() {
    let v = vectors();
    for (name, operation, oracle) in OPERATIONS {
        let Some(mut bench) = Bench::new() else { return };
        let cases = triples();
        for &(out, a, b) in &cases {
            bench.load([a, b]);
            bench.assembler.operate(operation, out, a, Place::Register(b));
            bench.store(out);
        }
        bench.run();
        for (&(out, a, b), found) in cases.iter().zip(&bench.slots) {
            let expected = each(|lane| oracle(v[a as usize][lane], v[b as usize][lane]));
            assert_lanes(*found, expected, arithmetic(operation), || format!("{name} {out} {a} {b}"));
            if operation.commutes {
                let swapped = each(|lane| oracle(v[b as usize][lane], v[a as usize][lane]));
                assert_lanes(*found, swapped, arithmetic(operation), || format!("{name} {b} {a} swapped"));
            }
        }
    }
}

#[test]
fn fused_operations_over_all_registers() {
    let v = vectors();
    for kind in [Fused::Add, Fused::Subtract] {
        let Some(mut bench) = Bench::new() else { return };
        let cases = triples();
        for &(out, a, b) in &cases {
            bench.load([out, a, b]);
            bench.assembler.fuse(kind, out, a, Place::Register(b));
            bench.store(out);
        }
        bench.run();
        for (&(out, a, b), found) in cases.iter().zip(&bench.slots) {
            let expected = each(|lane| {
                let [out, a, b] = [out, a, b].map(|register| v[register as usize][lane]);
                a.mul_add(b, if kind == Fused::Add { out } else { -out })
            });
            assert_lanes(*found, expected, true, || format!("{kind:?} {out} {a} {b}"));
        }
    }
}

#[test]
fn blends_over_all_registers() {
    let v = vectors();
    for mask in 0..REGISTERS {
        let Some(mut bench) = Bench::new() else { return };
        let cases = triples();
        for &(out, no, yes) in &cases {
            bench.load([no, yes, mask]);
            bench.assembler.blend(out, no, Place::Register(yes), mask);
            bench.store(out);
        }
        bench.run();
        for (&(out, no, yes), found) in cases.iter().zip(&bench.slots) {
            let chosen = |lane: usize| v[mask as usize][lane].is_sign_negative();
            let expected = each(|lane| v[if chosen(lane) { yes } else { no } as usize][lane]);
            assert_lanes(*found, expected, false, || format!("blend {out} {no} {yes} by {mask}"));
        }
    }
}

/// Distances on both sides of what a signed byte holds, by vectors from the base on.
const DISTANCES: [i32; 6] = [0, 1, 3, 4, 5, 40_000];

#[test]
fn operands_in_memory() {
    for at in DISTANCES {
        for place in [
            Place::Slot(at * BYTES),
            Place::Constant(at * BYTES),
            Place::Spill(at * BYTES),
            Place::Column(at * 8),
        ] {
            memory_operands(place, at as usize);
        }
    }
}

/// All kinds of instructions with one operand in memory, and registers on both sides of the eighth.
fn memory_operands(place: Place, at: usize) {
    const LENGTH: usize = 40_001;
    let Some(mut bench) = Bench::new() else { return };
    let other = [-3.0, 0.25, f64::NAN, 7e300];
    // The results go after everything that is read.
    (bench.slots, bench.stored) = (vec![[0.5; VECTOR]; LENGTH], LENGTH);
    bench.spills = vec![[0.75; VECTOR]; LENGTH];
    bench.constants.resize(LENGTH, [1.5; VECTOR]);
    match place {
        Place::Slot(_) => bench.slots[at] = other,
        Place::Spill(_) => bench.spills[at] = other,
        Place::Column(_) => (bench.input, bench.inputs) = (other, at + 1),
        _ => bench.constants[at] = other,
    }
    let v = bench.constants.clone();
    let pairs: Vec<(u8, u8)> = (0..REGISTERS).flat_map(|out| (0..REGISTERS).map(move |a| (out, a))).collect();
    let mut expected = Vec::new();
    for &(out, a) in &pairs {
        let of = |register: u8| v[register as usize];
        for (_, operation, oracle) in OPERATIONS {
            bench.load([a]);
            bench.assembler.operate(operation, out, a, place);
            bench.store(out);
            expected.push((each(|lane| oracle(of(a)[lane], other[lane])), arithmetic(operation)));
        }
        bench.load([out, a]);
        bench.assembler.fuse(Fused::Subtract, out, a, place);
        bench.store(out);
        expected.push((each(|lane| of(a)[lane].mul_add(other[lane], -of(out)[lane])), true));
        bench.load([out, a]);
        bench.assembler.blend(out, out, place, a);
        bench.store(out);
        let chosen = |lane: usize| if of(a)[lane].is_sign_negative() { other } else { of(out) };
        expected.push((each(|lane| chosen(lane)[lane]), false));
    }
    for register in 0..REGISTERS {
        bench.assembler.load(register, place);
        bench.store(register);
        expected.push((other, false));
    }
    bench.run();
    for (n, (found, (expected, any_nan))) in bench.slots[LENGTH..].iter().zip(expected).enumerate() {
        assert_lanes(*found, expected, any_nan, || format!("{place:?}: result {n}"));
    }
}

#[test]
fn every_register_is_stored_near_and_far() {
    let v = vectors();
    for at in DISTANCES {
        for register in 0..REGISTERS {
            let Some(mut bench) = Bench::new() else { return };
            bench.spills = vec![[9.0; VECTOR]; at as usize + 2];
            bench.load([register]);
            bench.assembler.store(register, Place::Spill(at * BYTES));
            bench.run();
            let found = bench.spills[at as usize];
            assert_lanes(found, v[register as usize], false, || format!("{register} at {at}"));
            assert_eq!(bench.spills[at as usize + 1], [9.0; VECTOR]);
        }
    }
}

/// A loop that copies vectors without a 0 to the next slot, its verdict from any register.
#[test]
fn verdicts_leave_their_vectors_alone() {
    for register in 0..REGISTERS {
        for count in [1, 2, 3, 7] {
            let Some(mut bench) = Bench::new() else { return };
            let (slots, zeros) = (Place::Slot(0), (register + 1) % REGISTERS);
            let assembler = &mut bench.assembler;
            assembler.load(register, slots);
            assembler.operate(XOR, zeros, zeros, Place::Register(zeros));
            assembler.operate(NE, zeros, register, Place::Register(zeros));
            let fallback = assembler.verdict(zeros);
            assembler.store(register, Place::Slot(count * BYTES));
            let here = assembler.here();
            assembler.land(fallback, here);
            assembler.end(bench.top);
            let count = count as usize;
            let code = code(&bench.assembler, &[], 2 * count, 0, 0);
            for zeros in 0..1 << count.min(4) {
                let vector =
                    |at: usize| if zeros >> at & 1 == 1 { [1.0, 0.0, 2.0, 3.0] } else { [4.0; VECTOR] };
                let mut slots: Vec<Lanes> = (0..count).map(vector).collect();
                slots.resize(2 * count, [-1.0; VECTOR]);
                let mut fallback = vec![0xFF; count];
                assert_eq!(enter(&code, &mut slots, [0.0; VECTOR], &mut fallback, &mut []), zeros != 0);
                for at in 0..count {
                    let falls_back = zeros >> at & 1 == 1;
                    assert_eq!(fallback[at], if falls_back { 0b10 } else { 0 });
                    assert_eq!(slots[count + at], if falls_back { [-1.0; VECTOR] } else { vector(at) });
                }
            }
        }
    }
}

#[test]
fn boxed_values_pass_through_choices() {
    let error = Value::error(ErrorCode::NA).lane();
    let Some(mut bench) = Bench::new() else { return };
    bench.constants[..3].copy_from_slice(&[[error; VECTOR], [1.0; VECTOR], [-1.0, 1.0, -0.0, 0.0]]);
    bench.load([0, 1, 2]);
    bench.assembler.blend(3, 1, Place::Register(0), 2);
    bench.store(3);
    bench.run();
    assert_lanes(bench.slots[0], [error, 1.0, error, 1.0], false, || "blend".to_owned());
}

fn triples() -> Vec<(u8, u8, u8)> {
    let all = || 0..REGISTERS;
    all().flat_map(|out| all().flat_map(move |a| all().map(move |b| (out, a, b)))).collect()
}

fn each(f: impl Fn(usize) -> f64) -> Lanes {
    let mut vector = [0.0; VECTOR];
    for (lane, x) in vector.iter_mut().enumerate() {
        *x = f(lane);
    }
    vector
}
