//! Regular expressions with a budget: one for compiling them, one for matching. The matcher takes time that is the size of
//! the compiled expression times the length of the text, and nothing can stop it meanwhile: what would take long is
//! refused beforehand.

use regex_lite::{Regex, RegexBuilder};

/// Bytes that a compiled expression may have.
const MOST_BYTES: usize = 1 << 18;
/// What an expression of this size is tried with first: it may be matched with any text that a cell can hold.
const FIRST_BYTES: usize = 1 << 13;
/// Bytes of the expression times bytes of the text, of which a cell holds three for each of its units: at most some 150 ms
/// on a machine of 2025, and 50 ms for a text in ASCII.
const MOST_WORK: usize = 3 << 28;
/// Bytes of the expression times its groups: matching takes memory for all groups in all states.
const MOST_GROUP_BYTES: usize = 1 << 24;

#[derive(Clone, Debug)]
pub struct Expression {
    regex: Regex,
    /// The compiled size, rounded up.
    bytes: usize,
}

/// Why there is no expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The pattern is wrong, or uses what is not known here.
    Wrong,
    /// It may be right, but is over the budget.
    TooLarge,
}

impl Expression {
    pub fn new(pattern: &str, ignore_case: bool) -> Result<Expression, Unfit> {
        let mut bytes = FIRST_BYTES;
        loop {
            let built = RegexBuilder::new(pattern).case_insensitive(ignore_case).size_limit(bytes).build();
            match built {
                Ok(regex) if regex.captures_len().saturating_mul(bytes) > MOST_GROUP_BYTES => {
                    return Err(Unfit::TooLarge);
                }
                Ok(regex) => return Ok(Expression { regex, bytes }),
                Err(error) if !is_size(&error) => return Err(Unfit::Wrong),
                Err(_) if bytes >= MOST_BYTES => return Err(Unfit::TooLarge),
                Err(_) => bytes *= 2,
            }
        }
    }

    /// The expression, unless to match it with a text of so many bytes would take long.
    pub fn for_text(&self, bytes: usize) -> Option<&Regex> {
        // Groups are copied from state to state.
        let cost = self.bytes.saturating_mul(1 + self.regex.captures_len() / 16);
        (cost.saturating_mul(bytes) <= MOST_WORK).then_some(&self.regex)
    }
}

/// The library tells this kind of error from others by its text alone.
fn is_size(error: &regex_lite::Error) -> bool {
    error.to_string().contains("size limit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets() {
        let unfit = |pattern: &str| Expression::new(pattern, false).err();
        assert_eq!(unfit("(a"), Some(Unfit::Wrong));
        assert_eq!(unfit("(?:a{1000}){1000}"), Some(Unfit::TooLarge));
        assert_eq!(unfit(&"(a)".repeat(4_000)), Some(Unfit::TooLarge));
        let fits =
            |pattern: &str, text: usize| Expression::new(pattern, true).unwrap().for_text(text).is_some();
        for everyday in [r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$", r"(\w+)@(\w+)\.com", "a|b|c", ".*"] {
            assert!(fits(everyday, 32_767), "{everyday}");
        }
        assert!(fits("(?:a?){1000}b", 1_000) && !fits("(?:a?){1000}b", 32_767));
    }
}
