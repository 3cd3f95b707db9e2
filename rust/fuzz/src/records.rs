//! A file of records goes through the service, as `execd run` does it.

use crate::service::{engine, refused_at_most, service};
use execd_serve::clock::{Clock, SystemClock};
use execd_serve::execute::ExecuteOptions;
use execd_serve::files::carry::Carry;
use execd_serve::files::{Progress, RunOptions, run_files};
use std::path::PathBuf;
use std::time::Duration;

/// A few bytes can stand for any number of blank records, so that a run ends here.
const TIME: Duration = Duration::from_millis(100);

/// Reads the bytes as a file with this suffix; the answers are written in the same format.
pub fn evaluate(bytes: &[u8], suffix: &str) {
    let (input, output) = (place("records", suffix), place("answers", suffix));
    if let Err(error) = std::fs::write(&input, bytes) {
        panic!("{}: {error}", input.display());
    }
    let deadline = Some(SystemClock.now() + TIME);
    let execute = ExecuteOptions { now: Some(0.0), deadline, ..ExecuteOptions::default() };
    // Inputs that are outputs, too, cannot be carried: then there is little else to be found.
    let carry = if bytes.len().is_multiple_of(2) { Carry::All } else { Carry::default() };
    let options = RunOptions { execute, carry, ..RunOptions::default() };
    let result = run_files(&engine(), service(), &input, &output, &options, &Progress::default());
    for file in [input, output] {
        // There are no answers if the records were refused.
        let _ = std::fs::remove_file(file);
    }
    refused_at_most(result.map(drop));
}

/// A file of this process, in memory if the system has such a folder.
fn place(name: &str, suffix: &str) -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { memory } else { std::env::temp_dir() };
    folder.join(format!("execd-fuzz-{}-{name}.{suffix}", std::process::id()))
}
