//! Output columns of blocks to record batches.

use super::read::days_since_1970;
use crate::codec::notes::{NoteKind, Notes};
use crate::codec::records::Decoded;
use crate::engine::{Block, Engine};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::filter;
use crate::flat::{OutputColumn, output_columns};
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use execd_calc::batch::Batch;
use execd_calc::digits::general;
use execd_calc::heap::Heap;
use execd_calc::interface::Format;
use execd_calc::run::Frame;
use execd_calc::serial;
use execd_calc::value::{Unpacked, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// What the columns of one service's answers look like.
pub struct Answer {
    columns: Vec<OutputColumn>,
    schema: SchemaRef,
    date1904: bool,
}

/// Name of the last column.
const ERRORS: &str = "errors";

impl Answer {
    /// Runs the workbook once on its own values to learn the kinds of the outputs.
    pub fn new(engine: &Engine, service: &Service, options: &ExecuteOptions) -> Result<Answer, ServeError> {
        let columns =
            output_columns(&service.interface, &filter::choose(&service.interface, &options.outputs)?);
        let batch = Batch::defaults(1, service.plan.input_cells);
        let types = engine.evaluate(
            &service.plan,
            &batch,
            &service.env(0.0),
            &options.stop,
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
        fields.push(Field::new(ERRORS, DataType::Utf8, true));
        Ok(Answer { columns, schema: Arc::new(Schema::new(fields)), date1904: service.plan.date1904 })
    }

    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The answers to a batch, in one or several pieces.
    pub fn evaluate(
        &self,
        engine: &Engine,
        service: &Service,
        decoded: &Decoded,
        options: &ExecuteOptions,
    ) -> Result<Vec<RecordBatch>, ServeError> {
        let env = service.env_of(engine, options);
        let parts = engine.evaluate(
            &service.plan,
            &decoded.batch,
            &env,
            &options.stop,
            |records| Written::new(self, records),
            |part: &mut Written, frame, block| {
                part.block(self, frame, block, service, &decoded.notes);
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

enum Builder {
    Number(Float64Builder),
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Date(Date32Builder),
    Moment(TimestampMicrosecondBuilder),
}

/// Record batch in the making.
pub struct Written {
    builders: Vec<Builder>,
    errors: StringBuilder,
    numbers: Vec<f64>,
}

/// The `errors` texts of those records of a block that have one.
type Errors = BTreeMap<usize, String>;

impl Written {
    fn new(answer: &Answer, records: usize) -> Written {
        let builder = |field: &Arc<Field>| match field.data_type() {
            DataType::Utf8 => Builder::Text(StringBuilder::new()),
            DataType::Boolean => Builder::Bool(BooleanBuilder::new()),
            DataType::Date32 => Builder::Date(Date32Builder::new()),
            DataType::Timestamp(..) => Builder::Moment(TimestampMicrosecondBuilder::new()),
            _ => Builder::Number(Float64Builder::with_capacity(records)),
        };
        let fields = answer.schema.fields().iter().take(answer.columns.len());
        Written {
            builders: fields.map(builder).collect(),
            errors: StringBuilder::with_capacity(records, 0),
            numbers: Vec::new(),
        }
    }

    fn block(&mut self, answer: &Answer, frame: &Frame, block: Block, service: &Service, notes: &Notes) {
        let mut errors = noted(block, service, notes);
        for (column, builder) in answer.columns.iter().zip(&mut self.builders) {
            let values = frame.output(column.cell);
            if builder.push_numbers(values, &mut self.numbers) {
                continue;
            }
            for (record, &value) in values.iter().enumerate() {
                builder.push(frame.heap(), value, answer.date1904, |text| {
                    add(errors.entry(record).or_default(), &column.name, text);
                });
            }
        }
        let mut next = 0;
        for (record, texts) in errors {
            self.errors.append_nulls(record - next);
            self.errors.append_value(texts);
            next = record + 1;
        }
        self.errors.append_nulls(block.records - next);
    }

    fn finish(mut self, answer: &Answer) -> Result<RecordBatch, ServeError> {
        let mut arrays: Vec<ArrayRef> = self.builders.into_iter().map(Builder::finish).collect();
        arrays.push(Arc::new(self.errors.finish()));
        RecordBatch::try_new(answer.schema(), arrays).map_err(|error| ServeError::Internal(error.to_string()))
    }
}

/// What was noted of the inputs of a block.
fn noted(block: Block, service: &Service, notes: &Notes) -> Errors {
    let mut errors = Errors::new();
    for note in notes.between(block.first, block.first + block.records) {
        let message = match &note.kind {
            NoteKind::Malformed(message) | NoteKind::Complaint(message) => message.as_ref(),
            NoteKind::Invalid(validation) => service.invalid_message(note.input, *validation),
            NoteKind::EmptyText | NoteKind::Cut => continue,
        };
        let name = service.interface.subject(note.input).unwrap_or_default();
        add(errors.entry(note.record - block.first).or_default(), name, message);
    }
    errors
}

fn add(remark: &mut String, name: &str, text: &str) {
    if !remark.is_empty() {
        remark.push_str("; ");
    }
    // Writing to a String cannot fail.
    let _ = write!(remark, "{name}: {text}");
}

impl Builder {
    /// Appends all values if it is for numbers and they are numbers. `numbers` is room to put them in.
    fn push_numbers(&mut self, values: &[Value], numbers: &mut Vec<f64>) -> bool {
        let Builder::Number(builder) = self else { return false };
        // All of them, without leaving early: without a branch for each, several are looked at in one instruction.
        let others = values.iter().filter(|value| !value.is_number()).count();
        if others == 0 {
            numbers.clear();
            numbers.extend(values.iter().map(|value| value.lane()));
            builder.append_slice(numbers);
        }
        others == 0
    }

    /// Appends a value; one that does not fit is null and goes to `remark` as text.
    #[inline]
    fn push(&mut self, heap: &Heap, value: Value, date1904: bool, remark: impl FnOnce(&str)) {
        if let (Builder::Number(numbers), Some(x)) = (&mut *self, value.as_number()) {
            return numbers.append_value(x);
        }
        match (&mut *self, value.unpack()) {
            (_, Unpacked::Array(id)) => {
                let first = heap.array(id).get(0, 0).filter(|first| !first.is_array());
                self.push(heap, first.unwrap_or(Value::BLANK), date1904, remark);
            }
            (_, Unpacked::Blank | Unpacked::Omitted) => self.push_null(),
            (Builder::Text(texts), Unpacked::Text(id)) => texts.append_value(heap.text(id)),
            (Builder::Text(texts), Unpacked::Number(x)) => texts.append_value(general(x)),
            (Builder::Text(texts), Unpacked::Bool(b)) => texts.append_value(truth(b)),
            (Builder::Bool(flags), Unpacked::Bool(b)) => flags.append_value(b),
            (Builder::Date(days), Unpacked::Number(x)) => {
                let day = serial::day_of(x, date1904).and_then(days_since_1970);
                days.append_option(day.map(|day| day as i32));
                if day.is_none() {
                    remark(&general(x));
                }
            }
            (Builder::Moment(moments), Unpacked::Number(x)) => {
                let day = serial::day_of(x, date1904).and_then(days_since_1970);
                let microseconds = ((x - x.floor()) * 86_400e6).round() as i64;
                moments.append_option(day.map(|day| day * 86_400_000_000 + microseconds));
                if day.is_none() {
                    remark(&general(x));
                }
            }
            (_, misfit) => {
                self.push_null();
                match misfit {
                    Unpacked::Error(code) => remark(code.text()),
                    Unpacked::Text(id) => remark(heap.text(id)),
                    Unpacked::Bool(b) => remark(truth(b)),
                    Unpacked::Number(x) => remark(&general(x)),
                    Unpacked::Array(_) | Unpacked::Blank | Unpacked::Omitted => {}
                }
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            Builder::Number(numbers) => numbers.append_null(),
            Builder::Text(texts) => texts.append_null(),
            Builder::Bool(flags) => flags.append_null(),
            Builder::Date(days) => days.append_null(),
            Builder::Moment(moments) => moments.append_null(),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Builder::Number(mut numbers) => Arc::new(numbers.finish()),
            Builder::Text(mut texts) => Arc::new(texts.finish()),
            Builder::Bool(mut flags) => Arc::new(flags.finish()),
            Builder::Date(mut days) => Arc::new(days.finish()),
            Builder::Moment(mut moments) => Arc::new(moments.finish()),
        }
    }
}

fn truth(b: bool) -> &'static str {
    if b { "TRUE" } else { "FALSE" }
}
