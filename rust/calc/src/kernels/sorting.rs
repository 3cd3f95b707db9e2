//! Sorting that ends when the execution does. What comes before what is up to the families.

use crate::semantics::function::Cx;
use crate::values::value::ErrorCode;
use std::cmp::Ordering;

/// Items that are sorted between two looks at the stop flag, where a comparison costs no more than that of two numbers.
const QUICK: usize = 1 << 12;

/// Numbers in rising order.
pub fn numbers(cx: &Cx<'_>, numbers: Vec<f64>) -> Result<Vec<f64>, ErrorCode> {
    sorted(cx, numbers, QUICK, f64::total_cmp)
}

/// Days in rising order.
pub fn days(cx: &Cx<'_>, days: Vec<i64>) -> Result<Vec<i64>, ErrorCode> {
    sorted(cx, days, QUICK, Ord::cmp)
}

/// The positions `0..count` in an order in which a comparison may take long: it is looked at the stop flag for each.
pub fn positions(
    cx: &Cx<'_>,
    count: usize,
    quick: bool,
    order: impl Fn(usize, usize) -> Ordering,
) -> Result<Vec<usize>, ErrorCode> {
    cx.ask(2 * count.saturating_mul(size_of::<usize>()))?;
    sorted(cx, (0..count).collect(), if quick { QUICK } else { 1 }, |&a, &b| order(a, b))
}

/// A stable sort: runs are sorted, then merged two by two. The order need not be total once the execution is to stop.
fn sorted<T: Copy>(
    cx: &Cx<'_>,
    mut items: Vec<T>,
    run: usize,
    order: impl Fn(&T, &T) -> Ordering,
) -> Result<Vec<T>, ErrorCode> {
    if run > 1 {
        for part in items.chunks_mut(run) {
            cx.go_on()?;
            part.sort_by(&order);
        }
    }
    let mut run = run;
    let mut merged = Vec::new();
    while run < items.len() {
        merged.clear();
        merged.reserve(items.len());
        for pair in items.chunks(2 * run) {
            let (left, right) = pair.split_at(run.min(pair.len()));
            merge(cx, left, right, &order, &mut merged)?;
        }
        std::mem::swap(&mut items, &mut merged);
        run *= 2;
    }
    Ok(items)
}

fn merge<T: Copy>(
    cx: &Cx<'_>,
    mut left: &[T],
    mut right: &[T],
    order: &impl Fn(&T, &T) -> Ordering,
    merged: &mut Vec<T>,
) -> Result<(), ErrorCode> {
    while let (Some((a, after_a)), Some((b, after_b))) = (left.split_first(), right.split_first()) {
        cx.go_on()?;
        if order(b, a).is_lt() {
            merged.push(*b);
            right = after_b;
        } else {
            merged.push(*a);
            left = after_a;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    fn with_context<R>(f: impl FnOnce(&Cx<'_>, &AtomicBool) -> R) -> R {
        let (env, cancel, mut heap) = (Env::default(), AtomicBool::new(false), Heap::empty());
        f(&Cx { heap: &mut heap, env: &env, cancel: &cancel }, &cancel)
    }

    /// The library's stable sort is the oracle.
    #[test]
    fn equal_items_keep_their_places() {
        let key = |at: usize| at.wrapping_mul(2_654_435_761) % 97;
        for count in [0, 1, 2, 3, 100, 4_095, 4_096, 4_097, 20_000] {
            let mut expected: Vec<usize> = (0..count).collect();
            expected.sort_by_key(|&at| key(at));
            for quick in [false, true] {
                let found = with_context(|cx, _| positions(cx, count, quick, |a, b| key(a).cmp(&key(b))));
                assert_eq!(found.as_ref(), Ok(&expected), "{count} {quick}");
            }
        }
    }

    #[test]
    fn no_comparison_follows_the_stop() {
        let asked = Cell::new(0);
        let ended = with_context(|cx, cancel| {
            positions(cx, 1_000_000, false, |a, b| {
                asked.set(asked.get() + 1);
                cancel.store(asked.get() == 1_000, Relaxed);
                a.cmp(&b)
            })
        });
        assert_eq!((ended, asked.get()), (Err(ErrorCode::Timeout), 1_000));
    }
}
