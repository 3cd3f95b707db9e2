//! Sections with date and time placeholders.

use super::item::Item;
use super::layout::Layout;
use super::scan::{Part, Token};
use crate::numbers::serial::{self, Clock, Date};

#[derive(Clone, Debug)]
pub struct DateFormat {
    items: Vec<Item>,
    /// Decimals of the seconds, to which the time is rounded.
    decimals: usize,
    twelve_hours: bool,
    needs_calendar: bool,
    elapsed: bool,
    layout: Option<Layout>,
}

/// A number that a format cannot show: a date outside of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unshowable;

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl DateFormat {
    /// `None` for placeholders of numbers among those of dates, which Excel refuses.
    pub fn compile(tokens: &[Token]) -> Option<DateFormat> {
        let mut format = DateFormat {
            items: Vec::with_capacity(tokens.len()),
            decimals: 0,
            twelve_hours: false,
            needs_calendar: false,
            elapsed: tokens.iter().any(is_elapsed),
            layout: None,
        };
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Date(part, count) => {
                    let item = format.item(*part, *count, tokens, at - 1);
                    format.items.push(item);
                }
                Token::HalfDay(before, after) => {
                    format.twelve_hours = true;
                    format.items.push(Item::HalfDay(before, after));
                }
                Token::Point => {
                    let zeros =
                        tokens.get(at..)?.iter().take_while(|token| **token == Token::Digit(b'0')).count();
                    match zeros {
                        0 => format.literal("."),
                        1..=3 => {
                            at += zeros;
                            format.decimals = format.decimals.max(zeros);
                            format.items.push(Item::Decimals(zeros));
                        }
                        _ => return None,
                    }
                }
                Token::Digit(_) | Token::Exponent { .. } | Token::General | Token::At => return None,
                other => {
                    let mut text = String::new();
                    other.write_literal(&mut text);
                    format.literal(&text);
                }
            }
        }
        format.layout = if format.twelve_hours { None } else { Layout::new(&format.items) };
        Some(format)
    }

    fn literal(&mut self, text: &str) {
        match self.items.last_mut() {
            Some(Item::Literal(before)) => before.push_str(text),
            _ => self.items.push(Item::Literal(text.to_owned())),
        }
    }

    fn item(&mut self, part: Part, count: usize, tokens: &[Token], at: usize) -> Item {
        let has = |wanted: Part| {
            tokens.iter().any(|token| matches!(token, Token::Date(part, _) if *part == wanted))
        };
        match part {
            Part::MonthOrMinute if count <= 2 && is_minute(tokens, at) => match has(Part::AllMinutes) {
                true => Item::AllMinutes(count),
                false => Item::Minute(count),
            },
            Part::Hour if has(Part::AllHours) => Item::AllHours(count),
            Part::Second if has(Part::AllSeconds) => Item::AllSeconds(count),
            Part::Hour => Item::Hour(count),
            Part::Second => Item::Second(count),
            Part::AllHours => Item::AllHours(count),
            Part::AllMinutes => Item::AllMinutes(count),
            Part::AllSeconds => Item::AllSeconds(count),
            Part::Year | Part::BuddhistYear | Part::MonthOrMinute | Part::Day => {
                self.needs_calendar = true;
                match part {
                    Part::Year => Item::Year(count),
                    Part::BuddhistYear => Item::BuddhistYear(count),
                    Part::MonthOrMinute => Item::Month(count),
                    _ => Item::Day(count),
                }
            }
        }
    }

    /// Appends a serial. The whole of it is rounded to the seconds' decimals first, so that 23:59:59.9 shown without
    /// decimals is the next midnight.
    pub fn write(&self, serial: f64, date1904: bool, out: &mut String) -> Result<(), Unshowable> {
        // Only elapsed time can be negative.
        if serial < 0.0 && self.elapsed && !self.needs_calendar {
            out.push('-');
            return self.write(-serial, date1904, out);
        }
        let mut day = serial::day_of(serial, date1904).ok_or(Unshowable)?;
        let mut elapsed_days = serial as i64;
        let unit = 10i64.pow(self.decimals as u32);
        let time = serial - elapsed_days as f64;
        let mut ticks = (time * serial::SECONDS_PER_DAY * unit as f64 + 0.5) as i64;
        if ticks >= 86_400 * unit {
            ticks = 0;
            day += 1;
            elapsed_days += 1;
        }
        if day > serial::LAST_DAY {
            return Err(Unshowable);
        }
        let seconds = ticks / unit;
        let shown = Shown {
            day,
            date: if self.needs_calendar { serial::date_of(day) } else { Date { year: 0, month: 0, day: 0 } },
            clock: Clock { hour: seconds / 3600, minute: seconds / 60 % 60, second: seconds % 60 },
            elapsed: elapsed_days * 86_400 + seconds,
            fraction: ticks % unit,
            decimals: self.decimals,
            twelve_hours: self.twelve_hours,
        };
        match &self.layout {
            Some(layout) => layout.write(shown.date, shown.clock, out),
            None => self.items.iter().for_each(|item| shown.write(item, out)),
        }
        Ok(())
    }
}

fn is_elapsed(token: &Token) -> bool {
    matches!(token, Token::Date(Part::AllHours | Part::AllMinutes | Part::AllSeconds, _))
}

/// `m` and `mm` are minutes after hours or seconds and before seconds, whatever literals stand between.
fn is_minute(tokens: &[Token], at: usize) -> bool {
    let part = |token: &Token| if let Token::Date(part, _) = token { Some(*part) } else { None };
    let before = tokens.get(..at).unwrap_or(&[]).iter().rev().find_map(part);
    let after = tokens.get(at + 1..).unwrap_or(&[]).iter().find_map(part);
    matches!(before, Some(Part::Hour | Part::AllHours | Part::Second | Part::AllSeconds))
        || matches!(after, Some(Part::Second | Part::AllSeconds))
}

/// A serial taken apart for one format.
struct Shown {
    day: i64,
    date: Date,
    clock: Clock,
    elapsed: i64,
    fraction: i64,
    decimals: usize,
    twelve_hours: bool,
}

impl Shown {
    fn write(&self, item: &Item, out: &mut String) {
        match item {
            Item::Literal(text) => out.push_str(text),
            Item::Year(count) => write_year(self.date.year, *count, out),
            Item::BuddhistYear(count) => write_year(self.date.year + 543, *count, out),
            Item::Month(count) => {
                write_named(self.date.month, name(&MONTHS, self.date.month - 1), *count, out)
            }
            Item::Day(count @ ..=2) => write_padded(self.date.day, *count, out),
            Item::Day(count) => {
                let name = name(&DAYS, serial::weekday(self.day));
                out.push_str(if *count == 3 { name.get(..3).unwrap_or(name) } else { name });
            }
            Item::Hour(count) => {
                let hour = if self.twelve_hours { (self.clock.hour + 11) % 12 + 1 } else { self.clock.hour };
                write_padded(hour, (*count).min(2), out);
            }
            Item::Minute(count) => write_padded(self.clock.minute, *count, out),
            Item::Second(count) => write_padded(self.clock.second, (*count).min(2), out),
            Item::AllHours(count) => write_padded(self.elapsed / 3600, *count, out),
            Item::AllMinutes(count) => write_padded(self.elapsed / 60, *count, out),
            Item::AllSeconds(count) => write_padded(self.elapsed, *count, out),
            Item::Decimals(count) => {
                out.push('.');
                let shown = self.fraction / 10i64.pow(self.decimals.saturating_sub(*count) as u32);
                write_padded(shown, *count, out);
            }
            Item::HalfDay(before, after) => out.push_str(if self.clock.hour < 12 { before } else { after }),
        }
    }
}

fn name(names: &'static [&'static str], index: i64) -> &'static str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("")
}

fn write_year(year: i64, count: usize, out: &mut String) {
    if count <= 2 { write_padded(year % 100, 2, out) } else { write_padded(year, 4, out) }
}

/// One or two letters are digits, three the short name, five the initial, others the full name.
fn write_named(number: i64, name: &str, count: usize, out: &mut String) {
    match count {
        1 | 2 => write_padded(number, count, out),
        3 => out.push_str(name.get(..3).unwrap_or(name)),
        5 => out.push_str(name.get(..1).unwrap_or(name)),
        _ => out.push_str(name),
    }
}

/// The numbers 00 to 99, so that two digits are one copy.
const PAIRS: &str = "\
    0001020304050607080910111213141516171819\
    2021222324252627282930313233343536373839\
    4041424344454647484950515253545556575859\
    6061626364656667686970717273747576777879\
    8081828384858687888990919293949596979899";

fn write_pair(number: i64, out: &mut String) {
    let at = 2 * number as usize;
    out.push_str(PAIRS.get(at..at + 2).unwrap_or(""));
}

fn write_padded(number: i64, width: usize, out: &mut String) {
    match (number, width) {
        (0..=9, 1) => out.push(char::from(b'0' + number as u8)),
        (0..=99, 1 | 2) => write_pair(number, out),
        (0..=9999, 4) => {
            write_pair(number / 100, out);
            write_pair(number % 100, out);
        }
        _ => {
            let digits = number.max(0).to_string();
            out.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
            out.push_str(&digits);
        }
    }
}
