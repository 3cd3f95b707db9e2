//! A repayment schedule with two roundings a month.

use super::lanes::{LANES, cents, greatest, lanes};
use super::outputs::Outputs;
use crate::columns::Inputs;

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn plain(inputs: &Inputs, out: &mut Outputs) {
    range(inputs, 0, out);
}

/// The records from `first` on, one after the other.
#[inline(always)]
fn range(inputs: &Inputs, first: usize, out: &mut Outputs) {
    for i in first..inputs.records() {
        let principal = inputs.numbers(0)[i];
        let (rate, years, extra) = (inputs.numbers(1)[i], inputs.numbers(2)[i], inputs.numbers(3)[i]);
        let months = years * 12.0;
        let growth = (1.0 + rate / 12.0).powf(months);
        let payment = cents(principal * growth * (rate / 12.0) / (growth - 1.0));
        let (mut balance, mut total, mut year5, mut payoff) = (principal, 0.0, 0.0, 0);
        for month in 1..=months as usize {
            let interest = cents(balance * rate / 12.0);
            let owed = balance + interest;
            let paid = if month == months as usize { owed } else { (payment + extra).min(owed) };
            balance = cents(balance - (paid - interest)).max(0.0);
            total += interest;
            if month == 60 {
                year5 = balance;
            }
            if balance == 0.0 {
                payoff = month;
                break;
            }
        }
        let saved = cents(payment * months - principal - total);
        out.set(i, [payment, total, payoff as f64, saved, year5]);
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

#[inline(always)]
fn block(inputs: &Inputs, first: usize, out: &mut Outputs) {
    let principal = lanes(inputs.numbers(0), first);
    let rate = lanes(inputs.numbers(1), first);
    let years = lanes(inputs.numbers(2), first);
    let extra = lanes(inputs.numbers(3), first);
    let (mut payment, mut instalment, mut months) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    for j in 0..LANES {
        months[j] = years[j] * 12.0;
        let growth = (1.0 + rate[j] / 12.0).powf(months[j]);
        payment[j] = cents(principal[j] * growth * (rate[j] / 12.0) / (growth - 1.0));
        instalment[j] = payment[j] + extra[j];
    }
    let (mut balance, mut total) = (principal, [0.0; LANES]);
    let (mut year5, mut open) = ([0.0; LANES], [0.0; LANES]);
    for month in 1..=greatest(&months) as usize {
        for j in 0..LANES {
            let interest = cents(balance[j] * rate[j] / 12.0);
            let owed = balance[j] + interest;
            let paid = if month as f64 >= months[j] { owed } else { instalment[j].min(owed) };
            balance[j] = cents(balance[j] - (paid - interest)).max(0.0);
            total[j] += interest;
            open[j] += if balance[j] > 0.0 { 1.0 } else { 0.0 };
        }
        if month == 60 {
            year5 = balance;
        }
        if month % 12 == 0 && greatest(&balance) == 0.0 {
            break;
        }
    }
    let (mut saved, mut payoff) = ([0.0; LANES], [0.0; LANES]);
    for j in 0..LANES {
        saved[j] = cents(payment[j] * months[j] - principal[j] - total[j]);
        payoff[j] = open[j] + 1.0;
    }
    out.set_lanes(first, &[payment, total, payoff, saved, year5]);
}
