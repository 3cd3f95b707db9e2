//! The five models as one would write them by hand over ready columns: the yardstick of the kernels. Each file has a
//! plain loop over records and the best version its author could write, in lock step over `LANES` records.
//!
//! Both are compiled for x86-64-v3 (AVX2, FMA) by function attributes, whatever the rest of the program is compiled for.
#![allow(clippy::needless_range_loop, reason = "loops over lanes go through several columns in step")]

mod blackscholes;
mod cashflow;
mod double;
mod lanes;
mod mortgage;
mod outputs;
mod premium;
mod vector_math;

pub use outputs::{Outputs, close};

use crate::columns::Inputs;

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

/// Whether this machine runs what is compiled here.
pub fn supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    return true;
}
