//! Writing the answers in any format. CSV and NDJSON show Excel errors in place, as the API does; Parquet and Arrow
//! have typed columns and tell errors in the column `errors`.

use crate::arrow::Answer;
use crate::codec::decoded::{Decoded, Layout};
use crate::codec::encode::template::Template;
use crate::engine::{Block, Engine, Work};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::files::kind::FileKind;
use crate::files::target::Target;
use crate::files::{csv, ndjson};
use crate::flat::{OutputColumn, output_columns};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_ipc::writer::FileWriter;
use execd_calc::run::Frame;
use std::error::Error;
use std::io::{self, BufWriter, Write};

pub struct AnswerWriter<'w> {
    name: String,
    encoder: Encoder<'w>,
}

type Bytes<'w> = Box<dyn Write + Send + 'w>;

/// Each format with what it needs to know of the service's outputs.
enum Encoder<'w> {
    Csv(BufWriter<Bytes<'w>>, Vec<OutputColumn>),
    Ndjson(BufWriter<Bytes<'w>>, Template),
    Parquet(Box<ArrowWriter<Bytes<'w>>>, Answer),
    Arrow(Box<FileWriter<BufWriter<Bytes<'w>>>>, Answer),
}

/// Rows of a Parquet row group: what is buffered before it is written.
const ROW_GROUP: usize = 1 << 18;

impl<'w> AnswerWriter<'w> {
    pub fn new(
        engine: &Engine,
        service: &Service,
        target: Target<'w>,
        options: &ExecuteOptions,
    ) -> Result<AnswerWriter<'w>, ServeError> {
        let Target { name, kind, bytes } = target;
        let chosen = || service.choose(options).map(|(chosen, _)| chosen);
        let encoder = match kind {
            FileKind::Csv => {
                csv_encoder(bytes, output_columns(&service.interface, &chosen()?)).map_err(Into::into)
            }
            FileKind::Ndjson => {
                let template = Template::new(&service.interface, &chosen()?, Layout::Objects);
                Ok(Encoder::Ndjson(BufWriter::new(bytes), template))
            }
            FileKind::Parquet => parquet_encoder(bytes, Answer::new(engine, service, options)?),
            FileKind::Arrow => arrow_encoder(bytes, Answer::new(engine, service, options)?),
        };
        let encoder = encoder.map_err(|error| ServeError::file(&name, error))?;
        Ok(AnswerWriter { name, encoder })
    }

    /// Evaluates one chunk and writes its answers.
    pub fn write(
        &mut self,
        engine: &Engine,
        service: &Service,
        decoded: &Decoded,
        options: &ExecuteOptions,
    ) -> Result<(), ServeError> {
        let date1904 = service.plan.date1904;
        let written = match &mut self.encoder {
            Encoder::Csv(file, columns) => {
                let parts = texts(engine, service, decoded, options, |out, frame, block| {
                    csv::write_block(out, columns, frame, block, date1904);
                })?;
                write_all(file, &parts)
            }
            Encoder::Ndjson(file, template) => {
                let parts = texts(engine, service, decoded, options, |out, frame, block| {
                    ndjson::write_block(out, template, frame, block, date1904);
                })?;
                write_all(file, &parts)
            }
            Encoder::Parquet(writer, answer) => {
                let mut batches = answer.evaluate(engine, service, decoded, options)?.into_iter();
                batches.try_for_each(|batch| Ok(writer.write(&batch)?))
            }
            Encoder::Arrow(writer, answer) => {
                let mut batches = answer.evaluate(engine, service, decoded, options)?.into_iter();
                batches.try_for_each(|batch| Ok(writer.write(&batch)?))
            }
        };
        written.map_err(|error| ServeError::file(&self.name, error))
    }

    pub fn finish(self) -> Result<(), ServeError> {
        let finished: Result<(), Box<dyn Error>> = match self.encoder {
            Encoder::Csv(mut file, _) | Encoder::Ndjson(mut file, _) => file.flush().map_err(Into::into),
            Encoder::Parquet(writer, _) => writer.close().map(drop).map_err(Into::into),
            Encoder::Arrow(mut writer, _) => writer.finish().map_err(Into::into),
        };
        finished.map_err(|error| ServeError::file(&self.name, error))
    }
}

fn csv_encoder(bytes: Bytes<'_>, columns: Vec<OutputColumn>) -> io::Result<Encoder<'_>> {
    let mut header = Vec::new();
    csv::write_header(&mut header, &columns);
    let mut file = BufWriter::new(bytes);
    file.write_all(&header)?;
    Ok(Encoder::Csv(file, columns))
}

fn parquet_encoder(bytes: Bytes<'_>, answer: Answer) -> Result<Encoder<'_>, Box<dyn Error>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .build();
    let writer = ArrowWriter::try_new(bytes, answer.schema(), Some(properties))?;
    Ok(Encoder::Parquet(Box::new(writer), answer))
}

fn arrow_encoder(bytes: Bytes<'_>, answer: Answer) -> Result<Encoder<'_>, Box<dyn Error>> {
    let writer = FileWriter::try_new_buffered(bytes, &answer.schema())?;
    Ok(Encoder::Arrow(Box::new(writer), answer))
}

fn write_all(file: &mut impl Write, parts: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    Ok(parts.iter().try_for_each(|part| file.write_all(part))?)
}

fn texts(
    engine: &Engine,
    service: &Service,
    decoded: &Decoded,
    options: &ExecuteOptions,
    write: impl Fn(&mut Vec<u8>, &Frame, Block) + Sync,
) -> Result<Vec<Vec<u8>>, ServeError> {
    let env = service.env_of(engine, options);
    engine.evaluate(
        &Work {
            plan: &service.plan,
            batch: &decoded.batch,
            env: &env,
            stop: &options.stop,
            memory: options.limits.memory,
        },
        |_| Vec::new(),
        |out, frame, block| {
            write(out, frame, block);
            Ok(())
        },
    )
}
