//! The fast decoder of `inputs`: one pass over the bytes for records as programs write them. It refuses nothing: what
//! it does not expect is left to the reference decoder.

use crate::codec::decode::pattern::{Pattern, ValueSpan};
use crate::codec::decode::records::{InputCell, Records, keep_last};
use crate::codec::decode::rules::Rules;
use crate::codec::decode::tokens::{Token, Tokens};
use crate::codec::decoded::{Decoded, Layout};

/// The records, if they are spelled as expected and nothing is wrong with them.
pub fn decode(text: &str, rules: Rules<'_>) -> Option<Decoded> {
    let mut decoder = FastDecoder {
        tokens: Tokens::new(text),
        records: Records::new(rules),
        keys: Vec::new(),
        pattern: Pattern::new(),
        spans: Vec::new(),
        irregular: false,
    };
    decoder.tokens.open(b'[')?;
    let layout = match decoder.tokens.peek() {
        b'{' => {
            decoder.objects()?;
            Layout::Objects
        }
        b'[' => {
            decoder.arrays()?;
            Layout::Arrays
        }
        _ => return None,
    };
    decoder.tokens.at_end().then(|| decoder.records.finish(layout, false))
}

struct FastDecoder<'t, 'a> {
    tokens: Tokens<'t>,
    records: Records<'a>,
    /// The keys of the last object by position: most records repeat them in the same order.
    keys: Vec<KnownKey<'t>>,
    pattern: Pattern,
    /// The values of the open record, while there is no pattern for it.
    spans: Vec<ValueSpan>,
    /// The open record is no pattern for others.
    irregular: bool,
}

#[derive(Clone, Copy)]
struct KnownKey<'t> {
    /// The key with its closing quote.
    spelled: &'t [u8],
    target: Option<InputCell>,
}

/// The most keys remembered by position.
const MOST_KEYS: usize = 1 << 12;

impl<'t> FastDecoder<'t, '_> {
    fn objects(&mut self) -> Option<()> {
        loop {
            self.record(Self::object)?;
            if !self.tokens.another(b']')? {
                return Some(());
            }
        }
    }

    /// Reads a record: by the pattern of the last one, or with `read`.
    #[inline]
    fn record(&mut self, read: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        self.records.begin_record().ok()?;
        if !self.pattern.read(&mut self.tokens, &mut self.records) {
            let (start, mark) = (self.tokens.position(), self.records.mark());
            self.spans.clear();
            self.irregular = !self.pattern.is_wanted();
            read(self)?;
            if self.irregular || self.records.mark() > mark {
                self.pattern.forget();
            } else {
                self.pattern.learn(&self.tokens, start, &self.spans, &self.records);
            }
            self.expect_more_like(start);
            self.records.end_record();
        }
        Some(())
    }

    /// After the first record: how many of its size would fit in the rest.
    fn expect_more_like(&mut self, start: usize) {
        if self.records.count() == 0 {
            let length = self.tokens.position() - start;
            self.records.expect(1 + self.tokens.remaining() / length.max(2));
        }
    }

    fn object(&mut self) -> Option<()> {
        self.tokens.open(b'{')?;
        if !self.tokens.close(b'}') {
            let mut position = 0;
            loop {
                let target = self.key(position)?;
                self.tokens.colon()?;
                match target {
                    None => self.unknown()?,
                    Some(target) => {
                        if !self.records.claim(target.input) {
                            return None;
                        }
                        self.value(target)?;
                    }
                }
                position += 1;
                if !self.tokens.another(b'}')? {
                    break;
                }
            }
        }
        Some(())
    }

    fn key(&mut self, position: usize) -> Option<Option<InputCell>> {
        if let Some(known) = self.keys.get(position)
            && self.tokens.skip_key(known.spelled)
        {
            return Some(known.target);
        }
        let spelled = self.tokens.plain_key()?;
        let name = std::str::from_utf8(spelled.get(..spelled.len() - 1)?).ok()?;
        let target = self.records.input_cell(name);
        let known = KnownKey { spelled, target };
        match self.keys.get_mut(position) {
            Some(last) => *last = known,
            None if position < MOST_KEYS => self.keys.push(known),
            None => {}
        }
        Some(target)
    }

    fn arrays(&mut self) -> Option<()> {
        let header = self.header()?;
        while self.tokens.another(b']')? {
            self.record(|decoder| decoder.row(&header))?;
        }
        Some(())
    }

    fn header(&mut self) -> Option<Vec<Option<InputCell>>> {
        let mut targets = Vec::new();
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            loop {
                let Token::Text(name) = self.tokens.scalar()? else { return None };
                targets.push(self.records.input_cell(&name));
                if !self.tokens.another(b']')? {
                    break;
                }
            }
        }
        let mut inputs: Vec<Option<usize>> =
            targets.iter().map(|target| target.map(|target| target.input)).collect();
        let repeated = keep_last(&mut inputs);
        self.records.repeated(&repeated);
        let kept = targets.into_iter().zip(inputs).map(|(target, kept)| target.filter(|_| kept.is_some()));
        Some(kept.collect())
    }

    fn row(&mut self, header: &[Option<InputCell>]) -> Option<()> {
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            let mut targets = header.iter();
            loop {
                match targets.next() {
                    Some(Some(target)) => {
                        self.records.claim(target.input);
                        self.value(*target)?;
                    }
                    Some(None) => self.unknown()?,
                    None => {
                        self.unknown()?;
                        self.records.surplus();
                    }
                }
                if !self.tokens.another(b']')? {
                    break;
                }
            }
        }
        Some(())
    }

    fn value(&mut self, InputCell { input, cell }: InputCell) -> Option<()> {
        let start = self.tokens.position();
        if cell.is_none() && self.tokens.peek() == b'[' {
            return self.table(input);
        }
        let token = self.tokens.scalar()?;
        self.irregular |= cell.is_none();
        self.note_span(start, input, cell);
        self.records.scalar(input, token.as_scalar()).ok()
    }

    /// A value that no input takes.
    fn unknown(&mut self) -> Option<()> {
        let start = self.tokens.position();
        self.tokens.scalar()?;
        self.note_span(start, 0, None);
        Some(())
    }

    /// Notes where the value stands that has just been read.
    fn note_span(&mut self, start: usize, input: usize, cell: Option<usize>) {
        if !self.irregular {
            self.spans.push(ValueSpan { start, end: self.tokens.position(), input, cell });
        }
    }

    fn table(&mut self, input: usize) -> Option<()> {
        if !self.records.begin_table(input) {
            return None;
        }
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            match self.tokens.peek() {
                b'{' => self.row_objects(input)?,
                b'[' => self.rows_under_header(input)?,
                _ => return None,
            }
        }
        self.records.table().end();
        Some(())
    }

    fn row_objects(&mut self, input: usize) -> Option<()> {
        loop {
            self.records.table().begin_row().ok()?;
            self.tokens.open(b'{')?;
            if !self.tokens.close(b'}') {
                loop {
                    let spelled = self.tokens.plain_key()?;
                    let name = std::str::from_utf8(spelled.get(..spelled.len() - 1)?).ok()?;
                    let column = self.records.table().key(name).ok()?;
                    self.tokens.colon()?;
                    let start = self.tokens.position();
                    let token = self.tokens.scalar()?;
                    let cell = column.map(|column| self.records.table().cell_of(column));
                    self.note_span(start, input, cell);
                    if let Some(column) = column {
                        self.records.table().value(column, token.as_scalar()).ok()?;
                    }
                    if !self.tokens.another(b'}')? {
                        break;
                    }
                }
            }
            self.records.table().end_row();
            if !self.tokens.another(b']')? {
                return Some(());
            }
        }
    }

    fn rows_under_header(&mut self, input: usize) -> Option<()> {
        self.each_scalar(|decoder| {
            let token = decoder.tokens.scalar()?;
            decoder.records.table().heading(token.as_scalar());
            Some(())
        })?;
        while self.tokens.another(b']')? {
            self.records.table().begin_row().ok()?;
            self.each_scalar(|decoder| {
                let start = decoder.tokens.position();
                let token = decoder.tokens.scalar()?;
                let cell = decoder.records.table().next_cell();
                decoder.note_span(start, input, cell);
                decoder.records.table().next_value(token.as_scalar()).ok()
            })?;
            self.records.table().end_row_of_values();
        }
        Some(())
    }

    fn each_scalar(&mut self, mut take: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.tokens.open(b'[')?;
        if self.tokens.close(b']') {
            return Some(());
        }
        loop {
            take(self)?;
            if !self.tokens.another(b']')? {
                return Some(());
            }
        }
    }
}
