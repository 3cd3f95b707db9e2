//! How the last record was spelled, for the next one: most records of a call differ in nothing but their values. A
//! record that fits is read without looking at keys; one that does not is left as if it had not been tried.

use crate::codec::records::Records;
use crate::codec::tokens::{Short, Tokens, Word};

/// Where a value of a record stood and where it went.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub start: usize,
    pub end: usize,
    pub input: usize,
    /// None for a value that no input takes.
    pub cell: Option<usize>,
}

#[derive(Debug, Default)]
pub struct Pattern {
    words: Vec<Word>,
    steps: Vec<Step>,
    /// From the last value to the end of the record.
    tail: Gap,
    /// Cells that the record left empty in its tables.
    blanks: Vec<usize>,
    learned: bool,
    /// Records that fitted, less records that did not.
    balance: usize,
}

/// A value with what stands before it.
#[derive(Clone, Copy, Debug)]
struct Step {
    before: Gap,
    /// The same for most values: numbers behind a few bytes.
    short: Short,
    input: usize,
    cell: Option<usize>,
}

/// What stands between two values: its first bytes, and where the rest of them is in `words`.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    word: Word,
    first: usize,
    end: usize,
    length: usize,
}

/// Records that need not fit before patterns are given up.
const PATIENCE: usize = 16;
const MOST_BALANCE: usize = 1 << 10;

impl Pattern {
    pub fn new() -> Pattern {
        Pattern { balance: PATIENCE, ..Pattern::default() }
    }

    /// Whether it is worth noting places.
    pub fn is_wanted(&self) -> bool {
        self.balance > 0
    }

    /// Takes the spelling of the record that began at `start` and has just ended.
    pub fn learn(&mut self, tokens: &Tokens<'_>, start: usize, places: &[Place], records: &Records<'_>) {
        self.words.clear();
        self.steps.clear();
        let mut from = start;
        for place in places {
            let before = self.gap(tokens, from, place.start);
            let short = tokens.short(from, place.start, place.end);
            self.steps.push(Step { before, short, input: place.input, cell: place.cell });
            from = place.end;
        }
        self.tail = self.gap(tokens, from, tokens.position());
        self.blanks.clear();
        self.blanks.extend(records.table_cells_seen());
        if !self.blanks.is_empty() {
            let mut filled: Vec<usize> = places.iter().filter_map(|place| place.cell).collect();
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
        let mut words = tokens.words_of(start, end);
        let word = words.next().unwrap_or_default();
        let first = self.words.len();
        self.words.extend(words);
        Gap { word, first, end: self.words.len(), length: end - start }
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
        let mut at = tokens.position();
        for step in &self.steps {
            if let Some((number, end)) = tokens.number_at(at, &step.short)
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

    fn any_value(&self, tokens: &mut Tokens<'_>, records: &mut Records<'_>, step: &Step) -> Option<()> {
        self.skip(tokens, step.before)?;
        let token = tokens.scalar()?;
        match step.cell {
            Some(cell) => records.single_cell(step.input, cell, token.as_scalar()).ok(),
            None => Some(()),
        }
    }

    #[inline]
    fn skip(&self, tokens: &mut Tokens<'_>, gap: Gap) -> Option<()> {
        let rest = if gap.first < gap.end { self.words.get(gap.first..gap.end)? } else { &[] };
        tokens.skip_words(gap.word, rest, gap.length).then_some(())
    }
}
