//! The five models as one would write them by hand over ready columns: the yardstick of the kernels. Each file has a
//! plain loop over records and the best version its author could write, in lock step over `LANES` records.
//!
//! Both are compiled for x86-64-v3 (AVX2, FMA) by function attributes, whatever the rest of the program is compiled for.
#![allow(clippy::needless_range_loop, reason = "loops over lanes go through several columns in step")]

pub mod blackscholes;
pub mod cashflow;
pub mod double;
pub mod mortgage;
pub mod premium;
mod vector_math;

use crate::columns::{Column, Inputs, Texts};

/// Records in lock step: four vectors of four doubles.
pub const LANES: usize = 16;
pub type Lanes = [f64; LANES];

/// One version of one model. Unsafe to call on a machine without x86-64-v3.
pub type Version = unsafe fn(&Inputs, &mut Outputs);

/// A model's name and its two versions; `texts` are the outputs that are texts.
pub struct Model {
    pub name: &'static str,
    pub outputs: usize,
    pub texts: &'static [usize],
    pub plain: Version,
    pub best: Version,
}

pub const MODELS: [Model; 5] = [
    Model { name: "double", outputs: 4, texts: &[], plain: double::plain, best: double::plain },
    Model { name: "mortgage", outputs: 5, texts: &[], plain: mortgage::plain, best: mortgage::best },
    Model {
        name: "premium",
        outputs: 8,
        texts: &[premium::REFERENCE],
        plain: premium::plain,
        best: premium::best,
    },
    Model {
        name: "blackscholes",
        outputs: 8,
        texts: &[],
        plain: blackscholes::plain,
        best: blackscholes::best,
    },
    Model { name: "cashflow", outputs: 8, texts: &[], plain: cashflow::plain, best: cashflow::best },
];

/// Whole output columns, allocated before the clock starts.
pub struct Outputs {
    pub numbers: Vec<Vec<f64>>,
    pub texts: Texts,
}

impl Outputs {
    pub fn new(model: &Model, records: usize) -> Outputs {
        Outputs { numbers: vec![vec![0.0; records]; model.outputs], texts: Texts::default() }
    }

    /// Writes one number per output for one record.
    #[inline(always)]
    fn set<const N: usize>(&mut self, record: usize, values: [f64; N]) {
        for (column, value) in self.numbers.iter_mut().zip(values) {
            column[record] = value;
        }
    }

    /// Writes `LANES` records of every output.
    #[inline(always)]
    fn set_lanes<const N: usize>(&mut self, first: usize, values: &[Lanes; N]) {
        for (column, lanes) in self.numbers.iter_mut().zip(values) {
            column[first..first + LANES].copy_from_slice(lanes);
        }
    }

    /// Compares the first records with the reference, within 1e-9 relative. The first difference in words.
    pub fn check(&self, model: &Model, reference: &[Column]) -> Result<(), String> {
        for (k, column) in reference.iter().enumerate() {
            for i in 0..column.len() {
                let (same, given, wanted) = match column {
                    Column::Numbers(wanted) => {
                        let (x, y) = (self.numbers[k][i], wanted[i]);
                        (close(x, y), x.to_string(), y.to_string())
                    }
                    Column::Texts(wanted) => {
                        let class = ["A", "B", "C", "D"].get(self.numbers[k][i] as usize);
                        let given =
                            if model.texts.contains(&k) { self.texts.get(i) } else { class.unwrap_or(&"") };
                        (given == wanted.get(i), given.to_owned(), wanted.get(i).to_owned())
                    }
                };
                if !same {
                    return Err(format!(
                        "{}: record {i}, output {k}: {given}, reference {wanted}",
                        model.name
                    ));
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

/// Whether this machine runs what is compiled here.
pub fn supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    return true;
}

/// `LANES` values of a column.
#[inline(always)]
fn lanes(column: &[f64], first: usize) -> Lanes {
    let mut out = [0.0; LANES];
    out.copy_from_slice(&column[first..first + LANES]);
    out
}

/// The greatest lane.
#[inline(always)]
fn greatest(x: &Lanes) -> f64 {
    let mut most = x[0];
    for &lane in x {
        most = most.max(lane);
    }
    most
}

/// ROUND(x,2): half away from zero; a double a few ulps under a decimal tie counts as the tie.
#[inline(always)]
fn cents(x: f64) -> f64 {
    const NUDGE: f64 = 1.0 + 4.0 * f64::EPSILON;
    (x * (100.0 * NUDGE)).round() / 100.0
}
