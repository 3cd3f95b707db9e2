//! Securities without coupons, accrued interest, treasury bills, and French depreciation by dates: ACCRINT, ACCRINTM,
//! DISC, INTRATE, RECEIVED, PRICEDISC, YIELDDISC, PRICEMAT, YIELDMAT, TBILL*, AMORLINC, AMORDEGRC.

use super::arguments::{num_unless, toolpak};
use super::calendar::{Basis, Schedule, dated_numbers, day};
use super::depreciation::MAX_LIFE;
use crate::numbers::serial::{date_of, day_of_date};
use crate::semantics::function::{Cx, Function, flags, nth, scalar};
use crate::values::value::{ErrorCode, Value};

pub const TABLE: &[Function] = &[
    scalar("ACCRINT", 6, 8, accrint).with(flags::GIVES_NUMBER),
    scalar("ACCRINTM", 4, 5, accrintm).with(flags::GIVES_NUMBER),
    scalar("DISC", 4, 5, disc).with(flags::GIVES_NUMBER),
    scalar("INTRATE", 4, 5, intrate).with(flags::GIVES_NUMBER),
    scalar("RECEIVED", 4, 5, received).with(flags::GIVES_NUMBER),
    scalar("PRICEDISC", 4, 5, pricedisc).with(flags::GIVES_NUMBER),
    scalar("YIELDDISC", 4, 5, yielddisc).with(flags::GIVES_NUMBER),
    scalar("PRICEMAT", 5, 6, pricemat).with(flags::GIVES_NUMBER),
    scalar("YIELDMAT", 5, 6, yieldmat).with(flags::GIVES_NUMBER),
    scalar("TBILLEQ", 3, 3, tbilleq).with(flags::GIVES_NUMBER),
    scalar("TBILLPRICE", 3, 3, tbillprice).with(flags::GIVES_NUMBER),
    scalar("TBILLYIELD", 3, 3, tbillyield).with(flags::GIVES_NUMBER),
    scalar("AMORLINC", 6, 7, amorlinc).with(flags::GIVES_NUMBER),
    scalar("AMORDEGRC", 6, 7, amordegrc).with(flags::GIVES_NUMBER),
];

fn accrint(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    accrued(cx, args).into()
}

fn accrued(cx: &Cx<'_>, args: &[Value]) -> Result<f64, ErrorCode> {
    let defaults = [0.0, 0.0, 0.0, 0.0, 1000.0, 0.0, 0.0];
    let (numbers, basis) = dated_numbers(cx, args.get(..7).unwrap_or(args), defaults)?;
    let [issue, first, settlement, rate, par, frequency, _] = numbers;
    let par = if nth(args, 4).is_omitted() { 1000.0 } else { par };
    let from_issue = args.len() < 8 || cx.boolean(nth(args, 7))?;
    let (issue, first, settlement) = (day(cx, issue)?, day(cx, first)?, day(cx, settlement)?);
    num_unless(rate > 0.0 && par > 0.0 && issue < settlement && issue < first)?;
    let schedule = Schedule::new(first, frequency)?;
    let periods = accrued_periods(&schedule, issue, settlement, basis, from_issue);
    Ok(par * rate / schedule.per_year() * periods)
}

/// Coupon periods as Excel counts them: the part of a period after issue, whole periods up to the last one before
/// the first interest date, and days from (or, negative, back from) the beginning of that last one in terms of its
/// length. Without `from_issue` the whole periods up to the first interest date are left out.
fn accrued_periods(schedule: &Schedule, issue: i64, settlement: i64, basis: Basis, from_issue: bool) -> f64 {
    let length = schedule.period_days(-1, basis);
    // The first quasi-coupon date not before issue.
    let begin = schedule.last_not_after(issue - 1) + 1;
    if begin > -1 && (settlement <= schedule.date(0) || !from_issue) {
        return basis.days(issue, settlement) / length;
    }
    // The date that days are counted from.
    let base = if from_issue && settlement > schedule.date(0) {
        schedule.last_not_after(settlement - 1)
    } else {
        -1
    };
    let part = basis.days(issue, schedule.date(begin)) / schedule.period_days(begin - 1, basis);
    let whole = if from_issue { (base - begin) as f64 } else { 0.0 };
    part + whole + basis.days(schedule.date(base), settlement) / length
}

/// Two dates, three numbers of which the last is the basis: the fraction of a year between the dates, and the others.
fn between(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, f64, f64), ErrorCode> {
    let ([start, end, a, b, _], basis) = dated_numbers(cx, args, [0.0; 5])?;
    let (start, end) = (day(cx, start)?, day(cx, end)?);
    num_unless(start < end && a > 0.0 && b > 0.0)?;
    Ok((basis.years(start, end), a, b))
}

fn accrintm(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    between(cx, args).map(|(years, rate, par)| par * rate * years).into()
}

fn disc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    between(cx, args).map(|(years, price, redemption)| (redemption - price) / redemption / years).into()
}

fn intrate(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    between(cx, args).map(|(years, paid, redemption)| (redemption - paid) / paid / years).into()
}

fn received(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    between(cx, args)
        .and_then(|(years, paid, discount)| {
            num_unless(discount * years < 1.0)?;
            Ok(paid / (1.0 - discount * years))
        })
        .into()
}

fn pricedisc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    between(cx, args).map(|(years, discount, redemption)| redemption - discount * redemption * years).into()
}

fn yielddisc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    between(cx, args).map(|(years, price, redemption)| (redemption / price - 1.0) / years).into()
}

/// Interest paid at maturity: the years from issue to maturity, issue to settlement, settlement to maturity, then
/// the rate and the fifth argument.
fn at_maturity(cx: &Cx<'_>, args: &[Value]) -> Result<([f64; 3], f64, f64), ErrorCode> {
    let ([settlement, maturity, issue, rate, given, _], basis) = dated_numbers(cx, args, [0.0; 6])?;
    let (settlement, maturity, issue) = (day(cx, settlement)?, day(cx, maturity)?, day(cx, issue)?);
    num_unless(rate >= 0.0 && settlement < maturity && issue <= settlement)?;
    let years =
        [basis.years(issue, maturity), basis.years(issue, settlement), basis.years(settlement, maturity)];
    Ok((years, rate, given))
}

fn pricemat(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    at_maturity(cx, args)
        .and_then(|([all, gone, left], rate, yld)| {
            num_unless(yld >= 0.0)?;
            Ok((100.0 + all * rate * 100.0) / (1.0 + left * yld) - gone * rate * 100.0)
        })
        .into()
}

fn yieldmat(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    at_maturity(cx, args)
        .and_then(|([all, gone, left], rate, price)| {
            num_unless(price > 0.0)?;
            Ok(((1.0 + all * rate) / (price / 100.0 + gone * rate) - 1.0) / left)
        })
        .into()
}

/// Days to the maturity of a treasury bill, at most a year, and the third argument.
fn bill(cx: &Cx<'_>, args: &[Value]) -> Result<(f64, f64), ErrorCode> {
    let [settlement, maturity, given] = toolpak(cx, args, [0.0; 3])?;
    let (settlement, maturity) = (day(cx, settlement)?, day(cx, maturity)?);
    let date = date_of(settlement);
    // A year from 29 February ends on 1 March.
    let latest = day_of_date(date.year + 1, date.month, date.day);
    let latest = latest.or_else(|| day_of_date(date.year + 1, 3, 1)).unwrap_or(settlement + 365);
    num_unless(settlement < maturity && maturity <= latest && given > 0.0)?;
    Ok(((maturity - settlement) as f64, given))
}

fn tbilleq(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    bill(cx, args).and_then(|(days, discount)| bond_equivalent(days, discount)).into()
}

fn bond_equivalent(days: f64, discount: f64) -> Result<f64, ErrorCode> {
    num_unless(discount * days < 360.0)?;
    if days <= 182.0 {
        return Ok(365.0 * discount / (360.0 - discount * days));
    }
    // More than half a year: the yield of a bond with one coupon in between.
    let price = 1.0 - discount * days / 360.0;
    let years = days / if days == 366.0 { 366.0 } else { 365.0 };
    let inside = years * years - (2.0 * years - 1.0) * (1.0 - 1.0 / price);
    num_unless(inside >= 0.0)?;
    Ok(2.0 * (inside.sqrt() - years) / (2.0 * years - 1.0))
}

fn tbillprice(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    bill(cx, args)
        .and_then(|(days, discount)| {
            let price = 100.0 * (1.0 - discount * days / 360.0);
            num_unless(price >= 0.0)?;
            Ok(price)
        })
        .into()
}

fn tbillyield(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    bill(cx, args).map(|(days, price)| (100.0 - price) / price * 360.0 / days).into()
}

/// Cost, salvage, period, rate, and the part of the first year.
fn french(cx: &Cx<'_>, args: &[Value]) -> Result<[f64; 5], ErrorCode> {
    let (numbers, basis) = dated_numbers(cx, args, [0.0; 7])?;
    let [cost, bought, first, salvage, period, rate, _] = numbers;
    let (bought, first) = (day(cx, bought)?, day(cx, first)?);
    num_unless(cost >= 0.0 && salvage >= 0.0 && salvage <= cost)?;
    num_unless(period >= 0.0 && rate > 0.0 && bought <= first)?;
    Ok([cost, salvage, period.trunc(), rate, basis.years(bought, first)])
}

fn amorlinc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    french(cx, args)
        .map(|[cost, salvage, period, rate, years]| {
            let (whole, first) = (cost * rate, cost * rate * years);
            let before = if period == 0.0 { 0.0 } else { first + (period - 1.0) * whole };
            let left = (cost - salvage - before).max(0.0);
            left.min(if period == 0.0 { first } else { whole })
        })
        .into()
}

fn amordegrc(cx: &mut Cx<'_>, args: &[Value]) -> Value {
    french(cx, args)
        .and_then(|[cost, salvage, period, rate, years]| {
            let life = 1.0 / rate;
            num_unless(!(life > 0.0 && life < 3.0 || (4.0..5.0).contains(&life)))?;
            let factor = if life <= 4.0 {
                1.5
            } else if life <= 6.0 {
                2.0
            } else {
                2.5
            };
            degressive(cost, salvage, period, rate * factor, years)
        })
        .into()
}

/// Each year's amount is rounded to whole units; what is left at the end is written off in two halves.
fn degressive(mut book: f64, salvage: f64, period: f64, rate: f64, years: f64) -> Result<f64, ErrorCode> {
    let mut amount = (years * rate * book).round();
    book -= amount;
    let mut rest = book - salvage;
    let mut year = 0.0;
    while year < period {
        num_unless(year < MAX_LIFE)?;
        amount = (rate * book).round();
        rest -= amount;
        if rest < 0.0 {
            return Ok(if period - year <= 1.0 { (book * 0.5).round() } else { 0.0 });
        }
        book -= amount;
        year += 1.0;
    }
    Ok(amount)
}
