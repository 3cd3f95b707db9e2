//! A workbook is read, inspected, compiled, recalculated and executed on its own values; its first sheet is read as one
//! of records.

use crate::service::{engine, execute_defaults, packed};
use execd_model::limits::Limits;
use execd_model::xlsx::rows;
use execd_model::{check, compile, recalculate};
use std::io::Cursor;

/// The moment that NOW() gives, so that a run can be repeated.
const NOW: f64 = 45_000.5;

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
    let limits = Limits::default();
    let inspected = check(bytes, &limits);
    match (compile(bytes, &limits), inspected) {
        (Ok(compiled), Ok(inspected)) => {
            let report = &inspected.report;
            assert!(report.unsupported.is_empty(), "compiled although {:?}", report.unsupported);
            assert!(report.mistakes.is_empty(), "compiled although {:?}", report.mistakes);
            assert_eq!(compiled.interface.outputs.len(), inspected.interface.outputs.len());
            execute_defaults(&engine(), compiled);
        }
        (Ok(_), Err(error)) => panic!("compiles, but cannot be inspected: {error}"),
        (Err(error), Ok(inspected)) => {
            let report = &inspected.report;
            assert!(
                !report.unsupported.is_empty() || !report.mistakes.is_empty(),
                "nothing is wrong, but {error}"
            );
        }
        (Err(_), Err(_)) => {}
    }
    read_records(bytes, &limits);
    // Cell errors are values; an error here says that the file cannot be read, as above.
    drop(recalculate(bytes, &limits, NOW));
}

/// Reads the first sheet as one of records.
fn read_records(bytes: &[u8], limits: &Limits) {
    let mut next = 0;
    // Whatever is wrong with the sheet, the rows before it are in order.
    drop(rows::read(Cursor::new(bytes), None, limits, |_, row| {
        assert!(row.number >= next && row.cells.is_sorted_by(|one, other| one.0 < other.0));
        next = row.number + 1;
        true
    }));
}
