//! What came of a run, and which inputs its records left to the workbook.

use crate::codec::decoded::Decoded;
use crate::codec::unmatched::Unmatched;
use crate::times::{Stage, Times};
use execd_calc::interface::Interface;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub records: u64,
    /// Records with an input that breaks its validation or could not be taken.
    pub invalid: u64,
    /// Inputs for which the first records have no values, so that they took the workbook's. Later records that leave
    /// one out are told so.
    pub left_out: Vec<LeftOut>,
    /// Names that match nothing.
    pub unmatched: Unmatched,
    /// Name of the column of errors.
    pub errors: String,
    pub seconds: Seconds,
}

/// What the stages took, over all threads: from bytes to columns, the plan, and from columns to bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seconds {
    pub reading: f64,
    pub calculating: f64,
    pub writing: f64,
}

impl Seconds {
    pub fn of(times: &Times) -> Seconds {
        Seconds {
            reading: times.seconds(Stage::Read),
            calculating: times.seconds(Stage::Calculate),
            writing: times.seconds(Stage::Write),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    pub input: String,
    /// How many of the first records left it out; all, if none has it.
    pub records: u64,
}

/// Which inputs some record has given so far.
pub struct Given {
    /// One bit per input.
    bits: Vec<u64>,
    /// Records read before the first chunk with a value, by input.
    before: Vec<u64>,
}

impl Given {
    pub fn new(interface: &Interface) -> Given {
        let inputs = interface.inputs.len();
        Given { bits: vec![0; inputs.div_ceil(64)], before: vec![0; inputs] }
    }

    /// Takes note of a chunk. The inputs that its records are told to have left out, one bit each, or nothing if no
    /// record left out any of them.
    pub fn advance(&mut self, interface: &Interface, decoded: &Decoded) -> &[u64] {
        for (number, (input, before)) in interface.inputs.iter().zip(&mut self.before).enumerate() {
            let Some(word) = self.bits.get_mut(number / 64) else { continue };
            let bit = 1 << (number % 64);
            if *word & bit == 0 && input.is_left_out(&decoded.batch) {
                *before += decoded.batch.records as u64;
            } else {
                *word |= bit;
            }
        }
        let absent = &decoded.notes.absent;
        let mut first = absent.of(0).iter().zip(&self.bits);
        let alike = absent.size() <= self.bits.len();
        if alike && first.all(|(absent, given)| absent & given == 0) { &[] } else { &self.bits }
    }

    pub fn left_out(self, interface: &Interface) -> Vec<LeftOut> {
        let inputs = interface.inputs.iter().zip(self.before).filter(|(_, records)| *records > 0);
        inputs.map(|(input, records)| LeftOut { input: input.name.clone(), records }).collect()
    }
}
