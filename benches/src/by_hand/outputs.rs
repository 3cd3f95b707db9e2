//! What the versions by hand write.

use super::lanes::{LANES, Lanes};
use crate::columns::{Column, Texts};

/// Whole output columns, allocated before the clock starts.
pub struct Outputs {
    pub numbers: Vec<Vec<f64>>,
    pub texts: Texts,
}

impl Outputs {
    pub fn new(outputs: usize, records: usize) -> Outputs {
        Outputs { numbers: vec![vec![0.0; records]; outputs], texts: Texts::default() }
    }

    /// Writes one number per output for one record.
    #[inline(always)]
    pub fn set<const N: usize>(&mut self, record: usize, values: [f64; N]) {
        for (column, value) in self.numbers.iter_mut().zip(values) {
            column[record] = value;
        }
    }

    /// Writes `LANES` records of every output.
    #[inline(always)]
    pub fn set_lanes<const N: usize>(&mut self, first: usize, values: &[Lanes; N]) {
        for (column, lanes) in self.numbers.iter_mut().zip(values) {
            column[first..first + LANES].copy_from_slice(lanes);
        }
    }

    /// Compares the first records with the reference, within 1e-9 relative; `texts` are the outputs that are texts. The
    /// first difference in words.
    pub fn check(&self, texts: &[usize], reference: &[Column]) -> Result<(), String> {
        for (k, column) in reference.iter().enumerate() {
            for i in 0..column.len() {
                let (same, given, wanted) = match column {
                    Column::Numbers(wanted) => {
                        let (x, y) = (self.numbers[k][i], wanted[i]);
                        (close(x, y), x.to_string(), y.to_string())
                    }
                    Column::Texts(wanted) => {
                        let class = ["A", "B", "C", "D"].get(self.numbers[k][i] as usize);
                        let given = if texts.contains(&k) { self.texts.get(i) } else { class.unwrap_or(&"") };
                        (given == wanted.get(i), given.to_owned(), wanted.get(i).to_owned())
                    }
                };
                if !same {
                    return Err(format!("record {i}, output {k}: {given}, reference {wanted}"));
                }
            }
        }
        Ok(())
    }
}

/// Within 1e-9 of the reference, relative; far under a millionth, absolute.
pub fn close(x: f64, reference: f64) -> bool {
    (x - reference).abs() <= 1e-9 * reference.abs().max(1e-6)
}
