//! Writing the answers in any format: what is carried, the outputs, and the columns `errors` and `warnings`. CSV, JSON and
//! sheets show Excel errors in place, too, as the API does; Parquet and Arrow have typed columns.

use crate::arrow::Answer;
use crate::codec::encode::template::Template;
use crate::engine::{Block, Engine};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::files::carry::columns::Columns;
use crate::files::carry::{cells, text, typed};
use crate::files::chunk::Chunk;
use crate::files::csv::dialect::Marks;
use crate::files::json::write::{ArrayWriter, BETWEEN};
use crate::files::kind::FileKind;
use crate::files::ndjson::write::{LINE, LineTemplate};
use crate::files::options::RunOptions;
use crate::files::packing::Packer;
use crate::files::reader::RecordReader;
use crate::files::sheet::write::SheetWriter;
use crate::files::sinks::{self, BatchSink, Bytes};
use crate::files::target::Target;
use crate::files::{csv, ndjson, sheet};
use crate::flat::{OutputColumn, output_columns};
use crate::limits::AnswerBytes;
use crate::remarks::{self, Remarks};
use crate::times::{Stage, Watch};
use arrow_schema::{Schema, SchemaRef};
use execd_calc::run::Frame;
use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

pub struct AnswerWriter<'w> {
    name: String,
    /// Name of the column of errors.
    errors: String,
    carried: Columns,
    encoder: Encoder<'w>,
    /// Records written.
    records: usize,
    watch: Watch,
}

/// Each format with what it needs to know of the service's outputs.
enum Encoder<'w> {
    Csv(Bytes<'w>, Vec<OutputColumn>, Marks),
    Ndjson(Bytes<'w>, LineTemplate),
    Json(ArrayWriter<Bytes<'w>>, LineTemplate),
    Batches(Box<dyn BatchSink<'w> + 'w>, Answer, SchemaRef),
    /// The schema is that of the carried columns.
    Sheet(Box<SheetWriter>, Bytes<'w>, Vec<OutputColumn>, SchemaRef),
}

impl<'w> AnswerWriter<'w> {
    /// For the records of a reader, of which `first` are the first.
    pub fn new(
        engine: &Engine,
        service: &Service,
        target: Target<'w>,
        reader: &RecordReader,
        first: Option<&Chunk>,
        options: &RunOptions,
        execute: &ExecuteOptions,
    ) -> Result<AnswerWriter<'w>, ServeError> {
        let Target { name, kind, packing, bytes } = target;
        let (chosen, _) = service.choose(execute)?;
        let columns = output_columns(&service.interface, &chosen);
        let outputs = chosen.iter().filter_map(|&output| service.interface.outputs.get(output));
        let names = columns.iter().map(|column| column.name.as_str());
        let carried = reader.carried();
        carried.check_names(names.clone().chain(outputs.map(|output| output.name.as_str())))?;
        let remarks = remarks::columns(names.clone().chain(carried.names()));
        let header = || carried.names().chain(names.clone()).chain(remarks.iter().map(String::as_str));
        let bytes = Packer::new(packing, bytes).map_err(|error| ServeError::file(&name, error))?;
        let bytes = BufWriter::with_capacity(1 << 16, bytes);
        let times = execute.times.clone().unwrap_or_default();
        let watch = Watch { times, clock: Arc::clone(engine.clock()) };
        let typed = || -> Result<(Answer, SchemaRef), ServeError> {
            let others: Vec<&str> = carried.names().collect();
            let answer = Answer::new(engine, service, &others, execute)?;
            let schema = typed::schema(&carried, first, &answer.schema(), kind);
            Ok((answer, schema))
        };
        let template = |around| {
            let outputs = Template::fields(&service.interface, &chosen);
            LineTemplate::new(outputs, columns.clone(), carried.names(), &remarks, around)
        };
        let encoder = match kind {
            FileKind::Csv => {
                let marks = if options.same_dialect { options.dialect.marks() } else { Marks::default() };
                csv_encoder(bytes, header(), columns.clone(), marks).map_err(Into::into)
            }
            FileKind::Ndjson => Ok(Encoder::Ndjson(bytes, template(LINE))),
            FileKind::Json => Ok(Encoder::Json(ArrayWriter::new(bytes), template([BETWEEN, b""]))),
            FileKind::Parquet | FileKind::Arrow | FileKind::ArrowStream => {
                let (answer, schema) = typed()?;
                let sink = sinks::open(kind, bytes, &schema, &watch);
                sink.map(|sink| Encoder::Batches(sink, answer, schema))
            }
            FileKind::Xlsx => {
                let schema = typed::schema(&carried, first, &Schema::empty(), kind);
                let sheet = SheetWriter::new(header(), columns.len() + remarks.len());
                sheet.map(|sheet| Encoder::Sheet(Box::new(sheet), bytes, columns.clone(), schema))
            }
        };
        let encoder = encoder.map_err(|error| ServeError::file(&name, error))?;
        let [errors, _] = remarks.clone();
        Ok(AnswerWriter { name, errors, carried: carried.clone(), encoder, records: 0, watch })
    }

    /// Name of the column of errors.
    pub fn errors(&self) -> &str {
        &self.errors
    }

    /// Evaluates one chunk and writes its answers. `given` says which inputs a record is told to have left out, see
    /// `Remarks`.
    pub fn write(
        &mut self,
        engine: &Engine,
        service: &Service,
        chunk: &Chunk,
        given: &[u64],
        options: &ExecuteOptions,
    ) -> Result<(), ServeError> {
        let date1904 = service.plan.date1904;
        let decoded = &chunk.decoded;
        let carried = &self.carried;
        let lines = |template: &LineTemplate| {
            let carried = text::values(carried, &chunk.carried)?;
            parts(engine, service, chunk, given, options, |out, frame, block, remarks| {
                ndjson::write::write_block(out, template, &carried, frame, block, remarks, date1904);
            })
        };
        let written = match &mut self.encoder {
            Encoder::Csv(file, columns, marks) => {
                let carried = text::fields(&self.carried, &chunk.carried)?;
                let parts = parts(engine, service, chunk, given, options, |out, frame, block, remarks| {
                    csv::write::write_block(out, &carried, columns, frame, block, remarks, date1904, *marks);
                })?;
                self.watch.of(Stage::Write, || write_all(file, &parts))
            }
            Encoder::Ndjson(file, template) => {
                let parts = lines(template)?;
                self.watch.of(Stage::Write, || write_all(file, &parts))
            }
            Encoder::Json(array, template) => {
                let parts = lines(template)?;
                self.watch.of(Stage::Write, || array.write(&parts).map_err(Into::into))
            }
            Encoder::Batches(sink, answer, schema) => {
                let carried = typed::arrays(&self.carried, chunk, schema, self.records)?;
                let batches = answer.evaluate(engine, service, decoded, given, options)?;
                let mut batches = typed::beside(schema, carried, batches);
                batches.try_for_each(|batch| sink.write(&batch?))
            }
            Encoder::Sheet(sheet, _, columns, schema) => {
                let carried = typed::arrays(&self.carried, chunk, schema, self.records)?;
                let carried = cells::cells(&carried, schema)?;
                let parts = parts(engine, service, chunk, given, options, |out, frame, block, remarks| {
                    sheet::write::write_block(out, columns, frame, block, remarks, date1904);
                })?;
                self.watch.of(Stage::Write, || sheet.write(&carried, &parts))
            }
        };
        self.records += decoded.batch.records;
        written.map_err(|error| ServeError::file(&self.name, error))
    }

    pub fn finish(self) -> Result<(), ServeError> {
        let bytes: Result<Bytes<'w>, Box<dyn Error>> = match self.encoder {
            Encoder::Csv(bytes, ..) | Encoder::Ndjson(bytes, _) => Ok(bytes),
            Encoder::Json(array, _) => array.finish().map_err(Into::into),
            Encoder::Batches(sink, ..) => sink.finish(),
            Encoder::Sheet(sheet, mut bytes, ..) => sheet.finish(&mut bytes).map(|()| bytes),
        };
        let finished =
            bytes.and_then(|bytes| Ok(bytes.into_inner().map_err(|error| error.into_error())?.finish()?));
        finished.map_err(|error| ServeError::file(&self.name, error))
    }
}

fn csv_encoder<'w, 'n>(
    mut bytes: Bytes<'w>,
    names: impl Iterator<Item = &'n str>,
    columns: Vec<OutputColumn>,
    marks: Marks,
) -> io::Result<Encoder<'w>> {
    let mut header = Vec::new();
    csv::write::write_header(&mut header, names, marks);
    bytes.write_all(&header)?;
    Ok(Encoder::Csv(bytes, columns, marks))
}

fn write_all(file: &mut impl Write, parts: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    Ok(parts.iter().try_for_each(|part| file.write_all(part))?)
}

/// What `write` appends for the records of each block, bytes or cells.
fn parts<T: Send>(
    engine: &Engine,
    service: &Service,
    chunk: &Chunk,
    given: &[u64],
    options: &ExecuteOptions,
    write: impl Fn(&mut Vec<T>, &Frame, Block, Remarks) + Sync,
) -> Result<Vec<Vec<T>>, ServeError> {
    let decoded = &chunk.decoded;
    let env = service.env_of(engine, options);
    let bytes = AnswerBytes::new(options.limits.batch);
    engine.evaluate(
        &service.work(&env, options),
        &decoded.batch,
        |_| Vec::new(),
        |out, frame, block| {
            let before = out.len();
            write(
                out,
                frame,
                block,
                Remarks::of_inputs(service, decoded, given, options, block, frame.heap()),
            );
            bytes.add((out.len() - before) * size_of::<T>())
        },
    )
}
