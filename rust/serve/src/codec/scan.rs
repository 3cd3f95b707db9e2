//! The fast decoder of `inputs`: one pass over the bytes for records as programs write them. It refuses nothing:
//! whatever it does not expect goes to the reference decoder from the start.

use crate::codec::decode::{self, keep_last};
use crate::codec::pattern::{Pattern, Place};
use crate::codec::records::{Decoded, Layout, Records, Rules};
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
    let mut scan = Scan {
        tokens: Tokens::new(text),
        records: Records::new(rules),
        keys: Vec::new(),
        pattern: Pattern::new(),
        places: Vec::new(),
        odd: false,
    };
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
    pattern: Pattern,
    /// The values of the open record, as far as there is no pattern for it.
    places: Vec<Place>,
    /// Something about the open record makes it no pattern for others.
    odd: bool,
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
            self.places.clear();
            self.odd = !self.pattern.is_wanted();
            read(self)?;
            if self.odd || self.records.mark() > mark {
                self.pattern.forget();
            } else {
                self.pattern.learn(&self.tokens, start, &self.places, &self.records);
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
                let column = self.key(position)?;
                self.tokens.colon()?;
                match column {
                    None => self.unknown()?,
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
            self.record(|scan| scan.row(&header))?;
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
        self.tokens.open(b'[')?;
        if !self.tokens.close(b']') {
            let mut columns = header.iter();
            loop {
                match columns.next() {
                    Some(Some(column)) => {
                        self.records.claim(column.input);
                        self.value(*column)?;
                    }
                    _ => self.unknown()?,
                }
                if !self.tokens.another(b']')? {
                    break;
                }
            }
        }
        Some(())
    }

    fn value(&mut self, Column { input, cell }: Column) -> Option<()> {
        let start = self.tokens.position();
        if cell.is_none() && self.tokens.peek() == b'[' {
            return self.table(input);
        }
        let token = self.tokens.scalar()?;
        self.odd |= cell.is_none();
        self.place(start, input, cell);
        self.records.scalar(input, token.as_scalar()).ok()
    }

    /// A value that no input takes.
    fn unknown(&mut self) -> Option<()> {
        let start = self.tokens.position();
        self.tokens.scalar()?;
        self.place(start, 0, None);
        Some(())
    }

    /// Notes where the value was that has just been read.
    fn place(&mut self, start: usize, input: usize, cell: Option<usize>) {
        if !self.odd {
            self.places.push(Place { start, end: self.tokens.position(), input, cell });
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
        self.records.end_table();
        Some(())
    }

    fn row_objects(&mut self, input: usize) -> Option<()> {
        loop {
            self.records.begin_row().ok()?;
            self.tokens.open(b'{')?;
            if !self.tokens.close(b'}') {
                loop {
                    let spelled = self.tokens.plain_key()?;
                    let name = std::str::from_utf8(spelled.get(..spelled.len() - 1)?).ok()?;
                    let column = self.records.key_of_row(name).ok()?;
                    self.tokens.colon()?;
                    let start = self.tokens.position();
                    let token = self.tokens.scalar()?;
                    self.place(start, input, column.map(|column| self.records.cell_of_row(column)));
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

    fn rows_under_header(&mut self, input: usize) -> Option<()> {
        self.each_scalar(|scan| {
            let token = scan.tokens.scalar()?;
            scan.records.heading(token.as_scalar());
            Some(())
        })?;
        while self.tokens.another(b']')? {
            self.records.begin_row().ok()?;
            self.each_scalar(|scan| {
                let start = scan.tokens.position();
                let token = scan.tokens.scalar()?;
                scan.place(start, input, scan.records.next_cell_of_row());
                scan.records.next_cell(token.as_scalar()).ok()
            })?;
            self.records.end_row_of_values();
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
