//! European options.

use super::lanes::{LANES, Lanes, lanes};
use super::outputs::Outputs;
use super::vector_math::{erfc, exp, ln, scalar_erfc};
use crate::columns::Inputs;
use std::f64::consts::FRAC_1_SQRT_2;

const INV_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

fn normal(x: f64) -> f64 {
    0.5 * scalar_erfc(-x * FRAC_1_SQRT_2)
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn plain(inputs: &Inputs, out: &mut Outputs) {
    range(inputs, 0, out);
}

/// The records from `first` on, one after the other.
#[inline(always)]
fn range(inputs: &Inputs, first: usize, out: &mut Outputs) {
    for i in first..inputs.records() {
        let (s, k, t) = (inputs.numbers(0)[i], inputs.numbers(1)[i], inputs.numbers(2)[i]);
        let (r, sigma) = (inputs.numbers(3)[i], inputs.numbers(4)[i]);
        let root = t.sqrt();
        let spread = sigma * root;
        let d1 = ((s / k).ln() + (r + sigma * sigma / 2.0) * t) / spread;
        let d2 = d1 - spread;
        let strike = k * (-r * t).exp();
        let (n1, n2) = (normal(d1), normal(d2));
        let density = (-d1 * d1 / 2.0).exp() * INV_SQRT_2PI;
        let call = s * n1 - strike * n2;
        let put = strike * normal(-d2) - s * normal(-d1);
        let theta = -s * density * sigma / (2.0 * root) - r * strike * n2;
        let (gamma, vega, rho) = (density / (s * spread), s * density * root, t * strike * n2);
        out.set(i, [call, put, n1, n1 - 1.0, gamma, vega, theta, rho]);
    }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn best(inputs: &Inputs, out: &mut Outputs) {
    let whole = inputs.records() - inputs.records() % LANES;
    for first in (0..whole).step_by(LANES) {
        block(inputs, first, out);
    }
    range(inputs, whole, out);
}

#[inline]
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
fn block(inputs: &Inputs, first: usize, out: &mut Outputs) {
    let (s, k) = (lanes(inputs.numbers(0), first), lanes(inputs.numbers(1), first));
    let (t, r) = (lanes(inputs.numbers(2), first), lanes(inputs.numbers(3), first));
    let sigma = lanes(inputs.numbers(4), first);
    let (mut root, mut spread, mut moneyness): (Lanes, Lanes, Lanes) =
        ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let mut discount = [0.0; LANES];
    for j in 0..LANES {
        root[j] = t[j].sqrt();
        spread[j] = sigma[j] * root[j];
        moneyness[j] = s[j] / k[j];
        discount[j] = -r[j] * t[j];
    }
    let (moneyness, discount) = (ln(&moneyness), exp(&discount));
    let (mut square, mut z1, mut z2) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    let (mut y1, mut y2) = ([0.0; LANES], [0.0; LANES]);
    for j in 0..LANES {
        let d1 = (moneyness[j] + (r[j] + sigma[j] * sigma[j] / 2.0) * t[j]) / spread[j];
        let d2 = d1 - spread[j];
        square[j] = -d1 * d1 / 2.0;
        (z1[j], z2[j]) = (-d1 * FRAC_1_SQRT_2, -d2 * FRAC_1_SQRT_2);
        (y1[j], y2[j]) = (-z1[j], -z2[j]);
    }
    let density = exp(&square);
    let (n1, n2, m1, m2) = (erfc(&z1), erfc(&z2), erfc(&y1), erfc(&y2));
    let mut all = [[0.0; LANES]; 8];
    for j in 0..LANES {
        let (strike, n1, n2, p) = (k[j] * discount[j], 0.5 * n1[j], 0.5 * n2[j], density[j] * INV_SQRT_2PI);
        all[0][j] = s[j] * n1 - strike * n2;
        all[1][j] = strike * 0.5 * m2[j] - s[j] * 0.5 * m1[j];
        all[2][j] = n1;
        all[3][j] = n1 - 1.0;
        all[4][j] = p / (s[j] * spread[j]);
        all[5][j] = s[j] * p * root[j];
        all[6][j] = -s[j] * p * sigma[j] / (2.0 * root[j]) - r[j] * strike * n2;
        all[7][j] = t[j] * strike * n2;
    }
    out.set_lanes(first, &all);
}
