//! The values of one input cell, one per record: its own, or numbers of the caller's that stay where they are.

#[cfg(target_arch = "x86_64")]
use crate::math::processor::Avx2;
use crate::values::value::Value;
use bytemuck::TransparentWrapper;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Numbers that somebody else keeps.
pub type Lent = Arc<dyn AsRef<[f64]> + Send + Sync>;

/// One value per record; none means the workbook's default for every record.
#[derive(Clone, Default)]
pub struct Column(Held);

#[derive(Clone)]
enum Held {
    Own(Vec<Value>),
    Lent(Lent),
}

impl Default for Held {
    fn default() -> Held {
        Held::Own(Vec::new())
    }
}

impl Column {
    /// Numbers as they are, without a copy, if each is one that Excel has.
    pub fn lent(numbers: Lent) -> Option<Column> {
        all_plain((*numbers).as_ref()).then_some(Column(Held::Lent(numbers)))
    }

    /// The values to be changed; a copy, if they are lent.
    pub fn into_values(self) -> Vec<Value> {
        match self.0 {
            Held::Own(values) => values,
            Held::Lent(numbers) => Value::wrap_slice((*numbers).as_ref()).to_vec(),
        }
    }
}

impl Deref for Column {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        match &self.0 {
            Held::Own(values) => values,
            Held::Lent(numbers) => Value::wrap_slice((**numbers).as_ref()),
        }
    }
}

impl From<Vec<Value>> for Column {
    #[inline]
    fn from(values: Vec<Value>) -> Column {
        Column(Held::Own(values))
    }
}

impl FromIterator<Value> for Column {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Column {
        Column::from(Vec::from_iter(values))
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Whether all of them are numbers that Excel has, as `Value::number` gives them: no NaN, infinity, subnormal or -0. False
/// for other values, too.
pub fn all_plain(lanes: &[f64]) -> bool {
    #[cfg(target_arch = "x86_64")]
    if Avx2::detect().is_some() {
        // SAFETY: the processor has what the function is compiled for.
        #[expect(unsafe_code, reason = "the features are known at run time only")]
        return unsafe { all_plain_avx2(lanes) };
    }
    all_plain_anywhere(lanes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn all_plain_avx2(lanes: &[f64]) -> bool {
    all_plain_anywhere(lanes)
}

/// Lanes that are looked at before the first question. Without branches in between they are compared several at once.
const AT_ONCE: usize = 256;

#[inline(always)]
fn all_plain_anywhere(lanes: &[f64]) -> bool {
    lanes.chunks(AT_ONCE).all(|lanes| {
        let odd = lanes.iter().fold(0, |odd, x| odd | not_normal(x.to_bits()));
        // Zeros are found by the first question and no fault.
        odd >= 0 || lanes.iter().fold(0, |odd, x| odd | not_normal(x.to_bits()) & not_zero(x.to_bits())) >= 0
    })
}

/// Negative if these are not the bits of a normal number. Arithmetic alone: the compiler packs and unpacks the results of
/// comparisons.
#[inline(always)]
fn not_normal(bits: u64) -> i64 {
    const FIRST: u64 = 1 << 52;
    // Zeros and subnormals wrap around; infinities and NaN are the last of all.
    let place = (bits & !(1 << 63)).wrapping_sub(FIRST);
    (place | place.wrapping_add(2 * FIRST)) as i64
}

/// Negative if a bit is set.
#[inline(always)]
fn not_zero(bits: u64) -> i64 {
    (bits | bits.wrapping_neg()) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: `Value::number`, which leaves a plain number as it is.
    #[test]
    fn plain_numbers_are_those_that_stay_as_they_are() {
        let edges = [0.0, -0.0, 1.0, -1.0, f64::MIN_POSITIVE, -f64::MIN_POSITIVE, f64::MAX, f64::MIN];
        let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, -5e-324, f64::MIN_POSITIVE / 2.0];
        let others = [Value::BLANK, Value::TRUE].map(Value::lane);
        for x in edges.into_iter().chain(strange).chain(others) {
            let same = Value::number(x).bits() == x.to_bits();
            for place in [0, 1, 255, 256, 300] {
                let mut lanes = [1.5; 301];
                lanes[place] = x;
                assert_eq!(all_plain(&lanes), same, "{x} at {place}");
                assert_eq!(all_plain_anywhere(&lanes), same, "{x} at {place}");
                assert_eq!(Column::lent(Arc::new(lanes.to_vec())).is_some(), same);
            }
        }
        assert!(all_plain(&[]));
    }

    #[test]
    fn a_lent_column_is_copied_to_be_changed() {
        let numbers: Arc<Vec<f64>> = Arc::new(vec![1.0, 2.0]);
        let lent: Lent = Arc::clone(&numbers) as Lent;
        let column = Column::lent(lent).unwrap();
        assert_eq!(column.as_ptr().cast(), numbers.as_ptr());
        let mut values = column.clone().into_values();
        values[0] = Value::TRUE;
        assert_eq!([column[0].as_number(), column[1].as_number()], [Some(1.0), Some(2.0)]);
    }
}
