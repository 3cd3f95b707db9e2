//! What the columns of one service's answers look like, and whole answers from those of their parts.

use super::others::OtherBuilder;
use super::part::{Builder, Done, DoneColumn, Part};
use crate::codec::decoded::Decoded;
use crate::codec::unmatched::Unmatched;
use crate::engine::{Blocks, Engine, Work};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::flat::{OutputColumn, output_columns};
use crate::limits::AnswerBytes;
use crate::remarks::{self, Texts};
use crate::rooms::Room;
use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, new_null_array};
use arrow_buffer::builder::NullBufferBuilder;
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow_select::concat::concat;
use execd_calc::interface::Format;
use execd_calc::values::batch::Batch;
use execd_calc::values::chunk::LANES;
use execd_calc::values::value::{Unpacked, Value};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// The columns of the answers.
pub struct Answer {
    columns: Vec<OutputColumn>,
    schema: SchemaRef,
    date1904: bool,
}

/// The most records of an answer to be written at once: a column of so many numbers is one of the large pages of most
/// processors.
pub const AT_ONCE: usize = 1 << 18;

/// Texts of one part reach so far, at 3 bytes for a character of Excel's longest: offsets of a column have 31 bits.
const MOST_WITH_TEXTS: usize = 1 << 13;
/// Bytes of texts in a column of a record batch.
const TEXT_BYTES: usize = 1 << 30;

impl Answer {
    /// Evaluates the workbook once on its own values to learn the types of the outputs. `others` are names of columns
    /// that will stand beside those of the answer.
    pub fn new(
        engine: &Engine,
        service: &Service,
        others: &[&str],
        options: &ExecuteOptions,
    ) -> Result<Answer, ServeError> {
        let columns = output_columns(&service.interface, &service.choose(options)?.0);
        let env = service.env(0.0);
        let types = engine.evaluate(
            &service.work(&env, options),
            &Batch::defaults(1, service.plan.input_cells),
            |_| Vec::new(),
            |types: &mut Vec<DataType>, frame, _| {
                let value = |column: &OutputColumn| frame.output(column.cell).first().copied();
                types.extend(columns.iter().map(|column| data_type(column.format, value(column))));
                Ok(())
            },
        )?;
        let fields = columns.iter().zip(types.into_iter().flatten());
        let mut fields: Vec<Field> =
            fields.map(|(column, kind)| Field::new(&column.name, kind, true)).collect();
        let names = columns.iter().map(|column| column.name.as_str()).chain(others.iter().copied());
        fields.extend(remarks::columns(names).map(|name| Field::new(name, DataType::Utf8, true)));
        Ok(Answer { columns, schema: Arc::new(Schema::new(fields)), date1904: service.plan.date1904 })
    }

    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many outputs there are.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The answers to a batch, in one or several pieces. `given` says which inputs a record is told to have left out,
    /// see `Remarks`.
    pub fn evaluate(
        &self,
        engine: &Engine,
        service: &Service,
        decoded: &Decoded,
        given: &[u64],
        options: &ExecuteOptions,
    ) -> Result<Vec<RecordBatch>, ServeError> {
        let env = service.env_of(engine, options);
        let records = decoded.batch.records;
        let piece = |blocks: &Blocks<'_>, part: &mut Part<'_>| {
            part.evaluate(blocks, service, decoded, part.records(), given, options)
        };
        let bytes = AnswerBytes::new(options.limits.batch);
        Ok(self.in_parts(engine, &service.work(&env, options), records, records, &bytes, piece)?.0)
    }

    /// The answers to so many records. `piece` works out those of a part, of at most `most` records; a part may be worked
    /// on by any thread. Names that it found to match nothing are given, too.
    pub(super) fn in_parts(
        &self,
        engine: &Engine,
        work: &Work<'_>,
        records: usize,
        most: usize,
        bytes: &AnswerBytes,
        piece: impl Fn(&Blocks<'_>, &mut Part<'_>) -> Result<(), ServeError> + Sync,
    ) -> Result<(Vec<RecordBatch>, Unmatched), ServeError> {
        let numbers = self.fields().map(|field| *field.data_type() == DataType::Float64);
        let mut rooms: Vec<Option<Room>> =
            numbers.map(|numbers| numbers.then(|| engine.rooms().room(records))).collect();
        let most = if rooms.iter().all(Option::is_some) { most } else { most.min(MOST_WITH_TEXTS) };
        let block = if most < work.plan.block_records() { LANES } else { work.plan.block_records() };
        let size = engine.piece_records(records, most).next_multiple_of(block);
        let parts = self.parts(&mut rooms, records, size);
        let done = engine.in_pieces(work, records, parts, |blocks, mut part| {
            piece(blocks, &mut part)?;
            let done = part.finish();
            bytes.add(done.text_bytes())?;
            Ok(done)
        });
        let done = done.into_iter().collect::<Result<Vec<Done>, ServeError>>()?;
        let mut unmatched = Unmatched::default();
        done.iter().for_each(|part| unmatched.join(&part.unmatched));
        let buffers: Vec<Option<Buffer>> =
            rooms.into_iter().map(|room| room.map(Room::into_buffer)).collect();
        let (mut batches, mut first) = (Vec::new(), 0);
        for parts in fitting(&done) {
            let records: usize = parts.iter().map(|part| part.records).sum();
            batches.push(self.batch(&buffers, first..first + records, parts)?);
            first += records;
        }
        Ok((batches, unmatched))
    }

    fn fields(&self) -> impl Iterator<Item = &Field> {
        self.schema.fields().iter().map(Arc::as_ref).take(self.columns.len())
    }

    /// Parts of `size` records that write into these rooms; at least one.
    fn parts<'a>(&'a self, rooms: &'a mut [Option<Room>], records: usize, size: usize) -> Vec<Part<'a>> {
        let mut left: Vec<&mut [f64]> = rooms
            .iter_mut()
            .map(|room| room.as_mut().map_or(<&mut [f64]>::default(), Room::numbers_mut))
            .collect();
        let part = |first: usize| {
            let count = size.min(records - first);
            let builder =
                |(field, left): (&Field, &mut &'a mut [f64])| match OtherBuilder::new(field.data_type()) {
                    Some(others) => Builder::Others(others),
                    None => {
                        let (room, rest) = std::mem::take(left).split_at_mut(count);
                        *left = rest;
                        Builder::numbers(room)
                    }
                };
            let builders = self.fields().zip(&mut left).map(builder).collect();
            Part::new(&self.columns, self.date1904, builders, first..first + count)
        };
        (0..records.max(1)).step_by(size).map(part).collect()
    }

    /// A record batch of some parts, which are these records.
    fn batch(
        &self,
        buffers: &[Option<Buffer>],
        records: Range<usize>,
        parts: &[Done],
    ) -> Result<RecordBatch, ServeError> {
        let column = |(number, buffer): (usize, &Option<Buffer>)| match buffer {
            Some(buffer) => {
                let numbers = ScalarBuffer::new(buffer.clone(), records.start, records.len());
                Ok(Arc::new(Float64Array::new(numbers, nulls(parts, number))) as ArrayRef)
            }
            None => joined(parts, number),
        };
        let columns: Result<Vec<ArrayRef>, ServeError> = buffers.iter().enumerate().map(column).collect();
        let mut columns = columns?;
        columns.push(texts(parts, |part| &part.remarks.errors));
        columns.push(texts(parts, |part| &part.remarks.warnings));
        RecordBatch::try_new(self.schema(), columns).map_err(|error| ServeError::Internal(error.to_string()))
    }
}

/// Runs of parts whose texts fit into one column.
fn fitting(parts: &[Done]) -> impl Iterator<Item = &[Done]> {
    let mut bytes = 0;
    parts.chunk_by(move |before, _| {
        bytes += before.text_bytes();
        let fits = bytes < TEXT_BYTES;
        bytes = if fits { bytes } else { 0 };
        fits
    })
}

fn nulls(parts: &[Done], column: usize) -> Option<NullBuffer> {
    let mut all = NullBufferBuilder::new(0);
    for part in parts {
        match part.columns.get(column) {
            Some(DoneColumn::Numbers(Some(nulls))) => all.append_buffer(nulls),
            _ => all.append_n_non_nulls(part.records),
        }
    }
    all.build()
}

fn joined(parts: &[Done], column: usize) -> Result<ArrayRef, ServeError> {
    let arrays = parts.iter().filter_map(|part| match part.columns.get(column) {
        Some(DoneColumn::Others(array)) => Some(array),
        _ => None,
    });
    let arrays: Vec<&dyn Array> = arrays.map(|array| array.as_ref()).collect();
    concat(&arrays).map_err(|error| ServeError::Internal(error.to_string()))
}

/// A column without a text. Most are; they share their memory.
fn no_texts(records: usize) -> ArrayRef {
    static NONE: LazyLock<ArrayRef> = LazyLock::new(|| new_null_array(&DataType::Utf8, AT_ONCE));
    if records <= AT_ONCE { NONE.slice(0, records) } else { new_null_array(&DataType::Utf8, records) }
}

/// A column of texts, null where a record has none.
fn texts<'a>(parts: &'a [Done], of: impl Fn(&'a Done) -> &'a Texts) -> ArrayRef {
    let records = parts.iter().map(|part| part.records).sum();
    if parts.iter().all(|part| of(part).is_empty()) {
        return no_texts(records);
    }
    let mut column = StringBuilder::with_capacity(records, 0);
    for part in parts {
        let mut next = 0;
        for (record, text) in of(part) {
            column.append_nulls(record - next);
            column.append_value(text);
            next = record + 1;
        }
        column.append_nulls(part.records - next);
    }
    Arc::new(column.finish())
}

fn data_type(format: Format, value: Option<Value>) -> DataType {
    match (value.map(Value::unpack), format) {
        (Some(Unpacked::Text(_)), _) | (_, Format::Text) => DataType::Utf8,
        (Some(Unpacked::Bool(_)), _) => DataType::Boolean,
        (_, Format::Date) => DataType::Date32,
        (_, Format::DateTime) => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => DataType::Float64,
    }
}
