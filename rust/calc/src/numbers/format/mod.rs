//! Number formats: a format code compiled once, then applied to numbers and texts, as TEXT and cells show them (US
//! English names). Scanning is in `scan`; the kinds of sections are in `general`, `plain`, `number`, `fraction` and
//! `date`. No cell widths: `*` fills nothing.

mod condition;
mod date;
mod fraction;
mod general;
mod item;
mod layout;
mod number;
mod plain;
mod scan;

use condition::Condition;
pub use date::Unshowable;
pub use general::write_general;
use scan::Token;
pub use scan::strange_letters;

/// Excel takes no longer format codes, in UTF-16 units.
const LONGEST_CODE: usize = 255;

/// A compiled format code.
#[derive(Clone, Debug)]
pub struct Format {
    /// Sections for numbers, in the order in which their conditions are tried.
    numbers: Vec<Section>,
    /// The section for texts; `None` shows a text as it is.
    text: Option<Vec<Token>>,
    text_only: bool,
}

#[derive(Clone, Debug)]
struct Section {
    condition: Condition,
    /// The section shows magnitudes only: its condition already says that the number is negative.
    unsigned: bool,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    General(Vec<Token>),
    Number(number::NumberFormat),
    Plain(plain::Plain, number::NumberFormat),
    Fraction(fraction::FractionFormat),
    Date(date::DateFormat),
    /// Nothing but literals.
    Fixed(String),
}

impl Format {
    /// Compiles a format code; `None` for what Excel refuses.
    pub fn parse(code: &str) -> Option<Format> {
        if code.len() > LONGEST_CODE && code.encode_utf16().count() > LONGEST_CODE {
            return None;
        }
        let mut sections = Vec::new();
        for text in scan::sections(code) {
            sections.push(scan::section(text)?);
        }
        if sections.len() > 4 {
            return None;
        }
        let last_is_text = sections.last().is_some_and(|section| section.tokens.contains(&Token::At));
        let text = if sections.len() == 4 || last_is_text {
            sections.pop().map(|section| section.tokens)
        } else {
            None
        };
        let text_only = sections.is_empty();
        Some(Format { numbers: number_sections(sections)?, text, text_only })
    }

    /// Appends a number as the format shows it. On `Err` ignore what was appended.
    pub fn write(&self, x: f64, date1904: bool, out: &mut String) -> Result<(), Unshowable> {
        let Some(section) = self.numbers.iter().find(|section| section.condition.holds(x)) else {
            // No section wants the number: Excel falls back on General.
            write_general(out, x);
            return Ok(());
        };
        let negative = x < 0.0 && !section.unsigned;
        match &section.kind {
            Kind::General(tokens) => {
                if negative {
                    out.push('-');
                }
                for token in tokens {
                    match token {
                        Token::General => write_general(out, x.abs()),
                        other => other.write_literal(out),
                    }
                }
            }
            Kind::Plain(plain, number) => {
                if !plain.write(x.abs(), negative, out) {
                    number.write(x.abs(), negative, out);
                }
            }
            Kind::Number(number) => number.write(x.abs(), negative, out),
            Kind::Fraction(fraction) => fraction.write(x.abs(), negative, out),
            Kind::Date(date) => return date.write(x, date1904, out),
            Kind::Fixed(text) => {
                if negative && !text.is_empty() {
                    out.push('-');
                }
                out.push_str(text);
            }
        }
        Ok(())
    }

    /// True for a format with nothing but a text section (`@`): a text stays a text in it, even one that reads as a
    /// number.
    pub fn is_for_text(&self) -> bool {
        self.text_only
    }

    /// Appends a text as the format shows it.
    pub fn write_text(&self, text: &str, out: &mut String) {
        let Some(tokens) = &self.text else {
            out.push_str(text);
            return;
        };
        for token in tokens {
            match token {
                Token::At | Token::General => out.push_str(text),
                other => other.write_literal(out),
            }
        }
    }
}

/// Gives every section its condition: those written in it, else by position (positive and zero; negative; zero).
fn number_sections(scanned: Vec<scan::Section>) -> Option<Vec<Section>> {
    let count = scanned.len();
    if count == 0 {
        let kind = Kind::General(vec![Token::General]);
        return Some(vec![Section { condition: Condition::Always, unsigned: false, kind }]);
    }
    let conditions: Vec<Option<Condition>> = scanned.iter().map(|section| section.condition).collect();
    let explicit = conditions.iter().any(Option::is_some);
    let mut sections = Vec::with_capacity(count);
    for (position, section) in scanned.into_iter().enumerate() {
        let implied = match (count, position, explicit) {
            (2, 0, false) => Condition::GreaterOrEqual(0.0),
            (3, 0, false) => Condition::Greater(0.0),
            (3, 1, false) => Condition::Less(0.0),
            _ => Condition::Always,
        };
        let condition = section.condition.unwrap_or(implied);
        let second_is_rest = position == 1 && (!explicit || first_takes_positives(&conditions));
        let unsigned = condition.only_negative() || second_is_rest;
        sections.push(Section { condition, unsigned, kind: kind(section)? });
    }
    Some(sections)
}

/// `[>0]a;b` and `[>=0]a;b` leave the negative numbers to b, as `a;b` does.
fn first_takes_positives(conditions: &[Option<Condition>]) -> bool {
    matches!(conditions, [Some(Condition::Greater(0.0) | Condition::GreaterOrEqual(0.0)), None, ..])
}

fn kind(section: scan::Section) -> Option<Kind> {
    let tokens = section.tokens;
    let has = |wanted: fn(&Token) -> bool| tokens.iter().any(wanted);
    if has(|token| matches!(token, Token::Date(..) | Token::HalfDay(..))) {
        return date::DateFormat::compile(&tokens).map(Kind::Date);
    }
    if has(|token| matches!(token, Token::General)) {
        let strange = has(|token| matches!(token, Token::Digit(_) | Token::Exponent { .. }));
        return (!strange).then_some(Kind::General(tokens));
    }
    if has(|token| matches!(token, Token::At)) {
        // A text section that numbers reach shows them in General.
        return Some(Kind::General(vec![Token::General]));
    }
    if !has(|token| matches!(token, Token::Digit(_))) {
        let mut text = String::new();
        tokens.iter().for_each(|token| token.write_literal(&mut text));
        return Some(Kind::Fixed(text));
    }
    match fraction::FractionFormat::compile(&tokens) {
        Some(fraction) => Some(Kind::Fraction(fraction)),
        None => {
            let number = number::NumberFormat::compile(&tokens)?;
            Some(match plain::Plain::compile(&tokens) {
                Some(plain) => Kind::Plain(plain, number),
                None => Kind::Number(number),
            })
        }
    }
}

#[cfg(test)]
mod tests;
