//! Output columns of blocks to record batches.

use super::numbers::NumberBuilder;
use super::read::days_since_1970;
use crate::codec::dates;
use crate::codec::decoded::Decoded;
use crate::engine::{Block, Engine};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::flat::{OutputColumn, output_columns};
use crate::remarks::{self, Remarks, Texts};
use arrow_array::builder::{BooleanBuilder, Date32Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use execd_calc::interface::Format;
use execd_calc::numbers::digits::general;
use execd_calc::numbers::serial;
use execd_calc::run::Frame;
use execd_calc::values::batch::Batch;
use execd_calc::values::heap::Heap;
use execd_calc::values::value::{Unpacked, Value};
use std::sync::Arc;

/// What the columns of one service's answers look like.
pub struct Answer {
    columns: Vec<OutputColumn>,
    schema: SchemaRef,
    date1904: bool,
}

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
        let batch = Batch::defaults(1, service.plan.input_cells);
        let env = service.env(0.0);
        let types = engine.evaluate(
            &service.work(&batch, &env, options),
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
        let parts = engine.evaluate_into(
            &service.work(&decoded.batch, &env, options),
            |records| BatchBuilder::new(self, records),
            |part, records| part.room(self, service.plan.output_cells, records),
            |part: &mut BatchBuilder, frame, block| {
                part.block(
                    self,
                    frame,
                    block,
                    Remarks::of_inputs(service, decoded, given, options, block, frame.heap()),
                );
                Ok(())
            },
        )?;
        parts.into_iter().map(|part| part.finish(self)).collect()
    }
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

/// A column while it is built.
enum ColumnBuilder {
    Numbers(NumberBuilder),
    Others(OtherBuilder),
}

enum OtherBuilder {
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Moment(TimestampMicrosecondBuilder),
}

/// A record batch while it is built.
struct BatchBuilder {
    columns: Vec<ColumnBuilder>,
    errors: StringBuilder,
    warnings: StringBuilder,
}

impl BatchBuilder {
    fn new(answer: &Answer, records: usize) -> BatchBuilder {
        let column = |field: &Arc<Field>| {
            ColumnBuilder::Others(match field.data_type() {
                DataType::Utf8 => OtherBuilder::Text(StringBuilder::new()),
                DataType::Boolean => OtherBuilder::Bool(BooleanBuilder::new()),
                DataType::Date32 => OtherBuilder::Date(Date32Builder::new()),
                DataType::Timestamp(..) => OtherBuilder::Moment(TimestampMicrosecondBuilder::new()),
                _ => return ColumnBuilder::Numbers(NumberBuilder::new(records)),
            })
        };
        let fields = answer.schema.fields().iter().take(answer.columns.len());
        BatchBuilder {
            columns: fields.map(column).collect(),
            errors: StringBuilder::with_capacity(records, 0),
            warnings: StringBuilder::with_capacity(records, 0),
        }
    }

    /// Room for the numbers of the next records, by output cell.
    fn room(&mut self, answer: &Answer, cells: usize, records: usize) -> Vec<&mut [Value]> {
        let mut rooms: Vec<&mut [Value]> = (0..cells).map(|_| <&mut [Value]>::default()).collect();
        for (output, column) in answer.columns.iter().zip(&mut self.columns) {
            if let (ColumnBuilder::Numbers(numbers), Some(room)) = (column, rooms.get_mut(output.cell)) {
                *room = numbers.room(records);
            }
        }
        rooms
    }

    fn block(&mut self, answer: &Answer, frame: &Frame, block: Block, mut remarks: Remarks) {
        let heap = frame.heap();
        for (output, column) in answer.columns.iter().zip(&mut self.columns) {
            let mut remark = |record: usize, text: &str| remarks.output(record, &output.name, text);
            match column {
                ColumnBuilder::Numbers(numbers) => {
                    numbers.normalise(block.records, heap, |record, value| {
                        misfit(heap, value, |text| remark(record, text));
                    });
                }
                ColumnBuilder::Others(builder) => {
                    for (record, &value) in frame.output(output.cell).iter().enumerate() {
                        let value = heap.shown(value);
                        builder
                            .push(heap, value, output.format, answer.date1904, |text| remark(record, text));
                    }
                }
            }
        }
        append(&mut self.errors, remarks.errors, block.records);
        append(&mut self.warnings, remarks.warnings, block.records);
    }

    fn finish(mut self, answer: &Answer) -> Result<RecordBatch, ServeError> {
        let mut arrays: Vec<ArrayRef> = self.columns.into_iter().map(ColumnBuilder::finish).collect();
        arrays.push(Arc::new(self.errors.finish()));
        arrays.push(Arc::new(self.warnings.finish()));
        RecordBatch::try_new(answer.schema(), arrays).map_err(|error| ServeError::Internal(error.to_string()))
    }
}

/// Appends the texts of a block's records, and nulls for those that have none.
fn append(column: &mut StringBuilder, texts: Texts, records: usize) {
    let mut next = 0;
    for (record, text) in texts {
        column.append_nulls(record - next);
        column.append_value(text);
        next = record + 1;
    }
    column.append_nulls(records - next);
}

impl ColumnBuilder {
    fn finish(self) -> ArrayRef {
        match self {
            ColumnBuilder::Numbers(numbers) => Arc::new(numbers.finish()),
            ColumnBuilder::Others(builder) => builder.finish(),
        }
    }
}

/// A value that does not fit its column, as text; nothing for a blank.
fn misfit(heap: &Heap, value: Value, remark: impl FnOnce(&str)) {
    match value.unpack() {
        Unpacked::Error(code) => remark(code.text()),
        Unpacked::Text(id) => remark(heap.text(id)),
        Unpacked::Bool(b) => remark(truth(b)),
        Unpacked::Number(x) => remark(&general(x)),
        Unpacked::Array(_) | Unpacked::Blank | Unpacked::Omitted => {}
    }
}

impl OtherBuilder {
    /// Appends a value that is no array; one that does not fit is null and goes to `remark` as text.
    #[inline]
    fn push(&mut self, heap: &Heap, value: Value, format: Format, date1904: bool, remark: impl FnOnce(&str)) {
        match (&mut *self, value.unpack()) {
            (_, Unpacked::Blank | Unpacked::Omitted) => self.push_null(),
            (OtherBuilder::Text(texts), Unpacked::Text(id)) => texts.append_value(heap.text(id)),
            (OtherBuilder::Text(texts), Unpacked::Number(x)) => {
                texts.append_value(shown(x, format, date1904))
            }
            (OtherBuilder::Text(texts), Unpacked::Bool(b)) => texts.append_value(truth(b)),
            (OtherBuilder::Bool(flags), Unpacked::Bool(b)) => flags.append_value(b),
            (OtherBuilder::Date(days), Unpacked::Number(x)) => {
                let day = serial::day_of(x, date1904).and_then(days_since_1970);
                days.append_option(day.map(|day| day as i32));
                if day.is_none() {
                    remark(&general(x));
                }
            }
            (OtherBuilder::Moment(moments), Unpacked::Number(x)) => {
                let day = serial::day_of(x, date1904).and_then(days_since_1970);
                let microseconds = ((x - x.floor()) * 86_400e6).round() as i64;
                moments.append_option(day.map(|day| day * 86_400_000_000 + microseconds));
                if day.is_none() {
                    remark(&general(x));
                }
            }
            _ => {
                self.push_null();
                misfit(heap, value, remark);
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            OtherBuilder::Text(texts) => texts.append_null(),
            OtherBuilder::Bool(flags) => flags.append_null(),
            OtherBuilder::Date(days) => days.append_null(),
            OtherBuilder::Moment(moments) => moments.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            OtherBuilder::Text(mut texts) => Arc::new(texts.finish()),
            OtherBuilder::Bool(mut flags) => Arc::new(flags.finish()),
            OtherBuilder::Date(mut days) => Arc::new(days.finish()),
            OtherBuilder::Moment(mut moments) => Arc::new(moments.finish()),
        }
    }
}

/// A number as its format shows it.
fn shown(x: f64, format: Format, date1904: bool) -> String {
    let mut date = Vec::new();
    if dates::write_serial(&mut date, x, format, date1904)
        && let Ok(date) = String::from_utf8(date)
    {
        return date;
    }
    general(x)
}

fn truth(b: bool) -> &'static str {
    if b { "TRUE" } else { "FALSE" }
}
