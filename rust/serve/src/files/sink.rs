//! Writing the answers to a file. CSV and NDJSON show Excel errors in place, as the API does; Parquet and Arrow have
//! typed columns and tell them in the column `errors`.

use super::{FileKind, csv, file_error};
use crate::arrow::Answer;
use crate::codec::growing::Growing;
use crate::codec::records::{Decoded, Layout};
use crate::codec::template::Template;
use crate::codec::writer::{RecordWriter, Results};
use crate::engine::{Block, Engine, Work};
use crate::error::ServeError;
use crate::execute::{ExecuteOptions, Service};
use crate::filter;
use crate::flat::{OutputColumn, output_columns};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_array::RecordBatch;
use arrow_ipc::writer::FileWriter;
use execd_calc::run::Frame;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

pub struct Sink {
    path: PathBuf,
    writer: Writer,
}

enum Writer {
    Csv(BufWriter<File>, Vec<OutputColumn>),
    Ndjson(BufWriter<File>, Template),
    Parquet(Box<ArrowWriter<File>>, Answer),
    Arrow(Box<FileWriter<BufWriter<File>>>, Answer),
}

/// Rows of a Parquet row group: what is buffered before it is written.
const ROW_GROUP: usize = 1 << 18;

impl Sink {
    /// Writes to `path` what will be `target`.
    pub fn create(
        engine: &Engine,
        service: &Service,
        path: &Path,
        target: &Path,
        options: &ExecuteOptions,
    ) -> Result<Sink, ServeError> {
        let interface = &service.interface;
        let chosen = filter::choose(interface, &options.outputs)?;
        let kind = FileKind::of(target)?;
        let file = File::create(path).map_err(|error| file_error(target, error))?;
        let writer = match kind {
            FileKind::Csv => {
                let columns = output_columns(interface, &chosen);
                let mut header = Vec::new();
                csv::write_header(&mut header, &columns);
                let mut file = BufWriter::new(file);
                file.write_all(&header).map_err(|error| file_error(path, error))?;
                Writer::Csv(file, columns)
            }
            FileKind::Ndjson => {
                Writer::Ndjson(BufWriter::new(file), Template::new(interface, &chosen, Layout::Objects))
            }
            FileKind::Parquet => {
                let answer = Answer::new(engine, service, options)?;
                let level = ZstdLevel::try_new(1).map_err(|error| file_error(path, error))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(level))
                    .set_max_row_group_row_count(Some(ROW_GROUP))
                    .build();
                let writer = ArrowWriter::try_new(file, answer.schema(), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|error| file_error(path, error))?), answer)
            }
            FileKind::Arrow => {
                let answer = Answer::new(engine, service, options)?;
                let writer = FileWriter::try_new_buffered(file, &answer.schema());
                Writer::Arrow(Box::new(writer.map_err(|error| file_error(path, error))?), answer)
            }
        };
        Ok(Sink { path: path.to_owned(), writer })
    }

    /// Evaluates one chunk and writes its answers.
    pub fn write(
        &mut self,
        engine: &Engine,
        service: &Service,
        decoded: &Decoded,
        options: &ExecuteOptions,
    ) -> Result<(), ServeError> {
        let path = &self.path;
        let date1904 = service.plan.date1904;
        match &mut self.writer {
            Writer::Csv(file, columns) => {
                let parts = texts(engine, service, decoded, options, |out, frame, block| {
                    csv_block(out, columns, frame, block, date1904);
                })?;
                write_all(file, &parts, path)
            }
            Writer::Ndjson(file, template) => {
                let parts = texts(engine, service, decoded, options, |out, frame, block| {
                    lines_block(out, template, frame, block, date1904);
                })?;
                write_all(file, &parts, path)
            }
            Writer::Parquet(writer, answer) => {
                let batches = answer.evaluate(engine, service, decoded, options)?;
                each(&batches, path, |batch| writer.write(batch))
            }
            Writer::Arrow(writer, answer) => {
                let batches = answer.evaluate(engine, service, decoded, options)?;
                each(&batches, path, |batch| writer.write(batch))
            }
        }
    }

    pub fn finish(self) -> Result<(), ServeError> {
        let path = &self.path;
        match self.writer {
            Writer::Csv(mut file, _) | Writer::Ndjson(mut file, _) => {
                file.flush().map_err(|error| file_error(path, error))
            }
            Writer::Parquet(writer, _) => writer.close().map(drop).map_err(|error| file_error(path, error)),
            Writer::Arrow(mut writer, _) => writer.finish().map_err(|error| file_error(path, error)),
        }
    }
}

fn each<E: Display>(
    batches: &[RecordBatch],
    path: &Path,
    write: impl FnMut(&RecordBatch) -> Result<(), E>,
) -> Result<(), ServeError> {
    batches.iter().try_for_each(write).map_err(|error| file_error(path, error))
}

fn write_all(file: &mut BufWriter<File>, parts: &[Vec<u8>], path: &Path) -> Result<(), ServeError> {
    parts.iter().try_for_each(|part| file.write_all(part)).map_err(|error| file_error(path, error))
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
        &Work { plan: &service.plan, batch: &decoded.batch, env: &env, stop: &options.stop },
        |_| Vec::new(),
        |out, frame, block| {
            write(out, frame, block);
            Ok(())
        },
    )
}

fn csv_block(out: &mut Vec<u8>, columns: &[OutputColumn], frame: &Frame, block: Block, date1904: bool) {
    let values: Vec<_> = columns.iter().map(|column| frame.output(column.cell)).collect();
    for record in 0..block.records {
        let start = out.len();
        for (position, (column, values)) in columns.iter().zip(&values).enumerate() {
            if position > 0 {
                out.push(b',');
            }
            if let Some(&value) = values.get(record) {
                csv::write_value(out, frame.heap(), value, column.format, date1904);
            }
        }
        if out.len() == start {
            // An empty line would be no record to many readers.
            out.extend_from_slice(b"\"\"");
        }
        out.push(b'\n');
    }
}

fn lines_block(out: &mut Vec<u8>, template: &Template, frame: &Frame, block: Block, date1904: bool) {
    let columns = template.parts.iter().map(|part| frame.output(part.cell)).collect();
    let results = Results { columns, heap: frame.heap() };
    let mut writer = RecordWriter::new(template, &results, date1904);
    let mut lines = Growing::behind(std::mem::take(out));
    let mut failed = Vec::new();
    for record in 0..block.records {
        failed.clear();
        writer.record(&mut lines, record, &mut failed);
        lines.push(b"\n");
    }
    *out = lines.finish();
}
