//! A life policy month by month. The powers of the workbook become running products, as anyone would write them.

use super::lanes::{LANES, Lanes, greatest, lanes};
use super::outputs::Outputs;
use super::vector_math::twelfth_root;
use crate::columns::Inputs;

const YEARS: usize = 40;
const OLDEST: usize = 120;

fn commission(year: usize) -> f64 {
    match year {
        1 => 0.5,
        2 => 0.1,
        3..=5 => 0.05,
        _ => 0.02,
    }
}

/// The internal rate of return by Newton's method from 10 %.
#[inline(always)]
fn rate_of_return(flows: &[f64]) -> f64 {
    let mut rate = 0.1;
    for _ in 0..100 {
        let x = 1.0 / (1.0 + rate);
        let (mut value, mut slope) = (0.0, 0.0);
        for &flow in flows.iter().rev() {
            slope = slope * x + value;
            value = value * x + flow;
        }
        let step = value / (-slope * x * x);
        rate -= step;
        if step.abs() < 1e-12 {
            return rate;
        }
    }
    f64::NAN
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn plain(inputs: &Inputs, out: &mut Outputs) {
    range(inputs, 0, out);
}

/// The records from `first` on, one after the other.
#[inline(always)]
fn range(inputs: &Inputs, first: usize, out: &mut Outputs) {
    const TWELFTH: f64 = 1.0 / 12.0;
    for i in first..inputs.records() {
        let number = |k: usize| inputs.numbers(k)[i];
        let (age, sum_assured, monthly, discount) = (number(0) as usize, number(2), number(3), number(4));
        let (lapse, cost, inflation, term) = (number(5), number(6), number(7), number(8) as usize);
        let female = usize::from(inputs.texts(1).get(i) != "M");
        let stay = (1.0 - lapse).powf(TWELFTH);
        let (v, growth) = ((1.0 + discount).powf(-TWELFTH), (1.0 + inflation).powf(TWELFTH));
        let npv_v = 1.0 / (1.0 + ((1.0 + discount).powf(TWELFTH) - 1.0));
        let (mut in_force, mut factor, mut npv_factor, mut prices) = (1.0, 1.0, 1.0, 1.0);
        let (mut premiums, mut claims, mut expenses, mut profit, mut npv) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut annual = [0.0; YEARS];
        for year in 0..term {
            let yearly = inputs.tables.by_sex[(age + year).min(OLDEST) * 2 + female];
            let q = 1.0 - (1.0 - yearly).powf(TWELFTH);
            let rate = commission(year + 1);
            let mut sum = 0.0;
            for month in 0..12 {
                factor *= v;
                npv_factor *= npv_v;
                let premium = in_force * monthly;
                let claim = in_force * q * sum_assured;
                let mut expense = in_force * cost * prices;
                if year == 0 && month == 0 {
                    expense += monthly * 24.0;
                }
                expense += premium * rate;
                let net = premium - claim - expense;
                premiums += premium * factor;
                claims += claim * factor;
                expenses += expense * factor;
                profit += net * factor;
                npv += net * npv_factor;
                sum += net;
                in_force *= (1.0 - q) * stay;
                prices *= growth;
            }
            annual[year] = sum;
        }
        let (mut cumulated, mut in_debt) = (0.0, 0.0);
        for net in annual {
            cumulated += net;
            in_debt += if cumulated < 0.0 { 1.0 } else { 0.0 };
        }
        let irr = rate_of_return(&annual[..term]);
        out.set(i, [premiums, claims, expenses, profit, npv, irr, profit / premiums, in_debt + 1.0]);
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
    let column = |k: usize| lanes(inputs.numbers(k), first);
    let (age, sum_assured, monthly, discount) = (column(0), column(2), column(3), column(4));
    let (lapse, cost, inflation, term) = (column(5), column(6), column(7), column(8));
    let (mut position, mut stay) = ([0; LANES], [0.0; LANES]);
    let (mut v, mut growth) = ([0.0; LANES], [0.0; LANES]);
    for j in 0..LANES {
        position[j] = age[j] as usize * 2 + usize::from(inputs.texts(1).get(first + j) != "M");
        stay[j] = 1.0 - lapse[j];
        v[j] = 1.0 + discount[j];
        growth[j] = 1.0 + inflation[j];
    }
    let (stay, growth) = (twelfth_root(&stay), twelfth_root(&growth));
    let mut v = twelfth_root(&v);
    for j in 0..LANES {
        v[j] = 1.0 / v[j];
    }
    let years = greatest(&term) as usize;
    let (mut in_force, mut factor, mut prices) = ([1.0; LANES], [1.0; LANES], [1.0; LANES]);
    let (mut premiums, mut claims) = ([0.0; LANES], [0.0; LANES]);
    let (mut expenses, mut profit) = ([0.0; LANES], [0.0; LANES]);
    let mut annual = [[0.0; LANES]; YEARS];
    for year in 0..years {
        let mut q = [0.0; LANES];
        for j in 0..LANES {
            let row = (position[j] + 2 * year).min(2 * OLDEST + position[j] % 2);
            q[j] = inputs.tables.by_sex_monthly[row];
            in_force[j] = if year as f64 >= term[j] { 0.0 } else { in_force[j] };
        }
        let rate = commission(year + 1);
        let mut sum = [0.0; LANES];
        for month in 0..12 {
            let acquisition = if year == 0 && month == 0 { 24.0 } else { 0.0 };
            for j in 0..LANES {
                factor[j] *= v[j];
                let premium = in_force[j] * monthly[j];
                let claim = in_force[j] * q[j] * sum_assured[j];
                let expense = in_force[j] * cost[j] * prices[j] + acquisition * monthly[j] + premium * rate;
                let net = premium - claim - expense;
                premiums[j] += premium * factor[j];
                claims[j] += claim * factor[j];
                expenses[j] += expense * factor[j];
                profit[j] += net * factor[j];
                sum[j] += net;
                in_force[j] *= (1.0 - q[j]) * stay[j];
                prices[j] *= growth[j];
            }
        }
        annual[year] = sum;
    }
    let rates = rates_of_return(&annual[..years]);
    let (mut cumulated, mut in_debt, mut margin) = ([0.0; LANES], [1.0; LANES], [0.0; LANES]);
    for net in &annual {
        for j in 0..LANES {
            cumulated[j] += net[j];
            in_debt[j] += if cumulated[j] < 0.0 { 1.0 } else { 0.0 };
        }
    }
    for j in 0..LANES {
        margin[j] = profit[j] / premiums[j];
    }
    // The NPV output is the same sum as the profit: a rewrite by hand sees that.
    out.set_lanes(first, &[premiums, claims, expenses, profit, profit, rates, margin, in_debt]);
}

/// `rate_of_return` in lock step, until the slowest lane is done.
#[inline(always)]
fn rates_of_return(flows: &[Lanes]) -> Lanes {
    let mut rate = [0.1; LANES];
    for _ in 0..100 {
        let (mut x, mut value, mut slope) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for j in 0..LANES {
            x[j] = 1.0 / (1.0 + rate[j]);
        }
        for flow in flows.iter().rev() {
            for j in 0..LANES {
                slope[j] = slope[j] * x[j] + value[j];
                value[j] = value[j] * x[j] + flow[j];
            }
        }
        let mut steps = [0.0; LANES];
        for j in 0..LANES {
            let step = value[j] / (-slope[j] * x[j] * x[j]);
            rate[j] -= step;
            steps[j] = step.abs();
        }
        if greatest(&steps) < 1e-12 {
            break;
        }
    }
    rate
}
