//! Random workbooks, the same in every run: about a minute on two cores. `make fuzz TARGET=workbook` goes on from here.

#![allow(clippy::disallowed_methods, reason = "which cases run is no setting of the program")]
#![allow(clippy::panic, clippy::print_stdout, reason = "a failed case must stop the test")]

use execd_fuzz::memory::{Counting, peak};
use execd_fuzz::{MOST_BYTES, workbook};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

#[global_allocator]
static COUNTING: Counting = Counting;

const CASES: u64 = 4_000;

/// Another part of the endless row of workbooks, for who has more time: `FIRST=4000 CASES=100000 cargo test …`.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What is wrong with a case, in words.
fn case(seed: u64) -> Option<String> {
    let (result, bytes) = peak(|| catch_unwind(AssertUnwindSafe(|| workbook::run(&seed.to_be_bytes()))));
    match result {
        Err(panic) => Some(format!("{seed}: {}", text_of(&*panic))),
        Ok(()) if bytes > MOST_BYTES => Some(format!("{seed}: took {bytes} bytes of memory")),
        Ok(()) => None,
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[test]
fn promises_are_kept() {
    let first = setting("FIRST", 0);
    let end = first + setting("CASES", CASES);
    let next = AtomicU64::new(first);
    let worker = || {
        let mut found = Vec::new();
        loop {
            let seed = next.fetch_add(1, Relaxed);
            if seed >= end {
                return found;
            }
            found.extend(case(seed));
        }
    };
    let found: Vec<String> = thread::scope(|scope| {
        let workers = [scope.spawn(worker), scope.spawn(worker)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    assert!(found.is_empty(), "{} of {} cases:\n{}", found.len(), end - first, found.join("\n"));
}

/// Writes down the workbook of one seed: `SEED=7 cargo test … -- --ignored --nocapture shown`.
#[test]
#[ignore = "for who looks into a case"]
fn shown() {
    println!("{}", workbook::text(&setting("SEED", 0).to_be_bytes()));
}
