//! What there is to tell about single records besides their values: inputs left out, texts that were empty, tables cut,
//! values that break a rule; and once per call, names that stand for nothing.

use crate::codec::unmatched::{Name, Unmatched};
use crate::error::{Place, ServeError};
use execd_calc::interface::Interface;

/// One note about an input of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub record: usize,
    pub input: usize,
    pub kind: NoteKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NoteKind {
    /// An empty text was sent where `null` may have been meant.
    EmptyText,
    /// The table sent was bigger than its range.
    Cut,
    /// The row has more values than the header row names; those beyond were ignored. The note's input means nothing.
    Surplus,
    /// The table sent has no column under this heading; its cells are `#VALUE!`.
    MissingHeading(usize),
    /// The value could not be taken; its cells are `#VALUE!`.
    Malformed(Box<str>),
    /// The value of this cell breaks the data validation of the input that has this number.
    Invalid { validation: usize, cell: usize },
    /// What a cell of the workbook finds wrong with the record. The numbers of complaints follow those of the inputs.
    Complaint(Box<str>),
}

impl NoteKind {
    /// Bytes of the message that it holds.
    pub fn bytes(&self) -> usize {
        match self {
            NoteKind::Malformed(message) | NoteKind::Complaint(message) => message.len(),
            NoteKind::EmptyText
            | NoteKind::Cut
            | NoteKind::Surplus
            | NoteKind::MissingHeading(_)
            | NoteKind::Invalid { .. } => 0,
        }
    }

    /// The record cannot be relied on: an error, where the others are warnings.
    pub fn is_error(&self) -> bool {
        !matches!(self, NoteKind::EmptyText | NoteKind::Cut | NoteKind::Surplus)
    }
}

/// What is said of an empty text, of a table that was cut, and of a row with too many values.
pub const EMPTY: &str = "Input values submitted with \"\" will be processed as \"\". \
                         Use null to submit blank values for inputs";
pub const CUT: &str = "The table is larger than its range in the workbook and was cut";
pub const SURPLUS: &str =
    "The record has more values than the header row has names; those beyond it were ignored";

/// Which inputs each record left out, as runs of records that left out the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent {
    words: usize,
    starts: Vec<usize>,
    bits: Vec<u64>,
    /// The same runs without what every record left out, once all records are in.
    apart: Vec<u64>,
    /// One bit per input that every record left out, once all records are in.
    everywhere: Vec<u64>,
}

impl Absent {
    pub fn new(inputs: usize) -> Absent {
        Absent { words: inputs.div_ceil(64), ..Absent::default() }
    }

    /// Notes what `record`, the next one, left out. `absent` has one bit per input.
    pub fn push(&mut self, record: usize, absent: &[u64]) {
        let last = self.bits.len().saturating_sub(self.words);
        if self.starts.is_empty() || self.bits.get(last..) != Some(absent) {
            self.starts.push(record);
            self.bits.extend_from_slice(absent);
        }
    }

    /// All records are in: what every one of them left out can be told apart from the rest.
    pub fn finish(&mut self) {
        if self.bits.iter().all(|&word| word == 0) {
            return;
        }
        let runs = || self.bits.chunks(self.words.max(1));
        let mut everywhere = vec![if self.starts.is_empty() { 0 } else { u64::MAX }; self.words];
        for run in runs() {
            everywhere.iter_mut().zip(run).for_each(|(all, absent)| *all &= absent);
        }
        let apart = runs().flat_map(|run| run.iter().zip(&everywhere));
        self.apart = apart.map(|(absent, everywhere)| absent & !everywhere).collect();
        self.everywhere = everywhere;
    }

    /// 64-bit words held, for the limit on memory.
    pub fn size(&self) -> usize {
        self.bits.len()
    }

    /// One bit per input that `record` left out.
    pub fn of(&self, record: usize) -> &[u64] {
        self.run(self.starts.partition_point(|&start| start <= record).saturating_sub(1))
    }

    fn run(&self, run: usize) -> &[u64] {
        self.bits.get(run * self.words..(run + 1) * self.words).unwrap_or(&[])
    }

    /// What is told of a record in a run, and nothing if it left out nothing. The first record tells for all of them
    /// what every one left out.
    fn told(&self, record: usize, run: usize) -> &[u64] {
        let all = if record == 0 { &self.bits } else { &self.apart };
        let bits = all.get(run * self.words..(run + 1) * self.words).unwrap_or(&[]);
        if bits.iter().any(|&word| word != 0) { bits } else { &[] }
    }

    /// Every record left it out.
    pub fn is_everywhere(&self, input: usize) -> bool {
        self.everywhere.get(input / 64).is_some_and(|word| word >> (input % 64) & 1 == 1)
    }

    pub fn is_absent(&self, record: usize, input: usize) -> bool {
        self.of(record).get(input / 64).is_some_and(|word| word >> (input % 64) & 1 == 1)
    }
}

/// The positions of the bits set.
pub fn ones(bits: &[u64]) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(index, &word)| {
        std::iter::successors((word != 0).then_some(word), |rest| {
            let rest = rest & (rest - 1);
            (rest != 0).then_some(rest)
        })
        .map(move |rest| index * 64 + rest.trailing_zeros() as usize)
    })
}

/// All notes of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    pub absent: Absent,
    /// By record.
    pub list: Vec<Note>,
    pub unmatched: Unmatched,
}

impl Notes {
    /// Records with an input that breaks its validation or could not be taken.
    pub fn invalid_records(&self) -> usize {
        let wrong = self.list.iter().filter(|note| note.kind.is_error());
        let mut records: Vec<usize> = wrong.map(|note| note.record).collect();
        records.dedup();
        records.len()
    }

    /// Refuses a strict call for names that match nothing, and for values that there is no place for.
    /// `before` is how many records came before these.
    pub fn refuse(&self, interface: &Interface, before: usize) -> Result<(), ServeError> {
        self.unmatched.refuse()?;
        let lost = |note: &&Note| matches!(note.kind, NoteKind::Cut | NoteKind::Surplus);
        let Some(note) = self.list.iter().find(lost) else { return Ok(()) };
        let (input, message) = match note.kind {
            NoteKind::Cut => (interface.subject(note.input).map(str::to_owned), CUT),
            _ => (None, SURPLUS),
        };
        let place = Place { record: Some(before + note.record + 1), input, offset: None };
        Err(ServeError::InvalidInput { place, message: message.to_owned() })
    }

    /// The notes of the records from `first` up to `end`.
    pub fn between(&self, first: usize, end: usize) -> &[Note] {
        let place = |record: usize| self.list.partition_point(|note| note.record < record);
        self.list.get(place(first)..place(end)).unwrap_or(&[])
    }

    /// What there is to tell, record by record from `first` on.
    pub fn from(&self, first: usize) -> impl Iterator<Item = RecordNotes<'_>> {
        let starts = &self.absent.starts;
        let mut run = starts.partition_point(|&start| start <= first).saturating_sub(1);
        let mut absent = self.absent.told(first, run);
        let mut names = self.unmatched.from(first);
        let mut rest = self.list.get(self.list.partition_point(|note| note.record < first)..).unwrap_or(&[]);
        (first..).map(move |record| {
            let next = starts.get(run + 1) == Some(&record);
            if next || record == 1 {
                run += usize::from(next);
                absent = self.absent.told(record, run);
            }
            let count = rest.iter().take_while(|note| note.record == record).count();
            let (notes, later) = rest.split_at(count);
            rest = later;
            let count = names.iter().take_while(|(first, _)| *first == record).count();
            let (own, later) = names.split_at(count);
            names = later;
            RecordNotes { absent, notes, names: own }
        })
    }
}

/// What there is to tell about one record.
#[derive(Clone, Copy, Debug)]
pub struct RecordNotes<'a> {
    /// One bit per input left out; empty if there is none.
    pub absent: &'a [u64],
    pub notes: &'a [Note],
    /// Names that came first in this record.
    pub names: &'a [(usize, Name)],
}

impl RecordNotes<'_> {
    pub fn none(&self) -> bool {
        self.absent.is_empty() && self.notes.is_empty() && self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_absent_inputs() {
        let mut absent = Absent::new(70);
        absent.push(0, &[0, 0]);
        absent.push(1, &[1, 1 << 5]);
        absent.push(2, &[1, 1 << 5]);
        absent.push(3, &[0, 0]);
        assert_eq!(absent.size(), 6);
        assert_eq!(ones(absent.of(2)).collect::<Vec<_>>(), [0, 69]);
        assert!(absent.is_absent(1, 69) && !absent.is_absent(3, 69) && !absent.is_absent(0, 0));
        assert_eq!(ones(&[u64::MAX]).count(), 64);
    }
}
