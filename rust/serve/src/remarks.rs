//! What is told about single records of tables and files: the texts of the columns `errors` and `warnings`, the same in
//! every format. The JSON of Execute v4 has its own wording.

use crate::codec::decoded::Decoded;
use crate::codec::notes::{Notes, ones};
use crate::codec::phrases::Phrases;
use crate::engine::Block;
use crate::execute::{ExecuteOptions, Service};
use crate::tally::Tally;
use execd_calc::values::heap::Heap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The remarks about the records of a block, which are counted from its first. Few records have any.
#[derive(Debug, Default)]
pub struct Remarks {
    pub errors: Texts,
    pub warnings: Texts,
    /// Where records with errors are counted, and where the block begins in the chunk.
    tally: Option<Arc<Tally>>,
    first: usize,
}

/// Texts by record: `name: text`, several with a semicolon between them.
pub type Texts = BTreeMap<usize, String>;

impl Remarks {
    /// What was noted about the inputs of a block. `given` has one bit for each input that a record is told to have
    /// left out; it is empty where nobody did.
    pub fn of_inputs(
        service: &Service,
        decoded: &Decoded,
        given: &[u64],
        options: &ExecuteOptions,
        block: Block,
        heap: &Heap,
    ) -> Remarks {
        let notes = &decoded.notes;
        let mut remarks = Remarks { tally: options.tally.clone(), first: block.first, ..Remarks::default() };
        if !given.is_empty() {
            remarks.left_out(service, notes, given, block);
        }
        for note in notes.between(block.first, block.first + block.records) {
            let name = service.interface.subject(note.input).unwrap_or_default();
            let record = note.record - block.first;
            if note.kind.is_error() {
                let message = service.phrases().error(note, &decoded.batch, heap);
                remarks.output(record, name, &message);
            } else {
                add(&mut remarks.warnings, record, name, Phrases::warning(note));
            }
        }
        if let Some(refused) = block.refused {
            remarks.error(0, &refused.to_string());
        }
        remarks
    }

    fn left_out(&mut self, service: &Service, notes: &Notes, given: &[u64], block: Block) {
        for record in 0..block.records {
            let absent = notes.absent.of(block.first + record).iter().zip(given);
            let absent: Vec<u64> = absent.map(|(absent, given)| absent & given).collect();
            let mut names = ones(&absent).filter_map(|input| service.interface.subject(input));
            let first: Vec<&str> = names.by_ref().take(MOST_NAMES).collect();
            let more = names.count();
            if more > 0 {
                add(&mut self.warnings, record, &format!("{} and {more} more", first.join(", ")), LEFT_OUT);
            } else if !first.is_empty() {
                add(&mut self.warnings, record, &first.join(", "), LEFT_OUT);
            }
        }
    }

    /// What is wrong with an input, an output that holds an Excel error, or what does not fit its column.
    #[cold]
    pub fn output(&mut self, record: usize, name: &str, text: &str) {
        self.error(record, &format!("{name}: {text}"));
    }

    fn error(&mut self, record: usize, text: &str) {
        let new = append(&mut self.errors, record, text);
        if let Some(tally) = &self.tally {
            tally.add(self.first + record, text, new);
        }
    }
}

/// Inputs that are named of a record that leaves them out: a workbook may have very many.
const MOST_NAMES: usize = 20;
const LEFT_OUT: &str = "not given, the workbook's value is used";

#[cold]
fn add(texts: &mut Texts, record: usize, name: &str, text: &str) {
    append(texts, record, &format!("{name}: {text}"));
}

/// True if it is the first text of the record.
fn append(texts: &mut Texts, record: usize, text: &str) -> bool {
    let remark = texts.entry(record).or_default();
    let new = remark.is_empty();
    if !new {
        remark.push_str("; ");
    }
    remark.push_str(text);
    new
}

/// Names of the columns of errors and of warnings beside columns of these names.
pub fn columns<'n>(others: impl Iterator<Item = &'n str> + Clone) -> [String; 2] {
    ["errors", "warnings"].map(|name| {
        let mut name = name.to_owned();
        while others.clone().any(|other| other.eq_ignore_ascii_case(&name)) {
            name.insert(0, '_');
        }
        name
    })
}
