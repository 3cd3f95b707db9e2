//! Contestants timed alternately, so that a noisy machine is noisy to all of them. The only reader of the clock here.

use std::time::Instant;

/// Shortest time that one measurement may take.
const MEASURED_SECONDS: f64 = 0.2;

/// Median seconds per call of each contestant, over `runs` rounds in turning order.
#[allow(clippy::disallowed_methods, reason = "a benchmark is the place that reads the clock")]
pub fn alternate(runs: usize, contestants: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let time = |f: &mut dyn FnMut(), calls: usize| {
        let start = Instant::now();
        for _ in 0..calls {
            f();
        }
        start.elapsed().as_secs_f64() / calls as f64
    };
    let calls: Vec<usize> = contestants
        .iter_mut()
        .map(|f| {
            time(*f, 1);
            ((MEASURED_SECONDS / time(*f, 1)) as usize).max(1)
        })
        .collect();
    let mut seconds = vec![Vec::with_capacity(runs); contestants.len()];
    for run in 0..runs {
        for turn in 0..contestants.len() {
            let k = (turn + run) % contestants.len();
            seconds[k].push(time(contestants[k], calls[k]));
        }
    }
    seconds.into_iter().map(median).collect()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
