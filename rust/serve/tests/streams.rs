//! Records and answers as bytes in memory. What the formats hold is tested with files in `tables`.

#![allow(clippy::unwrap_used, reason = "a failed step of a test must stop it")]

mod sample;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use execd_serve::error::ServeError;
use execd_serve::execute::ExecuteOptions;
use execd_serve::files::kind::FileKind;
use execd_serve::files::reader::RecordReader;
use execd_serve::files::source::Source;
use execd_serve::files::target::Target;
use execd_serve::files::{Progress, run};
use sample::service::{engine, service};
use sample::{Setting, interface};
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

/// The answers to `bytes`, as a caller that sends a body and gets one.
fn answers(from: FileKind, bytes: Vec<u8>, to: FileKind) -> Result<(Vec<u8>, f64), ServeError> {
    let (length, mut out, progress) = (bytes.len() as u64, Vec::new(), Progress::default());
    let source = Source::stream("inputData", from, Cursor::new(bytes), Some(length));
    let target = Target::new("answers", to, &mut out);
    run(&engine(2), &service(), source, target, &ExecuteOptions::default(), &progress)?;
    Ok((out, progress.fraction()))
}

fn column() -> RecordBatch {
    let values: ArrayRef = Arc::new(Float64Array::from(vec![4.0, 10.0]));
    RecordBatch::try_from_iter([("A", values)]).unwrap()
}

fn arrow_stream() -> Vec<u8> {
    let batch = column();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn formats_that_are_read_from_front_to_back() {
    for (kind, bytes) in
        [(FileKind::Csv, b"A\n4\n10\n".to_vec()), (FileKind::Ndjson, b"{\"A\":4}\n{\"A\":10}\n".to_vec())]
    {
        let (out, fraction) = answers(kind, bytes, FileKind::Csv).unwrap();
        let text = String::from_utf8(out).unwrap();
        let first: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!((first.as_slice(), fraction), (["Half", "2", "5"].as_slice(), 1.0), "{kind:?}");
    }
    let (out, _) = answers(FileKind::Arrow, arrow_stream(), FileKind::Ndjson).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("{\"Half\":2,") && text.contains("\n{\"Half\":5,"), "{text}");
}

#[test]
fn every_format_is_written_from_front_to_back() {
    let records = || b"A\n4\n10\n".to_vec();
    let (out, _) = answers(FileKind::Csv, records(), FileKind::Arrow).unwrap();
    let batch = FileReader::try_new(Cursor::new(out), None).unwrap().next().unwrap().unwrap();
    let half = batch.column_by_name("Half").unwrap().as_primitive::<Float64Type>();
    assert_eq!(half.values(), &[2.0, 5.0]);
    let (out, _) = answers(FileKind::Csv, records(), FileKind::Parquet).unwrap();
    assert!(out.starts_with(b"PAR1") && out.ends_with(b"PAR1"));
}

#[test]
fn formats_with_a_footer_must_be_files() {
    let refused = |kind, bytes| answers(kind, bytes, FileKind::Csv).unwrap_err().to_string();
    let mut writer = FileWriter::try_new(Vec::new(), &column().schema()).unwrap();
    writer.finish().unwrap();
    let file = writer.into_inner().unwrap();
    assert!(
        refused(FileKind::Arrow, file).starts_with("inputData: Arrow with a footer is read from its end")
    );
    assert!(
        refused(FileKind::Parquet, b"PAR1".to_vec()).starts_with("inputData: Parquet is read from its end")
    );
}

/// A connection that breaks.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn streams_that_break_end_the_run() {
    let (options, progress) = (ExecuteOptions::default(), Progress::default());
    for kind in [FileKind::Csv, FileKind::Ndjson, FileKind::Arrow] {
        let source = Source::stream("inputData", kind, Broken, None);
        let target = Target::new("answers", FileKind::Csv, io::sink());
        let error = run(&engine(1), &service(), source, target, &options, &progress).unwrap_err();
        assert!(error.to_string().starts_with("inputData: "), "{kind:?}: {error}");
    }
    for kind in [FileKind::Csv, FileKind::Ndjson, FileKind::Arrow, FileKind::Parquet] {
        let source = Source::stream("inputData", FileKind::Csv, Cursor::new("A\n4\n"), None);
        let target = Target::new("answers", kind, Broken);
        let error = run(&engine(1), &service(), source, target, &options, &progress).unwrap_err();
        assert!(error.to_string().starts_with("answers: "), "{kind:?}: {error}");
    }
    assert_eq!(progress.fraction(), 0.0, "nobody knows the length");
}

#[test]
fn records_are_read_without_a_service() {
    let setting = Setting::new(interface());
    for (kind, bytes) in [
        (FileKind::Csv, b"A,Name\n4,x\n10,\n".to_vec()),
        (FileKind::Ndjson, b"{\"A\":4}\n\n{}\n".to_vec()),
        (FileKind::Arrow, arrow_stream()),
    ] {
        let source = Source::stream("bytes", kind, Cursor::new(bytes), None);
        let mut reader = RecordReader::new(source, setting.rules()).unwrap();
        assert_eq!(reader.next(setting.rules()).unwrap().unwrap().batch.records, 2, "{kind:?}");
        assert!(reader.next(setting.rules()).unwrap().is_none(), "{kind:?}");
    }
}
