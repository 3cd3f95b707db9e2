//! Values that pass a rule for sure, found without judging each: numbers are compared many at a time, and a text that comes
//! again was judged before. Whatever is in doubt is left to `Check`.

use super::check::{Check, Verdict};
use execd_calc::interface::Bound;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::Value;

/// Numbers that are compared before the first question.
const AT_ONCE: usize = 256;
/// Every so many records one is given in any case: who judges looks at the time then.
const AT_LEAST: usize = 4096;
const PLACES: usize = 64;

pub struct Passing<'a> {
    check: &'a Check,
    heap: &'a Heap,
    date1904: bool,
    /// Texts that were judged, and whether they pass; empty until there is one.
    known: Vec<(Value, bool)>,
}

impl<'a> Passing<'a> {
    pub fn new(check: &'a Check, heap: &'a Heap, date1904: bool) -> Passing<'a> {
        Passing { check, heap, date1904, known: Vec::new() }
    }

    /// The records of a column that are to be judged, with their values.
    pub fn doubtful<'c>(&mut self, column: &'c [Value]) -> impl Iterator<Item = (usize, Value)> + use<'c> {
        // Few are judged sooner than they are looked through.
        let (few, many) = if column.len() < AT_ONCE { (column, &[][..]) } else { (&[][..], column) };
        few.iter().copied().enumerate().chain(self.doubtful_of_many(many))
    }

    fn doubtful_of_many(&mut self, column: &[Value]) -> Vec<(usize, Value)> {
        let mut doubtful = Vec::new();
        for (first, values) in column.chunks(AT_ONCE).enumerate() {
            let all_pass = self.all_between(values);
            for (record, &value) in (first * AT_ONCE..).zip(values) {
                if all_pass && !(first * AT_ONCE).is_multiple_of(AT_LEAST) {
                    break;
                }
                if record.is_multiple_of(AT_LEAST) || !(all_pass || self.is_known_to_pass(value)) {
                    doubtful.push((record, value));
                }
            }
        }
        doubtful
    }

    /// All are numbers within the limits. Excel takes numbers for equal that differ in the last digits, so that a number
    /// beyond a limit may pass, too.
    fn all_between(&self, values: &[Value]) -> bool {
        let Check::Number { bound, whole } = self.check else { return false };
        let (low, high) = match *bound {
            Bound::Between(low, high) => (low, high),
            Bound::AtLeast(low) => (low, f64::INFINITY),
            Bound::AtMost(high) => (f64::NEG_INFINITY, high),
            _ => return false,
        };
        /// Above it, numbers have no digits after the point: added and taken away, it rounds.
        const WHOLE: f64 = 6_755_399_441_055_744.0;
        let inside = |value: &Value| {
            let x = value.lane();
            let is_whole = (x + WHOLE) - WHOLE == x && x.abs() < WHOLE / 4.0;
            (x >= low) & (x <= high) & (is_whole | !whole)
        };
        values.iter().fold(true, |all, value| all & inside(value))
    }

    fn is_known_to_pass(&mut self, value: Value) -> bool {
        if !value.is_text() {
            return false;
        }
        if self.known.is_empty() {
            self.known = vec![(Value::BLANK, false); PLACES];
        }
        let place = value.bits() as usize % PLACES;
        let Some((known, passes)) = self.known.get_mut(place) else { return false };
        if !known.same(value) {
            let verdict = self.check.judge(self.heap, value, self.date1904);
            (*known, *passes) = (value, matches!(verdict, Verdict::Passes));
        }
        *passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: hand arithmetic over the limits of each rule.
    #[test]
    fn what_passes_is_not_judged() {
        let heap = Heap::empty();
        let judged = |bound, whole, values: &[Value]| {
            let check = Check::Number { bound, whole };
            let found = Passing::new(&check, &heap, false).doubtful(values);
            found.map(|(record, _)| record).filter(|record| *record != 0).collect::<Vec<_>>()
        };
        let column = |odd: Value| {
            let mut column = vec![Value::number(3.0); 700];
            column[300] = odd;
            column
        };
        let all: Vec<usize> = (256..512).collect();
        for (bound, inside, outside) in [
            (Bound::Between(1.0, 5.0), [1.0, 5.0, 2.5], [0.5, 5.5]),
            (Bound::AtLeast(3.0), [3.0, 1e300, 4.5], [2.5, -1e300]),
            (Bound::AtMost(3.0), [3.0, -1e300, 0.5], [3.5, 1e300]),
        ] {
            for x in inside {
                assert!(judged(bound, false, &column(Value::number(x))).is_empty(), "{x}");
            }
            for x in outside {
                assert_eq!(judged(bound, false, &column(Value::number(x))), all, "{x}");
            }
            for value in [Value::BLANK, Value::TRUE, Value::error(execd_calc::values::value::ErrorCode::NA)] {
                assert_eq!(judged(bound, false, &column(value)), all, "{value:?}");
            }
        }
        let between = Bound::Between(-1e18, 1e18);
        for x in [2.0, 0.0, -7.0, 1e15] {
            assert!(judged(between, true, &column(Value::number(x))).is_empty(), "{x}");
        }
        for x in [2.5, -0.1, 4_503_599_627_370_495.5, 1e17] {
            assert_eq!(judged(between, true, &column(Value::number(x))), all, "{x}");
        }
        assert_eq!(judged(Bound::Greater(1.0), false, &column(Value::number(3.0))).len(), 699);
    }
}
