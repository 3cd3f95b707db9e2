//! An insurance tariff: look-ups in rate tables, a 20-year sum, dates and a text.

use super::lanes::{LANES, Lanes, cents, greatest, lanes};
use super::outputs::Outputs;
use crate::columns::Inputs;
use std::fmt::Write as _;

/// The output that is a text. The risk class is kept as its number, as a handle would be.
pub const REFERENCE: usize = 6;

const MOST_YEARS: usize = 20;
const OLDEST: usize = 120;
const LOADINGS: [f64; 4] = [0.0, 0.1, 0.25, 0.5];

/// What does not depend on the yearly sum.
struct Terms {
    column: usize,
    region: usize,
    commission: f64,
    fee: f64,
    discount: f64,
    class: usize,
    season: f64,
    /// Share of a year until 1 January.
    first_year: f64,
    maturity: Day,
    maturity_serial: i64,
}

#[derive(Clone, Copy)]
struct Day {
    year: i64,
    month: i64,
    day: i64,
}

#[inline(always)]
fn terms(inputs: &Inputs, i: usize) -> Terms {
    let (age, smoker) = (inputs.numbers(0)[i] as usize, inputs.numbers(2)[i] != 0.0);
    let (sum_insured, term) = (inputs.numbers(3)[i], inputs.numbers(4)[i] as i64);
    let region = match inputs.texts(5).get(i) {
        "North" => 0,
        "South" => 1,
        "East" => 2,
        "West" => 3,
        "Central" => 4,
        _ => 5,
    };
    let (commission, fee) = match inputs.texts(6).get(i) {
        "Agent" => (0.12, 60.0),
        "Broker" => (0.10, 45.0),
        "Online" => (0.04, 15.0),
        _ => (0.08, 30.0),
    };
    let discount = match sum_insured {
        s if s >= 1e6 => 0.085,
        s if s >= 5e5 => 0.07,
        s if s >= 250e3 => 0.05,
        s if s >= 100e3 => 0.035,
        s if s >= 50e3 => 0.02,
        _ => 0.0,
    };
    let class = match (smoker, age) {
        (true, 60..) => 3,
        (true, 40..) => 2,
        (true, _) => 1,
        (false, 65..) => 2,
        (false, 45..) => 1,
        _ => 0,
    };
    let start = day_of(inputs.numbers(7)[i] as i64);
    let year = start.year + term;
    let maturity = Day { year, day: start.day.min(days_in_month(year, start.month)), ..start };
    Terms {
        column: usize::from(inputs.texts(1).get(i) == "F") * 2 + usize::from(smoker),
        region,
        commission,
        fee,
        discount,
        class,
        season: if start.month >= 11 || start.month <= 2 { 1.02 } else { 1.0 },
        first_year: until_new_year(start),
        maturity,
        maturity_serial: serial_of(maturity),
    }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn plain(inputs: &Inputs, out: &mut Outputs) {
    out.texts.clear();
    range(inputs, 0, &discounts(), out);
}

/// The records from `first` on, one after the other.
#[inline(always)]
fn range(inputs: &Inputs, first: usize, v: &[f64; MOST_YEARS + 1], out: &mut Outputs) {
    for i in first..inputs.records() {
        let terms = terms(inputs, i);
        let age = inputs.numbers(0)[i] as usize;
        let (mut alive, mut claims, mut annuity) = (1.0, 0.0, 0.0);
        for t in 1..=inputs.numbers(4)[i] as usize {
            let q = inputs.tables.by_sex_and_smoker[(age + t - 1).min(OLDEST) * 4 + terms.column];
            claims += q * alive * v[t];
            annuity += alive * v[t - 1];
            alive *= 1.0 - q;
        }
        let gross = amounts(inputs, i, &terms, claims, annuity, out);
        let Day { year, month, day } = terms.maturity;
        let hundredths = (gross * 100.0).round() as u64;
        // Writing to a string does not fail.
        let _ = write!(out.texts.bytes, "P-{}-", &inputs.texts(5).get(i)[..3]);
        let _ = write!(out.texts.bytes, "{year:04}-{month:02}-{day:02}-");
        let _ = write!(out.texts.bytes, "{}.{:02}", hundredths / 100, hundredths % 100);
        out.texts.end_text();
    }
}

#[cfg_attr(target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"))]
pub fn best(inputs: &Inputs, out: &mut Outputs) {
    out.texts.clear();
    let v = discounts();
    let whole = inputs.records() - inputs.records() % LANES;
    for first in (0..whole).step_by(LANES) {
        block(inputs, first, &v, out);
    }
    range(inputs, whole, &v, out);
}

/// The yearly sum in lock step, the rest record by record, texts digit by digit.
#[inline(always)]
fn block(inputs: &Inputs, first: usize, v: &[f64; MOST_YEARS + 1], out: &mut Outputs) {
    let (age, term) = (lanes(inputs.numbers(0), first), lanes(inputs.numbers(4), first));
    let terms: [Terms; LANES] = std::array::from_fn(|j| terms(inputs, first + j));
    let mut start = [0; LANES];
    for j in 0..LANES {
        start[j] = age[j] as u32 * 4 + terms[j].column as u32;
    }
    let (mut alive, mut claims, mut annuity): (Lanes, Lanes, Lanes) =
        ([1.0; LANES], [0.0; LANES], [0.0; LANES]);
    for t in 1..=greatest(&term) as usize {
        for j in 0..LANES {
            let row = (start[j] + 4 * (t as u32 - 1)).min(4 * OLDEST as u32 + start[j] % 4);
            let q = inputs.tables.by_sex_and_smoker[row as usize];
            let counted = if t as f64 <= term[j] { alive[j] } else { 0.0 };
            claims[j] += q * counted * v[t];
            annuity[j] += counted * v[t - 1];
            alive[j] *= 1.0 - q;
        }
    }
    for j in 0..LANES {
        let i = first + j;
        let gross = amounts(inputs, i, &terms[j], claims[j], annuity[j], out);
        push_reference(&mut out.texts.bytes, inputs.texts(5).get(i), terms[j].maturity, gross);
        out.texts.end_text();
    }
}

/// Writes the amounts and gives the gross premium.
#[inline(always)]
fn amounts(inputs: &Inputs, i: usize, terms: &Terms, claims: f64, annuity: f64, out: &mut Outputs) -> f64 {
    let factor = inputs.tables.regions[(inputs.numbers(4)[i] as usize - 1) * 6 + terms.region];
    let net = claims * inputs.numbers(3)[i] / annuity * factor;
    let risk = net * (1.0 + LOADINGS[terms.class]) * (1.0 - terms.discount) * terms.season;
    let gross = cents((risk + terms.fee) / (1.0 - terms.commission));
    let (monthly, first_year) = (cents(gross / 12.0 * 1.03), cents(gross * terms.first_year));
    let (maturity, class) = (terms.maturity_serial as f64, terms.class as f64);
    out.set(i, [cents(risk), gross, monthly, first_year, maturity, class, 0.0, terms.discount]);
    gross
}

fn discounts() -> [f64; MOST_YEARS + 1] {
    std::array::from_fn(|t| 1.025f64.powi(-(t as i32)))
}

#[inline(always)]
fn push_reference(to: &mut String, region: &str, Day { year, month, day }: Day, gross: f64) {
    let mut digits = *b"0000-00-00-0000000000.00";
    put_digits(&mut digits[0..4], year as u64);
    put_digits(&mut digits[5..7], month as u64);
    put_digits(&mut digits[8..10], day as u64);
    let hundredths = (gross * 100.0).round() as u64;
    put_digits(&mut digits[22..24], hundredths % 100);
    let whole = hundredths / 100;
    let length = whole.checked_ilog10().map_or(1, |log| log as usize + 1).min(10);
    put_digits(&mut digits[11..11 + length], whole);
    digits.copy_within(21..24, 11 + length);
    to.push_str("P-");
    to.push_str(&region[..3]);
    to.push('-');
    to.push_str(std::str::from_utf8(&digits[..14 + length]).unwrap_or_default());
}

#[inline(always)]
fn put_digits(to: &mut [u8], mut number: u64) {
    for digit in to.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// The day of an Excel serial, by the civil calendar.
fn day_of(serial: i64) -> Day {
    let z = serial - 25_569 + 719_468;
    let (era, of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Day { year, month, day: of_year - (153 * from_march + 2) / 5 + 1 }
}

fn serial_of(Day { year, month, day }: Day) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468 + 25_569
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// YEARFRAC, basis 0 (US 30/360), to 1 January of the next year.
fn until_new_year(Day { year, month, day }: Day) -> f64 {
    let last_of_february = month == 2 && day == days_in_month(year, 2);
    let day = if day == 31 || last_of_february { 30 } else { day };
    (360 + (1 - month) * 30 + (1 - day)) as f64 / 360.0
}
