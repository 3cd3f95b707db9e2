//! Excel's wildcards: `*` any run of characters, `?` one character, `~` takes the next one as it is. Ignores case.

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

    /// True when the whole text fits.
    pub fn matches(&self, text: &str) -> bool {
        self.run(text, true)
    }

    /// Byte offset of the first place where the pattern fits a part of the text.
    pub fn find(&self, text: &str) -> Option<usize> {
        let ends = std::iter::once(text.len());
        text.char_indices()
            .map(|(at, _)| at)
            .chain(ends)
            .find(|&at| text.get(at..).is_some_and(|rest| self.run(rest, false)))
    }

    /// Greedy matching that falls back to the last run only, so that it takes at most pattern * text steps.
    fn run(&self, text: &str, to_the_end: bool) -> bool {
        let (mut at, mut rest) = (0, text);
        let mut last_run: Option<(usize, &str)> = None;
        loop {
            let mut chars = rest.chars();
            match (self.tokens.get(at), chars.next()) {
                (None, None) => return true,
                (None, Some(_)) if !to_the_end => return true,
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
            if longer.next().is_none() {
                return false;
            }
            rest = longer.as_str();
            last_run = Some((after, rest));
            at = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Pattern::new(pattern).matches(text), fits, "{pattern} {text}");
        }
        assert!(Pattern::new("a?").is_wild() && !Pattern::new("a~?").is_wild());
        assert_eq!(Pattern::new("A~?~").literal(), "a?~");
    }

    #[test]
    fn parts() {
        // Excel documentation, SEARCH: "e" in "Statements" from 6 is 7; here from the start.
        assert_eq!(Pattern::new("E").find("Statements"), Some(4));
        assert_eq!(Pattern::new("t?m").find("Statements"), Some(3));
        assert_eq!(Pattern::new("a*m").find("Statements"), Some(2));
        assert_eq!((Pattern::new("").find("x"), Pattern::new("é").find("aéb")), (Some(0), Some(1)));
    }
}
