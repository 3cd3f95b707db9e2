//! Working days: counting them and stepping over them, with weekends and holidays.

use super::days::{day_value, present_number, whole_day};
use crate::kernels::sorting;
use crate::numbers::serial;
use crate::semantics::coerce;
use crate::semantics::function::{Arg, Cx, nth_arg};
use crate::values::value::{ErrorCode, Unpacked, Value};

/// Which days of the week are free, Sunday first.
#[derive(Clone, Copy)]
struct Weekend([bool; 7]);

const SATURDAY_SUNDAY: Weekend = Weekend([true, false, false, false, false, false, true]);

impl Weekend {
    fn is_free(self, day: i64) -> bool {
        self.0.get(serial::weekday(day) as usize).copied().unwrap_or(false)
    }

    /// Working days in a week.
    fn working(self) -> i64 {
        self.0.iter().filter(|&&free| !free).count() as i64
    }

    /// Working days in `from..=to`, none if it is empty.
    fn working_between(self, from: i64, to: i64) -> i64 {
        if to < from {
            return 0;
        }
        let weeks = (to - from + 1) / 7;
        let rest = (from + weeks * 7..=to).filter(|&day| !self.is_free(day)).count() as i64;
        weeks * self.working() + rest
    }

    /// The day `count` working days after (or before) `day`, holidays not considered. Needs a working day.
    fn step(self, day: i64, count: i64) -> i64 {
        let direction = count.signum();
        let weeks = count.abs() / self.working().max(1);
        let mut left = count.abs() % self.working().max(1);
        let mut at = day + direction * weeks * 7;
        // Whole weeks may end on a free day: then the last working day of them lies before it.
        if left == 0 && weeks > 0 {
            while self.is_free(at) {
                at -= direction;
            }
        }
        while left > 0 {
            at += direction;
            left -= i64::from(!self.is_free(at));
        }
        at
    }
}

/// 1-7 are two days (1 = Saturday and Sunday), 11-17 one (11 = Sunday); a text of seven 0s and 1s starts on Monday.
fn weekend(cx: &Cx<'_>, value: Value) -> Result<Weekend, ErrorCode> {
    if let Some(text) = cx.text_of(value)
        && text.len() == 7
    {
        let mut free = [false; 7];
        for (index, byte) in text.bytes().enumerate() {
            if !matches!(byte, b'0' | b'1') {
                return Err(ErrorCode::Value);
            }
            if let Some(place) = free.get_mut((index + 1) % 7) {
                *place = byte == b'1';
            }
        }
        return Ok(Weekend(free));
    }
    if value.is_omitted() {
        return Ok(SATURDAY_SUNDAY);
    }
    if value.is_text() {
        return Err(ErrorCode::Value);
    }
    let code = coerce::number(cx, value)?.trunc() as i64;
    let mut free = [false; 7];
    let (first, second) = match code {
        1..=7 => ((code + 5) % 7, (code + 6) % 7),
        11..=17 => (code - 11, code - 11),
        _ => return Err(ErrorCode::Num),
    };
    for day in [first, second] {
        if let Some(place) = free.get_mut(day as usize) {
            *place = true;
        }
    }
    Ok(Weekend(free))
}

/// Holidays that fall on working days, sorted, each once. Blank cells do not count; the first error wins.
fn holidays(cx: &Cx<'_>, arg: Option<&Arg<'_>>, weekend: Weekend) -> Result<Vec<i64>, ErrorCode> {
    let Some(arg) = arg else { return Ok(Vec::new()) };
    let mut days = Vec::new();
    for (round, value) in cx.grid(arg).iter().enumerate() {
        if round % 4096 == 0 {
            cx.go_on()?;
        }
        let serial = match value.unpack() {
            Unpacked::Blank | Unpacked::Omitted => continue,
            _ => present_number(cx, value)?,
        };
        let day = whole_day(cx, serial)?;
        if !weekend.is_free(day) {
            days.push(day);
        }
    }
    let mut days = sorting::days(cx, days)?;
    days.dedup();
    Ok(days)
}

/// How many of the sorted days lie in `from..=to`.
fn count_between(days: &[i64], from: i64, to: i64) -> i64 {
    let below = |limit: i64| days.partition_point(|&day| day < limit) as i64;
    (below(to + 1) - below(from)).max(0)
}

pub fn networkdays(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    net(cx, args, Ok(SATURDAY_SUNDAY), args.get(2)).into()
}

pub fn networkdays_intl(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let weekend = weekend(cx, nth_arg(args, 2));
    net(cx, args, weekend, args.get(3)).into()
}

fn net(
    cx: &Cx<'_>,
    args: &[Arg<'_>],
    weekend: Result<Weekend, ErrorCode>,
    free: Option<&Arg<'_>>,
) -> Result<f64, ErrorCode> {
    let start = present_number(cx, nth_arg(args, 0))?;
    let end = present_number(cx, nth_arg(args, 1))?;
    let weekend = weekend?;
    let holidays = holidays(cx, free, weekend)?;
    let (start, end) = (whole_day(cx, start)?, whole_day(cx, end)?);
    let (from, to) = (start.min(end), start.max(end));
    let count = weekend.working_between(from, to) - count_between(&holidays, from, to);
    Ok((if end < start { -count } else { count }) as f64)
}

pub fn workday(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    step(cx, args, Ok(SATURDAY_SUNDAY), args.get(2)).into()
}

pub fn workday_intl(cx: &mut Cx<'_>, args: &[Arg<'_>]) -> Value {
    let weekend = weekend(cx, nth_arg(args, 2));
    step(cx, args, weekend, args.get(3)).into()
}

fn step(
    cx: &Cx<'_>,
    args: &[Arg<'_>],
    weekend: Result<Weekend, ErrorCode>,
    free: Option<&Arg<'_>>,
) -> Result<Value, ErrorCode> {
    let start = present_number(cx, nth_arg(args, 0))?;
    // Excel rounds a negative count away from zero here.
    let count = present_number(cx, nth_arg(args, 1))?.floor();
    let weekend = weekend?;
    if weekend.working() == 0 {
        return Err(ErrorCode::Value);
    }
    let holidays = holidays(cx, free, weekend)?;
    let mut day = whole_day(cx, start)?;
    if count.abs() > serial::LAST_DAY as f64 {
        return Err(ErrorCode::Num);
    }
    let mut left = count as i64;
    // Every holiday passed adds one more day to go, which may pass further holidays.
    while left != 0 {
        cx.go_on()?;
        let next = weekend.step(day, left);
        let passed = if left > 0 {
            count_between(&holidays, day + 1, next)
        } else {
            -count_between(&holidays, next, day - 1)
        };
        (day, left) = (next, passed);
    }
    day_value(cx, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stepping by arithmetic against stepping day by day.
    #[test]
    fn whole_weeks_land_where_single_days_do() {
        for mask in 0..127_u32 {
            let weekend = Weekend(std::array::from_fn(|day| mask >> day & 1 == 1));
            for start in 100..107 {
                for count in -20..=20_i64 {
                    let (mut day, mut left) = (start, count.abs());
                    while left > 0 {
                        day += count.signum();
                        left -= i64::from(!weekend.is_free(day));
                    }
                    assert_eq!(weekend.step(start, count), day, "{mask} {start} {count}");
                }
            }
        }
    }
}
