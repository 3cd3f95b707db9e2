//! What a number format shows a number as: a date, a time, a percentage, a text.

use crate::workbook::Shows;

/// Formats that files give by number only. 27 to 36 and 50 to 58 depend on the language of Excel; these are the
/// Japanese ones (ECMA-376 part 1, 18.8.30).
pub fn built_in(id: u32) -> Shows {
    match id {
        9 | 10 => Shows::Percent,
        14..=17 | 27..=31 | 34..=36 | 50..=58 => Shows::Date,
        18..=21 | 32 | 33 | 45..=47 => Shows::Time,
        22 => Shows::DateTime,
        49 => Shows::Text,
        _ => Shows::Number,
    }
}

/// What a format shows positive numbers as: its first section decides.
pub fn shows(code: &str) -> Shows {
    let found = Scan::section(code);
    if found.date && found.time {
        Shows::DateTime
    } else if found.date {
        Shows::Date
    } else if found.time {
        Shows::Time
    } else if found.percent {
        Shows::Percent
    } else if found.text && !found.digits {
        Shows::Text
    } else {
        Shows::Number
    }
}

#[derive(Default)]
struct Scan {
    date: bool,
    time: bool,
    percent: bool,
    text: bool,
    digits: bool,
    /// An `m` that is not decided yet: after hours and before seconds it is minutes, else months.
    open_m: bool,
    after_hours: bool,
}

impl Scan {
    fn section(code: &str) -> Scan {
        let mut scan = Scan::default();
        let mut chars = code.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                ';' => break,
                '"' => while chars.next().is_some_and(|c| c != '"') {},
                '\\' | '_' | '*' => drop(chars.next()),
                '[' => {
                    let inside: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    scan.bracket(&inside);
                }
                // `E+` and `E-` are exponents. `e` alone is the year of an era.
                'e' | 'E' if matches!(chars.peek(), Some('+' | '-')) => scan.digits = true,
                'g' | 'G' if is_general(&mut chars) => scan.digits = true,
                'a' | 'A' if is_am_pm(&mut chars) => scan.hours(),
                _ => scan.letter(c),
            }
        }
        scan.date |= scan.open_m;
        scan
    }

    fn letter(&mut self, c: char) {
        match c.to_ascii_lowercase() {
            'y' | 'd' | 'e' | 'g' | 'b' => {
                self.date = true;
                self.after_hours = false;
            }
            'h' => self.hours(),
            's' => self.seconds(),
            'm' if self.after_hours => self.time = true,
            'm' => self.open_m = true,
            '0' | '#' | '?' => self.digits = true,
            '%' => self.percent = true,
            '@' => self.text = true,
            _ => {}
        }
    }

    fn hours(&mut self) {
        self.date |= std::mem::take(&mut self.open_m);
        self.time = true;
        self.after_hours = true;
    }

    fn seconds(&mut self) {
        // mm:ss
        self.open_m = false;
        self.time = true;
        self.after_hours = false;
    }

    /// `[h]`, `[mm]` and `[ss]` are elapsed times. Colours, conditions and languages do not matter.
    fn bracket(&mut self, inside: &str) {
        let lower = inside.to_ascii_lowercase();
        let elapsed =
            ["h", "m", "s"].iter().any(|unit| !lower.is_empty() && lower.replace(unit, "").is_empty());
        if elapsed {
            self.time = true;
            self.after_hours = lower.starts_with('h');
        }
    }
}

type Chars<'c> = std::iter::Peekable<std::str::Chars<'c>>;

/// Takes the rest of `General` when it is there.
fn is_general(chars: &mut Chars) -> bool {
    takes(chars, "eneral")
}

/// Takes the rest of `AM/PM` or `A/P` when it is there.
fn is_am_pm(chars: &mut Chars) -> bool {
    takes(chars, "m/pm") || takes(chars, "/p")
}

fn takes(chars: &mut Chars, rest: &str) -> bool {
    let mut ahead = chars.clone();
    let found = rest.chars().all(|wanted| ahead.next().is_some_and(|c| c.eq_ignore_ascii_case(&wanted)));
    if found {
        *chars = ahead;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    // Oracle: how Excel shows 43831.75 under each format (ECMA-376 part 1, 18.8.31).
    #[test]
    fn formats_by_code() {
        let cases = [
            ("General", Shows::Number),
            ("#,##0.00_);[Red](#,##0.00)", Shows::Number),
            ("0.00E+00", Shows::Number),
            ("\"days\" 0", Shows::Number),
            ("0 \\d\\a\\y", Shows::Number),
            ("[$EUR-407] #,##0", Shows::Number),
            ("[>=100]0;0.0", Shows::Number),
            ("0.0%", Shows::Percent),
            ("@", Shows::Text),
            ("yyyy-mm-dd", Shows::Date),
            ("[$-409]mmm d, yyyy;@", Shows::Date),
            ("mmmm", Shows::Date),
            ("ggge", Shows::Date),
            ("h:mm AM/PM", Shows::Time),
            ("mm:ss.0", Shows::Time),
            ("[h]:mm", Shows::Time),
            ("[mm]:ss", Shows::Time),
            ("yyyy-mm-dd hh:mm:ss", Shows::DateTime),
            ("mm/dd hh:mm", Shows::DateTime),
            ("0;yyyy", Shows::Number),
            ("", Shows::Number),
            ("\"open", Shows::Number),
            ("[open", Shows::Number),
        ];
        for (code, expected) in cases {
            assert_eq!(shows(code), expected, "{code}");
        }
    }
}
