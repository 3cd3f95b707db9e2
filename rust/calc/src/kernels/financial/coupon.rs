//! Coupon dates and securities that pay them: COUP*, PRICE, YIELD, DURATION, MDURATION and those with an odd first or
//! last period.

use super::arguments::num_unless;
use super::calendar::{Basis, Schedule, dated_numbers, day};
use super::solve::{root, stoppable};
use crate::math::elementary::pow;
use crate::numbers::serial::serial_of;
use crate::semantics::function::{Cx, Function, flags, scalar};
use crate::values::value::{ErrorCode, Value};

const DATE: u32 = flags::GIVES_NUMBER | flags::GIVES_DATE;

pub const TABLE: &[Function] = &[
    scalar("COUPPCD", 3, 4, couppcd).with(DATE),
    scalar("COUPNCD", 3, 4, coupncd).with(DATE),
    scalar("COUPNUM", 3, 4, coupnum).with(flags::GIVES_NUMBER),
    scalar("COUPDAYS", 3, 4, coupdays).with(flags::GIVES_NUMBER),
    scalar("COUPDAYBS", 3, 4, coupdaybs).with(flags::GIVES_NUMBER),
    scalar("COUPDAYSNC", 3, 4, coupdaysnc).with(flags::GIVES_NUMBER),
    scalar("PRICE", 6, 7, price).with(flags::GIVES_NUMBER),
    scalar("YIELD", 6, 7, yield_).with(flags::GIVES_NUMBER),
    scalar("DURATION", 5, 6, duration).with(flags::GIVES_NUMBER),
    scalar("MDURATION", 5, 6, mduration).with(flags::GIVES_NUMBER),
    scalar("ODDFPRICE", 8, 9, oddfprice).with(flags::GIVES_NUMBER),
    scalar("ODDFYIELD", 8, 9, oddfyield).with(flags::GIVES_NUMBER),
    scalar("ODDLPRICE", 7, 8, oddlprice).with(flags::GIVES_NUMBER),
    scalar("ODDLYIELD", 7, 8, oddlyield).with(flags::GIVES_NUMBER),
];

/// A security bought between two coupon dates.
struct Bond {
    schedule: Schedule,
    basis: Basis,
    settlement: i64,
    /// Number of the coupon date before settlement; maturity is 0.
    previous: i64,
}

impl Bond {
    fn new(settlement: i64, maturity: i64, frequency: f64, basis: Basis) -> Result<Bond, ErrorCode> {
        num_unless(settlement < maturity)?;
        let schedule = Schedule::new(maturity, frequency)?;
        Ok(Bond { schedule, basis, settlement, previous: schedule.last_not_after(settlement) })
    }

    fn previous_date(&self) -> i64 {
        self.schedule.date(self.previous)
    }

    fn next_date(&self) -> i64 {
        self.schedule.date(self.previous + 1)
    }

    /// Coupons still to be paid.
    fn coupons(&self) -> f64 {
        -self.previous as f64
    }

    fn period_days(&self) -> f64 {
        self.schedule.period_days(self.previous, self.basis)
    }

    fn accrued_days(&self) -> f64 {
        self.basis.days(self.previous_date(), self.settlement)
    }

    /// Coupon periods to the next coupon: what has not accrued, even where COUPDAYSNC counts differently.
    fn wait(&self) -> f64 {
        1.0 - self.accrued_days() / self.period_days()
    }

    fn days_to_next(&self) -> f64 {
        if self.basis.is_30_360() {
            self.period_days() - self.accrued_days()
        } else {
            self.basis.days(self.settlement, self.next_date())
        }
    }
}

/// What the COUP functions have in common.
fn with_bond(cx: &Cx<'_>, args: &[Value], result: impl Fn(&Bond) -> Result<f64, ErrorCode>) -> Value {
    dated_numbers(cx, args, [0.0; 4])
        .and_then(|([settlement, maturity, frequency, _], basis)| {
            result(&Bond::new(day(cx, settlement)?, day(cx, maturity)?, frequency, basis)?)
        })
        .into()
}

fn serial(cx: &Cx<'_>, day: i64) -> Result<f64, ErrorCode> {
    serial_of(day, cx.env.date1904).ok_or(ErrorCode::Num)
}

fn couppcd(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_bond(cx, args, |bond| serial(cx, bond.previous_date()))
}

fn coupncd(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_bond(cx, args, |bond| serial(cx, bond.next_date()))
}

fn coupnum(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_bond(cx, args, |bond| Ok(bond.coupons()))
}

fn coupdays(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_bond(cx, args, |bond| Ok(bond.period_days()))
}

fn coupdaybs(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_bond(cx, args, |bond| Ok(bond.accrued_days()))
}

fn coupdaysnc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    with_bond(cx, args, |bond| Ok(bond.days_to_next()))
}

/// A rate per period, what is paid per period on 100, and the redemption.
struct Terms {
    coupon: f64,
    redemption: f64,
    per_year: f64,
}

impl Terms {
    /// Present value of the redemption and `coupons` equal coupons, the first one `wait` periods away.
    fn worth(&self, rate: f64, coupons: f64, wait: f64) -> f64 {
        let growth = 1.0 + rate / self.per_year;
        let payments: f64 = (0..coupons as i64).map(|k| pow(growth, -(wait + k as f64))).sum();
        self.coupon * payments + self.redemption * pow(growth, -(wait + coupons - 1.0))
    }
}

fn price(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    dated_numbers(cx, args, [0.0; 7])
        .and_then(|([settlement, maturity, rate, yld, redemption, frequency, _], basis)| {
            num_unless(rate >= 0.0 && yld >= 0.0 && redemption > 0.0)?;
            let bond = Bond::new(day(cx, settlement)?, day(cx, maturity)?, frequency, basis)?;
            Ok(clean_price(&bond, &terms(&bond, rate, redemption), yld))
        })
        .into()
}

fn terms(bond: &Bond, rate: f64, redemption: f64) -> Terms {
    let per_year = bond.schedule.per_year();
    Terms { coupon: 100.0 * rate / per_year, redemption, per_year }
}

fn clean_price(bond: &Bond, terms: &Terms, yld: f64) -> f64 {
    let accrued = terms.coupon * bond.accrued_days() / bond.period_days();
    let wait = bond.wait();
    if bond.coupons() > 1.0 {
        return terms.worth(yld, bond.coupons(), wait) - accrued;
    }
    // Within the last period interest is simple.
    (terms.coupon + terms.redemption) / (1.0 + yld / terms.per_year * wait) - accrued
}

fn yield_(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    dated_numbers(cx, args, [0.0; 7])
        .and_then(|([settlement, maturity, rate, price, redemption, frequency, _], basis)| {
            num_unless(rate >= 0.0 && price > 0.0 && redemption > 0.0)?;
            let bond = Bond::new(day(cx, settlement)?, day(cx, maturity)?, frequency, basis)?;
            let terms = terms(&bond, rate, redemption);
            if bond.coupons() > 1.0 {
                return solved(cx, price, |yld| clean_price(&bond, &terms, yld));
            }
            let paid = price + terms.coupon * bond.accrued_days() / bond.period_days();
            let wait = bond.wait();
            Ok(((terms.coupon + redemption) / paid - 1.0) * terms.per_year / wait)
        })
        .into()
}

/// The yield at which the price is the one wanted.
fn solved(cx: &Cx<'_>, wanted: f64, price: impl Fn(f64) -> f64) -> Result<f64, ErrorCode> {
    const STEP: f64 = 1e-6;
    let distance = |yld| {
        let slope = (price(yld + STEP) - price(yld - STEP)) / (2.0 * STEP);
        (price(yld) - wanted, slope)
    };
    let found = root(0.1, stoppable(cx, distance));
    if found.is_nan() { Err(ErrorCode::Num) } else { Ok(found) }
}

fn duration(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    macaulay(cx, args).map(|(years, _)| years).into()
}

fn mduration(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    macaulay(cx, args).map(|(years, growth)| years / growth).into()
}

/// The mean time to the payments, weighted by their worth, in years; and the growth of one period.
fn macaulay(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, f64), ErrorCode> {
    let ([settlement, maturity, rate, yld, frequency, _], basis) = dated_numbers(cx, args, [0.0; 6])?;
    num_unless(rate >= 0.0 && yld >= 0.0)?;
    let bond = Bond::new(day(cx, settlement)?, day(cx, maturity)?, frequency, basis)?;
    let terms = terms(&bond, rate, 100.0);
    let growth = 1.0 + yld / terms.per_year;
    let wait = bond.wait();
    let (mut weighted, mut worth) = (0.0, 0.0);
    let coupons = bond.coupons() as i64;
    for k in 0..coupons {
        let time = wait + k as f64;
        let payment = terms.coupon + if k + 1 == coupons { 100.0 } else { 0.0 };
        let value = payment * pow(growth, -time);
        weighted += time * value;
        worth += value;
    }
    Ok((weighted / worth / terms.per_year, growth))
}

/// A security whose first coupon period is longer or shorter than the others.
struct OddFirst {
    terms: Terms,
    /// First coupon as a part of a whole one, and the part of it that has accrued at settlement.
    first: f64,
    accrued: f64,
    /// Periods from settlement to the first coupon, and coupons after it.
    wait: f64,
    later: f64,
}

impl OddFirst {
    fn new(
        dates: [i64; 4],
        rate: f64,
        redemption: f64,
        frequency: f64,
        basis: Basis,
    ) -> Result<OddFirst, ErrorCode> {
        let [settlement, maturity, issue, first] = dates;
        num_unless(issue < settlement && settlement < first && first < maturity)?;
        let schedule = Schedule::new(maturity, frequency)?;
        let number = schedule.last_not_after(first);
        num_unless(schedule.date(number) == first)?;
        let per_year = schedule.per_year();
        let bond = Bond { schedule, basis, settlement, previous: schedule.last_not_after(settlement) };
        Ok(OddFirst {
            terms: Terms { coupon: 100.0 * rate / per_year, redemption, per_year },
            first: schedule.periods(issue, first, basis),
            accrued: schedule.periods(issue, settlement, basis),
            wait: bond.days_to_next() / bond.period_days() + (number - bond.previous - 1) as f64,
            later: -number as f64,
        })
    }

    fn price(&self, yld: f64) -> f64 {
        let growth = 1.0 + yld / self.terms.per_year;
        self.terms.worth(yld, self.later, self.wait + 1.0)
            + self.terms.coupon * (self.first * pow(growth, -self.wait) - self.accrued)
    }
}

fn oddfprice(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    odd_first(cx, args)
        .and_then(|(odd, yld)| {
            num_unless(yld >= 0.0)?;
            Ok(odd.price(yld))
        })
        .into()
}

fn oddfyield(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    odd_first(cx, args)
        .and_then(|(odd, price)| {
            num_unless(price > 0.0)?;
            solved(cx, price, |yld| odd.price(yld))
        })
        .into()
}

fn odd_first(cx: &Cx<'_>, args: &[Value]) -> Result<(OddFirst, f64), ErrorCode> {
    let (numbers, basis) = dated_numbers(cx, args, [0.0; 9])?;
    let [settlement, maturity, issue, first, rate, given, redemption, frequency, _] = numbers;
    num_unless(rate >= 0.0 && redemption > 0.0)?;
    let dates = [day(cx, settlement)?, day(cx, maturity)?, day(cx, issue)?, day(cx, first)?];
    Ok((OddFirst::new(dates, rate, redemption, frequency, basis)?, given))
}

/// A security in its last, odd period: whole coupon periods from the last coupon to maturity and to settlement, and
/// from settlement to maturity.
struct OddLast {
    terms: Terms,
    all: f64,
    accrued: f64,
    left: f64,
}

fn odd_last(cx: &Cx<'_>, args: &[Value]) -> Result<(OddLast, f64), ErrorCode> {
    let (numbers, basis) = dated_numbers(cx, args, [0.0; 8])?;
    let [settlement, maturity, last, rate, given, redemption, frequency, _] = numbers;
    num_unless(rate >= 0.0 && redemption > 0.0)?;
    let (settlement, maturity, last) = (day(cx, settlement)?, day(cx, maturity)?, day(cx, last)?);
    num_unless(last < settlement && settlement < maturity)?;
    let schedule = Schedule::new(last, frequency)?;
    // Excel's stored values show that actual days are never divided by a nominal length here.
    let basis = basis.over_actual_periods();
    let per_year = schedule.per_year();
    let odd = OddLast {
        terms: Terms { coupon: 100.0 * rate / per_year, redemption, per_year },
        all: schedule.periods(last, maturity, basis),
        accrued: schedule.periods(last, settlement, basis),
        left: schedule.periods(settlement, maturity, basis),
    };
    Ok((odd, given))
}

fn oddlprice(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    odd_last(cx, args)
        .and_then(|(odd, yld)| {
            num_unless(yld >= 0.0)?;
            let end = odd.all * odd.terms.coupon + odd.terms.redemption;
            Ok(end / (yld / odd.terms.per_year * odd.left + 1.0) - odd.terms.coupon * odd.accrued)
        })
        .into()
}

fn oddlyield(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    odd_last(cx, args)
        .and_then(|(odd, price)| {
            num_unless(price > 0.0)?;
            let end = odd.all * odd.terms.coupon + odd.terms.redemption;
            let paid = price + odd.terms.coupon * odd.accrued;
            Ok((end / paid - 1.0) * odd.terms.per_year / odd.left)
        })
        .into()
}
