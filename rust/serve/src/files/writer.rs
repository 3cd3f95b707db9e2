//! Writing the answers in any format: what is carried, the outputs, and the columns `errors` and `warnings`. CSV and NDJSON
//! show Excel errors in place, too, as the API does; Parquet and Arrow have typed columns.

use crate::arrow::Answer;
use crate::codec::encode::template::Template;
use crate::engine::{Block, Engine};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::files::carry::columns::Columns;
use crate::files::carry::{text, typed};
use crate::files::chunk::Chunk;
use crate::files::kind::FileKind;
use crate::files::ndjson::write::LineTemplate;
use crate::files::packing::Packer;
use crate::files::parquet_columns::ParquetColumns;
use crate::files::reader::RecordReader;
use crate::files::target::Target;
use crate::files::{csv, ndjson};
use crate::flat::{OutputColumn, output_columns};
use crate::remarks::{self, Remarks};
use crate::times::{Stage, Watch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::SchemaRef;
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

type Bytes<'w> = BufWriter<Packer<Box<dyn Write + Send + 'w>>>;

/// Each format with what it needs to know of the service's outputs.
enum Encoder<'w> {
    Csv(Bytes<'w>, Vec<OutputColumn>),
    Ndjson(Bytes<'w>, LineTemplate),
    Parquet(Box<ParquetColumns<Bytes<'w>>>, Answer, SchemaRef),
    Arrow(Box<FileWriter<Bytes<'w>>>, Answer, SchemaRef),
}

impl<'w> AnswerWriter<'w> {
    /// For the records of a reader, of which `first` are the first.
    pub fn new(
        engine: &Engine,
        service: &Service,
        target: Target<'w>,
        reader: &RecordReader,
        first: Option<&Chunk>,
        options: &ExecuteOptions,
    ) -> Result<AnswerWriter<'w>, ServeError> {
        let Target { name, kind, packing, bytes } = target;
        let (chosen, _) = service.choose(options)?;
        let columns = output_columns(&service.interface, &chosen);
        let outputs = chosen.iter().filter_map(|&output| service.interface.outputs.get(output));
        let names = columns.iter().map(|column| column.name.as_str());
        let carried = reader.carried();
        carried.check_names(names.clone().chain(outputs.map(|output| output.name.as_str())))?;
        let remarks = remarks::columns(names.clone().chain(carried.names()));
        let mut header = Vec::new();
        csv::write::write_header(
            &mut header,
            carried.names().chain(names).chain(remarks.iter().map(String::as_str)),
        );
        let bytes = Packer::new(packing, bytes).map_err(|error| ServeError::file(&name, error))?;
        let bytes = BufWriter::with_capacity(1 << 16, bytes);
        let times = options.times.clone().unwrap_or_default();
        let watch = Watch { times, clock: Arc::clone(engine.clock()) };
        let typed = || -> Result<(Answer, SchemaRef), ServeError> {
            let others: Vec<&str> = carried.names().collect();
            let answer = Answer::new(engine, service, &others, options)?;
            let schema = typed::schema(&carried, first, &answer.schema(), kind);
            Ok((answer, schema))
        };
        let encoder = match kind {
            FileKind::Csv => csv_encoder(bytes, &header, columns).map_err(Into::into),
            FileKind::Ndjson => {
                let outputs = Template::fields(&service.interface, &chosen);
                let template = LineTemplate::new(outputs, columns, carried.names(), &remarks);
                Ok(Encoder::Ndjson(bytes, template))
            }
            FileKind::Parquet => {
                let (answer, schema) = typed()?;
                ParquetColumns::new(bytes, &schema, watch.clone())
                    .map(|file| Encoder::Parquet(Box::new(file), answer, schema))
                    .map_err(Into::into)
            }
            FileKind::Arrow => {
                let (answer, schema) = typed()?;
                arrow_encoder(bytes, answer, schema)
            }
        };
        let encoder = encoder.map_err(|error| ServeError::file(&name, error))?;
        let [errors, _] = remarks;
        Ok(AnswerWriter { name, errors, carried, encoder, records: 0, watch })
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
        let evaluate = |write: &WriteBlock<'_>| texts(engine, service, chunk, given, options, write);
        let written = match &mut self.encoder {
            Encoder::Csv(file, columns) => {
                let carried = text::fields(&self.carried, &chunk.carried)?;
                let parts = evaluate(&|out, frame, block, remarks| {
                    csv::write::write_block(out, &carried, columns, frame, block, remarks, date1904);
                })?;
                self.watch.of(Stage::Write, || write_all(file, &parts))
            }
            Encoder::Ndjson(file, template) => {
                let carried = text::values(&self.carried, &chunk.carried)?;
                let parts = evaluate(&|out, frame, block, remarks| {
                    ndjson::write::write_block(out, template, &carried, frame, block, remarks, date1904);
                })?;
                self.watch.of(Stage::Write, || write_all(file, &parts))
            }
            Encoder::Parquet(writer, answer, schema) => {
                let carried = typed::arrays(&self.carried, chunk, schema, self.records)?;
                let batches = answer.evaluate(engine, service, decoded, given, options)?;
                let batches = typed::beside(schema, carried, batches);
                batches.into_iter().try_for_each(|batch| Ok(writer.write(&batch?)?))
            }
            Encoder::Arrow(writer, answer, schema) => {
                let carried = typed::arrays(&self.carried, chunk, schema, self.records)?;
                let batches = answer.evaluate(engine, service, decoded, given, options)?;
                let batches = typed::beside(schema, carried, batches);
                let mut batches = batches.into_iter();
                self.watch.of(Stage::Write, || batches.try_for_each(|batch| Ok(writer.write(&batch?)?)))
            }
        };
        self.records += decoded.batch.records;
        written.map_err(|error| ServeError::file(&self.name, error))
    }

    pub fn finish(self) -> Result<(), ServeError> {
        let bytes: Result<Bytes<'w>, Box<dyn Error>> = match self.encoder {
            Encoder::Csv(bytes, _) | Encoder::Ndjson(bytes, _) => Ok(bytes),
            Encoder::Parquet(writer, ..) => writer.into_inner().map_err(Into::into),
            Encoder::Arrow(writer, ..) => writer.into_inner().map_err(Into::into),
        };
        let finished =
            bytes.and_then(|bytes| Ok(bytes.into_inner().map_err(|error| error.into_error())?.finish()?));
        finished.map_err(|error| ServeError::file(&self.name, error))
    }
}

fn csv_encoder<'w>(
    mut bytes: Bytes<'w>,
    header: &[u8],
    columns: Vec<OutputColumn>,
) -> io::Result<Encoder<'w>> {
    bytes.write_all(header)?;
    Ok(Encoder::Csv(bytes, columns))
}

fn arrow_encoder(bytes: Bytes<'_>, answer: Answer, schema: SchemaRef) -> Result<Encoder<'_>, Box<dyn Error>> {
    let writer = FileWriter::try_new(bytes, &schema)?;
    Ok(Encoder::Arrow(Box::new(writer), answer, schema))
}

fn write_all(file: &mut impl Write, parts: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    Ok(parts.iter().try_for_each(|part| file.write_all(part))?)
}

/// Appends the lines of a block's records.
type WriteBlock<'a> = dyn Fn(&mut Vec<u8>, &Frame, Block, Remarks) + Sync + 'a;

fn texts(
    engine: &Engine,
    service: &Service,
    chunk: &Chunk,
    given: &[u64],
    options: &ExecuteOptions,
    write: &WriteBlock<'_>,
) -> Result<Vec<Vec<u8>>, ServeError> {
    let decoded = &chunk.decoded;
    let env = service.env_of(engine, options);
    engine.evaluate(
        &service.work(&env, options),
        &decoded.batch,
        |_| Vec::new(),
        |out, frame, block| {
            write(out, frame, block, Remarks::of_inputs(service, decoded, given, block, frame.heap()));
            Ok(())
        },
    )
}
