//! A file of records goes through the service, as `execd run` does it.

use crate::promises::call_options;
use crate::service::{engine, refused_at_most, service};
use crate::stopwatch::in_time;
use execd_serve::files::carry::Carry;
use execd_serve::files::kind::FileKind;
use execd_serve::files::spool::{SpoolSpace, Spools};
use execd_serve::files::{Progress, RunOptions, run_files};
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::path::PathBuf;
use std::sync::{Arc, Once};
use std::time::Duration;

/// A few bytes can stand for any number of blank records: a run is told to end by the deadline of its options.
const TIME: Duration = Duration::from_millis(200);
/// The crates for Arrow and Parquet clear the memory that a file claims, before they look.
const TIME_TO_CLEAR: Duration = Duration::from_secs(20);

/// Reads the bytes as a file with this suffix; the answers are written in the same format.
pub fn evaluate(bytes: &[u8], suffix: &str) {
    quiet();
    let (input, output) = (place("records", suffix), place("answers", suffix));
    if let Err(error) = std::fs::write(&input, bytes) {
        panic!("{}: {error}", input.display());
    }
    // Inputs that are outputs, too, cannot be carried: then there is little else to be found.
    let carry = if bytes.len().is_multiple_of(2) { Carry::All } else { Carry::default() };
    let spools = Spools::new(Arc::new(SpoolSpace::new(std::env::temp_dir(), 64 << 20)));
    let options =
        RunOptions { execute: call_options(), carry, spools: Arc::new(spools), ..RunOptions::default() };
    // Without a suffix, the first bytes say what is in it.
    let options = RunOptions { to: suffix.is_empty().then_some(FileKind::Csv), ..options };
    let time = if matches!(suffix, "csv" | "ndjson") { TIME } else { TIME_TO_CLEAR };
    let result = in_time("a run", time, |_| {
        run_files(&engine(), service(), &input, &output, &options, &Progress::default())
    });
    for file in [input, output] {
        // There are no answers if the records were refused.
        let _ = std::fs::remove_file(file);
    }
    refused_at_most(result.map(drop));
}

/// libFuzzer ends the process at any panic, also one that is caught. Those inside of the crates that read files become
/// errors.
fn quiet() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = take_hook();
        set_hook(Box::new(move |panic| {
            if !is_of_a_reader(panic) {
                report(panic);
            }
        }));
    });
}

fn is_of_a_reader(panic: &PanicHookInfo<'_>) -> bool {
    let crates = ["/arrow-", "/flatbuffers-", "/parquet-"];
    panic.location().is_some_and(|place| crates.iter().any(|name| place.file().contains(name)))
}

/// A file of this thread, in memory if the system has such a folder.
fn place(name: &str, suffix: &str) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let thread = std::thread::current().id();
    let place = folder.join(format!("execd-fuzz-{}-{thread:?}-{name}", std::process::id()));
    if suffix.is_empty() { place } else { place.with_extension(suffix) }
}
