//! The fast decoder of `inputs`: one pass over the bytes for records as programs write them. It refuses nothing:
//! whatever it does not expect goes to the reference decoder from the start.

use crate::codec::decode::{self, keep_last};
use crate::codec::records::{Decoded, Layout, Records, Rules, Scalar};
use crate::codec::tokens::{Token, Tokens};
use crate::error::ServeError;

/// Decodes the raw bytes of `inputs`.
pub fn decode(raw: &[u8], rules: Rules<'_>) -> Result<Decoded, ServeError> {
    if raw.len() > rules.limits.input_bytes {
        return Err(ServeError::TooLarge { what: "inputs in bytes", limit: rules.limits.input_bytes });
    }
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text,
        Err(error) => {
            let good = raw.get(..error.valid_up_to()).unwrap_or(&[]);
            let mut place = decode::place_of_failure(std::str::from_utf8(good).unwrap_or(""), rules);
            place.offset = Some(error.valid_up_to());
            return Err(ServeError::InvalidInput { place, message: "not valid UTF-8".to_owned() });
        }
    };
    match scan(text, rules) {
        Some(decoded) => Ok(decoded),
        None => decode::decode(text, rules),
    }
}

/// The records, if they are spelled in the expected way and nothing is wrong with them.
pub fn scan(text: &str, rules: Rules<'_>) -> Option<Decoded> {
    let mut scan = Scan { tokens: Tokens::new(text), records: Records::new(rules), keys: Vec::new() };
    scan.tokens.open(b'[')?;
    let layout = match scan.tokens.peek() {
        b'{' => {
            scan.objects()?;
            Layout::Objects
        }
        b'[' => {
            scan.arrays()?;
            Layout::Arrays
        }
        _ => return None,
    };
    scan.tokens.at_end().then(|| scan.records.finish(layout, false))
}

struct Scan<'t, 'a> {
    tokens: Tokens<'t>,
    records: Records<'a>,
    /// The keys of the last object by position: most records repeat them in the same order.
    keys: Vec<KnownKey<'t>>,
}

#[derive(Clone, Copy)]
struct KnownKey<'t> {
    /// The key with its closing quote.
    spelled: &'t [u8],
    column: Option<Column>,
}

/// An input, and its cell if it is a scalar.
#[derive(Clone, Copy)]
struct Column {
    input: usize,
    cell: Option<usize>,
}

/// Keys remembered by position.
const MOST_KEYS: usize = 1 << 12;

impl<'t> Scan<'t, '_> {
    fn objects(&mut self) -> Option<()> {
        loop {
            let start = self.tokens.position();
            self.object()?;
            self.expect_more_like(start);
            if !self.tokens.another(b']')? {
                return Some(());
            }
        }
    }

    /// After the first record: how many of its size would fit in the rest.
    fn expect_more_like(&mut self, start: usize) {
        if self.records.count() == 1 {
            let length = self.tokens.position() - start;
            self.records.expect(1 + self.tokens.remaining() / length.max(2));
        }
    }

    fn object(&mut self) -> Option<()> {
        self.records.begin_record().ok()?;
        self.tokens.open(b'{')?;
        if !self.tokens.close(b'}') {
            let mut position = 0;
            loop {
                let column = self.key(position)?;
                self.tokens.colon()?;
                match column {
                    None => drop(self.tokens.scalar()?),
                    Some(column) => {
                        if !self.records.claim(column.input) {
                            return None;
                        }
                        self.value(column)?;
                    }
                }
                position += 1;
                if !self.tokens.another(b'}')? {
                    break;
                }
            }
        }
        self.records.end_record();
        Some(())
    }

    fn key(&mut self, position: usize) -> Option<Option<Column>> {
        if let Some(known) = self.keys.get(position)
            && self.tokens.skip_key(known.spelled)
        {
            return Some(known.column);
        }
        let spelled = self.tokens.plain_key()?;
        let name = std::str::from_utf8(spelled.get(..spelled.len() - 1)?).ok()?;
        let column = self.records.column_named(name).map(|(input, cell)| Column { input, cell });
        let known = KnownKey { spelled, column };
        match self.keys.get_mut(position) {
            Some(slot) => *slot = known,
            None if position < MOST_KEYS => self.keys.push(known),
            None => {}
        }
        Some(column)
    }

    fn arrays(&mut self) -> Option<()> {
        let header = self.header()?;
        while self.tokens.another(b']')? {
            let start = self.tokens.position();
            self.row(&header)?;
            self.expect_more_like(start);
        }
        Some(())
    }

    fn header(&mut self) -> Option<Vec<Option<Column>>> {
        let mut names = Vec::new();
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            loop {
                let Token::Text(name) = self.tokens.scalar()? else { return None };
                names.push(self.records.column_named(&name));
                if !self.tokens.another(b']')? {
                    break;
                }
            }
        }
        let mut inputs: Vec<Option<usize>> = names.iter().map(|name| name.map(|(input, _)| input)).collect();
        keep_last(&mut inputs);
        let kept = names.iter().zip(&inputs).map(|(name, kept)| {
            let (input, cell) = (*name)?;
            kept.map(|_| Column { input, cell })
        });
        Some(kept.collect())
    }

    fn row(&mut self, header: &[Option<Column>]) -> Option<()> {
        self.records.begin_record().ok()?;
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            let mut columns = header.iter();
            loop {
                match columns.next() {
                    Some(Some(column)) => {
                        self.records.claim(column.input);
                        self.value(*column)?;
                    }
                    _ => drop(self.tokens.scalar()?),
                }
                if !self.tokens.another(b']')? {
                    break;
                }
            }
        }
        self.records.end_record();
        Some(())
    }

    #[inline]
    fn value(&mut self, Column { input, cell }: Column) -> Option<()> {
        match (self.tokens.peek(), cell) {
            (b'0'..=b'9' | b'-', Some(cell)) => {
                let number = self.tokens.number()?;
                self.records.number(cell, number);
                Some(())
            }
            (b'[', None) => self.table(input),
            _ => {
                let token = self.tokens.scalar()?;
                self.records.scalar(input, token.as_scalar()).ok()
            }
        }
    }

    fn table(&mut self, input: usize) -> Option<()> {
        if !self.records.begin_table(input) {
            return None;
        }
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            match self.tokens.peek() {
                b'{' => self.row_objects()?,
                b'[' => self.rows_under_header()?,
                _ => return None,
            }
        }
        self.records.end_table();
        Some(())
    }

    fn row_objects(&mut self) -> Option<()> {
        loop {
            self.records.begin_row().ok()?;
            self.tokens.open(b'{')?;
            if !self.tokens.close(b'}') {
                loop {
                    let spelled = self.tokens.plain_key()?;
                    let name = std::str::from_utf8(spelled.get(..spelled.len() - 1)?).ok()?;
                    let column = self.records.key_of_row(name).ok()?;
                    self.tokens.colon()?;
                    let token = self.tokens.scalar()?;
                    if let Some(column) = column {
                        self.records.cell(column, token.as_scalar()).ok()?;
                    }
                    if !self.tokens.another(b'}')? {
                        break;
                    }
                }
            }
            self.records.end_row();
            if !self.tokens.another(b']')? {
                return Some(());
            }
        }
    }

    fn rows_under_header(&mut self) -> Option<()> {
        self.each_scalar(|records, scalar| {
            records.heading(scalar);
            Some(())
        })?;
        while self.tokens.another(b']')? {
            self.records.begin_row().ok()?;
            self.each_scalar(|records, scalar| records.next_cell(scalar).ok())?;
            self.records.end_row_of_values();
        }
        Some(())
    }

    fn each_scalar(
        &mut self,
        mut take: impl FnMut(&mut Records<'_>, Scalar<'_>) -> Option<()>,
    ) -> Option<()> {
        self.tokens.open(b'[')?;
        if self.tokens.close(b']') {
            return Some(());
        }
        loop {
            let token = self.tokens.scalar()?;
            take(&mut self.records, token.as_scalar())?;
            if !self.tokens.another(b']')? {
                return Some(());
            }
        }
    }
}
