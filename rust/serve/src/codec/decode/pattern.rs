//! How the last record was spelled, for the next one: most records of a call differ in nothing but their values. A
//! record that fits is read without looking at keys; one that does not is left as if it had not been tried.

use crate::codec::decode::number::{Surroundings, number_between};
use crate::codec::decode::records::Records;
use crate::codec::decode::tokens::Tokens;
use crate::codec::decode::word::Word;

/// Where a value of a record stands in the text, and the cell that it went to.
#[derive(Clone, Copy, Debug)]
pub struct ValueSpan {
    pub start: usize,
    pub end: usize,
    pub input: usize,
    /// None for a value that no input takes.
    pub cell: Option<usize>,
}

#[derive(Debug, Default)]
pub struct Pattern {
    words: Vec<Word>,
    steps: Vec<ValueStep>,
    /// From the last value to the end of the record.
    tail: Gap,
    /// Cells that the record left empty in its tables.
    blanks: Vec<usize>,
    learned: bool,
    /// `PATIENCE` and the number of records that fitted, less those that did not. At 0 patterns are given up.
    balance: usize,
}

/// A value and the bytes before it.
#[derive(Clone, Copy, Debug)]
struct ValueStep {
    before: Gap,
    /// For `number_between`, which reads most values.
    around: Surroundings,
    input: usize,
    cell: Option<usize>,
}

/// The bytes between two values: the first eight, and where the rest of them is in `words`.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    word: Word,
    start: usize,
    end: usize,
    /// In bytes.
    length: usize,
}

/// How many records may fail to fit in excess of those that fit.
const PATIENCE: usize = 16;
const MOST_BALANCE: usize = 1 << 10;

impl Pattern {
    pub fn new() -> Pattern {
        Pattern { balance: PATIENCE, ..Pattern::default() }
    }

    /// Whether it is worth noting where values stand.
    pub fn is_wanted(&self) -> bool {
        self.balance > 0
    }

    /// Learns the spelling of the record that began at `start` and has just ended.
    pub fn learn(&mut self, tokens: &Tokens<'_>, start: usize, spans: &[ValueSpan], records: &Records<'_>) {
        self.words.clear();
        self.steps.clear();
        let mut from = start;
        for span in spans {
            let before = self.gap(tokens, from, span.start);
            let around = Surroundings::new(tokens.bytes(), from..span.start, span.end);
            self.steps.push(ValueStep { before, around, input: span.input, cell: span.cell });
            from = span.end;
        }
        self.tail = self.gap(tokens, from, tokens.position());
        self.blanks.clear();
        self.blanks.extend(records.table_cells_seen());
        if !self.blanks.is_empty() {
            let mut filled: Vec<usize> = spans.iter().filter_map(|span| span.cell).collect();
            filled.sort_unstable();
            self.blanks.retain(|cell| filled.binary_search(cell).is_err());
        }
        self.learned = true;
    }

    /// After a record of which nothing can be learned.
    pub fn forget(&mut self) {
        self.learned = false;
    }

    fn gap(&mut self, tokens: &Tokens<'_>, start: usize, end: usize) -> Gap {
        let mut words = Word::all_of(tokens.bytes(), start..end);
        let word = words.next().unwrap_or_default();
        let rest = self.words.len();
        self.words.extend(words);
        Gap { word, start: rest, end: self.words.len(), length: end - start }
    }

    /// Reads the next record, which has begun, and ends it, if it is spelled like the last one. False if it is not.
    pub fn read(&mut self, tokens: &mut Tokens<'_>, records: &mut Records<'_>) -> bool {
        if !self.learned {
            return false;
        }
        let (start, mark) = (tokens.position(), records.mark());
        if self.values(tokens, records).is_some() {
            self.blanks.iter().for_each(|&cell| records.blank(cell));
            records.end_record_like_last();
            self.balance = (self.balance + 1).min(MOST_BALANCE);
            return true;
        }
        tokens.go_to(start);
        records.take_back(mark, self.steps.iter().filter_map(|step| step.cell));
        self.balance = self.balance.saturating_sub(1);
        self.learned = false;
        false
    }

    fn values(&self, tokens: &mut Tokens<'_>, records: &mut Records<'_>) -> Option<()> {
        let bytes = tokens.bytes();
        let mut at = tokens.position();
        for step in &self.steps {
            if let Some((number, end)) = number_between(bytes, at, &step.around)
                && let Some(cell) = step.cell
            {
                records.number(cell, number);
                at = end;
            } else {
                tokens.go_to(at);
                self.any_value(tokens, records, step)?;
                at = tokens.position();
            }
        }
        tokens.go_to(at);
        self.skip(tokens, self.tail)?;
        tokens.skip_space();
        Some(())
    }

    fn any_value(&self, tokens: &mut Tokens<'_>, records: &mut Records<'_>, step: &ValueStep) -> Option<()> {
        self.skip(tokens, step.before)?;
        let token = tokens.scalar()?;
        match step.cell {
            Some(cell) => records.single_cell(step.input, cell, token.as_scalar()).ok(),
            None => Some(()),
        }
    }

    #[inline]
    fn skip(&self, tokens: &mut Tokens<'_>, gap: Gap) -> Option<()> {
        let rest = if gap.start < gap.end { self.words.get(gap.start..gap.end)? } else { &[] };
        tokens.skip_words(gap.word, rest, gap.length).then_some(())
    }
}
