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
/// Processor time that a call may take altogether: 50 ms, and as much again for processors that are shared.
const MOST_TIME: Duration = Duration::from_millis(104);
const BUDGET: usize = 64 << 20;
/// What a call may hold beside its budget: a step for each heap, and arguments that are rearranged on the way to a result.
const MOST_BYTES: usize = BUDGET + (64 << 20);
const CALLS: usize = 24;

fn call(function: &'static Function, args: &[Arg<'_>], batch: &Arc<Store>) -> Option<String> {
    let env = Env::new(false, 46_000.25);
    let ((time, refused), bytes) = memory::peak(|| {
        let mut heap = Heap::new(Arc::new(Store::new(Layer::Constant)), Arc::clone(batch));
        heap.set_budget(BUDGET, Arc::new(Budget::new(BUDGET)));
        let ((), time) = stopwatch::measured(DEADLINE, |stop| {
            lift::call(&mut Cx { heap: &mut heap, env: &env, cancel: stop.flag() }, function, args);
        });
        (time, heap.refused())
    });
    let slow = time.is_some_and(|time| time > MOST_TIME);
    let large = bytes > MOST_BYTES;
    (slow || large).then(|| format!("{}: {time:?}, {bytes} bytes, {refused:?}", function.name))
}

#[test]
fn every_function_ends_in_time_and_within_its_bytes() {
    let things = Things::new();
    let mut random = Random(7);
    let mut found = Vec::new();
    for function in kernels::all() {
        for round in 0..CALLS {
            let args = things.arguments(function, round, &mut random);
            let shown = || things.describe(&args);
            found.extend(call(function, &args, &things.batch).map(|what| format!("{what} {}", shown())));
        }
    }
    assert!(found.is_empty(), "{} calls:\n{}", found.len(), found.join("\n"));
}
