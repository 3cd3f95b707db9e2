//! The answers to some records of a table, while a thread works on them.

use super::others::{OtherBuilder, misfit};
use crate::codec::decoded::Decoded;
use crate::codec::unmatched::Unmatched;
use crate::engine::{Block, Blocks};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::flat::OutputColumn;
use crate::remarks::{Remarks, Texts};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_buffer::builder::NullBufferBuilder;
use bytemuck::TransparentWrapper;
use execd_calc::run::Frame;
use execd_calc::values::column::all_plain;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::Value;
use std::ops::Range;

/// A column while it is built.
pub enum Builder<'a> {
    Numbers(Numbers<'a>),
    Others(OtherBuilder),
}

/// Numbers are written into a part of the whole table's column.
pub struct Numbers<'a> {
    room: &'a mut [f64],
    nulls: NullBufferBuilder,
}

/// Records of a table and what is known of their answers so far.
pub struct Part<'a> {
    outputs: &'a [OutputColumn],
    date1904: bool,
    builders: Vec<Builder<'a>>,
    records: Range<usize>,
    /// Records that are done.
    written: usize,
    remarks: Remarks,
    unmatched: Unmatched,
}

/// A part that is done; its numbers are in the table's columns.
pub struct Done {
    pub records: usize,
    /// By column.
    pub columns: Vec<DoneColumn>,
    /// By record of the part.
    pub remarks: Remarks,
    pub unmatched: Unmatched,
}

pub enum DoneColumn {
    Numbers(Option<NullBuffer>),
    Others(ArrayRef),
}

impl<'a> Builder<'a> {
    /// Numbers for as many records as there is room.
    pub fn numbers(room: &'a mut [f64]) -> Builder<'a> {
        Builder::Numbers(Numbers { nulls: NullBufferBuilder::new(room.len()), room })
    }
}

impl<'a> Part<'a> {
    /// For some records of a table; one builder per output.
    pub fn new(
        outputs: &'a [OutputColumn],
        date1904: bool,
        builders: Vec<Builder<'a>>,
        records: Range<usize>,
    ) -> Part<'a> {
        let (remarks, unmatched) = (Remarks::default(), Unmatched::default());
        Part { outputs, date1904, builders, records, written: 0, remarks, unmatched }
    }

    /// Which records of the table these are.
    pub fn records(&self) -> Range<usize> {
        self.records.clone()
    }

    /// Calculates these records, which are `records` of a batch. `given` says which inputs a record is told to have left
    /// out, see `Remarks`.
    pub fn evaluate(
        &mut self,
        blocks: &Blocks<'_>,
        service: &Service,
        decoded: &Decoded,
        records: Range<usize>,
        given: &[u64],
        options: &ExecuteOptions,
    ) -> Result<(), ServeError> {
        blocks.run_piece(
            &decoded.batch,
            records,
            self,
            &|part, records| part.room(service.plan.output_cells, records),
            &|part, frame, block| {
                let remarks = Remarks::of_inputs(service, decoded, given, options, block, frame.heap());
                part.block(frame, block, remarks);
                Ok(())
            },
        )
    }

    pub fn tell_unmatched(&mut self, unmatched: Unmatched) {
        self.unmatched = unmatched;
    }

    /// Room for the numbers of the next records, by output cell.
    fn room(&mut self, cells: usize, records: usize) -> Vec<&mut [Value]> {
        let next = self.written..self.written + records;
        let mut rooms: Vec<&mut [Value]> = (0..cells).map(|_| <&mut [Value]>::default()).collect();
        for (output, builder) in self.outputs.iter().zip(&mut self.builders) {
            if let (Builder::Numbers(numbers), Some(room)) = (builder, rooms.get_mut(output.cell)) {
                *room = Value::wrap_slice_mut(numbers.room.get_mut(next.clone()).unwrap_or_default());
            }
        }
        rooms
    }

    fn block(&mut self, frame: &Frame, block: Block, mut remarks: Remarks) {
        let heap = frame.heap();
        let next = self.written..self.written + block.records;
        for (output, builder) in self.outputs.iter().zip(&mut self.builders) {
            let mut remark = |record: usize, text: &str| remarks.output(record, &output.name, text);
            match builder {
                Builder::Numbers(numbers) => {
                    numbers.normalise(next.clone(), heap, |record, value| {
                        misfit(heap, value, |text| remark(record, text));
                    });
                }
                Builder::Others(builder) => {
                    for (record, &value) in frame.output(output.cell).iter().enumerate() {
                        let value = heap.shown(value);
                        builder.push(heap, value, output.format, self.date1904, |text| remark(record, text));
                    }
                }
            }
        }
        let later = |(record, text)| (next.start + record, text);
        self.remarks.errors.extend(remarks.errors.into_iter().map(later));
        self.remarks.warnings.extend(remarks.warnings.into_iter().map(later));
        self.written = next.end;
    }

    pub fn finish(self) -> Done {
        let done = |builder| match builder {
            Builder::Numbers(numbers) => DoneColumn::Numbers(numbers.nulls.build()),
            Builder::Others(builder) => DoneColumn::Others(builder.finish()),
        };
        Done {
            records: self.records.len(),
            columns: self.builders.into_iter().map(done).collect(),
            remarks: self.remarks,
            unmatched: self.unmatched,
        }
    }
}

impl Done {
    /// Bytes of the column with the most texts.
    pub fn text_bytes(&self) -> usize {
        let columns = self.columns.iter().map(|column| match column {
            DoneColumn::Numbers(_) => 0,
            DoneColumn::Others(array) => array.get_buffer_memory_size(),
        });
        let texts = [&self.remarks.errors, &self.remarks.warnings];
        let remarks = texts.map(|texts: &Texts| texts.values().map(String::len).sum());
        columns.chain(remarks).max().unwrap_or(0)
    }
}

impl Numbers<'_> {
    /// Normalises the values of a block: what is no number becomes null and goes to `misfit`, by record.
    fn normalise(&mut self, block: Range<usize>, heap: &Heap, mut misfit: impl FnMut(usize, Value)) {
        let lanes = self.room.get_mut(block).unwrap_or_default();
        if all_plain(lanes) {
            return self.nulls.append_n_non_nulls(lanes.len());
        }
        let values = Value::wrap_slice_mut(lanes);
        // Counts all of them: a loop that does not leave early is vectorised.
        if values.iter().filter(|value| !value.is_number()).count() == 0 {
            values.iter_mut().for_each(|value| *value = value.normalised());
            return self.nulls.append_n_non_nulls(values.len());
        }
        for (record, value) in values.iter_mut().enumerate() {
            let found = heap.shown(*value);
            self.nulls.append(found.is_number());
            *value = if found.is_number() { found.normalised() } else { Value::ZERO };
            if !found.is_number() {
                misfit(record, found);
            }
        }
    }
}
