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
use execd_serve::files::spool::{SpoolSpace, Spools};
use execd_serve::files::target::Target;
use execd_serve::files::{Progress, RunOptions, run};
use execd_serve::limits::Limits;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use sample::service::{engine, service};
use sample::{Setting, interface};
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;

const KINDS: [FileKind; 7] = [
    FileKind::Csv,
    FileKind::Ndjson,
    FileKind::Json,
    FileKind::Parquet,
    FileKind::Arrow,
    FileKind::ArrowStream,
    FileKind::Xlsx,
];

/// The answers to `bytes`, as a caller that sends a body and gets one.
fn answers(
    from: impl Into<Option<FileKind>>,
    bytes: Vec<u8>,
    to: FileKind,
) -> Result<(Vec<u8>, f64), ServeError> {
    let (length, mut out, progress) = (bytes.len() as u64, Vec::new(), Progress::default());
    let options = RunOptions::default();
    let source = Source::stream("inputData", from.into(), Cursor::new(bytes), Some(length), &options)?;
    let target = Target::new("answers", to, &mut out);
    run(&engine(2), &service(), source, target, &options, &progress)?;
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

/// Arrow's format with a footer.
fn arrow_file() -> Vec<u8> {
    let batch = column();
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn parquet() -> Vec<u8> {
    let batch = column();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Bytes that do not say what they are: plain, packed, and packed in two pieces.
#[test]
fn the_content_tells_the_format() {
    for bytes in [
        b"A\n4\n10\n".to_vec(),
        b"\xEF\xBB\xBF\n \n{\"A\":4}\n{\"A\":10}\n".to_vec(),
        arrow_stream(),
        arrow_file(),
        parquet(),
    ] {
        let halves = bytes.split_at(bytes.len() / 2);
        let pieces = [gzip(halves.0), gzip(halves.1)].concat();
        let zstd = zstd::encode_all(bytes.as_slice(), 1).unwrap();
        for packed in [gzip(&bytes), pieces, zstd, bytes] {
            let (out, _) = answers(None, packed, FileKind::Csv).unwrap();
            let text = String::from_utf8(out).unwrap();
            let first: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
            assert_eq!(first, ["Half", "2", "5"]);
        }
    }
}

#[test]
fn packed_bytes_that_break_off_are_an_error() {
    let zstd = zstd::encode_all(&b"A\n4\n10\n"[..], 1).unwrap();
    for packed in [gzip(b"A\n4\n10\n"), zstd] {
        let half = packed[..packed.len() - 5].to_vec();
        let error = answers(None, half, FileKind::Csv).unwrap_err().to_string();
        assert!(error.starts_with("inputData: "), "{error}");
    }
}

/// Records that never end, packed into little.
struct Endless(&'static [u8]);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for (to, from) in buffer.iter_mut().zip(self.0.iter().cycle()) {
            *to = *from;
        }
        Ok(buffer.len())
    }
}

#[test]
fn a_record_has_an_end() {
    let limits = Limits { input_bytes: 1 << 20, ..Limits::default() };
    let execute = ExecuteOptions { limits, ..ExecuteOptions::default() };
    let space = SpoolSpace::new(std::env::temp_dir(), 1 << 20);
    let spools = Arc::new(Spools::new(Arc::new(space)));
    let options = RunOptions { execute, spools, ..RunOptions::default() };
    for (kind, start, said) in [
        (
            FileKind::Csv,
            &b"A\n"[..],
            "inputs, record 1: the record is longer than 1048576 bytes; perhaps a quote is not closed",
        ),
        (FileKind::Csv, b"", "endless: header row: longer than 16777216 bytes"),
        (FileKind::Ndjson, b"{\"A\":", "endless: a line is longer than 1048576 bytes"),
        (FileKind::Json, b"[{\"A\":", "inputs, record 1: the record is longer than 524288 bytes"),
        (FileKind::Parquet, b"PAR1", "endless: too large to be put aside: at most 1048576 bytes"),
        (FileKind::Xlsx, b"PK\x03\x04", "endless: too large to be put aside: at most 1048576 bytes"),
    ] {
        let bytes = Cursor::new(start).chain(Endless(b"1"));
        let target = Target::new("answers", FileKind::Csv, io::sink());
        let run = |source| run(&engine(1), &service(), source, target, &options, &Progress::default());
        let error = Source::stream("endless", Some(kind), bytes, None, &options).and_then(run).unwrap_err();
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn a_record_of_commas_is_refused_before_its_fields_fill_the_memory() {
    let options = RunOptions::default();
    let bytes = Cursor::new(b"A\n").chain(Endless(b","));
    let target = Target::new("answers", FileKind::Csv, io::sink());
    let run = |source| run(&engine(1), &service(), source, target, &options, &Progress::default());
    let source = Source::stream("endless", Some(FileKind::Csv), bytes, None, &options);
    let error = source.and_then(run).unwrap_err();
    assert_eq!(error.to_string(), "inputs, record 1: the record has more than 4194304 fields");
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
    let (options, progress) = (RunOptions::default(), Progress::default());
    for kind in KINDS {
        let error = Source::stream("inputData", Some(kind), Broken, None, &options).err().unwrap();
        assert!(error.to_string().starts_with("inputData: "), "{kind:?}: {error}");
    }
    for kind in KINDS {
        let source =
            Source::stream("inputData", Some(FileKind::Csv), Cursor::new("A\n4\n"), None, &options).unwrap();
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
        let options = RunOptions::default();
        let source = Source::stream("bytes", Some(kind), Cursor::new(bytes), None, &options).unwrap();
        let mut reader = RecordReader::new(source, setting.rules(), &options).unwrap();
        let chunk = reader.next(setting.rules()).unwrap().unwrap();
        assert_eq!(chunk.decoded.batch.records, 2, "{kind:?}");
        assert!(reader.next(setting.rules()).unwrap().is_none(), "{kind:?}");
    }
}
