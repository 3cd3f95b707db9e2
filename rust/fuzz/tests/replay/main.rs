//! Every target over its corpus, and over mutations of it that are the same in every run; with any compiler.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed step of a test must stop it"
)]

mod mutate;

use execd_fuzz::memory::{Counting, peak};
use execd_fuzz::{MOST_BYTES, TARGETS, Target};
use execd_serve::clock::{Clock, SystemClock};
use mutate::{Random, mutated};
use std::any::Any;
use std::hint::black_box;
use std::io::{Write, stderr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Mutations of each seed, and the time after which a target makes no more of them.
const MUTATIONS: usize = 3_000;
const BUDGET: Duration = Duration::from_secs(4);

/// One input may take this long: far more than any does, and than a busy machine may pause.
const LONGEST: Duration = Duration::from_secs(120);

struct Seed {
    name: String,
    bytes: Vec<u8>,
}

/// The files of a folder in the order of their names.
fn seeds(folder: &str, target: Target) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target.name);
    let Ok(files) = std::fs::read_dir(&folder) else { return Vec::new() };
    let mut seeds: Vec<Seed> = files
        .map(|file| {
            let path = file.unwrap().path();
            Seed { name: path.display().to_string(), bytes: std::fs::read(path).unwrap() }
        })
        .collect();
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    seeds
}

/// Runs a target over seeds and up to so many mutations of each; gives the number of inputs, or what is wrong with one.
fn replay(target: Target, seeds: &[Seed], mutations: usize) -> Result<usize, String> {
    let mut bench = Bench::new(target);
    for seed in seeds {
        bench.run(&seed.bytes).map_err(|wrong| format!("{}: {wrong}", seed.name))?;
    }
    let mut random = Random::new(0x5EED);
    let end = SystemClock.now() + BUDGET;
    for _ in 0..mutations {
        for seed in seeds {
            if SystemClock.now() > end {
                return Ok(bench.inputs);
            }
            let other = &seeds[random.below(seeds.len())];
            let input = mutated(&mut random, &seed.bytes, &other.bytes);
            bench.run(&input).map_err(|wrong| {
                format!("a mutation of {}, kept in {}: {wrong}", seed.name, bench.kept.display())
            })?;
        }
    }
    Ok(bench.inputs)
}

/// Runs inputs one by one under the limits.
struct Bench {
    target: Target,
    /// The last input, which is still there if the process dies of it.
    kept: PathBuf,
    inputs: usize,
    begun: Sender<()>,
}

impl Bench {
    fn new(target: Target) -> Bench {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.last", target.name));
        let (begun, signs) = channel();
        let input = kept.clone();
        std::thread::spawn(move || give_up_after(LONGEST, &signs, &input));
        Bench { target, kept, inputs: 0, begun }
    }

    fn run(&mut self, input: &[u8]) -> Result<(), String> {
        std::fs::write(&self.kept, input).map_err(|error| error.to_string())?;
        self.begun.send(()).map_err(|error| error.to_string())?;
        self.inputs += 1;
        let (result, bytes) = peak(|| catch_unwind(AssertUnwindSafe(|| (self.target.run)(input))));
        result.map_err(|panic| text_of(&*panic))?;
        if bytes > self.target.most_bytes {
            return Err(format!("took {bytes} bytes of memory"));
        }
        Ok(())
    }
}

/// Ends the process when no input begins for so long: the one at hand would keep the test for ever.
fn give_up_after(longest: Duration, signs: &Receiver<()>, input: &Path) {
    loop {
        match signs.recv_timeout(longest) {
            Ok(()) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                // Straight to the file, since what is printed by macros is lost when the process is aborted.
                let _ = writeln!(stderr(), "{} takes more than {longest:?}", input.display());
                std::process::abort();
            }
        }
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

fn replayed(name: &str) {
    let target = TARGETS.into_iter().find(|target| target.name == name).unwrap();
    let seeds = seeds("corpus", target);
    assert!(seeds.len() >= 10, "the corpus of {name} has {} files", seeds.len());
    let inputs = replay(target, &seeds, MUTATIONS).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
    println!("{name}: {inputs} inputs from {} seeds", seeds.len());
}

#[test]
fn xlsx() {
    replayed("xlsx");
}

#[test]
fn workbook() {
    replayed("workbook");
}

#[test]
fn formula() {
    replayed("formula");
}

#[test]
fn json() {
    replayed("json");
}

#[test]
fn envelope() {
    replayed("envelope");
}

#[test]
fn patterns() {
    replayed("patterns");
}

#[test]
fn csv() {
    replayed("csv");
}

#[test]
fn ndjson() {
    replayed("ndjson");
}

#[test]
fn arrow() {
    replayed("arrow");
}

#[test]
fn parquet() {
    replayed("parquet");
}

#[test]
fn packed() {
    replayed("packed");
}

#[test]
fn number_format() {
    replayed("number_format");
}

/// Inputs that show a bug which is known and not mended; once it is, they move to `corpus`.
#[test]
#[ignore = "bugs that are not mended yet"]
fn pending() {
    let found = TARGETS.into_iter().flat_map(|target| {
        let inputs = seeds("pending", target);
        inputs.into_iter().filter_map(move |input| replay(target, &[input], 0).err())
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The replay itself finds what is broken, by a seed or by a mutation of one.
#[test]
fn broken_targets_are_found() {
    let broken = |run| Target { name: "json", run, most_bytes: MOST_BYTES };
    let seeds = [Seed { name: "one".to_owned(), bytes: b"[{\"A\":1}]".to_vec() }];
    let by_a_seed = replay(broken(|bytes| assert!(!bytes.starts_with(b"[{"), "found")), &seeds, 0);
    assert_eq!(by_a_seed, Err("one: found".to_owned()));
    let by_a_mutation = replay(broken(|bytes| assert!(!bytes.ends_with(b"}}]"), "found")), &seeds, MUTATIONS);
    assert!(
        by_a_mutation.is_err_and(|wrong| wrong.contains("a mutation of one") && wrong.ends_with("found"))
    );
    let by_memory = replay(broken(|_| drop(black_box(vec![0u8; MOST_BYTES + 1]))), &seeds, 0);
    assert!(by_memory.is_err_and(|wrong| wrong.starts_with("one: took")));
}
