//! Lane functions of look-ups in constant tables, by arithmetic alone: positions among consecutive numbers, and cells
//! by position. Which look-ups they suit is decided in `columnar`.

use super::lane::{Lane, LaneFn, SIGN, not_finite, not_zero};
use crate::values::chunk::Chunk;
use crate::values::value::Value;

/// Adding and subtracting it makes a number below 2^51 whole.
const WHOLE: f64 = 6_755_399_441_055_744.0;
/// Added to a whole number from 0 up to 2^52, it leaves the number in the lowest bits.
const IN_BITS: f64 = 4_503_599_627_370_496.0;

/// Top bit set where `x` is below 0, above `last` or not finite. Whether it is whole is checked by `not_whole`.
#[inline(always)]
fn outside(x: f64, last: f64) -> u64 {
    x.to_bits() | (last - x).to_bits() | not_finite(x)
}

/// Top bit set where `x` is not a whole number below 2^51.
#[inline(always)]
fn not_whole(x: f64) -> u64 {
    not_zero((x - ((x + WHOLE) - WHOLE)).to_bits() & !SIGN)
}

/// One-based position of a number among `base`, `base` + 1 ... `base` + `last`.
pub struct Consecutive {
    pub base: f64,
    pub last: f64,
}

impl LaneFn<1> for Consecutive {
    #[inline(always)]
    fn lane(&self, [key]: [f64; 1]) -> Lane {
        let offset = key - self.base;
        // The key itself must be whole: the subtraction can round a small fraction away.
        (offset + 1.0, outside(offset, self.last) | not_whole(key))
    }
}

/// The cell in the row of a number among consecutive ones, and in a one-based column.
pub struct PickedByKey<'t> {
    pub keys: Consecutive,
    pub table: Picked<'t>,
}

impl LaneFn<2> for PickedByKey<'_> {
    #[inline(always)]
    fn lane(&self, [key, col]: [f64; 2]) -> Lane {
        let (row, unknown) = self.keys.lane([key]);
        let (place, fallback) = self.table.lane([row, col]);
        (place, fallback | unknown)
    }

    #[inline(always)]
    fn finish(&self, results: &mut Chunk) {
        self.table.finish(results);
    }
}

/// The cell at a one-based row and column of a table without blanks: first its place for all lanes, then the cells.
pub struct Picked<'t> {
    pub cells: &'t [Value],
    pub cols: f64,
    pub last_row: f64,
    pub last_col: f64,
}

impl LaneFn<2> for Picked<'_> {
    #[inline(always)]
    fn lane(&self, [row, col]: [f64; 2]) -> Lane {
        let (row, col) = (row - 1.0, col - 1.0);
        let fallback =
            outside(row, self.last_row) | outside(col, self.last_col) | not_whole(row) | not_whole(col);
        (row * self.cols + col + IN_BITS, fallback)
    }

    #[inline(always)]
    fn finish(&self, results: &mut Chunk) {
        for result in results {
            let at = (result.bits() & ((1 << 32) - 1)) as usize;
            *result = self.cells.get(at).copied().unwrap_or(Value::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::chunk::LANES;

    #[test]
    fn only_whole_numbers_inside_are_found() {
        let ages = Consecutive { base: 18.0, last: 102.0 };
        for (key, place) in [(18.0, 1.0), (120.0, 103.0), (40.0, 23.0)] {
            let (found, fallback) = ages.lane([key]);
            assert_eq!((found, fallback >> 63), (place, 0), "{key}");
        }
        let nan = Value::TRUE.lane();
        for key in
            [17.0, 121.0, 40.5, -1e300, 1e300, 1e17, nan, 17.999_999_999_999_996, 40.000_000_000_000_01]
        {
            assert_eq!(ages.lane([key]).1 >> 63, 1, "{key}");
        }
        let around_zero = Consecutive { base: -100.0, last: 200.0 };
        for key in [1e-17, -1e-17, f64::MIN_POSITIVE, 0.5] {
            assert_eq!(around_zero.lane([key]).1 >> 63, 1, "{key}");
        }
    }

    #[test]
    fn cells_are_picked_by_row_and_column() {
        let cells: Vec<Value> = (0..12).map(|i| Value::number(f64::from(i))).collect();
        let table = Picked { cells: &cells, cols: 4.0, last_row: 2.0, last_col: 3.0 };
        for row in 1..=3 {
            for col in 1..=4 {
                let (place, fallback) = table.lane([f64::from(row), f64::from(col)]);
                let mut chunk = [Value::from_lane(place); LANES];
                table.finish(&mut chunk);
                assert_eq!((chunk[7].lane(), fallback >> 63), (f64::from((row - 1) * 4 + col - 1), 0));
            }
        }
        for (row, col) in
            [(0.0, 1.0), (1.0, 0.0), (4.0, 1.0), (1.0, 5.0), (1.5, 1.0), (Value::BLANK.lane(), 1.0)]
        {
            assert_eq!(table.lane([row, col]).1 >> 63, 1, "{row} {col}");
        }
    }
}
