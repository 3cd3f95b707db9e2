//! Which powers of a base follow from which: `x ^ 1.25` is `x ^ 1` times `x ^ 0.25`. Decided by the exponents alone.

use execd_calc::math::power::climb::{MOST_STEPS, remainder};
use hashbrown::HashMap;

/// Where a power comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// From an exponential of its own.
    Alone,
    /// From an exponential of its own that is precise enough for others to follow.
    First,
    /// From power number `from`, times the base to the power of `Ways::steps[step]`.
    Next { from: usize, step: usize, remainder: f64 },
}

#[derive(Debug, PartialEq)]
pub struct Ways {
    /// In the order of the exponents.
    pub powers: Vec<Way>,
    pub steps: Vec<f64>,
}

/// How many powers back a power may follow from: a row of a model can have several powers of one base.
const LOOK_BACK: usize = 4;
/// Fewer powers do not pay: the first one costs as much as several others.
const LEAST_POWERS: usize = 8;
const MOST_DIFFERENT_STEPS: usize = 4;

/// Where the powers with these exponents come from. Each follows from an earlier one, so the exponents stand in the
/// order in which the powers are needed.
pub fn ways(exponents: &[f64]) -> Ways {
    let mut climb = Climb {
        exponents,
        powers: vec![Way::Alone; exponents.len()],
        heights: vec![0; exponents.len()],
        steps: Vec::new(),
    };
    while climb.steps.len() < MOST_DIFFERENT_STEPS {
        let Some(step) = climb.commonest_step() else { break };
        climb.take(step);
    }
    Ways { powers: climb.powers, steps: climb.steps }
}

struct Climb<'a> {
    exponents: &'a [f64],
    powers: Vec<Way>,
    /// By power: steps since the first one.
    heights: Vec<usize>,
    steps: Vec<f64>,
}

impl Climb<'_> {
    /// The commonest difference between an exponent without a predecessor and one shortly before it. None if it is not
    /// common enough.
    fn commonest_step(&self) -> Option<f64> {
        let mut counts: HashMap<i64, (usize, f64)> = HashMap::new();
        for (at, &exponent) in self.exponents.iter().enumerate() {
            if matches!(self.powers[at], Way::Next { .. }) {
                continue;
            }
            for from in at.saturating_sub(LOOK_BACK)..at {
                let step = exponent - self.exponents[from];
                counts.entry(rounded(step)).or_insert((0, step)).0 += 1;
            }
        }
        let (&key, &(count, step)) = counts.iter().max_by_key(|(key, (count, _))| (*count, **key))?;
        if count < LEAST_POWERS || self.steps.iter().any(|&known| rounded(known) == key) {
            return None;
        }
        // If a power with this exponent is needed anyway, it serves as the step.
        Some(self.exponents.iter().copied().find(|&exponent| rounded(exponent) == key).unwrap_or(step))
    }

    fn take(&mut self, step: f64) {
        for at in 0..self.exponents.len() {
            if matches!(self.powers[at], Way::Next { .. }) {
                continue;
            }
            if self.exponents[at] == step {
                self.powers[at] = Way::First;
                continue;
            }
            for from in (at.saturating_sub(LOOK_BACK)..at).rev() {
                let height = self.heights[from] + 1;
                let remainder = remainder(self.exponents[at], self.exponents[from], step);
                if let Some(remainder) = remainder.filter(|_| height < MOST_STEPS) {
                    if self.powers[from] == Way::Alone {
                        self.powers[from] = Way::First;
                    }
                    self.powers[at] = Way::Next { from, step: self.steps.len(), remainder };
                    self.heights[at] = height;
                    break;
                }
            }
        }
        self.steps.push(step);
    }
}

/// The same for exponents that differ by rounding errors only.
fn rounded(exponent: f64) -> i64 {
    (exponent * (1u64 << 36) as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn froms(ways: &Ways) -> Vec<Option<usize>> {
        let from = |way: &Way| match way {
            Way::Next { from, .. } => Some(*from),
            _ => None,
        };
        ways.powers.iter().map(from).collect()
    }

    #[test]
    fn months_follow_from_one_another() {
        let exponents: Vec<f64> = (0..480).map(|k| f64::from(k) / 12.0).collect();
        let ways = ways(&exponents);
        assert_eq!((ways.steps.as_slice(), ways.powers[1]), (&[1.0 / 12.0][..], Way::First));
        assert!(froms(&ways).iter().enumerate().skip(2).all(|(at, from)| *from == Some(at - 1)));
        let roundings =
            ways.powers.iter().filter(|way| matches!(way, Way::Next { remainder, .. } if *remainder != 0.0));
        assert!(roundings.count() > 100);
    }

    #[test]
    fn two_powers_a_row_follow_from_the_row_before() {
        let exponents: Vec<f64> = (1..40).flat_map(|k| [f64::from(k) / 4.0, f64::from(-k) / 4.0]).collect();
        let ways = ways(&exponents);
        assert!(froms(&ways).iter().enumerate().skip(2).all(|(at, from)| *from == Some(at - 2)), "{ways:?}");
        assert_eq!(ways.steps.len(), 2);
    }

    #[test]
    fn few_or_uneven_exponents_stay_alone() {
        let uneven: Vec<f64> = (1..30).map(|k| f64::from(k).sqrt()).collect();
        for exponents in [&[1.0, 2.0, 3.0, 4.0][..], &uneven] {
            let ways = ways(exponents);
            assert!(ways.steps.is_empty() && ways.powers.iter().all(|way| *way == Way::Alone));
        }
    }
}
