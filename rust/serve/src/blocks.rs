//! The records of a batch block by block, within a budget of bytes. Where the budget is short, blocks get smaller; a
//! record that needs more than all of it is told as refused, and the others are calculated. Threads are in `engine`.

use crate::clock::Clock;
use crate::error::ServeError;
use crate::stop::StopSignal;
use crate::times::{Stage, Times};
use execd_calc::plan::Plan;
use execd_calc::run::{Frame, Halt, SPOILED};
use execd_calc::semantics::function::Env;
use execd_calc::values::batch::Batch;
use execd_calc::values::budget::{Budget, Refusal};
use execd_calc::values::value::Value;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// What is evaluated, over whichever batches.
#[derive(Clone, Copy)]
pub struct Work<'a> {
    pub plan: &'a Plan,
    pub env: &'a Env,
    pub stop: &'a StopSignal,
    /// Bytes of texts and arrays that it may hold at a time.
    pub memory: usize,
    /// What calculating takes, if somebody wants to know.
    pub times: Option<&'a Times>,
}

/// One block's worth of records in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub first: usize,
    pub records: usize,
    /// Time the evaluation took.
    pub took: Duration,
    /// Why the one record of the block could not be calculated. All of its outputs are errors.
    pub refused: Option<Refused>,
}

/// Why a record could not be calculated, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    refusal: Refusal,
    memory: usize,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal {
            Refusal::Execution | Refusal::Everything => {
                write!(f, "not calculated: the record needs more than {} bytes of memory", self.memory)
            }
            Refusal::Pattern => f.write_str(
                "not calculated: a regular expression is too long for the text that it is matched against",
            ),
        }
    }
}

/// What the threads of one execution share.
pub struct Blocks<'a> {
    work: &'a Work<'a>,
    clock: &'a dyn Clock,
    /// What one frame may hold, and what it takes that from: the threads of this execution share a part of the whole.
    limit: usize,
    memory: Arc<Budget>,
    /// Held for writing while one record has the whole budget; `None` where there is one thread.
    turn: Option<RwLock<()>>,
    /// Frames that wait for the next batch.
    spare: Mutex<Vec<Frame>>,
}

impl<'a> Blocks<'a> {
    /// `all` is what every execution has a part of.
    pub fn new(work: &'a Work<'a>, clock: &'a dyn Clock, all: &Arc<Budget>, threads: bool) -> Blocks<'a> {
        let limit = work.memory.min(all.limit());
        let memory = if threads { Arc::new(Budget::of(all, limit)) } else { Arc::clone(all) };
        let turn = threads.then(RwLock::default);
        Blocks { work, clock, limit, memory, turn, spare: Mutex::default() }
    }

    /// Working memory for a batch.
    fn frame(&self, batch: &Batch) -> Frame {
        let mut frame = self.work.plan.frame(batch);
        frame.set_budget(self.limit, Arc::clone(&self.memory));
        frame
    }

    /// The same as `run` for all records of one of many batches, which share frames.
    pub fn run_piece<P>(
        &self,
        batch: &Batch,
        records: Range<usize>,
        part: &mut P,
        columns: &impl for<'p> Fn(&'p mut P, usize) -> Vec<&'p mut [Value]>,
        each: &impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError>,
    ) -> Result<(), ServeError> {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let known = spare().pop().filter(|frame| frame.fits(self.work.plan, batch));
        let mut frame = known.unwrap_or_else(|| self.frame(batch));
        frame.turn_to(batch);
        self.run_in(&mut frame, batch, records, part, columns, each)?;
        spare().push(frame);
        Ok(())
    }

    /// Calculates records in order. `columns` gives room for the outputs of the next n records, again where they did not
    /// fit; `each` gets the blocks.
    pub fn run<P>(
        &self,
        batch: &Batch,
        records: Range<usize>,
        part: &mut P,
        columns: &impl for<'p> Fn(&'p mut P, usize) -> Vec<&'p mut [Value]>,
        each: &impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError>,
    ) -> Result<(), ServeError> {
        self.run_in(&mut self.frame(batch), batch, records, part, columns, each)
    }

    fn run_in<P>(
        &self,
        frame: &mut Frame,
        batch: &Batch,
        records: Range<usize>,
        part: &mut P,
        columns: &impl for<'p> Fn(&'p mut P, usize) -> Vec<&'p mut [Value]>,
        each: &impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError>,
    ) -> Result<(), ServeError> {
        let mut size = Size::new(self.work.plan.block_records());
        let mut first = records.start;
        while first < records.end {
            self.work.stop.check()?;
            let block = first..records.end.min(first.saturating_add(size.records));
            let turn = self.turn.as_ref().map(|turn| turn.read().unwrap_or_else(PoisonError::into_inner));
            let refusal = self.block(frame, batch, block.clone(), part, columns, each)?;
            drop(turn);
            match refusal {
                None => {
                    first = block.end;
                    size.fitted();
                }
                Some(_) if block.len() > 1 => size.refused(block.len()),
                Some(refusal) => {
                    self.single(frame, batch, first, refusal, part, columns, each)?;
                    first += 1;
                }
            }
        }
        Ok(())
    }

    /// Calculates a block, unless there is a reason that it cannot be.
    fn block<P>(
        &self,
        frame: &mut Frame,
        batch: &Batch,
        block: Range<usize>,
        part: &mut P,
        columns: &impl for<'p> Fn(&'p mut P, usize) -> Vec<&'p mut [Value]>,
        each: &impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError>,
    ) -> Result<Option<Refusal>, ServeError> {
        let &Work { plan, env, stop, times, .. } = self.work;
        let started = self.clock.now();
        let (first, records) = (block.start, block.len());
        let halted = plan.run_into(frame, batch, block, &mut columns(part, records), env, stop.flag());
        let refusal = match halted {
            Ok(()) => {
                let took = self.clock.now().saturating_sub(started);
                let block = Block { first, records, took, refused: None };
                match times {
                    None => each(part, frame, block),
                    Some(times) => {
                        times.add(Stage::Calculate, took);
                        times.of(Stage::Write, self.clock, || each(part, frame, block))
                    }
                }?;
                None
            }
            Err(Halt::Stopped) => return Err(stop.reason()),
            Err(Halt::Refused(refusal)) => Some(refusal),
        };
        frame.release();
        Ok(refusal)
    }

    /// Calculates a record that was refused once more with the whole budget, or tells that it is refused.
    fn single<P>(
        &self,
        frame: &mut Frame,
        batch: &Batch,
        record: usize,
        mut refusal: Refusal,
        part: &mut P,
        columns: &impl for<'p> Fn(&'p mut P, usize) -> Vec<&'p mut [Value]>,
        each: &impl Fn(&mut P, &Frame, Block) -> Result<(), ServeError>,
    ) -> Result<(), ServeError> {
        if let (Refusal::Execution, Some(turn)) = (refusal, &self.turn) {
            let _turn = turn.write().unwrap_or_else(PoisonError::into_inner);
            match self.block(frame, batch, record..record + 1, part, columns, each)? {
                None => return Ok(()),
                Some(again) => refusal = again,
            }
        }
        if refusal == Refusal::Everything {
            return Err(ServeError::Overloaded);
        }
        columns(part, 1).into_iter().for_each(|column| column.fill(SPOILED));
        frame.spoil();
        let refused = Some(Refused { refusal, memory: self.limit });
        each(part, frame, Block { first: record, records: 1, took: Duration::ZERO, refused })
    }
}

/// How many records a block has.
struct Size {
    records: usize,
    most: usize,
    /// Blocks that fitted since one did not.
    fitted: u32,
}

impl Size {
    /// A block that is refused was calculated in vain. After so many that fitted, it is worth to try a larger one.
    const CALM: u32 = 16;

    fn new(most: usize) -> Size {
        Size { records: most.max(1), most: most.max(1), fitted: 0 }
    }

    fn fitted(&mut self) {
        self.fitted += 1;
        if self.fitted >= Size::CALM {
            self.fitted = 0;
            self.records = (2 * self.records).min(self.most);
        }
    }

    fn refused(&mut self, records: usize) {
        self.fitted = 0;
        self.records = (records / 4).max(1);
    }
}
