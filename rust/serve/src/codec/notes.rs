//! What there is to tell about single records besides their values: inputs left out, texts that were empty, tables cut,
//! values that break a rule.

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
    /// The value could not be taken; its cells are `#VALUE!`.
    Malformed(Box<str>),
    /// The value breaks the data validation of the input that has this number, or another with the same message.
    Invalid(usize),
    /// What a cell of the workbook finds wrong with the record. The numbers of complaints follow those of the inputs.
    Complaint(Box<str>),
}

impl NoteKind {
    /// Bytes of the message that it holds.
    pub fn bytes(&self) -> usize {
        match self {
            NoteKind::Malformed(message) | NoteKind::Complaint(message) => message.len(),
            NoteKind::EmptyText | NoteKind::Cut | NoteKind::Invalid(_) => 0,
        }
    }
}

/// Which inputs each record left out, as runs of records that left out the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Absent {
    words: usize,
    starts: Vec<usize>,
    bits: Vec<u64>,
}

impl Absent {
    pub fn new(inputs: usize) -> Absent {
        Absent { words: inputs.div_ceil(64), starts: Vec::new(), bits: Vec::new() }
    }

    /// Notes what `record`, the next one, left out. `absent` has one bit per input.
    pub fn push(&mut self, record: usize, absent: &[u64]) {
        let last = self.bits.len().saturating_sub(self.words);
        if self.starts.is_empty() || self.bits.get(last..) != Some(absent) {
            self.starts.push(record);
            self.bits.extend_from_slice(absent);
        }
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

    /// The same for a run, and nothing if it left out nothing.
    fn left_out(&self, run: usize) -> &[u64] {
        let bits = self.run(run);
        if bits.iter().any(|&word| word != 0) { bits } else { &[] }
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
}

impl Notes {
    /// Records with an input that breaks its validation or could not be taken.
    pub fn invalid_records(&self) -> usize {
        let wrong = |note: &&Note| !matches!(note.kind, NoteKind::EmptyText | NoteKind::Cut);
        let mut records: Vec<usize> = self.list.iter().filter(wrong).map(|note| note.record).collect();
        records.dedup();
        records.len()
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
        let mut absent = self.absent.left_out(run);
        let mut rest = self.list.get(self.list.partition_point(|note| note.record < first)..).unwrap_or(&[]);
        (first..).map(move |record| {
            if starts.get(run + 1) == Some(&record) {
                run += 1;
                absent = self.absent.left_out(run);
            }
            let count = rest.iter().take_while(|note| note.record == record).count();
            let (notes, later) = rest.split_at(count);
            rest = later;
            RecordNotes { absent, notes }
        })
    }
}

/// What there is to tell about one record.
#[derive(Clone, Copy, Debug)]
pub struct RecordNotes<'a> {
    /// One bit per input left out; empty if there is none.
    pub absent: &'a [u64],
    pub notes: &'a [Note],
}

impl RecordNotes<'_> {
    pub fn none(&self) -> bool {
        self.absent.is_empty() && self.notes.is_empty()
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
