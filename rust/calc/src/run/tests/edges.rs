//! What random plans hardly meet: frames and plans that do not fit, values that regions and fallback lanes find, trust,
//! the stop flag, threads.

use super::Random;
use super::differential::{Met, run};
use crate::math::power::{climb, fast, precise};
use crate::math::processor::Avx2;
use crate::plan::machine_code::Code;
use crate::plan::{Argument, InputSlot, Operand, Plan, Step};
use crate::run::Halt;
use crate::run::interpreter::Checks;
use crate::run::native::{MOST_BYTES, compile};
use crate::run::state::frame::{Data, Frame};
use crate::semantics::function::Env;
use crate::semantics::operator::BinaryOp::{Add, Eq, Mul, Sub};
use crate::semantics::primitive::{Op1, Op2, Op3};
use crate::values::batch::Batch;
use crate::values::chunk::LANES;
use crate::values::value::Value;
use std::sync::atomic::AtomicBool;

const TINY: f64 = f64::MIN_POSITIVE;

/// A plan whose first slots are inputs, with these constants. Further slots hold results, the last of them the output.
fn plan(inputs: u32, constants: &[f64], steps: Vec<Step>, slots: usize) -> Plan {
    let input = |slot| InputSlot { cell: slot as usize, slot, default: Value::ZERO };
    Plan {
        inputs: (0..inputs).map(input).collect(),
        constants: constants.iter().map(|x| Value::number(*x)).collect(),
        outputs: (slots > 0).then(|| at(slots as u32 - 1)).into_iter().collect(),
        steps,
        slots,
        ..Plan::default()
    }
}

fn at(slot: u32) -> Operand {
    Operand::slot(slot)
}

fn two(op: Op2, a: Operand, b: Operand, out: u32) -> Step {
    Step::Two { op, a, b, out }
}

fn batch(columns: &[Vec<f64>]) -> Batch {
    let records = columns.first().map_or(0, Vec::len);
    let values = |column: &Vec<f64>| column.iter().map(|x| Value::number(*x)).collect();
    Batch { columns: columns.iter().map(values).collect(), ..Batch::defaults(records, 0) }
}

/// a b + a into a slot of its own.
fn product_and_sum() -> Plan {
    let steps = vec![two(Op2::Operator(Mul), at(0), at(1), 2), two(Op2::Operator(Add), at(2), at(0), 2)];
    plan(2, &[], steps, 3)
}

/// Both sizes of frames, and the words as with immediate checks.
fn compare(plan: &Plan, batch: &Batch) -> Met {
    let mut met = Met::default();
    met.compare(plan, batch, "edge");
    met
}

fn made(plan: &Plan, stride: usize) -> Option<Code> {
    compile(plan, stride, &AtomicBool::new(false)).unwrap()
}

fn execute(plan: &Plan, frame: &mut Frame, batch: &Batch, first: usize, cancel: bool) -> Result<(), Halt> {
    let step = plan.block_records();
    plan.run(frame, batch, first..first + step, &Env::default(), &AtomicBool::new(cancel))
}

#[test]
fn nothing_to_do() {
    let plan = product_and_sum();
    for records in [0, 1] {
        let batch = batch(&[vec![2.0; records], vec![3.0; records]]);
        let mut frame = plan.frame(&batch);
        execute(&plan, &mut frame, &batch, 1, false).unwrap();
        assert!(frame.output(0).is_empty());
        execute(&plan, &mut frame, &batch, 0, false).unwrap();
        assert_eq!(frame.output(0).iter().map(|x| x.lane()).collect::<Vec<_>>(), vec![8.0; records]);
    }
    let none = Plan::default();
    let mut frame = none.frame(&Batch::defaults(100, 0));
    execute(&none, &mut frame, &Batch::defaults(100, 0), 0, false).unwrap();
    assert!(made(&none, 2 * LANES).is_none());
}

#[test]
fn code_reaches_nothing_but_the_slots_of_a_frame() {
    let batch = batch(&[vec![2.0; 100], vec![3.0; 100]]);
    let large = product_and_sum();
    let mut fitting = large.frame(&batch);
    execute(&large, &mut fitting, &batch, 0, false).unwrap();
    assert_eq!(fitting.fallback.is_empty(), Avx2::detect().is_none());
    let mut foreign = Plan::default().frame(&batch);
    foreign.chunks = fitting.chunks;
    foreign.data = Data::new(foreign.chunks);
    execute(&large, &mut foreign, &batch, 0, false).unwrap();
    assert!(foreign.fallback.is_empty());
    let outside = Plan { slots: 2, ..product_and_sum() };
    assert!(made(&outside, 2 * LANES).is_none());
    let stride = 65 * LANES;
    let most = MOST_BYTES / (8 * stride);
    assert!(made(&Plan { slots: most, ..product_and_sum() }, stride).is_some());
    assert!(made(&Plan { slots: most + 1, ..product_and_sum() }, stride).is_none());
}

/// Fallback lanes of a last power need its base, though the power takes the base's slot.
#[test]
fn the_base_of_powers_is_there_for_fallback_lanes() {
    let (exponent, step, reach) = (0.3, 0.4, 2.0);
    let next = exponent + step;
    let remainder = climb::remainder(next, exponent, step).unwrap();
    let falls_back = |base: f64| {
        let pair = |y| {
            let (powers, rests, _) = precise::pow([base], y, reach);
            (powers[0], rests[0])
        };
        let ((_, fallback), _) =
            climb::climb(pair(exponent), pair(step), fast::ln_of_base(base).0, remainder);
        fallback >> 63 == 1
    };
    let mut random = Random::new(1);
    let bases: Vec<f64> = (0..200).map(|_| 0.5 + 2.0 * random.unit()).collect();
    let fallback = (0..4_000_000).map(|_| 0.5 + 2.0 * random.unit()).find(|base| falls_back(*base)).unwrap();
    let constant = Operand::constant;
    let steps = vec![
        Step::Ln { a: at(0), out: 1, rest: 2 },
        Step::FirstPower { a: at(0), b: constant(0), reach: constant(2), out: 3, rest: 4 },
        Step::FirstPower { a: at(0), b: constant(1), reach: constant(2), out: 5, rest: 6 },
        Step::NextPower { first: 0, out: 0, rest: 7 },
        two(Op2::Operator(Add), at(0), constant(1), 8),
        two(Op2::Operator(Mul), at(0), at(8), 9),
    ];
    let mut plan = plan(1, &[exponent, step, reach, next, remainder], steps, 10);
    plan.outputs.push(at(0));
    let arguments = [at(0), constant(3), at(3), at(4), at(5), at(6), at(1), constant(4)];
    plan.arguments = arguments.map(Argument::Operand).to_vec();
    for place in [0, 5, 77] {
        let mut column = bases.clone();
        column[place] = fallback;
        let met = compare(&plan, &batch(&[column]));
        assert_eq!(met.redone, met.trusted, "{met:?}");
    }
}

/// TINY 1.5 - TINY is exact and raises nothing; the result stands for 0 until something calculates with it.
#[test]
fn subnormals_that_plain_arithmetic_left_are_zeros() {
    let (tiny, more) = (vec![TINY; 40], vec![1.5 * TINY; 40]);
    let (x, near) = (vec![3.0; 40], vec![3.0 * (1.0 + f64::EPSILON); 40]);
    let difference = || {
        vec![
            two(Op2::Operator(Sub), at(1), at(0), 4),
            two(Op2::Operator(Add), at(2), at(3), 5),
            Step::One { op: Op1::Truth, a: at(2), out: 6 },
        ]
    };
    let times = |a, out| two(Op2::Operator(Mul), at(a), Operand::constant(0), out);
    // In the lanes that machine code leaves: only there x = near holds, and chooses it.
    let mut steps = difference();
    steps.push(two(Op2::Operator(Eq), at(2), at(3), 7));
    steps.push(Step::Three { op: Op3::Select, a: at(7), b: at(4), c: at(2), out: 8 });
    steps.push(times(8, 9));
    let chosen = plan(4, &[100.0], steps, 10);
    // In a region, where all flags but one may come from records that do not need it.
    for between in [vec![], vec![two(Op2::LastSub, at(2), at(3), 8)]] {
        let mut steps = difference();
        let end = steps.len() as u32 + 3 + between.len() as u32;
        steps.push(Step::Enter { truth: at(6), when: true, end });
        steps.push(times(4, 9));
        steps.extend(between);
        steps.push(Step::Leave);
        let region = plan(4, &[100.0], steps, 10);
        for plan in [&chosen, &region] {
            let batch = batch(&[tiny.clone(), more.clone(), x.clone(), near.clone()]);
            compare(plan, &batch);
            let mut frame = plan.frame(&batch);
            execute(plan, &mut frame, &batch, 0, false).unwrap();
            assert!(frame.output(0).iter().all(|value| value.same(Value::ZERO)), "{:?}", frame.output(0));
        }
    }
}

/// A chosen blank is 0 as the value of a cell, even in a segment that knows other values to be numbers.
#[test]
fn chosen_blanks_are_zeros() {
    let steps = vec![
        two(Op2::Operator(Add), at(1), at(1), 5),
        Step::Three { op: Op3::Select, a: at(2), b: at(0), c: at(1), out: 3 },
        Step::One { op: Op1::CellValue, a: at(3), out: 4 },
        Step::One { op: Op1::Truth, a: at(1), out: 6 },
        two(Op2::Operator(Add), at(5), at(1), 5),
        Step::Three { op: Op3::Select, a: at(6), b: at(4), c: at(5), out: 7 },
    ];
    let plan = plan(3, &[], steps, 8);
    let columns =
        [Value::BLANK, Value::number(2.0), Value::TRUE].map(|value| vec![value; 200].into()).to_vec();
    let batch = Batch { columns, ..Batch::defaults(200, 0) };
    compare(&plan, &batch);
    let mut frame = plan.frame(&batch);
    execute(&plan, &mut frame, &batch, 0, false).unwrap();
    assert!(frame.output(0).iter().all(|value| value.same(Value::ZERO)), "{:?}", frame.output(0));
}

/// A segment may write the slot of an input that it reads in place; lanes that are redone leave the others alone.
#[test]
fn results_in_the_slots_of_inputs_stay() {
    let steps = vec![two(Op2::LastSub, at(0), at(1), 0), two(Op2::Operator(Add), at(0), at(1), 2)];
    let mut plan = plan(2, &[], steps, 3);
    plan.outputs.push(at(0));
    for place in [0, 3, 500, 1023] {
        let (x, mut y) = (vec![3.0; 1024], vec![2.0; 1024]);
        y[place] = 3.0 * (1.0 + f64::EPSILON);
        let met = compare(&plan, &batch(&[x, y]));
        assert_eq!(met.redone > 0, Avx2::detect().is_some());
    }
}

/// Outputs are normalised too in blocks for which their segments are left out.
#[test]
fn outputs_of_segments_left_out_are_normalised() {
    let steps = vec![two(Op2::Operator(Sub), at(0), at(1), 4), two(Op2::LastSub, at(2), at(3), 5)];
    let mut plan = plan(4, &[], steps, 6);
    plan.outputs.push(at(4));
    let block = plan.block_records();
    let column = |first: f64, then: f64| [vec![first; block], vec![then; block]].concat();
    let near = 3.0 * (1.0 + f64::EPSILON);
    let batch = batch(&[column(1.0, 1.5 * TINY), column(2.0, TINY), column(3.0, 3.0), column(near, 2.0)]);
    let mut frame = plan.frame(&batch);
    for (first, expected) in [(0, -1.0), (block, 0.0)] {
        execute(&plan, &mut frame, &batch, first, false).unwrap();
        let expected = Value::number(expected);
        assert!(frame.output(1).iter().all(|value| value.same(expected)), "{:?}", frame.output(1));
    }
}

/// A region that no record enters leaves what was there before, which its steps seem to replace.
#[test]
fn values_before_a_region_outlive_it() {
    let mut steps = product_and_sum().steps;
    steps.push(Step::One { op: Op1::IsError, a: at(0), out: 3 });
    steps.push(Step::Enter { truth: at(3), when: true, end: 6 });
    steps.push(two(Op2::Operator(Sub), at(0), at(1), 2));
    steps.push(Step::Leave);
    steps.push(two(Op2::Operator(Add), at(2), at(1), 4));
    steps.push(two(Op2::Operator(Add), at(4), at(1), 4));
    let plan = plan(2, &[], steps, 5);
    let batch = batch(&[(0..300).map(f64::from).collect(), vec![7.0; 300]]);
    assert_eq!(compare(&plan, &batch).trusted > 0, Avx2::detect().is_some());
}

/// Segments with fallback lanes are left out for some blocks, and come back.
#[test]
fn trust_comes_back() {
    if Avx2::detect().is_none() {
        return;
    }
    let steps = vec![two(Op2::LastSub, at(0), at(1), 2), two(Op2::Operator(Add), at(2), at(0), 2)];
    let plan = plan(2, &[], steps, 3);
    let block = plan.block_records();
    let fallback_blocks = 5;
    let records = block * (fallback_blocks + 80);
    let near = |record| if record < block * fallback_blocks { 3.0 * (1.0 + f64::EPSILON) } else { 2.0 };
    let batch = batch(&[vec![3.0; records], (0..records).map(near).collect()]);
    let (mut frame, mut checked) = (plan.frame(&batch), plan.frame(&batch));
    let mut ran = Vec::new();
    for first in (0..records).step_by(block) {
        frame.fallback.clear();
        execute(&plan, &mut frame, &batch, first, false).unwrap();
        assert!(run(&plan, &mut checked, &batch, first, Checks::Immediate));
        assert!(frame.output(0).iter().zip(checked.output(0)).all(|(a, b)| a.same(*b)));
        ran.push(!frame.fallback.is_empty());
    }
    assert!(ran[0] && !ran[1], "{ran:?}");
    assert!(ran[fallback_blocks + 64..].iter().all(|ran| *ran), "{ran:?}");
}

#[test]
fn a_stopped_frame_goes_on() {
    let plan = product_and_sum();
    let batch = batch(&[(0..1000).map(f64::from).collect(), vec![0.5; 1000]]);
    let mut frame = plan.frame(&batch);
    assert_eq!(execute(&plan, &mut frame, &batch, 0, true), Err(Halt::Stopped));
    assert!(plan.code.iter().all(|code| code.get().is_none()), "making it was stopped, too");
    execute(&plan, &mut frame, &batch, 0, false).unwrap();
    assert_eq!(plan.code[1].get().is_some_and(Option::is_some), Avx2::detect().is_some());
    for (record, value) in frame.output(0).iter().enumerate() {
        assert_eq!(value.lane(), 1.5 * record as f64);
    }
}

/// Threads make the code of one plan at the same time, and use it in frames of both sizes.
#[test]
fn threads_share_the_code() {
    for round in 0..50 {
        let plan = product_and_sum();
        std::thread::scope(|scope| {
            for thread in 0..4usize {
                let plan = &plan;
                scope.spawn(move || {
                    let records = if (thread + round) % 2 == 0 { 7 } else { 400 };
                    let batch = batch(&[(0..records).map(f64::from).collect(), vec![2.0; records as usize]]);
                    let mut frame = plan.frame(&batch);
                    for _ in 0..3 {
                        execute(plan, &mut frame, &batch, 0, false).unwrap();
                        for (record, value) in frame.output(0).iter().enumerate() {
                            assert_eq!(value.lane(), 3.0 * record as f64);
                        }
                    }
                });
            }
        });
    }
}
