//! Results of one call for earlier records of a block, by its arguments. Functions are pure, so a column that repeats
//! few texts is worked out once for each of them. Knows no functions.

use crate::values::value::Value;

/// Arguments that may differ between records.
pub const WIDTH: usize = 2;
const PLACES: usize = 64;
/// After this many records a memo must have saved every second call, or it is not asked again.
const TRIAL: u32 = 16;

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The call and block that the entry belongs to.
    turn: u64,
    key: [u64; WIDTH],
    result: Value,
}

/// Handles in it are not valid after their block, so every call of every block starts anew.
#[derive(Debug)]
pub struct Memo {
    entries: [Entry; PLACES],
    turn: u64,
    asked: u32,
    missed: u32,
}

impl Default for Memo {
    fn default() -> Memo {
        let empty = Entry { turn: 0, key: [0; WIDTH], result: Value::ZERO };
        Memo { entries: [empty; PLACES], turn: 0, asked: 0, missed: 0 }
    }
}

impl Memo {
    /// Forgets everything.
    pub fn start(&mut self) {
        self.turn += 1;
        (self.asked, self.missed) = (0, 0);
    }

    /// The result for these arguments, worked out unless it is known.
    #[inline]
    pub fn get(&mut self, arguments: [Value; WIDTH], work_out: impl FnOnce() -> Value) -> Value {
        if self.asked >= TRIAL && 2 * self.missed > self.asked {
            return work_out();
        }
        let key = arguments.map(Value::bits);
        let both = u128::from(key[0] ^ key[1].rotate_left(21)) * 0x9E37_79B9_7F4A_7C15;
        let mixed = both as u64 ^ (both >> 64) as u64;
        let turn = self.turn;
        self.asked += 1;
        let Some(entry) = self.entries.get_mut(mixed as usize % PLACES) else { return work_out() };
        if entry.turn != turn || entry.key != key {
            self.missed += 1;
            *entry = Entry { turn, key, result: work_out() };
        }
        entry.result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_arguments_are_worked_out_once() {
        let mut memo = Memo::default();
        let mut calls = 0;
        for block in 1..3 {
            memo.start();
            for record in 0..100 {
                let arguments = [Value::number(f64::from(record % 5)), Value::TRUE];
                let expected = Value::number(f64::from(block * (record % 5)));
                let result = memo.get(arguments, || {
                    calls += 1;
                    expected
                });
                assert!(result.same(expected));
            }
        }
        assert!(calls < 50, "{calls}");
    }

    #[test]
    fn distinct_arguments_are_all_worked_out() {
        let mut memo = Memo::default();
        memo.start();
        for record in 0..1000 {
            let x = Value::number(f64::from(record));
            assert!(memo.get([x, Value::ZERO], || x).same(x));
        }
        assert!(memo.asked <= TRIAL);
    }
}
