//! The service whose inputs the record targets read: compiled from a workbook that is written down as text.

use execd_model::limits::Limits;
use execd_model::{Compiled, compile};
use execd_serve::clock::SystemClock;
use execd_serve::engine::Engine;
use execd_serve::error::ServeError;
use execd_serve::execute::Service;
use std::io::{Cursor, Write};
use std::sync::{Arc, LazyLock};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What stands before the name of a part.
const PART: &str = "== ";

/// Packs the parts of a workbook: each begins with a line `== name`, its content follows up to the next such line.
/// `None` for a name that no archive takes.
pub fn packed(text: &str) -> Option<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for part in text.split(PART).skip(1) {
        let (name, content) = part.split_once('\n').unwrap_or((part, ""));
        archive.start_file(name, SimpleFileOptions::default()).ok()?;
        archive.write_all(content.as_bytes()).ok()?;
    }
    archive.finish().ok().map(Cursor::into_inner)
}

/// Inputs: a number `A` of at most 10, a text `Name` of at most 5 characters, a date `Day`, a table `T` of two rows with
/// the headings `K`, `B.B1` and `13`. Outputs: something of each.
pub fn service() -> &'static Service {
    static SERVICE: LazyLock<Service> = LazyLock::new(|| compiled(include_str!("../corpus/xlsx/service")));
    &SERVICE
}

/// A service from a workbook that is written down.
pub fn compiled(text: &str) -> Service {
    match compile(&packed(text).unwrap_or_default(), &Limits::default()) {
        Ok(compiled) => of(compiled),
        Err(error) => panic!("the workbook of a service: {error}"),
    }
}

/// What is compiled, ready to answer calls.
pub fn of(compiled: Compiled) -> Service {
    Service::new(Arc::new(compiled.plan), Arc::new(compiled.interface))
}

/// One thread does all the work, so that a panic and memory belong to the bytes at hand.
pub fn engine() -> Arc<Engine> {
    static ENGINE: LazyLock<Arc<Engine>> = LazyLock::new(|| match Engine::new(1, Arc::new(SystemClock)) {
        Ok(engine) => Arc::new(engine),
        Err(error) => panic!("no engine: {error}"),
    });
    Arc::clone(&ENGINE)
}

/// An error is fine, unless it stands for a panic that was caught.
pub fn refused_at_most(result: Result<(), ServeError>) {
    if let Err(ServeError::Internal(message)) = result {
        panic!("{message}");
    }
}
