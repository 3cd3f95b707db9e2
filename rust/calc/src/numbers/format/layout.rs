//! Date formats whose every placeholder has two or four digits, as a text with places for pairs of them. What the
//! placeholders mean is in `date`.

use super::item::Item;
use crate::numbers::serial::{Clock, Date};

/// Longest layout, in bytes.
const LAYOUT: usize = 32;

#[derive(Clone, Debug)]
pub struct Layout {
    text: [u8; LAYOUT],
    length: usize,
    pairs: Vec<(usize, Pair)>,
}

#[derive(Clone, Copy, Debug)]
enum Pair {
    Century,
    YearOfCentury,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Layout {
    pub fn new(items: &[Item]) -> Option<Layout> {
        let mut layout = Layout { text: [0; LAYOUT], length: 0, pairs: Vec::new() };
        for item in items {
            let pairs: &[Pair] = match item {
                Item::Literal(text) => {
                    layout.literal(text)?;
                    continue;
                }
                Item::Year(3..) => &[Pair::Century, Pair::YearOfCentury],
                Item::Year(_) => &[Pair::YearOfCentury],
                Item::Month(2) => &[Pair::Month],
                Item::Day(2) => &[Pair::Day],
                Item::Hour(2..) => &[Pair::Hour],
                Item::Minute(2) => &[Pair::Minute],
                Item::Second(2..) => &[Pair::Second],
                _ => return None,
            };
            for &pair in pairs {
                layout.pairs.push((layout.length, pair));
                layout.literal("00")?;
            }
        }
        Some(layout)
    }

    fn literal(&mut self, text: &str) -> Option<()> {
        let end = self.length + text.len();
        self.text.get_mut(self.length..end)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Some(())
    }

    pub fn write(&self, date: Date, clock: Clock, out: &mut String) {
        let mut text = self.text;
        for &(at, pair) in &self.pairs {
            let number = match pair {
                Pair::Century => date.year / 100,
                Pair::YearOfCentury => date.year % 100,
                Pair::Month => date.month,
                Pair::Day => date.day,
                Pair::Hour => clock.hour,
                Pair::Minute => clock.minute,
                Pair::Second => clock.second,
            } as u8;
            if let Some([tens, ones]) = text.get_mut(at..at + 2) {
                (*tens, *ones) = (b'0' + number / 10, b'0' + number % 10);
            }
        }
        out.push_str(text.get(..self.length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or(""));
    }
}
