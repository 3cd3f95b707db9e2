//! Excel's wildcards: `*` any run of characters, `?` one character, `~` takes the next one as it is. Ignores case.
//! Matching takes pattern * text steps at most, and is told by the context when to end.

use crate::semantics::function::Cx;

/// A text to match against, prepared once.
#[derive(Clone, Debug)]
pub struct Pattern {
    tokens: Vec<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    One(char),
    Any,
    Run,
}

fn fold(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

impl Token {
    fn fits(self, c: char) -> bool {
        match self {
            Token::One(own) => own == fold(c),
            Token::Any | Token::Run => true,
        }
    }
}

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        let mut tokens = Vec::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let token = match c {
                '*' => Token::Run,
                '?' => Token::Any,
                '~' => Token::One(fold(chars.next_if(|c| matches!(c, '*' | '?' | '~')).unwrap_or('~'))),
                _ => Token::One(fold(c)),
            };
            if token != Token::Run || tokens.last() != Some(&Token::Run) {
                tokens.push(token);
            }
        }
        Pattern { tokens }
    }

    /// False when only one text (in whatever case) fits; `literal` is that text.
    pub fn is_wild(&self) -> bool {
        self.tokens.iter().any(|token| !matches!(token, Token::One(_)))
    }

    /// The text without escapes, in lower case.
    pub fn literal(&self) -> String {
        self.tokens
            .iter()
            .filter_map(|token| if let Token::One(c) = token { Some(*c) } else { None })
            .collect()
    }

    /// Byte offset of the first place where the pattern fits a part of the text.
    pub fn find(&self, cx: &Cx<'_>, text: &str) -> Option<usize> {
        // Each part between runs is taken where it fits first, which leaves the most room for the parts after it. If
        // one of them does not fit, it would not fit after a later start either, so no start is tried again.
        let mut parts = self.tokens.split(|token| *token == Token::Run);
        let first = first_fit(cx, parts.next()?, text)?;
        let mut end = first.1;
        for part in parts {
            end += first_fit(cx, part, text.get(end..)?)?.1;
        }
        Some(first.0)
    }

    /// True when the whole text fits. Greedy matching that falls back to the last run only.
    pub fn matches(&self, cx: &Cx<'_>, text: &str) -> bool {
        let (mut at, mut rest) = (0, text);
        let mut last_run: Option<(usize, &str)> = None;
        loop {
            let mut chars = rest.chars();
            match (self.tokens.get(at), chars.next()) {
                (None, None) => return true,
                (Some(Token::Run), _) => {
                    at += 1;
                    last_run = Some((at, rest));
                    continue;
                }
                (Some(token), Some(c)) if token.fits(c) => {
                    at += 1;
                    rest = chars.as_str();
                    continue;
                }
                _ => {}
            }
            let Some((after, from)) = last_run else { return false };
            let mut longer = from.chars();
            if cx.cancelled_at(self.tokens.len()) || longer.next().is_none() {
                return false;
            }
            rest = longer.as_str();
            last_run = Some((after, rest));
            at = after;
        }
    }
}

/// Places that are tried between two looks at the stop flag.
const PLACES: usize = 64;

/// Where in the text the part, which has no runs, fits first: the bytes where it begins and ends.
fn first_fit(cx: &Cx<'_>, part: &[Token], text: &str) -> Option<(usize, usize)> {
    let mut places = text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len()));
    places.find_map(|at| {
        if at % PLACES == 0 && cx.cancelled_at(text.len()) {
            return Some(None);
        }
        let mut chars = text.get(at..)?.chars();
        let fits = part.iter().all(|token| chars.next().is_some_and(|c| token.fits(c)));
        fits.then(|| Some((at, text.len() - chars.as_str().len())))
    })?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantics::function::Env;
    use crate::values::heap::Heap;
    use std::sync::atomic::AtomicBool;

    fn matches(pattern: &str, text: &str) -> bool {
        let (env, cancel, mut heap) = (Env::default(), AtomicBool::new(false), Heap::empty());
        Pattern::new(pattern).matches(&Cx { heap: &mut heap, env: &env, cancel: &cancel }, text)
    }

    fn find(pattern: &str, text: &str) -> Option<usize> {
        let (env, cancel, mut heap) = (Env::default(), AtomicBool::new(false), Heap::empty());
        Pattern::new(pattern).find(&Cx { heap: &mut heap, env: &env, cancel: &cancel }, text)
    }

    #[test]
    fn whole_texts() {
        for (pattern, text, fits) in [
            ("a*e", "Apple", true),
            ("a*e", "apples", false),
            ("?at", "CAT", true),
            ("?at", "at", false),
            ("*", "", true),
            ("~*", "*", true),
            ("~*", "a", false),
            ("a~~b~?", "A~B?", true),
            ("~x", "~x", true),
            ("*ab*ab", "xabyabab", true),
            ("É?", "éa", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
        assert!(Pattern::new("a?").is_wild() && !Pattern::new("a~?").is_wild());
        assert_eq!(Pattern::new("A~?~").literal(), "a?~");
    }

    #[test]
    fn parts() {
        // Excel documentation, SEARCH: "e" in "Statements" from 6 is 7; here from the start.
        assert_eq!(find("E", "Statements"), Some(4));
        assert_eq!(find("t?m", "Statements"), Some(3));
        assert_eq!(find("a*m", "Statements"), Some(2));
        assert_eq!(find("*m", "Statements"), Some(0));
        assert_eq!(find("t*?", "Statements"), Some(1));
        assert_eq!(find("s*", "Statements"), Some(0));
        assert_eq!(find("s?", "Statements"), Some(0));
        assert_eq!((find("s?", "Bus"), find("a*a", "cat")), (None, None));
        assert_eq!((find("", "x"), find("é", "aéb")), (Some(0), Some(1)));
    }
    /// Every start, tried with every pattern: ends within a test's patience only if no work is done twice.
    #[test]
    fn many_runs_in_a_long_text() {
        let (text, pattern) = ("a".repeat(32_767), "*a".repeat(127));
        assert_eq!(find(&format!("a{pattern}b"), &text), None);
        assert_eq!(find(&format!("a{pattern}"), &text), Some(0));
    }
}
