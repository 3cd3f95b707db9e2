//! From a format code to tokens: sections, brackets, quotes, placeholders. What tokens mean together is decided by
//! the section's kind.

use super::condition::Condition;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Literal(String),
    /// `0`, `#` or `?`.
    Digit(u8),
    /// A digit 1 to 9: a literal, or part of a fixed denominator.
    Figure(u8),
    Point,
    Comma,
    Percent,
    Slash,
    /// `E+` and the like: the letter, and whether a plus sign is shown.
    Exponent {
        letter: char,
        plus: bool,
    },
    At,
    General,
    Date(Part, usize),
    /// `AM/PM` or `A/P` with the texts shown.
    HalfDay(&'static str, &'static str),
}

/// What a date placeholder shows; the token also has how often its letter was repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Year,
    /// The Buddhist calendar's year.
    BuddhistYear,
    /// Months, or minutes when next to hours or seconds.
    MonthOrMinute,
    Day,
    Hour,
    Second,
    /// Hours, minutes, seconds in all, not within the day.
    AllHours,
    AllMinutes,
    AllSeconds,
}

impl Token {
    /// True for what reads differently in another language. Names are known in English only, so that a section with
    /// both is refused.
    fn is_worded(&self) -> bool {
        match self {
            Token::Date(Part::MonthOrMinute | Part::Day, count) => *count > 2,
            Token::HalfDay(..) => true,
            _ => false,
        }
    }

    /// Appends the token as it reads outside of any number or date.
    pub fn write_literal(&self, out: &mut String) {
        match self {
            Token::Literal(text) => out.push_str(text),
            Token::Digit(digit) | Token::Figure(digit) => out.push(char::from(*digit)),
            Token::Point => out.push('.'),
            Token::Comma => out.push(','),
            Token::Percent => out.push('%'),
            Token::Slash => out.push('/'),
            Token::Exponent { letter, .. } => out.push(*letter),
            Token::At => out.push('@'),
            Token::General | Token::Date(..) | Token::HalfDay(..) => {}
        }
    }
}

/// A section's tokens and its condition.
pub struct Section {
    pub condition: Option<Condition>,
    pub tokens: Vec<Token>,
}

/// The format code split at the semicolons that separate sections.
pub fn sections(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut chars) = (0, code.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' | '_' | '*' => drop(chars.next()),
            '"' => drop(chars.find(|&(_, c)| c == '"')),
            '[' => drop(chars.find(|&(_, c)| c == ']')),
            ';' => {
                found.push(code.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(code.get(start..).unwrap_or(""));
    found
}

/// Letters outside of quotes and brackets that stand twice or more but mean nothing in English, such as the `TT` and
/// `JJJJ` of a German date. Excel shows them as they are.
pub fn strange_letters(code: &str) -> String {
    let (mut found, mut before) = (String::new(), None);
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' | '_' | '*' => drop(chars.next()),
            '"' => drop(chars.find(|&c| c == '"')),
            '[' => drop(chars.find(|&c| c == ']')),
            _ if before == Some(c) && is_strange(c) && !found.contains(c) => found.push(c),
            _ => {}
        }
        before = Some(c);
    }
    found
}

fn is_strange(c: char) -> bool {
    c.is_alphabetic() && date_part(c).is_none() && !c.eq_ignore_ascii_case(&'e')
}

/// Tokens of one section; `None` for what Excel refuses.
pub fn section(text: &str) -> Option<Section> {
    let section = Section { condition: None, tokens: Vec::new() };
    let mut scanner = Scanner { rest: text, section, foreign: false };
    while let Some(c) = scanner.rest.chars().next() {
        scanner.take(c)?;
    }
    let section = scanner.section;
    (!scanner.foreign || !section.tokens.iter().any(Token::is_worded)).then_some(section)
}

struct Scanner<'a> {
    rest: &'a str,
    section: Section,
    /// A bracket names a language other than English, or other digits or another calendar.
    foreign: bool,
}

impl<'a> Scanner<'a> {
    fn take(&mut self, c: char) -> Option<()> {
        if let Some(length) = self.keyword() {
            self.advance(length);
            return Some(());
        }
        match c {
            '0' | '#' | '?' => self.push(Token::Digit(c as u8), 1),
            '1'..='9' => self.push(Token::Figure(c as u8), 1),
            '.' => self.push(Token::Point, 1),
            ',' => self.push(Token::Comma, 1),
            '%' => self.push(Token::Percent, 1),
            '/' => self.push(Token::Slash, 1),
            '@' => self.push(Token::At, 1),
            '"' => {
                let body = self.rest.get(1..)?;
                let end = body.find('"').unwrap_or(body.len());
                self.literal(body.get(..end)?);
                self.advance(end + 2);
            }
            '\\' => {
                let escaped = self.rest.get(1..)?.chars().next()?;
                self.literal(escaped.encode_utf8(&mut [0; 4]));
                self.advance(1 + escaped.len_utf8());
            }
            '_' | '*' => {
                let next = self.rest.get(1..)?.chars().next()?;
                if c == '_' {
                    self.literal(" ");
                }
                self.advance(1 + next.len_utf8());
            }
            '[' => {
                let end = self.rest.find(']')?;
                self.bracket(self.rest.get(1..end)?)?;
                self.advance(end + 1);
            }
            'e' | 'E' => self.exponent_or_year(c),
            'N' | 'n' | 'G' | 'g' => return None,
            _ => match date_part(c) {
                Some(part) => {
                    let count = self.rest.chars().take_while(|next| next.eq_ignore_ascii_case(&c)).count();
                    self.push(Token::Date(part, count), count);
                }
                None => {
                    self.literal(c.encode_utf8(&mut [0; 4]));
                    self.advance(c.len_utf8());
                }
            },
        }
        Some(())
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or("");
    }

    fn push(&mut self, token: Token, bytes: usize) {
        self.section.tokens.push(token);
        self.advance(bytes);
    }

    fn literal(&mut self, text: &str) {
        match self.section.tokens.last_mut() {
            Some(Token::Literal(before)) => before.push_str(text),
            _ => self.section.tokens.push(Token::Literal(text.to_owned())),
        }
    }

    fn starts_with(&self, word: &str) -> bool {
        self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    }

    /// `General`, `AM/PM`, `A/P`: pushes the token and gives its length.
    fn keyword(&mut self) -> Option<usize> {
        let (token, length) = if self.starts_with("General") {
            (Token::General, 7)
        } else if self.starts_with("AM/PM") {
            (Token::HalfDay("AM", "PM"), 5)
        } else if self.starts_with("A/P") {
            let before = if self.rest.starts_with('a') { "a" } else { "A" };
            let after = if self.rest.get(2..3) == Some("p") { "p" } else { "P" };
            (Token::HalfDay(before, after), 3)
        } else {
            return None;
        };
        self.section.tokens.push(token);
        Some(length)
    }

    fn exponent_or_year(&mut self, letter: char) {
        let after_digits = self.section.tokens.iter().any(|token| matches!(token, Token::Digit(_)));
        let sign = self.rest.get(1..2);
        if after_digits && matches!(sign, Some("+" | "-")) {
            self.push(Token::Exponent { letter, plus: sign == Some("+") }, 2);
        } else {
            // Year of the era, in English the full year.
            let count = self.rest.chars().take_while(|next| next.eq_ignore_ascii_case(&letter)).count();
            self.push(Token::Date(Part::Year, 4), count);
        }
    }

    /// Conditions, elapsed time, currency; colours and unknown locale marks show nothing.
    fn bracket(&mut self, body: &str) -> Option<()> {
        if let Some(currency) = body.strip_prefix('$') {
            return self.currency(currency);
        }
        if body.starts_with(['<', '>', '=']) {
            self.section.condition = Some(condition(body)?);
            return Some(());
        }
        let first = body.chars().next()?.to_ascii_lowercase();
        if body.chars().all(|c| c.eq_ignore_ascii_case(&first)) {
            let part = match first {
                'h' => Part::AllHours,
                'm' => Part::AllMinutes,
                's' => Part::AllSeconds,
                _ => return Some(()),
            };
            self.section.tokens.push(Token::Date(part, body.len()));
        }
        Some(())
    }

    /// `[$€-407]` shows the text before the last dash; F800 and F400 stand for the system's long date and time.
    fn currency(&mut self, body: &str) -> Option<()> {
        let (symbol, locale) = body.rsplit_once('-').unwrap_or((body, ""));
        let system = match locale {
            _ if locale.eq_ignore_ascii_case("F800") => Some("dddd, mmmm d, yyyy"),
            _ if locale.eq_ignore_ascii_case("F400") => Some("h:mm:ss AM/PM"),
            _ => None,
        };
        if let Some(code) = system {
            // The system's format takes the place of whatever follows.
            self.section.tokens = section(code)?.tokens;
            self.rest = "]";
            return Some(());
        }
        self.foreign |= !locale.is_empty() && !is_english(locale);
        self.literal(symbol);
        Some(())
    }
}

/// Whether a Windows locale number is one of English, with the usual digits and calendar.
fn is_english(locale: &str) -> bool {
    u32::from_str_radix(locale, 16).is_ok_and(|id| id <= 0xFFFF && id & 0x3FF == 9)
        || locale.starts_with("en")
}

fn condition(body: &str) -> Option<Condition> {
    let operator = body.len() - body.trim_start_matches(['<', '>', '=']).len();
    let (operator, limit) = body.split_at_checked(operator)?;
    let limit: f64 = limit.trim().parse().ok().filter(|limit: &f64| limit.is_finite())?;
    Some(match operator {
        "<" => Condition::Less(limit),
        "<=" => Condition::LessOrEqual(limit),
        ">" => Condition::Greater(limit),
        ">=" => Condition::GreaterOrEqual(limit),
        "=" => Condition::Equal(limit),
        "<>" => Condition::NotEqual(limit),
        _ => return None,
    })
}

fn date_part(c: char) -> Option<Part> {
    Some(match c.to_ascii_lowercase() {
        'y' => Part::Year,
        'b' => Part::BuddhistYear,
        'm' => Part::MonthOrMinute,
        'd' => Part::Day,
        'h' => Part::Hour,
        's' => Part::Second,
        _ => return None,
    })
}
