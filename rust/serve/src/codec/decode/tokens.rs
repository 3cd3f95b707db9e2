//! JSON tokens for the fast decoder. `None` only means "not as expected". Positions stay inside the text.

use crate::codec::decode::number::number;
use crate::codec::decode::rules::Scalar;
use crate::codec::decode::word::{Word, load};
use crate::codec::escape::plain_length;
use std::borrow::Cow;

pub enum Token<'t> {
    Null,
    Bool(bool),
    Number(f64),
    Text(Cow<'t, str>),
}

impl Token<'_> {
    pub fn as_scalar(&self) -> Scalar<'_> {
        match self {
            Token::Null => Scalar::Null,
            Token::Bool(b) => Scalar::Bool(*b),
            Token::Number(x) => Scalar::Number(*x),
            Token::Text(text) => Scalar::Text(text),
        }
    }
}

/// A position in checked UTF-8. Every method that skips a token skips the white space after it, too.
pub struct Tokens<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Tokens<'t> {
    pub fn new(text: &'t str) -> Tokens<'t> {
        let mut tokens = Tokens { text, bytes: text.as_bytes(), at: 0 };
        tokens.skip_space();
        tokens
    }

    pub fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The next byte. At the end 0, with which no token begins.
    #[inline]
    pub fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    pub fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Skips the token `byte` if it comes next.
    #[inline]
    pub fn close(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        if found {
            self.at += 1;
            self.skip_space();
        }
        found
    }

    /// Skips the token `byte`, which must come next.
    #[inline]
    pub fn open(&mut self, byte: u8) -> Option<()> {
        self.close(byte).then_some(())
    }

    #[inline]
    pub fn colon(&mut self) -> Option<()> {
        self.open(b':')
    }

    /// After an element: true at a comma, false at the end of the container.
    #[inline]
    pub fn another(&mut self, end: u8) -> Option<bool> {
        if self.close(b',') { Some(true) } else { self.close(end).then_some(false) }
    }

    /// Goes to a position where a token or the bytes between two tokens begin.
    pub fn go_to(&mut self, position: usize) {
        self.at = position;
    }

    /// Skips `length` bytes if they are those of `first` and of the words after it.
    #[inline]
    pub fn skip_words(&mut self, first: Word, words: &[Word], length: usize) -> bool {
        if first.difference(load(self.bytes, self.at)) != 0 {
            return false;
        }
        let mut at = self.at + 8;
        for expected in words {
            if expected.difference(load(self.bytes, at)) != 0 {
                return false;
            }
            at += 8;
        }
        self.at += length;
        true
    }

    /// Skips a key if it has exactly these bytes, of which the last is the closing quote.
    #[inline]
    pub fn skip_key(&mut self, spelled: &[u8]) -> bool {
        let start = self.at + 1;
        let same = self.peek() == b'"' && self.bytes.get(start..start + spelled.len()) == Some(spelled);
        if same {
            self.at = start + spelled.len();
            self.skip_space();
        }
        same
    }

    /// A key without escapes, with its closing quote.
    pub fn plain_key(&mut self) -> Option<&'t [u8]> {
        let start = self.at + 1;
        let end = self.quoted()?;
        self.skip_space();
        end.plain.then(|| self.bytes.get(start..end.after)).flatten()
    }

    /// Skips a string.
    fn quoted(&mut self) -> Option<Quoted> {
        if self.peek() != b'"' {
            return None;
        }
        self.at += 1;
        let mut plain = true;
        loop {
            self.at += plain_length(self.bytes.get(self.at..)?);
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Some(Quoted { after: self.at, plain });
                }
                b'\\' => {
                    plain = false;
                    self.at += 2;
                }
                _ => return None,
            }
        }
    }

    /// A string, a number, `true`, `false` or `null`.
    pub fn scalar(&mut self) -> Option<Token<'t>> {
        match self.peek() {
            b'"' => self.string(),
            b'n' => self.literal("null", Token::Null),
            b't' => self.literal("true", Token::Bool(true)),
            b'f' => self.literal("false", Token::Bool(false)),
            _ => self.number().map(Token::Number),
        }
    }

    fn literal(&mut self, word: &str, token: Token<'t>) -> Option<Token<'t>> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end)? != word.as_bytes() {
            return None;
        }
        self.at = end;
        self.skip_space();
        Some(token)
    }

    fn string(&mut self) -> Option<Token<'t>> {
        let start = self.at;
        let end = self.quoted()?;
        self.skip_space();
        let text = if end.plain {
            Cow::Borrowed(self.text.get(start + 1..end.after - 1)?)
        } else {
            Cow::Owned(serde_json::from_str(self.text.get(start..end.after)?).ok()?)
        };
        Some(Token::Text(text))
    }

    /// A number, exactly rounded.
    pub fn number(&mut self) -> Option<f64> {
        let (number, end) = number(self.text, self.at)?;
        self.at = end;
        self.skip_space();
        Some(number)
    }
}

struct Quoted {
    /// The position after the closing quote.
    after: usize,
    /// Without escapes.
    plain: bool,
}
