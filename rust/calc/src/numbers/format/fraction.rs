//! Sections with fractions: `# ?/?`, `# ??/16`, `?/?`.

use super::scan::Token;

#[derive(Clone, Debug)]
pub struct FractionFormat {
    /// Up to and including the last placeholder of the whole part; without placeholders the fraction is improper.
    lead: Vec<Token>,
    has_whole: bool,
    /// Between whole part and numerator.
    gap: String,
    numerator: Vec<u8>,
    before_slash: String,
    after_slash: String,
    denominator: Denominator,
    tail: String,
}

#[derive(Clone, Debug)]
enum Denominator {
    Free(Vec<u8>),
    Fixed(u64),
}

/// Longer runs of placeholders count as this many.
const MOST_DIGITS: usize = 9;

impl FractionFormat {
    /// `None` if the section is not a fraction: no slash, or no placeholders on both sides of it.
    pub fn compile(tokens: &[Token]) -> Option<FractionFormat> {
        let slash = tokens.iter().position(|token| *token == Token::Slash)?;
        let (left, right) = (tokens.get(..slash)?, tokens.get(slash + 1..)?);
        let is_digit = |token: &Token| matches!(token, Token::Digit(_));
        let end = left.iter().rposition(is_digit)? + 1;
        let start = left.get(..end)?.iter().rposition(|token| !is_digit(token)).map_or(0, |at| at + 1);
        let lead_end = left.get(..start)?.iter().rposition(is_digit).map(|at| at + 1);
        let first = right.iter().position(|token| matches!(token, Token::Digit(_) | Token::Figure(_)))?;
        let (denominator, length) = denominator(right.get(first..)?)?;
        Some(FractionFormat {
            lead: left.get(..lead_end.unwrap_or(start))?.to_vec(),
            has_whole: lead_end.is_some(),
            gap: literals(left.get(lead_end.unwrap_or(start)..start)?),
            numerator: placeholders(left.get(start..end)?),
            before_slash: literals(left.get(end..)?),
            after_slash: literals(right.get(..first)?),
            denominator,
            tail: literals(right.get(first + length..)?),
        })
    }

    pub fn write(&self, x: f64, negative: bool, out: &mut String) {
        let start = out.len();
        let mut whole = if self.has_whole { x.floor() } else { 0.0 };
        let (mut numerator, denominator) = match &self.denominator {
            Denominator::Free(digits) => {
                nearest(x - whole, 10u64.saturating_pow(digits.len().min(MOST_DIGITS) as u32) - 1)
            }
            Denominator::Fixed(fixed) => (((x - whole) * *fixed as f64).round() as u64, *fixed),
        };
        if self.has_whole && numerator == denominator {
            whole += 1.0;
            numerator = 0;
        }
        let blank = self.has_whole && numerator == 0 && !self.numerator.contains(&b'0');
        let whole_shown = self.write_lead(whole, numerator == 0, blank, out);
        let mut fraction = String::new();
        self.write_fraction(numerator, denominator, &mut fraction);
        if blank {
            if self.has_spaces() {
                let width = self.gap.chars().count() + fraction.chars().count();
                out.extend(std::iter::repeat_n(' ', width));
            }
        } else {
            if whole_shown || !self.has_whole {
                out.push_str(&self.gap);
            } else if self.numerator.contains(&b'?') || self.last_whole() == Some(b'?') {
                out.extend(std::iter::repeat_n(' ', self.gap.chars().count()));
            }
            out.push_str(&fraction);
        }
        out.push_str(&self.tail);
        if negative && (whole > 0.0 || numerator > 0) {
            out.insert(start, '-');
        }
    }

    fn last_whole(&self) -> Option<u8> {
        self.lead.iter().rev().find_map(|token| match token {
            Token::Digit(digit) if self.has_whole => Some(*digit),
            _ => None,
        })
    }

    /// Whether any placeholder keeps its width when empty.
    fn has_spaces(&self) -> bool {
        let free = match &self.denominator {
            Denominator::Free(digits) => digits.contains(&b'?'),
            Denominator::Fixed(_) => false,
        };
        free || self.numerator.contains(&b'?') || self.last_whole() == Some(b'?')
    }

    /// Writes the whole part and what stands before it; tells whether it shows any digit.
    fn write_lead(&self, whole: f64, no_fraction: bool, blank: bool, out: &mut String) -> bool {
        let count = self.lead.iter().filter(|token| matches!(token, Token::Digit(_))).count();
        let digits = if whole > 0.0 { format!("{whole:.0}") } else { String::new() };
        let mut left = count;
        let mut shown = false;
        for token in &self.lead {
            let Token::Digit(placeholder) = token else {
                token.write_literal(out);
                continue;
            };
            if !self.has_whole {
                continue;
            }
            left -= 1;
            let end = digits.len().saturating_sub(left);
            let from = if left + 1 == count { 0 } else { digits.len().saturating_sub(left + 1) };
            match digits.get(from..end) {
                Some(part) if !part.is_empty() => {
                    out.push_str(part);
                    shown = true;
                }
                _ if left == 0 && (blank || (no_fraction && *placeholder == b'?')) => {
                    out.push('0');
                    shown = true;
                }
                _ => match placeholder {
                    b'0' => {
                        out.push('0');
                        shown = true;
                    }
                    b'?' => out.push(' '),
                    _ => {}
                },
            }
        }
        shown
    }

    fn write_fraction(&self, numerator: u64, denominator: u64, out: &mut String) {
        let digits = numerator.to_string();
        for (index, placeholder) in self.numerator.iter().enumerate() {
            let left = self.numerator.len() - index - 1;
            if left >= digits.len() {
                match placeholder {
                    b'0' => out.push('0'),
                    b'?' => out.push(' '),
                    _ => {}
                }
            }
        }
        out.push_str(&digits);
        out.push_str(&self.before_slash);
        out.push('/');
        out.push_str(&self.after_slash);
        let digits = denominator.to_string();
        if let Denominator::Free(placeholders) = &self.denominator {
            let missing = placeholders.len().saturating_sub(digits.len());
            let pad =
                |wanted: u8| placeholders.iter().take(missing).filter(move |&&digit| digit == wanted).count();
            out.extend(std::iter::repeat_n('0', pad(b'0')));
            out.push_str(&digits);
            out.extend(std::iter::repeat_n(' ', pad(b'?')));
        } else {
            out.push_str(&digits);
        }
    }
}

fn placeholders(tokens: &[Token]) -> Vec<u8> {
    tokens
        .iter()
        .filter_map(|token| if let Token::Digit(digit) = token { Some(*digit) } else { None })
        .collect()
}

fn literals(tokens: &[Token]) -> String {
    let mut text = String::new();
    tokens.iter().for_each(|token| token.write_literal(&mut text));
    text
}

/// The denominator at the start of the tokens and how many tokens it takes.
fn denominator(tokens: &[Token]) -> Option<(Denominator, usize)> {
    let digits = |token: &&Token| matches!(token, Token::Digit(_) | Token::Figure(_));
    let run: Vec<&Token> = tokens.iter().take_while(digits).collect();
    if !run.iter().any(|token| matches!(token, Token::Figure(_))) {
        return Some((Denominator::Free(placeholders(tokens.get(..run.len())?)), run.len()));
    }
    let mut text = String::new();
    run.iter().for_each(|token| token.write_literal(&mut text));
    let fixed = text.parse().ok().filter(|&fixed: &u64| (1..1_000_000_000).contains(&fixed))?;
    Some((Denominator::Fixed(fixed), run.len()))
}

/// The last convergent of the continued fraction of `x` whose denominator is at most `most`, which is what Excel
/// shows (not always the nearest fraction: 0.456 is 1/2 with one digit).
fn nearest(x: f64, most: u64) -> (u64, u64) {
    let (mut before, mut last) = ((0u64, 1u64), (1u64, 0u64));
    let mut rest = x;
    loop {
        let term = rest.floor();
        if term >= 1e15 {
            return last;
        }
        let next = |before: u64, last: u64| (term as u64).checked_mul(last)?.checked_add(before);
        let (Some(numerator), Some(denominator)) = (next(before.0, last.0), next(before.1, last.1)) else {
            return last;
        };
        if denominator > most {
            return last;
        }
        (before, last) = (last, (numerator, denominator));
        // Beyond this only the noise of binary arithmetic is left.
        if rest - term < 5e-8 {
            return last;
        }
        rest = 1.0 / (rest - term);
    }
}
