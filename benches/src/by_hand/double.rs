//! Four short formulas. The plain loop vectorises and is bound by memory: there is no better version.

use super::outputs::Outputs;
use crate::columns::Inputs;

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn plain(inputs: &Inputs, out: &mut Outputs) {
    let n = inputs.records();
    let (a, b, c) = (&inputs.numbers(0)[..n], &inputs.numbers(1)[..n], &inputs.numbers(2)[..n]);
    let [double, mix, quotient, square] = &mut out.numbers[..] else { return };
    let (double, mix) = (&mut double[..n], &mut mix[..n]);
    let (quotient, square) = (&mut quotient[..n], &mut square[..n]);
    for i in 0..n {
        let ratio = (a[i] - b[i]) / (c[i] + 1.0);
        double[i] = a[i] * 2.0;
        mix[i] = a[i] + b[i] * c[i];
        quotient[i] = ratio;
        square[i] = a[i] * 2.0 * b[i] - c[i] * c[i] + ratio;
    }
}
