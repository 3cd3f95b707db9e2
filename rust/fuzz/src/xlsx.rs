//! A workbook is read, inspected and compiled, and held to what is promised of every workbook (see `promises`). Its first
//! sheet is read as one of records.

use crate::choices::Choices;
use crate::generator;
use crate::promises::{keep, within_limits};
use crate::service::packed;
use execd_model::error::{Error, ErrorKind};
use execd_model::limits::Limits;
use execd_model::xlsx::rows;
use execd_model::{check, compile, xlsx};
use std::io::Cursor;

/// Takes a zip archive as it is. Anything else is packed first (see `packed`), so that mutations reach the XML and the
/// formulas, and do not end at a checksum.
pub fn run(bytes: &[u8]) {
    if bytes.starts_with(b"PK") {
        return run_archive(bytes);
    }
    if let Some(archive) = std::str::from_utf8(bytes).ok().and_then(packed) {
        run_archive(&archive);
    }
}

fn run_archive(bytes: &[u8]) {
    let inspected = within_limits("inspecting", |limits| check(bytes, limits));
    let compiled = within_limits("compiling", |limits| compile(bytes, limits));
    match (compiled, inspected) {
        (Ok(compiled), Ok(inspected)) => {
            let report = &inspected.report;
            assert!(report.unsupported.is_empty(), "compiled although {:?}", report.unsupported);
            assert!(report.mistakes.is_empty(), "compiled although {:?}", report.mistakes);
            assert_eq!(compiled.interface.outputs.len(), inspected.interface.outputs.len());
        }
        (Ok(_), Err(error)) => assert!(is_limit(&error), "compiles, but cannot be inspected: {error}"),
        (Err(error), Ok(inspected)) => {
            let report = &inspected.report;
            let wrong = !report.unsupported.is_empty() || !report.mistakes.is_empty();
            assert!(wrong || is_limit(&error), "nothing is wrong, but {error}");
        }
        (Err(_), Err(_)) => {}
    }
    within_limits("reading records", |limits| read_records(bytes, limits));
    let mut choices = Choices::new(bytes.get(..8).unwrap_or_default());
    if let Ok(book) = within_limits("reading", |limits| xlsx::read(bytes, limits)) {
        keep(book, |cells| (0..cells).map(|_| generator::constant(&mut choices)).collect());
    }
}

/// Whatever is wrong with the sheet, the rows before it are in order.
fn read_records(bytes: &[u8], limits: &Limits) {
    let mut next = 0;
    drop(rows::read(Cursor::new(bytes), None, limits, |_, row| {
        assert!(row.number >= next && row.cells.is_sorted_by(|one, other| one.0 < other.0));
        next = row.number + 1;
        true
    }));
}

/// The clock is another one in each run.
fn is_limit(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Stopped | ErrorKind::TooLarge)
}
