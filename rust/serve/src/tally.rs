//! How many records of a run have errors, and what is wrong with the first few. It is read while the run lasts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Records whose errors are kept, and bytes of each one's text.
const KEPT: usize = 20;
const LONGEST: usize = 500;

/// Blocks are calculated in any order, and each tells of its records here.
#[derive(Debug, Default)]
pub struct Tally {
    /// Records before the chunk that is calculated now.
    before: AtomicU64,
    with_errors: AtomicU64,
    first: Mutex<BTreeMap<u64, String>>,
}

impl Tally {
    /// The next chunk begins after this many records.
    pub fn begin(&self, before: u64) {
        self.before.store(before, Ordering::Relaxed);
    }

    /// Records with errors so far.
    pub fn with_errors(&self) -> u64 {
        self.with_errors.load(Ordering::Relaxed)
    }

    /// The first of them, counted from 1, and what is wrong.
    pub fn first(&self) -> Vec<(u64, String)> {
        self.kept().iter().map(|(record, text)| (*record, text.clone())).collect()
    }

    /// Takes note of an error of a record, counted from 0 within the chunk; `new` if it is the record's first.
    #[cold]
    pub fn add(&self, record: usize, text: &str, new: bool) {
        let record = self.before.load(Ordering::Relaxed) + record as u64 + 1;
        let mut kept = self.kept();
        if !new {
            if let Some(others) = kept.get_mut(&record) {
                *others = shortened(&format!("{others}; {text}"));
            }
            return;
        }
        self.with_errors.fetch_add(1, Ordering::Relaxed);
        if kept.len() < KEPT || kept.last_key_value().is_some_and(|(last, _)| record < *last) {
            kept.insert(record, shortened(text));
        }
        if kept.len() > KEPT {
            kept.pop_last();
        }
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shortened(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    format!("{}…", text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_records_are_kept_in_whatever_order_they_come() {
        let tally = Tally::default();
        tally.begin(100);
        for record in (0..50).rev() {
            tally.add(record, &"é".repeat(300), true);
            tally.add(record, "more", false);
        }
        assert_eq!(tally.with_errors(), 50);
        let first = tally.first();
        assert_eq!(
            first.iter().map(|(record, _)| *record).collect::<Vec<_>>(),
            (101..121).collect::<Vec<_>>()
        );
        assert!(first.iter().all(|(_, text)| text.chars().count() <= 251));
    }
}
