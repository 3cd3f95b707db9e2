//! Every function of the table with arguments that make work: huge, tiny and fractional numbers, long texts, large arrays.
//! A call must end soon after the stop flag is raised, and hold no more than its budget. What it gives is tested elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step of a test must stop it")]

mod arguments;

use arguments::{Random, Things};
use execd_calc::kernels;
use execd_calc::semantics::function::{Arg, Cx, Env, Function};
use execd_calc::semantics::lift;
use execd_calc::values::budget::Budget;
use execd_calc::values::heap::{Heap, Layer, Store};
use execd_fuzz::{memory, stopwatch};
use std::sync::Arc;
use std::time::Duration;

#[global_allocator]
static COUNTING: memory::Counting = memory::Counting;

/// When the flag is raised, counted from the begin of a call.
const DEADLINE: Duration = Duration::from_millis(4);
/// Processor time that a call may take after that, in yardsticks of 50 ms: one, and as much again for processors that are
/// shared.
const MOST_TIME: u32 = 2;
const BUDGET: usize = 64 << 20;
/// What a call may hold beside its budget: a step for each heap, and arguments that are rearranged on the way to a result.
const MOST_BYTES: usize = BUDGET + (64 << 20);
const CALLS: usize = 24;

fn call(
    function: &'static Function,
    args: &[Arg<'_>],
    batch: &Arc<Store>,
    yardstick: Option<Duration>,
) -> Option<String> {
    let env = Env::new(false, 46_000.25);
    let ((time, refused), bytes) = memory::peak(|| {
        let mut heap = Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::clone(batch));
        heap.set_budget(BUDGET, Arc::new(Budget::new(BUDGET)));
        let ((), time) = stopwatch::measured(DEADLINE, |stop| {
            lift::call(&mut Cx { heap: &mut heap, env: &env, cancel: stop.flag() }, function, args);
        });
        (time, heap.refused())
    });
    let too_long = |time: Duration, yardstick: Duration| time > DEADLINE + MOST_TIME * yardstick;
    // The processor may have become slower since the first measurement.
    let slow = time.zip(yardstick).is_some_and(|(time, yardstick)| {
        too_long(time, yardstick) && stopwatch::yardstick().is_some_and(|now| too_long(time, now))
    });
    let large = bytes > MOST_BYTES;
    (slow || large).then(|| format!("{}: {time:?}, {bytes} bytes, {refused:?}", function.name))
}

#[test]
fn every_function_ends_in_time_and_within_its_bytes() {
    let things = Things::new();
    let yardstick = stopwatch::yardstick();
    let mut random = Random(7);
    let mut found = Vec::new();
    for function in kernels::all() {
        for round in 0..CALLS {
            let args = things.arguments(function, round, &mut random);
            let shown = || things.describe(&args);
            let failed = call(function, &args, &things.batch, yardstick);
            found.extend(failed.map(|what| format!("{what} {}", shown())));
        }
    }
    assert!(found.is_empty(), "{} calls:\n{}", found.len(), found.join("\n"));
}
