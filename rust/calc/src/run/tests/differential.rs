//! Random plans over random columns: every output word as with immediate checks.

use super::Random;
use super::columns::{MIXES, Mix, batch};
use super::plans::{self, Size};
use crate::math::processor::Avx2;
use crate::plan::Plan;
use crate::plan::machine_code::Segment;
use crate::run::interpreter::{self, Checks, End};
use crate::run::state::block::Block;
use crate::run::state::frame::Frame;
use crate::semantics::function::Env;
use crate::values::batch::Batch;
use crate::values::value::Value;
use std::sync::atomic::AtomicBool;

/// What the cases met, which shows whether they are worth anything.
#[derive(Debug, Default)]
pub struct Met {
    pub blocks: usize,
    /// Blocks that ran segments and need no second run.
    pub trusted: usize,
    /// Blocks in which lanes were left to the interpreter.
    pub redone: usize,
    /// Plans with segments, with values that registers had no room for, and with segments that ended because they were
    /// long enough.
    compiled: usize,
    spilled: usize,
    long: usize,
}

/// Runs a block in a frame; false after a surprise.
pub fn run(plan: &Plan, frame: &mut Frame, batch: &Batch, first: usize, checks: Checks) -> bool {
    let block = Block {
        batch,
        first,
        records: plan.block_records().min(frame.room()).min(batch.records - first),
        columns: &[],
    };
    let end = interpreter::run(plan, frame, block, &Env::default(), &AtomicBool::new(false), checks);
    matches!(end, Ok(End::Done))
}

impl Met {
    /// Every block both ways. Segments are trusted anew in every block.
    pub fn compare(&mut self, plan: &Plan, batch: &Batch, what: &str) {
        let (mut frame, mut checked, mut into_columns) =
            (plan.frame(batch), plan.frame(batch), plan.frame(batch));
        for first in (0..batch.records).step_by(plan.block_records()) {
            frame.segment_trust.clear();
            frame.fallback.clear();
            self.blocks += 1;
            assert!(run(plan, &mut checked, batch, first, Checks::Immediate));
            compare_columns(plan, &mut into_columns, batch, first, &checked);
            if !run(plan, &mut frame, batch, first, Checks::Deferred) {
                continue;
            }
            self.trusted += usize::from(!frame.fallback.is_empty());
            self.redone += usize::from(frame.segment_trust.iter_mut().any(|trust| !trust.next_block()));
            for cell in 0..plan.outputs.len() {
                assert_same(frame.output(cell), checked.output(cell), || {
                    format!("{what}: output {cell} ({:?}) from record {first} on", plan.outputs[cell])
                });
            }
        }
    }

    fn look_at(&mut self, plan: &Plan) {
        let Some(Some(code)) = plan.code[1].get() else { return };
        self.compiled += 1;
        self.spilled += usize::from(code.executable.reach().spills > 0);
        let goes_on = |pair: &[Segment]| pair[0].steps.end == pair[1].steps.start;
        self.long += usize::from(code.segments.windows(2).any(goes_on));
    }
}

/// The block again, with columns for two of three outputs.
fn compare_columns(plan: &Plan, frame: &mut Frame, batch: &Batch, first: usize, checked: &Frame) {
    let columns = (0..plan.outputs.len()).map(|cell| checked.output(cell).len() * usize::from(cell % 3 < 2));
    let mut columns: Vec<Vec<Value>> = columns.map(|length| vec![Value::BLANK; length]).collect();
    let mut slices: Vec<&mut [Value]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
    frame.segment_trust.clear();
    let records = first..first + plan.block_records();
    let cancel = AtomicBool::new(false);
    plan.run_into(frame, batch, records, &mut slices, &Env::default(), &cancel).unwrap();
    for (cell, column) in columns.iter().enumerate() {
        let found = if column.is_empty() { frame.output(cell) } else { column };
        assert_same(found, checked.output(cell), || format!("column {cell} from record {first} on"));
    }
}

fn assert_same(found: &[Value], expected: &[Value], what: impl Fn() -> String) {
    assert_eq!(found.len(), expected.len(), "{}", what());
    for (record, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(found.same(*expected), "{}: record {record} is {found:?}, not {expected:?}", what());
    }
}

fn compare_random(size: Size, plans: std::ops::Range<u64>) -> Met {
    let mut met = Met::default();
    for seed in plans {
        let mut random = Random::new(seed + 1);
        let (plan, kinds) = plans::plan(&mut random, size);
        for records in [1, 2, 15, 16, 17, 33, 1000] {
            let mixes = if records == 1000 { &MIXES[..] } else { &[random.pick(&MIXES), Mix::Near][..] };
            for &mix in mixes {
                let batch = batch(&mut random, &kinds, records, mix);
                met.compare(&plan, &batch, &format!("{size:?}, plan {seed}, {records} records, {mix:?}"));
            }
        }
        met.look_at(&plan);
    }
    println!("{size:?} {met:?}");
    met
}

fn assert_worth(worth: bool, met: &Met) {
    assert!(worth || Avx2::detect().is_none(), "{met:?}");
}

#[test]
fn short_segments() {
    let met = compare_random(Size { slots: 26, steps: 60, breaks: 12 }, 0..120);
    assert_worth(met.trusted * 3 > met.blocks && met.redone * 10 > met.blocks, &met);
}

#[test]
fn long_segments() {
    let met = compare_random(Size { slots: 48, steps: 500, breaks: 1 }, 0..20);
    assert_worth(met.trusted * 4 > met.blocks && met.redone * 10 > met.blocks, &met);
    assert_worth(met.spilled * 2 > met.compiled && met.long * 2 > met.compiled, &met);
}

#[test]
fn hundreds_of_slots() {
    let met = compare_random(Size { slots: 400, steps: 700, breaks: 2 }, 0..12);
    assert_worth(met.trusted * 4 > met.blocks && met.spilled > 0, &met);
}
